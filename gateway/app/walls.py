"""The walls of the site, joined to the one door for commands, to the alarms that claim them and to the audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from drivers.model import Clock, Command, DeviceStatus, Outcome, Reading
from gateway.actions.plan import shows
from gateway.actions.response import Plans, Show
from gateway.alarms.alarm import Alarm
from gateway.alarms.rule import AlarmRule
from gateway.audit.audit import Audit
from gateway.auth.roles import Actor
from gateway.bus import Bus
from gateway.commands import Commands
from gateway.settings.site import Site
from gateway.store.store import Store
from gateway.supervisor import Supervisor
from wall_controller.apply import WallKeeper
from wall_controller.errors import Unknown
from wall_controller.layout import Layout
from wall_controller.plan import Plan
from wall_controller.reflex import Call
from wall_controller.scene import Scene
from wall_controller.view import WallView


def _call(show: Show, severity: int) -> Call:
    return Call(show.scene, show.region, show.at(severity), show.layout)


class _Hands:
    """A wall's way to the one door: it acts under its own name."""

    def __init__(self, commands: Commands, wall: str) -> None:
        self._commands = commands
        self._actor = Actor(f"wall/{wall}", frozenset(), "system")

    async def issue(self, command: Command, /) -> Outcome:
        """Issue the command as the wall."""
        return await self._commands.issue(command, self._actor)


class Walls:
    """The keepers by wall; implements the scenes that the alarms' actions ask for."""

    def __init__(
        self, *, clock: Clock, bus: Bus, store: Store, commands: Commands, audit: Audit, supervisor: Supervisor,
        statuses: Mapping[str, DeviceStatus],
    ) -> None:  # fmt: skip
        self._clock, self._bus, self._store = clock, bus, store
        self._commands, self._audit, self._supervisor, self._statuses = commands, audit, supervisor, statuses
        self._told: dict[str, str] = {}
        self.keepers: dict[str, WallKeeper] = {}
        self.scenes: dict[str, Scene] = {}
        bus.subscribe(Reading, self._on_readings)
        bus.subscribe(DeviceStatus, self._on_status)
        bus.subscribe(WallView, self._chronicle)

    def start(self, site: Site, names: Sequence[str]) -> None:
        """Start these walls, as the site describes them; what the devices have said so far is told to them."""
        self.scenes.clear()
        self.scenes.update(site.scenes)
        for name in names:
            keeper = WallKeeper(
                site.walls[name], site.scenes, commands=_Hands(self._commands, name), clock=self._clock,
                publish=self._bus.publish, store=self._store,
            )  # fmt: skip
            keeper.on_status(list(self._statuses.values()))
            self.keepers[name] = keeper
            self._supervisor.add(f"wall/{name}", keeper.run)

    def expect(self, rules: Iterable[AlarmRule], plans: Plans) -> None:
        """Let the walls be ready for what these rules may set in motion."""
        calls: dict[str, dict[Call, None]] = {name: {} for name in self.keepers}
        for show, severity in shows(rules, plans):
            calls[show.wall][_call(show, severity)] = None
        for name, keeper in self.keepers.items():
            keeper.expect(calls[name])

    async def stop(self, names: Sequence[str]) -> None:
        """Stop these walls and forget them; their panels keep their picture."""
        for name in names:
            if self.keepers.pop(name, None) is not None:
                await self._supervisor.remove(f"wall/{name}")

    def claim_for_alarm(self, alarm: Alarm, show: Show, *, claim: str) -> None:
        """Claim a region for what an alarm asks for; raise WallError when that cannot be."""
        self._keeper(show).ring(
            _call(show, alarm.severity), claim, dwell=show.dwell, name=claim,
            why=f"{alarm.name.id}: {alarm.label.id} ({alarm.scale_name.id})" if alarm.label else alarm.name.id,
        )  # fmt: skip

    def preview(self, alarm: Alarm, show: Show, *, claim: str) -> tuple[Sequence[Layout], Plan]:
        """Return what claiming it now would show and send; nothing changes. Raise WallError when that cannot be."""
        keeper = self._keeper(show)
        wish = keeper.call_wish(_call(show, alarm.severity), claim, dwell=show.dwell, name=claim)
        layouts = [each.layout or self.scenes[each.scene].layouts[each.region] for each in wish.claims]
        return layouts, keeper.preview(wish)

    def _keeper(self, show: Show) -> WallKeeper:
        keeper = self.keepers.get(show.wall)
        if keeper is None:
            raise Unknown(f"there is no wall {show.wall!r}")
        return keeper

    def release(self, claim: str) -> None:
        """End an alarm's claim on whichever wall it is."""
        for keeper in self.keepers.values():
            keeper.release(claim)

    def _on_readings(self, batch: Sequence[Reading]) -> None:
        for keeper in self.keepers.values():
            keeper.on_readings(batch)

    def _on_status(self, batch: Sequence[DeviceStatus]) -> None:
        for keeper in self.keepers.values():
            keeper.on_status(batch)

    def _chronicle(self, batch: Sequence[WallView]) -> None:
        """Write down how each operation of a wall ended, once."""
        for view in batch:
            operation = view.operation
            if operation is None or operation.ended_at is None or self._told.get(view.id) == operation.id:
                continue
            self._told[view.id] = operation.id
            results = {f"{step.device} {step.verb}": step.result for step in operation.steps}
            self._audit.record(
                f"wall/{view.id}", "wall.operation", operation.scene or view.id, outcome=operation.state,
                after={"revision": view.revision, "results": results}, why=operation.id,
            )  # fmt: skip
