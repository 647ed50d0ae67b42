"""From what a site's files say to the steps of each rule, or to the reason why they cannot be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from drivers.capability import check
from drivers.errors import BadCommand
from drivers.model import Point
from gateway.actions.claiming import Claiming
from gateway.actions.config import ActionsConfig, AskConfig, CommandConfig, ResponseConfig, ResponseStepConfig
from gateway.actions.matching import matched
from gateway.actions.response import Order, Planned, Plans, Show, Tell, Until
from gateway.alarms.rule import AlarmAction, AlarmRule, KeyPath, RuleError
from gateway.alarms.scale import Scale
from gateway.alarms.template import did_you_mean, known
from wall_controller.layout import Wall
from wall_controller.scene import Scene

UNTIL = {False: Until.CLEARED, True: Until.ACKNOWLEDGED}
"""When a step is over that does not say it, by whether it stands under `escalate`."""


@dataclass(frozen=True, slots=True)
class World:
    """What steps are about; `verbs` of each device, and the call lists where they are known."""

    points: Mapping[str, Point]
    scales: Mapping[str, Scale]
    walls: Mapping[str, Wall]
    scenes: Mapping[str, Scene]
    verbs: Mapping[str, Collection[str]]
    call_lists: Set[str] | None = None
    pace: float = 1.0
    """What a dwell is divided by; the delays of steps are divided as they run."""


def compile_plans(config: ActionsConfig, *, rules: Sequence[AlarmRule], world: World) -> Plans:
    """Return what each rule's alarm sets in motion; raise RuleError for the first step that cannot be."""
    _check_authorities(config, world)
    found: dict[str, list[Planned]] = {rule.id: _own(rule, world) for rule in rules}
    seen: set[str] = set()
    for n, response in enumerate(config.responses):
        if response.id in seen:
            raise RuleError(("responses", n, "id"), f"response {response.id} is there twice", "give each its own id")
        seen.add(response.id)
        for rule_id, planned in _Compiling(("responses", n), response, config, world).plans(rules):
            found[rule_id].append(planned)
    return {rule: tuple(sorted(plan, key=_claims_first)) for rule, plan in found.items() if plan}


def _claims_first(planned: Planned) -> bool:
    """Return what puts the claims of a plan first: nothing else may make them late."""
    return planned.show is None


def _check_authorities(config: ActionsConfig, world: World) -> None:
    for n, each in enumerate(config.authorities):
        scale = known(each.scale, world.scales, ("authorities", n, "scale"), "scale")
        for code, decides in each.levels.items():
            at = ("authorities", n, "levels", code)
            known(code, scale.levels, at, f"code in {scale.id}:")
            _check_list(decides.call_list, world, (*at, "call_list"))


def _check_list(name: str, world: World, path: KeyPath) -> None:
    if world.call_lists is not None and name not in world.call_lists:
        raise RuleError(path, f"there is no call list {name!r}", did_you_mean(name, world.call_lists))


def _own(rule: AlarmRule, world: World) -> list[Planned]:
    return [
        Planned(
            f"alarm:{rule.id}" + (f":{n}" if n else ""), "", _codes(rule, action.severity), action.after,
            show=_own_show(n, rule, action, world),
        )
        for n, action in enumerate(rule.actions)
    ]  # fmt: skip


def _own_show(n: int, rule: AlarmRule, action: AlarmAction, world: World) -> Show:
    at = ("rules", rule.id, "actions", n)
    return Claiming(at, f"rule {rule.id}", world.walls, world.scenes).scene(action.scene, action.region)


def _codes(rule: AlarmRule, severity: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(level.code for level in rule.levels if level.severity >= severity))


