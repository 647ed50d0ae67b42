"""What the simulated day brings: believable, repeatable, and never an alarm by itself."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.emulators import curves
from drivers.model import Name, Point, PointKind

DAY = 20_470 * curves.DAY
SAMPLES = Path(__file__).parents[1] / "samples"
ROWS = list(csv.DictReader((SAMPLES / "demo_sensors.csv").read_text(encoding="utf-8").splitlines()))

LIMITED = [row for row in ROWS if row["protokol"] != "snmp" and row["id"] != "pintu-server"]
"""The server room's door is limited by how long it stays open, which is another test."""


def point(row: dict[str, str]) -> Point:
    kind = PointKind.FLAG if row["satuan"] == "bool" else PointKind.NUMBER
    low, high = float(row["min_wajar"]), float(row["maks_wajar"])
    return Point(row["id"], "d", Name("", ""), kind, low=low, high=high, address={"metric": row["metric"]})


@pytest.mark.parametrize("row", LIMITED, ids=lambda row: row["id"])
def test_an_ordinary_day_keeps_every_sensor_within_its_limits(row: dict[str, str]) -> None:
    values = [
        float(curves.value(point(row), DAY + at, seed=seed)) for seed in range(3) for at in range(0, 86_400 * 3, 311)
    ]
    rising = row["arah"] == "naik"
    for limit in (float(row[name]) for name in ("batas_1", "batas_2", "batas_3") if row[name]):
        assert max(values) < limit if rising else min(values) > limit


def test_the_server_room_door_is_never_open_for_a_minute() -> None:
    door = next(point(row) for row in ROWS if row["id"] == "pintu-server")
    run = longest = opened = 0
    for at in range(0, 86_400 * 2, 5):
        run = run + 5 if curves.value(door, DAY + at) else 0
        opened, longest = opened + (run == 5), max(longest, run)
    assert opened > 4
    assert longest < 60


def test_the_tide_has_two_high_waters_a_day() -> None:
    tide = next(point(row) for row in ROWS if row["metric"] == "muka_laut")
    level = [
        sum(float(curves.value(tide, DAY + at * 600 + part)) for part in range(0, 600, 60)) for at in range(6 * 25)
    ]
    peaks = [at for at in range(9, len(level) - 9) if level[at] == max(level[at - 9 : at + 10])]
    assert len(peaks) == 2


@given(st.integers(0, 2**31), st.floats(0, 2e9), st.sampled_from(sorted(curves.CURVES)))
def test_a_curve_is_the_same_for_the_same_seed_and_stays_in_its_range(seed: int, at: float, metric: str) -> None:
    gauge = Point("g", "d", Name("g", "g"), low=0.0, high=500.0, address={"metric": metric})
    value = curves.value(gauge, at, seed=seed)
    assert value == curves.value(gauge, at, seed=seed)
    assert 0.0 <= float(value) <= 500.0


def test_a_metric_is_named_by_the_address_or_a_tag() -> None:
    assert curves.metric_of(Point("a", "d", Name("a", "a"), address={"metric": "tma"}, tags=("suhu",))) == "tma"
    assert curves.metric_of(Point("a", "d", Name("a", "a"), tags=("ruang", "suhu"))) == "suhu"
    assert curves.metric_of(Point("a", "d", Name("a", "a"), tags=("ruang",))) == ""


@pytest.mark.parametrize(("kind", "value"), [(PointKind.FLAG, False), (PointKind.TEXT, "normal")])
def test_what_no_curve_knows_reads_as_nothing_special(kind: PointKind, value: object) -> None:
    assert curves.value(Point("a", "d", Name("a", "a"), kind), 0.0) == value
