"""Report by exception: what says nothing new is not stored, and nothing else is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs
from pydantic import ValidationError

from drivers.device_config import PointConfig
from drivers.model import Name, Point, Quality, Reading, Reason, Report, Value
from gateway.settings.site import load_site
from gateway.store.config import StoreConfig
from gateway.store.limits import Limits
from gateway.store.store import Store
from tests.gateway.stores import S, opened, reading, told


def point(report: Report | None, name: str = "tma.1") -> Point:
    return Point(name, "logger", Name("Tinggi", "Level"), report=report)


def reporting(folder: Path, report: Report) -> Store:
    store = opened(folder)
    store.adopt(Limits(), points=[point(report), point(None, "ups.load")])
    return store


async def stored(folder: Path, report: Report, readings: list[Reading]) -> list[float]:
    """Return the seconds of those readings that are stored."""
    store = reporting(folder, report)
    for one in readings:
        store.on_readings([one])
    await store.flush()
    found = [at / S for at, _ in await told(store)]
    assert store.counters["unreported"] == len(readings) - len(found)
    assert store.counters["late"] == 0
    await store.close()
    return found


CASES: list[tuple[Report, list[tuple[float, Value]], list[float]]] = [
    (Report(), [(0, 1.0), (1, 1.0), (2, 1.5), (3, 1.5)], [0, 2]),
    (Report(deadband=0.5), [(0, 1.0), (1, 1.5), (2, 1.4), (3, 1.6), (4, 2.0), (5, 1.0)], [0, 3, 5]),
    (Report(deadband=1, min_interval=3), [(0, 0), (1, 9), (2, 9), (3, 9), (4, 0), (6, 9)], [0, 3]),
    (Report(deadband=1, max_interval=10), [(0, 0), (9, 0), (11, 0), (12, 0), (25, 0)], [0, 11, 25]),
    (Report(deadband=5), [(0, "on"), (1, "on"), (2, "off"), (3, True), (4, True), (5, False)], [0, 2, 3, 5]),
    (Report(deadband=5), [(0, 1.0), (1, float("nan")), (2, 1.0)], [0, 1, 2]),
]


@pytest.mark.parametrize(("report", "values", "kept"), CASES)
async def test_only_what_says_something_new_is_stored(
    tmp_path: Path, report: Report, values: list[tuple[float, Value]], kept: list[float]
) -> None:
    assert await stored(tmp_path, report, [reading(second, value) for second, value in values]) == kept


async def test_another_quality_is_always_stored_even_at_once(tmp_path: Path) -> None:
    doubted = structs.replace(reading(1), quality=Quality.UNCERTAIN, reason=Reason.STUCK)
    otherwise = structs.replace(reading(2), quality=Quality.UNCERTAIN, reason=Reason.RANGE)
    later = structs.replace(otherwise, source_at=otherwise.source_at + S)
    readings = [reading(0), doubted, otherwise, later, reading(4)]
    assert await stored(tmp_path, Report(deadband=9, min_interval=60), readings) == [0, 1, 2, 4]


async def test_a_silent_sensor_gets_no_heartbeat_and_a_heartbeat_has_the_time_of_its_reading(tmp_path: Path) -> None:
    assert await stored(tmp_path, Report(deadband=1, max_interval=10), [reading(0), reading(100)]) == [0, 100]


async def test_the_latest_is_the_newest_reading_stored_or_not_and_other_points_keep_all(tmp_path: Path) -> None:
    store = reporting(tmp_path, Report(deadband=1))
    store.on_readings([reading(0), reading(1, 1.2), reading(0, point="ups.load"), reading(1, point="ups.load")])
    await store.flush()
    latest = store.latest.get("tma.1")
    assert latest is not None and latest.value == 1.2
    assert (len(await told(store)), len(await told(store, "ups.load"))) == (1, 2)
    await store.close()


async def test_late_readings_and_history_are_stored_whatever_they_say(tmp_path: Path) -> None:
    store = reporting(tmp_path, Report(deadband=1))
    store.on_readings([reading(10), reading(5), reading(6)])
    await store.flush()
    assert [at // S for at, _ in await told(store)] == [5, 6, 10]
    await store.close()


async def test_after_a_restart_or_a_reload_the_stored_value_is_still_what_counts(tmp_path: Path) -> None:
    store = reporting(tmp_path, Report(deadband=1))
    store.on_readings([reading(0, 1.0)])
    await store.close()
    store = reporting(tmp_path, Report(deadband=1))
    store.on_readings([reading(1, 1.8)])
    store.adopt(Limits(), points=[point(Report(deadband=1))])
    store.on_readings([reading(2, 2.1)])
    await store.flush()
    assert await told(store) == [(0, 1.0), (2 * S, 2.1)]
    await store.close()


BASE = {"id": "tma", "name": "Tinggi", "device": "logger", "range": [0.0, 250.0]}


def test_a_deadband_in_percent_is_of_the_range() -> None:
    report = {"deadband_percent": 2.0, "min_interval": 5.0, "max_interval": 600.0}
    assert PointConfig.model_validate(BASE | {"report": report}).point().report == Report(5.0, 5.0, 600.0)
    assert PointConfig.model_validate(BASE).point().report is None


@pytest.mark.parametrize(
    ("report", "what"),
    [
        ({"deadband_percent": 2.0, "deadband": 1.0}, "no `deadband` beside it"),
        ({"min_interval": 60.0, "max_interval": 30.0}, "must not be shorter"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(report: dict[str, float], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        PointConfig.model_validate(BASE | {"report": report})
    with pytest.raises(ValidationError, match="needs `range`"):
        PointConfig.model_validate(BASE | {"range": None, "report": {"deadband_percent": 1.0}})


def test_a_site_says_what_it_keeps_and_a_demonstration_reports_faster(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        "id: s\nname: S\npace: 10\nstore: {raw_days: 7, minute_days: 30, most_gb: 1.5, spool_mb: 2}\n", encoding="utf-8"
    )
    (tmp_path / "devices.yaml").write_text(
        "devices:\n  - {id: broker, name: B, driver: mqtt, link: 'mqtt://192.0.2.5:1883'}\n", encoding="utf-8"
    )
    (tmp_path / "points.yaml").write_text(
        "points:\n  - {id: tma, name: T, device: broker, address: {topic: t},"
        " report: {deadband: 2, min_interval: 5, max_interval: 600}}\n",
        encoding="utf-8",
    )
    site = load_site(tmp_path)
    assert site.store == Limits(raw_days=7, minute_days=30, most_bytes=1_500_000_000, spool_bytes=2_000_000)
    assert site.points["tma"].report == Report(2.0, 0.5, 60.0)


def test_tiers_that_become_shorter_are_refused() -> None:
    with pytest.raises(ValidationError, match="must not become shorter in this order"):
        StoreConfig.model_validate({"raw_days": 400, "minute_days": 30})
