"""The input of alarms: what is known of one point, and the band in which nothing happens."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from drivers.model import Point, Quality, Reading, Reason, Value
from drivers.sensors.history import is_history
from gateway.alarms.alarm import Alarm
from gateway.alarms.condition import Condition, Ladder
from gateway.alarms.kept import Times
from gateway.alarms.lifecycle import Cue, after
from gateway.alarms.rule import AlarmRule

NUMBERS = frozenset({bool, int, float})
NEVER = -(1 << 63)
AHEAD_NS = 120_000_000_000
"""A judged time further ahead of ours than this was a clock's mistake: it must not make all that follows late."""


@dataclass(slots=True)
class Track:
    """One rule being judged."""

    rule: AlarmRule
    ladder: Ladder
    condition: Condition
    alarm: Alarm
    saved: tuple[Alarm, Condition] | None = None
    """What the store has of it; None: nothing."""


@dataclass(slots=True)
class Watch:
    """One point with rules: `source_at` (UTC ns) of the last judged, `heard` (monotonic seconds) of the last good."""

    point: Point
    heard: float
    tracks: list[Track] = field(default_factory=list)
    source_at: int = NEVER
    value: Value | None = None
    unknown: bool = False
    waiting: bool = True
    """Since the start no good reading has come: nothing is decided yet."""
    low: float = math.inf
    high: float = -math.inf
    """Between these, both excluded, a good reading changes nothing."""

    @property
    def stale_at(self) -> float:
        """When silence makes the input unknown; infinite: never, or it is unknown already."""
        if self.unknown or not self.point.stale_after:
            return math.inf
        return self.heard + self.point.stale_after

    def next_due(self) -> float:
        """When something happens although no reading comes."""
        if self.waiting:
            return self.stale_at
        return min([self.stale_at, *(track.ladder.next_due(track.condition) for track in self.tracks)])

    def is_late(self, reading: Reading) -> bool:
        """Whether something newer has been judged, or it is history; a retained message confirms nothing."""
        if reading.retained and is_history(self.point, reading.source_at, reading.received_at):
            return True
        if self.source_at > reading.received_at + AHEAD_NS:
            return False
        return reading.source_at < self.source_at or (reading.retained and reading.source_at == self.source_at)

    def remember(self, reading: Reading, times: Times) -> None:
        """Take the newest stored reading for the last one judged."""
        self.source_at = reading.source_at
        if trusted(reading) is None:
            self.unknown = True
            return
        self.heard, self.value = times.mono(reading.received_at), reading.value

    def inherit(self, old: Watch) -> None:
        """Know what another watch of the same point knew."""
        self.heard, self.source_at, self.value = old.heard, old.source_at, old.value
        self.unknown, self.waiting = old.unknown, old.waiting

    def share_doubt(self, now: float) -> None:
        """Make every rule agree on whether the input is known."""
        self.unknown = self.unknown or any(track.alarm.cond_unknown for track in self.tracks)
        if not self.unknown:
            return
        for track in self.tracks:
            track.condition = track.ladder.pause(track.condition, now)
            track.alarm = replace(track.alarm, facts=after(track.alarm.facts, Cue.UNKNOWN).facts)

    def narrow(self) -> None:
        """Set the band anew: it is empty while anything waits for a delay, for news or for trust."""
        self.low, self.high = math.inf, -math.inf
        if self.waiting or self.unknown or any(track.condition.waits for track in self.tracks):
            return
        bands = [_band(track) for track in self.tracks]
        self.low, self.high = max(low for low, _ in bands), min(high for _, high in bands)


def _band(track: Track) -> tuple[float, float]:
    """The band of one rule, ended also by the worst value so far: a new peak is news."""
    low, high = track.ladder.band(track.condition)
    peak = track.alarm.peak
    if not track.alarm.active or peak is None:
        return low, high
    return (low, min(high, peak)) if track.rule.sign > 0 else (max(low, peak), high)


def trusted(reading: Reading) -> float | None:
    """Return the number that may be judged; None for what can neither raise nor clear an alarm.

    A person's own reading (MANUAL) is judged unless it is BAD; any other doubt, and a retained message, is not.
    """
    doubtful = reading.quality is Quality.BAD or (reading.quality and reading.reason is not Reason.MANUAL)
    if doubtful or reading.retained or type(reading.value) not in NUMBERS:
        return None
    try:
        number = float(reading.value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
