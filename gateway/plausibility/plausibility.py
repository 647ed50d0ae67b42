"""Marks what a lying sensor says as UNCERTAIN, before anybody hears it: an alarm neither rises nor clears by it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from drivers.model import NO_CHECKS, Point, Quality, Reading, Reason
from gateway.plausibility.witness import Witness

JUDGED = (Reason.RATE, Reason.STUCK, Reason.TWIN)
"""The doubts that are raised here."""


KIND = "jump"
"""What the kept documents are called."""


class KeptPort(Protocol):
    """Keeps documents over a restart."""

    def keep(self, kind: str, id: str, doc: Mapping[str, object] | None, /) -> None:  # noqa: A002 - the store's word
        """Keep a document with the next commit; None forgets it."""

    def kept(self, kind: str, /) -> Mapping[str, Mapping[str, object]]:
        """Return the documents of a kind by id."""


class Jump(msgspec.Struct, frozen=True):
    """A doubted run that has got to `value` at `at`, and what was believed before it; times are source times in ns."""

    value: float
    at: int
    believed: float
    since: int


class Plausibility:
    """The checks of a whole site; a point without checks costs one look into a mapping."""

    def __init__(self, points: Iterable[Point], *, store: KeptPort) -> None:
        self._store = store
        self._kept: set[str] = set()
        self._witnesses: dict[str, Witness] = {}
        self.counters: Counter[str] = Counter(rate=0, stuck=0, twin=0, reconsidered=0)
        self.adopt(points)

    def adopt(self, points: Iterable[Point]) -> None:
        """Check these points from now on; what is known of a sensor whose checks stay is kept."""
        old, by_id = self._witnesses, {point.id: point for point in points}
        self._witnesses = {}
        for point in by_id.values():
            if point.checks != NO_CHECKS:
                self._stand(point, old)
        for witness in list(self._witnesses.values()):
            twin = witness.point.checks.twin
            if twin is not None:
                other = self._stand(by_id[twin.point], old)
                witness.twin, other.twin = other, witness
                witness.differs = other.differs = twin.differs

        for name in self._kept - self._witnesses.keys():
            self._store.keep(KIND, name, None)
        self._kept &= self._witnesses.keys()

    def restore(self, latest: Iterable[Reading]) -> None:
        """Take up what each sensor said last before the start, and the jumps that were doubted."""
        for reading in latest:
            witness, value = self._witnesses.get(reading.point), _number(reading)
            if witness is None or value is None or reading.retained:
                continue
            if reading.quality is Quality.GOOD or reading.reason in JUDGED:
                witness.remember(reading, value)
        for name, doc in self._store.kept(KIND).items():
            self._doubt_again(name, doc)

    def doubts(self) -> Mapping[str, Reason]:
        """Return the sensors that are doubted now, and why."""
        return {name: witness.verdict for name, witness in self._witnesses.items() if witness.verdict}

    def judged(self, batch: Sequence[Reading]) -> Sequence[Reading]:
        """Return a batch as it is to be published, with second thoughts about twins behind it."""
        witnesses = self._witnesses
        if not witnesses or witnesses.keys().isdisjoint([reading.point for reading in batch]):
            return batch
        out: list[Reading] = []
        for reading in batch:
            witness = witnesses.get(reading.point)
            if witness is None:
                out.append(reading)
            else:
                self._judge(witness, reading, out)
        return out

    def _stand(self, point: Point, old: dict[str, Witness]) -> Witness:
        """Return the witness of a point; the one that is there, as long as its point is the same."""
        witness = self._witnesses.get(point.id)
        if witness is None:
            kept = old.get(point.id)
            witness = kept if kept is not None and kept.point == point else Witness(point)
            witness.twin, witness.disputed = None, False
            self._witnesses[point.id] = witness
        return witness

    def _doubt_again(self, name: str, doc: Mapping[str, object]) -> None:
        """Go on doubting; what is no longer checked, or cannot be read, is forgotten."""
        witness = self._witnesses.get(name)
        try:
            jump = msgspec.convert(doc, Jump)
        except msgspec.ValidationError:
            witness = None
        if witness is None:
            self._store.keep(KIND, name, None)
            return
        self._kept.add(name)
        witness.doubt_again(jump.value, jump.at, believed=jump.believed, since=jump.since)

    def _keep(self, witness: Witness) -> None:
        """Keep a jump with the next commit when it begins to be doubted, and forget it when it is over."""
        name, doubted = witness.point.id, witness.moves is not None
        if doubted is (name in self._kept):
            return
        if doubted and witness.believed is not None:
            jump = Jump(witness.value, witness.at, witness.believed, witness.believed_at)
            self._store.keep(KIND, name, msgspec.to_builtins(jump))
            self._kept.add(name)
        else:
            self._store.keep(KIND, name, None)
            self._kept.discard(name)

    def _judge(self, witness: Witness, reading: Reading, out: list[Reading]) -> None:
        if reading.retained or reading.reason is Reason.TEST or witness.is_late(reading):
            out.append(reading)
            return
        value = _number(reading)
        if value is None or (reading.quality and reading.reason is not Reason.MANUAL):
            witness.fall_silent()
        elif reading.quality:
            witness.swear(reading, value)
        else:
            witness.hear(reading, value)
        witness.meet(reading.received_mono)
        out.append(reading if reading.quality or value is None else self._said(witness, reading))
        self._keep(witness)
        if witness.twin is not None:
            self._reconsider(witness.twin, out)
            self._keep(witness.twin)

    def _said(self, witness: Witness, reading: Reading) -> Reading:
        said = witness.word(reading)
        if said is not reading:
            self.counters[said.reason.value] += 1
        return said

    def _reconsider(self, twin: Witness, out: list[Reading]) -> None:
        again = twin.second_thought()
        if again is not None:
            self.counters["reconsidered"] += 1
            out.append(again)


def _number(reading: Reading) -> float | None:
    """Return the value as a number that can be compared; None: it is none."""
    if isinstance(reading.value, str):
        return None
    try:
        number = float(reading.value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
