"""Which topic speaks of which points, in what format, and what is refused before anything is subscribed to."""

from __future__ import annotations

import pytest

from drivers.errors import BadConfig
from drivers.model import Point, PointKind
from drivers.sensors.formats import Spread
from drivers.sensors.gateway_topics import FarPoint
from drivers.sensors.mqtt_options import MqttOptions
from drivers.sensors.presence import Presence
from drivers.sensors.source import BadPoint
from drivers.sensors.target import Target
from drivers.sensors.topic_map import Table, topic_map
from tests.drivers.telemetry_world import gauge

HOUSE = "bkl/v1/{opd}/{sensor}/telemetry"


def table(*points: Point, **options: object) -> Table:
    return topic_map(MqttOptions.model_validate(options), points, last=lambda _: None)


def parts_of(name: str, **parts: object) -> Point:
    return gauge(name, address=parts)


def test_a_point_has_a_telemetry_topic_and_the_status_topic_beside_it() -> None:
    made = table(gauge("pos-1"))
    assert made.single == {b"bkl/v1/bpbd/pos-1/telemetry": Target("pos-1", "pos-1", "tma", unit="cm", low=0, high=700)}
    [(topic, [presence])] = made.other.items()
    assert isinstance(presence, Presence)
    assert (topic, presence.sensor, presence.points) == (b"bkl/v1/bpbd/pos-1/status", "pos-1", ("pos-1",))
    assert made.topics == ("bkl/v1/bpbd/pos-1/telemetry", "bkl/v1/bpbd/pos-1/status")


def test_a_topic_of_another_shape_has_no_status_topic() -> None:
    made = table(gauge("door", address={"topic": "hall/dör\u0001", "sensor": "d1"}))
    assert [(topic, target.sensor) for topic, target in made.single.items()] == [("hall/dör\u0001".encode(), "d1")]
    assert not made.other


def test_a_template_leads_to_the_topic_of_its_parts() -> None:
    made = table(
        parts_of("a", opd="bpbd", sensor="awlr-1", metric="tma"), parts_of("b", opd="dlhk", sensor="7"), template=HOUSE
    )
    assert {topic: (target.point, target.sensor) for topic, target in made.single.items()} == {
        b"bkl/v1/bpbd/awlr-1/telemetry": ("a", "awlr-1"),
        b"bkl/v1/dlhk/7/telemetry": ("b", "7"),
    }
    assert [presence.points for presence in made.presences] == [("a",), ("b",)]


def test_a_whole_topic_is_sound_beside_a_template_and_a_number_is_a_part() -> None:
    made = table(gauge("pos-1"), parts_of("b", line=7), template="bus/{line}/load")
    assert set(made.single) == {b"bkl/v1/bpbd/pos-1/telemetry", b"bus/7/load"}


def test_one_topic_feeds_several_points_and_is_decoded_once() -> None:
    station = [gauge(name, address={"topic": "st/1", "value": f"$.{name}"}) for name in ("temp", "rain")]
    [(topic, routes)] = table(*station, format="json").other.items()
    [spread] = routes
    assert isinstance(spread, Spread)
    assert (topic, [pick.target.point for pick in spread.picks]) == (b"st/1", ["temp", "rain"])


def test_a_status_topic_may_have_parts_and_belongs_to_all_points_that_lead_there() -> None:
    made = table(
        parts_of("a", opd="x", sensor="1"), parts_of("b", opd="x", sensor="2"), parts_of("c", opd="y", sensor="1"),
        template=HOUSE, status="bkl/v1/{opd}/lwt", offline="0",
    )  # fmt: skip
    assert {(presence.sensor, presence.points) for presence in made.presences} == {("x", ("a", "b")), ("y", ("c",))}


def test_a_point_that_reads_the_status_topic_itself_goes_before_the_status_beside() -> None:
    siren = gauge("siren", PointKind.TEXT, address={"topic": "bkl/v1/bpbd/pos-1/status"})
    made = table(gauge("pos-1"), siren)
    assert made.single[b"bkl/v1/bpbd/pos-1/status"].point == "siren"
    assert not made.other


