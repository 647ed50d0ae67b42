"""The site's files: the shipped hall says what the tables say, and a mistake is refused where it stands."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from drivers.model import Device, Point
from drivers.strict_yaml import load_file
from gateway.alarms.rule import AlarmRule, by_point
from gateway.derive.ispu import Ispu
from gateway.derive.window import WindowOf
from gateway.settings.fault import SiteError
from gateway.settings.site import Site, load_site

HERE = Path(__file__).parent
CONFIG = HERE.parent / "config"
GOOD = sorted(path for path in (HERE / "configs" / "good").iterdir())
BAD = sorted(path for path in (HERE / "configs" / "bad").iterdir())

Row = Mapping[str, str]


def rows(name: str) -> list[Row]:
    with (HERE / "samples" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SENSORS = rows("demo_sensors.csv")

JUDGED = [row for row in SENSORS if row["batas_1"] or row["batas_2"] or row["batas_3"]]
ROOM = [row for row in rows("demo_devices.csv") if row["driver"] in {"samsung_mdc", "videohub", "pjlink", "snmp"}]
LEVELS_OF_HOURLY_RAIN = 2
"""From 10 mm on the hourly scale has two levels: the table's third limit, 40 mm, has no name there."""


def by_id(row: Row) -> str:
    return row["id"]


@pytest.fixture(scope="module")
def hall() -> Site:
    return load_site(CONFIG / "balai-raya")


def told(row: Row) -> tuple[object, ...]:
    """Return what the table says of a point: unit and range, but for a flag, then the period."""
    if row["satuan"] == "bool":
        return "flag", "", None, None, float(row["periode_s"])
    return "number", row["satuan"], float(row["min_wajar"]), float(row["maks_wajar"]), float(row["periode_s"])


def said(point: Point) -> tuple[object, ...]:
    return point.kind.value, point.unit, point.low, point.high, point.every


@pytest.mark.parametrize("row", SENSORS, ids=by_id)
def test_every_sensor_of_the_table_is_a_point(hall: Site, row: Row) -> None:
    assert said(hall.points[row["id"]]) == told(row)


@pytest.mark.parametrize("row", [row for row in SENSORS if row["protokol"] == "mqtt"], ids=by_id)
def test_every_mqtt_sensor_is_heard_on_its_topic(hall: Site, row: Row) -> None:
    address = hall.points[row["id"]].address
    assert (address["topic"], address["metric"]) == (row["alamat"], row["metric"])


@pytest.mark.parametrize("row", [row for row in SENSORS if row["protokol"] == "snmp"], ids=by_id)
def test_every_snmp_sensor_is_read_from_its_object(hall: Site, row: Row) -> None:
    point = hall.points[row["id"]]
    host = hall.devices[point.device].link.removeprefix("udp://").removesuffix(":161")
    assert f"{host} {point.address['oid']}" == row["alamat"]


def rule_of(hall: Site, row: Row) -> AlarmRule:
    return by_point(hall.rules)[row["id"]]


@pytest.mark.parametrize("row", JUDGED, ids=by_id)
def test_every_limit_of_the_table_is_a_level(hall: Site, row: Row) -> None:
    limits = [float(row[name]) for name in ("batas_1", "batas_2", "batas_3") if row[name]]
    if row["skala"] == "hujan_jam":
        limits = limits[:LEVELS_OF_HOURLY_RAIN]
    rule = rule_of(hall, row)
    assert [level.limit for level in rule.levels] == limits
    assert (rule.scale, rule.deadband, rule.on_delay) == (row["skala"], float(row["deadband"]), float(row["tunda_s"]))


@pytest.mark.parametrize("row", [row for row in JUDGED if row["satuan"] != "bool"], ids=by_id)
def test_every_rule_looks_the_way_the_table_says(hall: Site, row: Row) -> None:
    assert rule_of(hall, row).kind == {"naik": "high", "turun": "low"}[row["arah"]]


@pytest.mark.parametrize("row", ROOM, ids=by_id)
def test_every_panel_matrix_and_projector_of_the_table_is_a_device(hall: Site, row: Row) -> None:
    device: Device = hall.devices[row["id"]]
    link = f"{row['angkutan']}://{row['alamat']}"
    assert (device.name.id, device.driver, device.link, device.room) == (row["nama"], row["driver"], link, row["ruang"])


