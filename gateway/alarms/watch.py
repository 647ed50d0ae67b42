"""The input of alarms: what is known of one point, or of one rule's measure, and the band in which nothing happens."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from msgspec import structs

from drivers.model import Point, PointKind, Quality, Reading, Reason, Value
from drivers.sensors.history import is_history
from gateway.alarms.alarm import Alarm
from gateway.alarms.condition import Condition, Ladder
from gateway.alarms.kept import Times
from gateway.alarms.lifecycle import Cue, after
from gateway.alarms.meter import AHEAD_NS, Meter
from gateway.alarms.rule import AlarmRule
from gateway.derive.term import UNREAD, Term

NUMBERS = frozenset({bool, int, float})
NEVER = -(1 << 63)


@dataclass(slots=True, eq=False)
class Track:
    """One rule being judged."""

    rule: AlarmRule
    ladder: Ladder
    condition: Condition
    alarm: Alarm
    watch: Watch
    saved: tuple[Alarm, Condition] | None = None
    """What the store has of it; None: nothing."""
    onset: int = 0
    """When its source saw what it waits for begin (UTC ns); 0: it has not seen any."""

    def held(self) -> float:
        """Return the limit of the level that stands; 0 for none."""
        return self.ladder.limit(self.condition.rank)

    def entered(self, level: int) -> Term:
        """Return whether its condition has entered a level (index), not known while its input is not."""
        known = not (self.watch.unknown or self.watch.waiting)
        return Term(self.ladder.entered(self.condition.rank, level)) if known else UNREAD


@dataclass(slots=True, eq=False)
class Watch:
    """What rules judge: `source_at` (UTC ns) of the last judged, `heard` (monotonic seconds) of the last good.

    With a `meter` it is what one rule makes of other watches, its `inputs`; else it is the value of `point`.
    """

    name: str
    point: Point
    heard: float
    order: int = 0
    """It needs only watches of a lower order."""
    meter: Meter | None = None
    inputs: list[Watch] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    followers: list[Watch] = field(default_factory=list)
    """Who looks anew when something here has changed."""
    hearers: list[Watch] = field(default_factory=list)
    """Those of them that need every reading."""
    guards: list[Watch] = field(default_factory=list)
    """Those of them that need the next reading while they are alert."""
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
        if self.meter is not None or self.unknown or not self.point.stale_after:
            return math.inf
        return self.heard + self.point.stale_after

    @property
    def term(self) -> Term:
        """What is known of it."""
        return UNREAD if self.unknown or self.waiting else Term(self.value)

    @property
    def alert(self) -> bool:
        """Whether a rule of it stands or is about to."""
        return any(track.condition.rank or track.condition.waits for track in self.tracks)

    def next_due(self) -> float:
        """When something happens although no reading comes."""
        own = self.stale_at if self.meter is None else self.meter.due()
        if self.waiting:
            return own
        return min([own, *(track.ladder.next_due(track.condition) for track in self.tracks)])

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
        if trusted(reading, self.point.kind) is None:
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
            track.alarm = structs.replace(track.alarm, facts=after(track.alarm.facts, Cue.UNKNOWN).facts)

    def narrow(self) -> None:
        """Set the band anew: it is empty while anything waits for a delay, for news or for trust."""
        self.low, self.high = math.inf, -math.inf
        if self.waiting or self.unknown or self.hearers or any(track.condition.waits for track in self.tracks):
            return
        if any(guard.alert for guard in self.guards):
            return
        bands = [_band(track) for track in self.tracks]
        self.low = max((low for low, _ in bands), default=-math.inf)
        self.high = min((high for _, high in bands), default=math.inf)


def _band(track: Track) -> tuple[float, float]:
    """The band of one rule, ended also by the worst value so far: a new peak is news."""
    low, high = track.ladder.band(track.condition)
    peak = track.alarm.peak
    if not track.alarm.active or peak is None:
        return low, high
    return (low, min(high, peak)) if track.ladder.sign(track.condition.rank) > 0 else (max(low, peak), high)


def trusted(reading: Reading, kind: PointKind) -> Value | None:
    """Return the value that may be judged; None for what can neither raise nor clear an alarm.

    A person's own reading (MANUAL) is judged unless it is BAD; any other doubt, and a retained message, is not.
    """
    doubtful = reading.quality is Quality.BAD or (reading.quality and reading.reason is not Reason.MANUAL)
    if doubtful or reading.retained:
        return None
    if kind is PointKind.TEXT:
        return reading.value if isinstance(reading.value, str) else None
    if type(reading.value) not in NUMBERS:
        return None
    try:
        return reading.value if math.isfinite(float(reading.value)) else None
    except OverflowError:
        return None
