"""How a sink stands: the closed list of its states, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.forward.replies import Answer


class SinkState(StrEnum):
    """How a sink stands: a closed list."""

    STARTING = "starting"
    WRITING = "writing"
    """Up to date."""
    BEHIND = "behind"
    """What is new is written; what was left behind is being made up for."""
    CREDENTIALS = "credentials"
    MISSING = "missing"
    REFUSES = "refuses"
    BUSY = "busy"
    AWAY = "away"

    @classmethod
    def of(cls, answer: Answer) -> SinkState:
        """Return the state of a sink whose server answers so."""
        return _STATES[answer]


_STATES: Mapping[Answer, SinkState] = {
    Answer.CREDENTIALS: SinkState.CREDENTIALS,
    Answer.MISSING: SinkState.MISSING,
    Answer.REFUSED: SinkState.REFUSES,
    Answer.TOO_LARGE: SinkState.REFUSES,
    Answer.BUSY: SinkState.BUSY,
    Answer.AWAY: SinkState.AWAY,
}
REPAIRS: Mapping[Answer, str] = {
    Answer.CREDENTIALS: "sink.credentials",
    Answer.MISSING: "sink.missing",
    Answer.REFUSED: "sink.refuses",
    Answer.TOO_LARGE: "sink.refuses",
    Answer.BUSY: "sink.away",
    Answer.AWAY: "sink.away",
}


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """A sink since `since` (UTC ns): `rows` and `bytes` wait, the oldest for `age` seconds.

    `time_to_full` is the seconds until the journal is full, if it goes on like this; None: it does not fill.
    """

    id: str
    kind: str
    url: str
    state: SinkState
    since: int
    reason: str
    rows: int
    bytes: int
    age: float
    time_to_full: float | None
    batch: int
    """Rows in a request, as far as is learnt."""
    quarantined: int
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a replay: rows written, rows left in quarantine."""

    written: int
    left: int
