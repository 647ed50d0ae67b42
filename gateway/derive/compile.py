"""Turns `derived.yaml` into values, and refuses what cannot work: unknown points, wrong kinds, circles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from drivers.model import Place, Point, PointKind
from gateway.derive.across import Across
from gateway.derive.config import (
    AcrossConfig,
    DerivedConfig,
    DerivedFile,
    FormulaConfig,
    IspuConfig,
    MovingWindowConfig,
)
from gateway.derive.derivation import DEVICE, Derivation, Figure
from gateway.derive.errors import BadFormula, DeriveError, KeyPath
from gateway.derive.formula import formula
from gateway.derive.ispu import UNITS, Ispu
from gateway.derive.window import WindowOf

LEAST_PERIODS = 2


def compile_derived(config: DerivedFile, points: Mapping[str, Point], *, pace: float = 1.0) -> tuple[Derivation, ...]:
    """Return the derived points, each after those that it needs; `points` are paced already. Raise DeriveError."""
    entries = _entries(config, points)
    known = dict(points)
    made = []
    for id_ in _in_order(entries):
        number, entry = entries[id_]
        derivation = _Compiling(entry, ("derived", number), known, pace).derivation()
        known[derivation.id] = derivation.point
        made.append(derivation)
    return tuple(made)


def _entries(config: DerivedFile, points: Mapping[str, Point]) -> Mapping[str, tuple[int, DerivedConfig]]:
    """Return the entries by id; raise DeriveError for an id that is taken and an input that nobody knows."""
    entries: dict[str, tuple[int, DerivedConfig]] = {}
    for number, entry in enumerate(config.derived):
        if entry.id in entries or entry.id in points:
            raise DeriveError(("derived", number, "id"), f"{entry.id} stands here twice, or in points.yaml")
        entries[entry.id] = (number, entry)
    for number, entry in entries.values():
        for path, point in entry.inputs().items():
            if point not in entries and point not in points:
                hint = _did_you_mean(point, [*entries, *points])
                raise DeriveError(("derived", number, *path), f"there is no point {point!r}", hint)
    return entries


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _in_order(entries: Mapping[str, tuple[int, DerivedConfig]]) -> Sequence[str]:
    """Return the ids, each after those that it needs; raise DeriveError for a circle, naming it."""
    needs = {
        id_: [point for point in entry.inputs().values() if point in entries] for id_, (_, entry) in entries.items()
    }
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle: Sequence[str] = error.args[1][::-1]
        number, _ = entries[circle[0]]
        chain = " needs ".join(circle)
        raise DeriveError(
            ("derived", number), f"a derived point cannot need itself: {chain}", "break the circle"
        ) from None


class _Compiling:
    """One derived point on its way from text to value; all that it needs is in `known`."""

    def __init__(self, entry: DerivedConfig, path: KeyPath, known: Mapping[str, Point], pace: float) -> None:
        self._entry, self._path, self._pace = entry, path, pace
        self._inputs = {place: known[point] for place, point in entry.inputs().items()}

    def derivation(self) -> Derivation:
        """Return it; raise DeriveError when it cannot work."""
        return Derivation(self._point(), self._how())

    def _how(self) -> WindowOf | Figure:
        written = self._entry.how
        if isinstance(written, IspuConfig):
            return self._ispu(written)
        self._no_texts()
        if isinstance(written, FormulaConfig):
            return self._formula(written)
        self._gives(PointKind.NUMBER)
        if isinstance(written, AcrossConfig):
            return Across(written.take, tuple(dict.fromkeys(written.of)), written.cover)
        return self._window(written)

    def _refuse(self, key: KeyPath, message: str, hint: str = "") -> DeriveError:
        return DeriveError((*self._path, *key), message, hint)

    def _point(self) -> Point:
        entry, inputs = self._entry, list(self._inputs.values())
        low, high = entry.range or (None, None)
        silences = [point.stale_after for point in inputs]
        inherited = max(silences) if all(silences) else 0.0
        places = {point.place for point in inputs}
        common = places.pop() if len(places) == 1 else None
        return Point(
            entry.id, DEVICE, entry.name.name(), PointKind(entry.kind), entry.unit, low, high,
            Place(*entry.place) if entry.place else common, max(point.every for point in inputs),
            inherited if entry.stale_after is None else entry.stale_after / self._pace,
            entry.owner or inputs[0].owner, tuple(entry.tags),
        )  # fmt: skip

    def _window(self, written: MovingWindowConfig) -> WindowOf:
        (point,) = self._inputs.values()
        span, every = written.last / self._pace, point.every * self._pace
        if written.last < LEAST_PERIODS * every:
            raise self._refuse(
                ("window", "last"), f"{point.id} speaks every {every:g} s: this window is too short",
                f"make it {LEAST_PERIODS * every:g} s or longer",
            )  # fmt: skip
        if written.take == "integral" and not point.every:
            raise self._refuse(
                ("window", "take"), f"{point.id} has no period to take an integral over", "give it `every`"
            )
        return WindowOf(point.id, written.take, span, written.cover, point.every, self._pace)

    def _formula(self, written: FormulaConfig) -> Figure:
        self._gives(PointKind.NUMBER, PointKind.FLAG)
        try:
            return formula(written.say, written.of)
        except BadFormula as error:
            raise self._refuse(("formula", "say"), error.message, error.hint) from None

    def _ispu(self, written: IspuConfig) -> Figure:
        self._gives(PointKind.NUMBER if written.give == "index" else PointKind.TEXT)
        for place, point in self._inputs.items():
            if point.unit not in UNITS:
                unit = point.unit or "no unit"
                raise self._refuse(
                    place, f"{point.id} is in {unit}, and the index is of ug/m3", "derive it in ug/m3 first"
                )
        return Ispu(written.give, tuple(written.of.items()))

    def _no_texts(self) -> None:
        for place, point in self._inputs.items():
            if point.kind is PointKind.TEXT:
                raise self._refuse(place, f"{point.id} is a text, and texts cannot be calculated with")

    def _gives(self, *kinds: PointKind) -> None:
        if PointKind(self._entry.kind) not in kinds:
            raise self._refuse(("kind",), f"the result is a {' or a '.join(kinds)}", f"write kind: {kinds[0]}")