def test_every_point_of_the_hall_is_in_the_table(hall: Site) -> None:
    assert set(hall.points) - set(hall.derived) == {row["id"] for row in SENSORS}


def test_every_rain_gauge_has_its_day_and_every_air_sensor_its_index(hall: Site) -> None:
    gauges = {row["id"] for row in SENSORS if row["metric"] == "hujan_1jam"}
    air = {row["id"] for row in SENSORS if row["metric"] == "pm25"}
    windows: defaultdict[str, set[str]] = defaultdict(set)
    for each in hall.derived.values():
        if isinstance(each.how, WindowOf):
            windows[each.how.take].add(each.how.point)
    assert (windows["integral"], windows["mean"]) == (gauges, air)
    assert sum(isinstance(each.how, Ispu) for each in hall.derived.values()) == 2 * len(air)


def test_the_scales_of_the_hall_are_those_of_the_table() -> None:
    scales = load_file(CONFIG / "balai-raya" / "scales.yaml").data["scales"]
    told = {
        (row["skala"], row["kode"], row["label_id"], row["label_en"], row["severity_internal"])
        for row in rows("skala_bahaya.csv")
    }
    said = {
        (scale["id"], each["code"], each["label"]["id"], each["label"]["en"], str(each["severity"]))
        for scale in scales
        for each in scale["levels"]
        if scale["id"] in {row[0] for row in told}
    }
    assert said == told


def test_every_level_of_the_hall_stands_beside_the_name_of_its_scale(hall: Site) -> None:
    assert all(rule.scale_name.id and rule.scale_name.en for rule in hall.rules)
    siaga = {(rule.scale_name.id, level.label.id) for rule in hall.rules for level in rule.levels}
    assert ("banjir", "Siaga I") in siaga


def test_every_river_gauge_is_watched_for_silence_and_the_hall_has_more_than_limits(hall: Site) -> None:
    rivers = {row["id"] for row in SENSORS if row["metric"] == "tma"}
    assert {rule.point for rule in hall.rules if rule.id.startswith("diam.")} == rivers
    kinds = {rule.kind for rule in hall.rules if rule.measure is not None}
    assert kinds == {"stale", "discrepancy", "composite"}


def test_a_silence_waits_for_no_connection_of_its_own(hall: Site) -> None:
    watched = {point for rule in hall.rules if rule.kind == "stale" for point in rule.points}
    assert "pintu-hall" in watched
    assert not hall.points["pintu-hall"].urgent


def test_every_river_gauge_is_checked_for_jumps_and_standing_still(hall: Site) -> None:
    rivers = [hall.points[row["id"]].checks for row in SENSORS if row["metric"] == "tma"]
    assert {(each.rate, each.stuck_after) for each in rivers} == {(30.0, 43_200.0)}


def test_a_demonstration_runs_its_checks_at_its_pace() -> None:
    hurried = load_site(CONFIG / "balai-raya", pace=60).points["awlr-air-bengkulu-rawamakmur"]
    assert (hurried.every, hurried.checks.rate, hurried.checks.stuck_after) == (5.0, 1_800.0, 720.0)


def test_the_smallest_site_is_one_file() -> None:
    site = load_site(CONFIG / "minimal")
    assert (site.points, site.devices, site.rules, site.walls) == ({}, {}, (), {})


@pytest.mark.parametrize("folder", GOOD, ids=lambda path: path.name)
def test_a_sound_site_is_taken(folder: Path) -> None:
    assert load_site(folder).id == "uji"


def test_files_of_options_are_taken_from_the_sites_folder() -> None:
    folder = HERE / "configs" / "good" / "brokers"
    options = load_site(folder).devices["lapangan"].options
    assert (options["ca"], options["key"]) == (str(folder / "secrets" / "ca.pem"), "/etc/semarak/hall.key")


@pytest.mark.parametrize("folder", BAD, ids=lambda path: path.name)
def test_a_mistake_is_refused_with_file_line_and_hint(folder: Path) -> None:
    with pytest.raises(SiteError) as refused:
        load_site(folder)
    assert str(refused.value) + "\n" == (folder / "expected.txt").read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(SiteError, match=r"nowhere:1:1: there is no such folder \(name the folder of a site\)"):
        load_site(Path("nowhere"))
