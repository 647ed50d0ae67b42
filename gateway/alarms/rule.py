"""Alarm rules as values."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.model import Name
from gateway.errors import GatewayError

KeyPath = tuple[str | int, ...]


class RuleError(GatewayError):
    """A rule that cannot work: `path` leads to it in the file, `hint` says what to change."""

    def __init__(self, path: KeyPath, message: str, hint: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {message}; {hint}")
        self.path, self.message, self.hint = path, message, hint


@dataclass(frozen=True, slots=True)
class Level:
    """One step of a rule: it is entered at `limit`; `severity` 1 (low) to 4 (worst)."""

    code: str
    label: Name
    limit: float
    severity: int


@dataclass(frozen=True, slots=True)
class AlarmAction:
    """Claim `region` for `scene` once the alarm has had `severity` or worse for `after` seconds."""

    scene: str
    severity: int
    after: float
    region: str


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """What is judged: `levels` ascend by severity, delays in seconds, `sign` is -1 where a smaller value is worse."""

    id: str
    point: str
    name: Name
    kind: str
    scale: str
    scale_name: Name
    levels: tuple[Level, ...]
    sign: int = 1
    deadband: float = 0.0
    on_delay: float = 0.0
    off_delay: float = 0.0
    latching: bool = False
    actions: tuple[AlarmAction, ...] = ()
