"""ISPU against every vector of the table, and how doubt in one parameter shows in the index."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from drivers.model import Quality, Reason
from gateway.derive.ispu import GIVES, Ispu, breakpoints, categories, category_of, index_of, key_of, rounded
from gateway.derive.term import Term

SAMPLES = Path(__file__).parents[1] / "samples"
VECTORS = list(csv.DictReader((SAMPLES / "ispu_test_vectors.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['parameter']} {row['konsentrasi']}")
def test_every_vector_of_the_table(row: dict[str, str]) -> None:
    index = index_of(key_of(row["parameter"]), float(row["konsentrasi"]))
    assert (round(index, 3), rounded(index), category_of(index)) == (
        float(row["ispu"]), int(row["ispu_bulat"]), row["kategori"],
    )  # fmt: skip


def test_every_breakpoint_is_its_index_and_the_index_never_falls() -> None:
    assert set(breakpoints()) == {"pm10", "pm25", "so2", "co", "o3", "no2", "hc"}
    for name, steps in breakpoints().items():
        assert [index_of(name, amount) for _, amount in steps] == [0.0, 50.0, 100.0, 200.0, 300.0, 500.0]
        rising = [index_of(name, steps[-1][1] * part / 200) for part in range(220)]
        assert rising == sorted(rising)
        assert index_of(name, -3.0) == 0.0


def test_every_index_has_a_category() -> None:
    assert {category_of(index) for index in range(501)} == {name for _, name in categories()}


def station(give: str, **terms: Term) -> Term:
    return Ispu(give, tuple((name, f"{name}-24") for name in terms)).term({f"{k}-24": v for k, v in terms.items()})


DUST, SMOKE = Term(55.4), Term(120.0)


def test_the_index_of_a_station_is_that_of_its_worst_parameter() -> None:
    assert [station(give, pm25=DUST, pm10=SMOKE) for give in GIVES] == [Term(100), Term("Sedang"), Term("PM2.5")]


def test_a_parameter_that_is_not_certain_might_be_the_worst() -> None:
    lost, thin = Term(None, Quality.BAD, Reason.COMM), Term(10.0, Quality.UNCERTAIN, Reason.COVERAGE)
    assert station("index", pm25=DUST, pm10=lost) == Term(100, Quality.UNCERTAIN, Reason.COMM)
    assert station("index", pm25=thin) == Term(32, Quality.UNCERTAIN, Reason.COVERAGE)
    assert station("category", pm25=lost) == lost
