"""What is known of one sensor under check: whether it jumps, stands still or contradicts its twin."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import structs

from drivers.model import Point, Quality, Reading, Reason

NEVER = -(1 << 63)
SECOND_NS, MINUTE_NS = 1_000_000_000, 60_000_000_000
AHEAD_NS = 120_000_000_000
"""A source time further ahead of ours than this was a clock's mistake: what follows is not late."""

CREDIBLE = (Reason.NONE, Reason.RATE)
"""One that jumped may bear out its twin: two that jump alike are believed. One that is stuck bears out nothing."""


@dataclass(slots=True)
class Witness:
    """One sensor; times are its own (ns). A doubted run is what it says after a jump, until it is believed again."""

    point: Point
    differs: float = 0.0
    twin: Witness | None = None
    doubt: Reason = Reason.NONE
    """What it gives away by itself."""
    disputed: bool = False
    heard: Reading | None = None
    """What it said last, as it came; None: nothing that could bear out or contradict anybody."""
    told: Reason = Reason.NONE
    """The doubt that was published with that."""
    told_at: int = NEVER
    at: int = NEVER
    value: float = 0.0
    moves: int | None = None
    """How often it moved within a doubted run; None: it is believed."""
    believed: float | None = None
    believed_at: int = NEVER
    still: float | None = None
    still_at: int = NEVER
    per_ns: float = field(init=False)
    period_ns: float = field(init=False)
    stuck_ns: float = field(init=False)

    def __post_init__(self) -> None:
        """Turn the point's checks into nanoseconds."""
        self.per_ns = (self.point.checks.rate or 0.0) / MINUTE_NS
        self.period_ns = self.point.every * SECOND_NS
        self.stuck_ns = self.point.checks.stuck_after * SECOND_NS

    @property
    def verdict(self) -> Reason:
        """Why its last word is not believed; NONE: it is."""
        return self.doubt or (Reason.TWIN if self.disputed else Reason.NONE)

    def is_late(self, reading: Reading) -> bool:
        """Whether something newer has been judged."""
        return reading.source_at < self.at <= reading.received_at + AHEAD_NS

    def remember(self, reading: Reading, value: float) -> None:
        """Take the newest stored reading for the last one judged."""
        self.hear(structs.replace(reading, quality=Quality.GOOD, reason=Reason.NONE), value)
        if reading.reason is Reason.STUCK:
            self.doubt, self.still_at = Reason.STUCK, reading.source_at - round(self.stuck_ns)
        self.told, self.told_at = reading.reason, reading.source_at

    def doubt_again(self, value: float, at: int, *, believed: float, since: int) -> None:
        """Go on doubting a run that had got to `value`; what was believed last is `believed`, of `since`."""
        self.doubt, self.moves = Reason.RATE, 0
        self.value, self.at = value, max(at, self.at)
        self.believed, self.believed_at = believed, since

    def hear(self, reading: Reading, value: float) -> None:
        """Take a reading of good quality, and judge it by what this sensor said before."""
        jumped, stuck = self._jumped(value, reading.source_at), self._stuck(value, reading.source_at)
        self.doubt = Reason.STUCK if stuck else Reason.RATE if jumped else Reason.NONE
        self.heard, self.at, self.value = reading, reading.source_at, value

    def swear(self, reading: Reading, value: float) -> None:
        """Take what a person has read: it is believed, and it ends every doubt."""
        self._believe(value, reading.source_at)
        self.still, self.still_at = value, reading.source_at
        self.doubt, self.heard, self.at, self.value = Reason.NONE, reading, reading.source_at, value

    def fall_silent(self) -> None:
        """Bear out nobody until it speaks again: its source doubts what it says."""
        self.heard = None

    def meet(self, now: float) -> None:
        """Compare with the twin at `now` (monotonic seconds): alike, both are believed; else neither."""
        twin = self.twin
        if twin is None:
            return
        both = self._credible(now) and twin._credible(now)  # noqa: SLF001 - another witness
        alike = abs(self.value - twin.value) <= self.differs
        if both and alike:
            self._vindicate()
            twin._vindicate()  # noqa: SLF001 - another witness
        self.disputed = twin.disputed = both and not alike and not (self.doubt or twin.doubt)

    def word(self, reading: Reading) -> Reading:
        """Return the reading as it is to be published."""
        self.told, self.told_at = self.verdict, reading.source_at
        return structs.replace(reading, quality=Quality.UNCERTAIN, reason=self.told) if self.told else reading

    def second_thought(self) -> Reading | None:
        """Return the last reading again when its verdict has changed: a nanosecond later, so that it is the newest."""
        heard = self.heard
        if heard is None or heard.quality or self.verdict is self.told:
            return None
        return self.word(structs.replace(heard, source_at=max(self.told_at, heard.source_at) + 1))

    def _credible(self, now: float) -> bool:
        if self.heard is None or self.doubt not in CREDIBLE:
            return False
        return not self.point.stale_after or now - self.heard.received_mono <= self.point.stale_after

    def _vindicate(self) -> None:
        if self.doubt is Reason.RATE:
            self.doubt = Reason.NONE
            self._believe(self.value, self.at)

    def _believe(self, value: float, at: int) -> None:
        self.believed, self.believed_at, self.moves = value, at, None

    def _jumped(self, value: float, at: int) -> bool:
        """Whether the value is that of a jump which nothing has borne out so far."""
        if not self.per_ns or self.at == NEVER:
            self._believe(value, at)
            return False
        smooth = self._reachable(self.value, self.at, value=value, at=at)
        if self.moves is not None and smooth:
            return self._goes_on(value, at)
        if self.moves is None:
            fine = smooth
        else:
            fine = self.believed is not None and self._reachable(self.believed, self.believed_at, value=value, at=at)
        if fine:
            self._believe(value, at)
        else:
            self.moves = 0
        return not fine

    def _goes_on(self, value: float, at: int) -> bool:
        """Whether a doubted run that goes on is still doubted: what is alive moves, what is broken mostly does not."""
        checks = self.point.checks
        moves = (self.moves or 0) + (abs(value - self.value) > checks.stuck_band)
        if checks.confirm and moves >= checks.confirm:
            self._believe(value, at)
            return False
        self.moves = moves
        return True

    def _reachable(self, start: float, since: int, *, value: float, at: int) -> bool:
        return abs(value - start) <= self.per_ns * max(at - since, self.period_ns)

    def _stuck(self, value: float, at: int) -> bool:
        if self.still is None or at < self.still_at or abs(value - self.still) > self.point.checks.stuck_band:
            self.still, self.still_at = value, at
        return 0 < self.stuck_ns <= at - self.still_at
