"""What an alarm will send first, worked out before it rings: the salvo leaves, then the wall is planned as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from wall_controller.layout import Layout
from wall_controller.plan import Plan, Step


@dataclass(frozen=True, slots=True)
class Call:
    """What an alarm may ask for: a scene, in a region (empty: where it belongs), with a priority (0 to 4).

    With `layout` that is what its region shows, instead of the scene's own.
    """

    scene: str
    region: str
    priority: int
    layout: Layout | None = None

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that are named; none: all of the scene's."""
        return (self.region,) if self.region else ()


class Reflexes:
    """The salvo of each call, for as long as nothing has changed since it was worked out.

    A wrong one does no lasting harm: what is on its way counts as reported, and the plan that follows mends the rest.
    """

    def __init__(self) -> None:
        self._calls: tuple[Call, ...] = ()
        self._salvos: Mapping[Call, Step] | None = None

    def expect(self, calls: Iterable[Call]) -> None:
        """Be ready for these calls from now on."""
        self._calls, self._salvos = tuple(calls), None

    def forget(self) -> None:
        """Something has changed: nothing is ready."""
        self._salvos = None

    def get_ready(self, preview: Callable[[Call], Plan]) -> None:
        """Work out the salvo of every call, as things stand now, unless that is done."""
        if self._salvos is None:
            found = {call: _salvo(preview(call)) for call in self._calls}
            self._salvos = {call: step for call, step in found.items() if step is not None}

    def of(self, call: Call) -> Step | None:
        """Return the salvo that the call sends, or None when that must be planned."""
        return None if self._salvos is None else self._salvos.get(call)


def _salvo(plan: Plan) -> Step | None:
    return next((step for step in plan.steps if step.verb == "route"), None)
