"""The rows that a server will not take, kept to be looked at and written again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.model import Clock

KIND = "sink.quarantine"
MOST_ROWS = 1_000
MOST_BYTES = 1_000_000
"""Beyond either the oldest rows go, counted; the store still has their readings."""


class KeepPort(Protocol):
    """Where documents are kept."""

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None, /) -> None: ...  # noqa: A002 - the store's word
    def kept(self, kind: str, /) -> Mapping[str, Mapping[str, object]]: ...


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One line, without its line break, and the server's sentence about it."""

    line: bytes
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines that were set aside at `at` (UTC ns) for one reason."""

    id: int
    at: int
    why: str
    lines: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Return how much room they take, about."""
        return sum(map(len, self.lines))


class Quarantine:
    """One sink's; what is put in is kept with the next commit."""

    def __init__(self, sink: str, store: KeepPort, *, clock: Clock) -> None:
        self._sink = sink
        self._store = store
        self._clock = clock
        self._entries: dict[int, Entry] = {}
        self.dropped = 0
        for name, doc in store.kept(KIND).items():
            owner, _, number = name.rpartition("/")
            if owner == sink:
                self._entries[int(number)] = _entry(int(number), doc)
        self._entries = dict(sorted(self._entries.items()))

    @property
    def rows(self) -> int:
        """Return how many rows are in it."""
        return sum(len(entry.lines) for entry in self._entries.values())

    def entries(self) -> list[Entry]:
        """Return what is in it, the oldest first."""
        return list(self._entries.values())

    def put(self, refused: Iterable[RefusedRow]) -> None:
        """Set rows aside, one entry a reason."""
        by_reason: dict[str, list[str]] = {}
        for row in refused:
            by_reason.setdefault(row.why, []).append(row.line.decode("utf-8", "replace"))
        for why, lines in by_reason.items():
            number = max(self._entries, default=0) + 1
            self._keep(Entry(number, self._clock.now(), why, tuple(lines)))
        self._make_room()

    def replace(self, entry: Entry, lines: Sequence[str]) -> None:
        """Leave only these lines of an entry; none: the entry goes."""
        if lines:
            self._keep(Entry(entry.id, entry.at, entry.why, tuple(lines)))
        elif self._entries.pop(entry.id, None) is not None:
            self._store.keep(KIND, self._name(entry.id), None)

    def forget(self) -> None:
        """Throw everything away: the sink is no more."""
        for entry in self.entries():
            self.replace(entry, ())

    def _keep(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        doc = {"at": entry.at, "why": entry.why, "lines": list(entry.lines)}
        self._store.keep(KIND, self._name(entry.id), doc)

    def _make_room(self) -> None:
        while self._entries and (self.rows > MOST_ROWS or sum(e.bytes for e in self._entries.values()) > MOST_BYTES):
            oldest = next(iter(self._entries.values()))
            self.dropped += 1
            self.replace(oldest, oldest.lines[1:])

    def _name(self, number: int) -> str:
        return f"{self._sink}/{number}"


def _entry(number: int, doc: Mapping[str, object]) -> Entry:
    at, lines = doc["at"], doc["lines"]
    told = tuple(str(line) for line in lines) if isinstance(lines, list) else ()
    return Entry(number, at if isinstance(at, int) else 0, str(doc["why"]), told)
