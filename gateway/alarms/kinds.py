"""The kinds of rules: which points each can judge, which keys it needs, what people call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.model import Name, PointKind

NUMBER = frozenset({PointKind.NUMBER})
FLAG = frozenset({PointKind.FLAG})
ANY = frozenset(PointKind)

SPECIAL = ("window", "samples", "counter", "setpoint", "feedback", "device", "say", "of")
"""Keys that only some kinds have."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rule; `unit` is made of the point's, `before` stands before its name."""

    judges: frozenset[PointKind]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    before: Name | None = None
    unit: str = "{unit}"
    one_level: bool = False
    """Its one level is true or false."""


KINDS: Mapping[str, Kind] = {
    "high": Kind(NUMBER),
    "low": Kind(NUMBER),
    "outside": Kind(NUMBER),
    "flag": Kind(FLAG, one_level=True),
    "discrete": Kind(frozenset({PointKind.NUMBER, PointKind.TEXT})),
    "rate": Kind(NUMBER, ("window",), ("samples", "counter"), Name("Laju perubahan", "Rate of change"), "{unit}/min"),
    "deviation": Kind(NUMBER, ("setpoint",), before=Name("Simpangan", "Deviation")),
    "discrepancy": Kind(
        ANY, ("feedback",), before=Name("Tidak sesuai perintah", "Not as commanded"), unit="", one_level=True
    ),
    "stale": Kind(ANY, takes=("device",), before=Name("Tidak ada data", "No data"), unit="s"),
    "flat": Kind(NUMBER, ("window",), ("samples",), Name("Tidak bergerak", "Standing still")),
    "count": Kind(FLAG, ("window",), before=Name("Terlalu sering", "Too often"), unit=""),
    "composite": Kind(ANY, ("say", "of"), before=Name("Gabungan", "Combined"), unit="", one_level=True),
}
