"""Alarm rules as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.model import Name
from gateway.alarms.measure import Combined, Measure, Silence, Spread
from gateway.errors import GatewayError

KeyPath = tuple[str | int, ...]


class RuleError(GatewayError):
    """A rule that cannot work: `path` leads to it in the file, `hint` says what to change."""

    def __init__(self, path: KeyPath, message: str, hint: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {message}; {hint}")
        self.path, self.message, self.hint = path, message, hint


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a rule, entered at `limit`; `severity` 1 (low) to 4 (worst), `sign` -1 where less is worse."""

    code: str
    label: Name
    limit: float
    severity: int
    sign: int = 1


@dataclass(frozen=True, slots=True)
class AlarmAction:
    """Claim `region` for `scene` once the alarm has had `severity` or worse for `after` seconds."""

    scene: str
    severity: int
    after: float
    region: str


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """What is judged: `levels` ascend by severity, those of one side by limit too; delays in seconds.

    `point` is what people look at: it gives the alarm its place and, unless `unit` says otherwise, its unit.
    """

    id: str
    point: str
    name: Name
    kind: str
    scale: str
    scale_name: Name
    levels: tuple[Level, ...]
    deadband: float = 0.0
    on_delay: float = 0.0
    off_delay: float = 0.0
    latching: bool = False
    actions: tuple[AlarmAction, ...] = ()
    measure: Measure | None = None
    """What is judged of its points; None: the value of `point`."""
    unit: str | None = None
    device: str = ""
    """The device whose silence it watches as a whole; rules of its points are suppressed by it."""
    group: str = ""
    """The group of rules of which the first one to ring is told apart."""

    @property
    def points(self) -> tuple[str, ...]:
        """Return the points that it hears."""
        if isinstance(self.measure, Silence | Combined):
            return self.measure.points
        return (self.point,)

    @property
    def awaited(self) -> tuple[str, ...]:
        """Return the points whose readings may ring it at once; silence and standing still take their time."""
        return () if isinstance(self.measure, Silence | Spread) else self.points

    @property
    def graded(self) -> bool:
        """Whether it has a worst value: a number that may be more or less beyond its limit."""
        return self.kind not in UNGRADED


UNGRADED = frozenset({"flag", "discrete", "discrepancy", "stale", "composite"})


def by_point(rules: Iterable[AlarmRule]) -> Mapping[str, AlarmRule]:
    """Return, for each point whose own value is judged, the first rule that does."""
    found: dict[str, AlarmRule] = {}
    for rule in rules:
        if rule.measure is None:
            found.setdefault(rule.point, rule)
    return found
