"""What the site allows persons and rules to do with alarms, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from drivers.model import Value
from gateway.interlocks import meets

HOUR_S = 3_600.0
LONGEST_SHELF_S = 8 * HOUR_S
"""No site may allow more: the operators' permission ends here."""
SHELVING: Mapping[int, float] = MappingProxyType({1: 8 * HOUR_S, 2: 8 * HOUR_S, 3: 4 * HOUR_S, 4: HOUR_S})
"""The longest shelf by severity, in seconds, where the site says nothing."""
WORST = 4
"""The highest severity: nothing is ever taken from an operator's eyes or ears at it without a person."""


@dataclass(frozen=True, slots=True)
class Reads:
    """A point reads above, below or equal to what is given."""

    point: str
    above: float | None = None
    below: float | None = None
    equals: Value | None = None

    def met_by(self, value: Value) -> bool:
        """Whether a value that is known for certain meets it."""
        return meets(value, above=self.above, below=self.below, equals=self.equals)


@dataclass(frozen=True, slots=True)
class Suppression:
    """While `alarm` is active with `severity` or worse, or the point `reads` so, `targets` are suppressed under `id`.

    With `parent` the alarm is that of a silent device: what stands already among its children stays as it is.
    """

    id: str
    targets: tuple[str, ...]
    alarm: str = ""
    severity: int = 0
    reads: Reads | None = None
    parent: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """When who is to be told hears of a group of alarms: `wait`, `interval` and `repeat` in seconds."""

    wait: float = 30.0
    interval: float = 300.0
    repeat: float = 4 * HOUR_S


@dataclass(frozen=True, slots=True)
class Policy:
    """How alarms are handled; seconds by severity."""

    shelving: Mapping[int, float] = field(default_factory=lambda: SHELVING)
    realarm: Mapping[int, float] = field(default_factory=dict)
    """How long an acknowledged alarm may stand before it asks again; a severity that is not in it never does."""
    suppressions: tuple[Suppression, ...] = ()
    shelve_chatter: bool = False
    """True: an alarm that chatters is shelved once, until it may have come to rest."""
    grouping: Grouping = Grouping()


DEFAULT = Policy()