class _Compiling:
    """One response on its way from text to values."""

    def __init__(self, path: KeyPath, response: ResponseConfig, config: ActionsConfig, world: World) -> None:
        self._path, self._response, self._config, self._world = path, response, config, world
        self._authorities = {each.scale: each.levels for each in config.authorities}

    def plans(self, rules: Sequence[AlarmRule]) -> Iterator[tuple[str, Planned]]:
        """Return each step for each rule that it answers; raise RuleError."""
        self._check_names()
        mine = [(rule, codes) for rule in rules if (codes := self._codes(rule))]
        if not mine:
            raise self._refuse(("when",), "no alarm is like this, so nothing of it could ever happen", "look at `when`")
        for word, steps in (("steps", self._response.steps), ("escalate", self._response.escalate)):
            for n, step in enumerate(steps):
                make = self._step((word, n), step)
                for rule, codes in mine:
                    yield rule.id, make(rule, codes)

    def _refuse(self, key: KeyPath, message: str, hint: str) -> RuleError:
        return RuleError((*self._path, *key), f"response {self._response.id}: {message}", hint)

    def _check_names(self) -> None:
        when = self._response.when
        scale = known(when.scale, self._world.scales, (*self._path, "when", "scale"), "scale") if when.scale else None
        if scale is not None and when.level is not None:
            known(when.level, scale.levels, (*self._path, "when", "level"), f"code in {scale.id}:")

    def _codes(self, rule: AlarmRule) -> tuple[str, ...]:
        when = self._response.when
        scale = self._world.scales.get(when.scale or "")
        least = scale.levels[when.level].severity if scale is not None and when.level is not None else 0
        return matched(when, rule, self._world.points.get(rule.point), least=least)

    def _step(self, key: KeyPath, step: ResponseStepConfig) -> Callable[[AlarmRule, tuple[str, ...]], Planned]:
        """Return what makes the step of a rule, once all that holds for every rule is known to be sound."""
        escalates = key[0] == "escalate"
        order = None if step.command is None else self._order((*key, "command"), step.command)
        if step.notify is not None:
            _check_list(step.notify, self._world, (*self._path, *key, "notify"))
        claiming = Claiming((*self._path, *key), f"response {self._response.id}", self._world.walls, self._world.scenes)
        shown = claiming.of(step, self._world.pace)

        def make(rule: AlarmRule, codes: tuple[str, ...]) -> Planned:
            mark = f"{'e' if escalates else ''}{key[1]}"
            return Planned(
                f"response:{self._response.id}:{mark}:{rule.id}", self._response.id, codes, step.after,
                Until(step.until) if step.until else UNTIL[escalates], step.at_most or 0.0, escalates,
                show=None if shown is None else claiming.near(shown, step, self._world.points.get(rule.point)),
                order=order, tell=self._tell(key, step, rule, codes),
            )  # fmt: skip

        return make

    def _tell(self, key: KeyPath, step: ResponseStepConfig, rule: AlarmRule, codes: tuple[str, ...]) -> Tell | None:
        if step.notify is not None:
            return Tell(dict.fromkeys(codes, step.notify), step.valid)
        if step.authority is None:
            return None
        decides = self._authorities.get(rule.scale, {})
        lost = [code for code in codes if code not in decides]
        if lost:
            raise self._refuse(
                (*key, "authority"), f"nobody decides at {', '.join(lost)} of scale {rule.scale}, as of {rule.id}",
                "add them to `authorities`, or narrow `when`",
            )  # fmt: skip
        return Tell({code: decides[code].call_list for code in codes}, step.valid, decides=True)

    def _order(self, key: KeyPath, config: CommandConfig) -> Order:
        known(config.device, self._world.verbs, (*self._path, *key, "device"), "device")
        self._check_ask(key, config.device, config)
        back = config.on_clear
        if back is None:
            return Order(config.device, config.verb, dict(config.args))
        self._check_ask((*key, "on_clear"), config.device, back)
        return Order(config.device, config.verb, dict(config.args), back.verb, dict(back.args))

    def _check_ask(self, key: KeyPath, device: str, asked: AskConfig) -> None:
        try:
            check(asked.verb, dict(asked.args))
        except BadCommand as error:
            raise self._refuse((*key, "verb"), str(error), "see the page of verbs") from None
        if asked.verb not in self._world.verbs[device]:
            can = ", ".join(self._world.verbs[device]) or "nothing"
            raise self._refuse(
                (*key, "verb"), f"{device} cannot be asked for {asked.verb}", f"it can be asked for {can}"
            )


def shows(rules: Iterable[AlarmRule], plans: Plans) -> Iterator[tuple[Show, int]]:
    """Return everything that alarms may claim, each with the severity they may claim it at."""
    for rule in rules:
        for planned in plans.get(rule.id, ()):
            if planned.show is not None:
                for level in rule.levels:
                    if level.code in planned.codes:
                        yield planned.show, level.severity