def test_another_gateways_points_are_found_by_site_and_point() -> None:
    made = table(parts_of("river", site="rejanglebong", point="river.level"), format="semarak")
    topic, status = b"semarak/v1/rejanglebong/points/river.level/reading", b"semarak/v1/rejanglebong/status"
    assert set(made.other) == {topic, status}
    assert isinstance(made.other[topic][0], FarPoint)
    assert [(presence.sensor, presence.points) for presence in made.presences] == [("rejanglebong", ("river",))]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({}, "leads nowhere"),
        ({"topic": "a/+/b"}, "topic: String should match"),
        ({"topic": "a", "tpic": "b"}, "no key 'tpic' beside a topic"),
        ({"topic": 7}, "topic: Input should be a valid string"),
        ({"sensor": "a"}, "it has no topic, and its broker has no template"),
        ({"topic": "a", "format": "yaml"}, "format"),
        ({"topic": "a", "format": "json"}, "value: it is missing; say where in a json message"),
        ({"topic": "a", "format": "json", "value": "$."}, "value: .* is no path"),
        ({"topic": "a", "format": "json", "value": 1}, "value: 1 is no place in a json message"),
        ({"topic": "a", "format": "csv", "value": "$.x"}, "value: '..x' is no column of CSV"),
        ({"topic": "a", "format": "csv", "value": 0}, "value: 0 is no column of CSV"),
        ({"topic": "a", "format": "csv", "value": 1, "time": "$.t"}, "time: '..t' is no column"),
        ({"topic": "a", "format": "csv", "value": 1, "separator": "ab"}, "separator"),
        ({"topic": "a", "format": "plain", "time": 1}, "time: 1 is no place in a plain message"),
        ({"topic": "a", "time_unit": "m"}, "time_unit"),
        ({"topic": "a", "time_zone": "WIB"}, "time_zone: 'WIB' is no time zone"),
        ({"topic": "a", "status": "a/+/b"}, "wildcard"),
        ({"topic": "a", "status": "a/{opd}"}, "it has no opd; 'a/{opd}' needs opd"),
        ({"site": "x", "format": "semarak"}, "it has no point; .* needs site, point"),
        ({"site": "x", "point": True}, "point"),
    ],
)
def test_an_address_that_cannot_be_is_refused_by_name(address: dict[str, object], told: str) -> None:
    with pytest.raises(BadConfig, match=f"pos-1: address: .*{told}"):
        table(gauge(address=address))


@pytest.mark.parametrize(
    ("parts", "key", "told"),
    [
        ({"opd": "bpbd"}, "", "it has no sensor; .* needs opd, sensor"),
        ({"opd": "bpbd", "sensor": "a", "room": "1"}, "room", "has no such part; its parts are opd, sensor"),
        ({"opd": "bp/bd", "sensor": "a"}, "opd", "is not one level"),
        ({"opd": "bpbd", "sensor": "a/b"}, "sensor", "'a/b' is not one level"),
        ({"opd": "+", "sensor": "a"}, "opd", "is not one level"),
        ({"opd": "", "sensor": "a"}, "opd", "is not one level"),
    ],
)
def test_parts_that_do_not_fill_the_template_are_refused(parts: dict[str, object], key: str, told: str) -> None:
    with pytest.raises(BadPoint, match=told) as refused:
        table(gauge(address=parts), template=HOUSE)
    assert (refused.value.point, refused.value.key) == ("pos-1", key)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("bkl/v1/telemetry", "has named parts"),
        ("bkl/{a}/{a}", "twice"),
        ("bkl/x-{a}", "a part is a whole level"),
        ("bkl/{A}", "a part is a whole level"),
        ("bkl/{}/x", "a part is a whole level"),
        ("bkl/{a/b}", "a part is a whole level"),
        ("bkl/+/{a}", "'.' is a wildcard"),
    ],
)
def test_a_template_that_cannot_be_is_refused_with_its_reason(template: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        MqttOptions.model_validate({"template": template})


def test_two_points_of_the_contract_on_one_topic_are_refused() -> None:
    with pytest.raises(BadPoint, match="already belongs to pos-1") as refused:
        table(gauge("pos-1"), gauge("pos-2", address={"topic": "bkl/v1/bpbd/pos-1/telemetry"}))
    assert (refused.value.point, refused.value.key) == ("pos-2", "topic")


def test_one_topic_has_one_format() -> None:
    one = gauge("a", address={"topic": "st/1", "format": "csv", "value": 1})
    other = gauge("b", address={"topic": "st/1", "format": "csv", "value": 2, "separator": ";"})
    with pytest.raises(BadPoint, match="one topic has one format and separator"):
        table(one, other)


def test_a_point_that_no_filter_brings_is_refused() -> None:
    assert table(gauge("pos-1"), filters="$share/hall/bkl/#").single
    with pytest.raises(BadPoint, match="no filter of its broker brings 'bkl/v1/bpbd/pos-1/telemetry'"):
        table(gauge("pos-1"), filters="$share/bkl/v1/#, other/#")
