"""Which topic speaks of which point, and what is subscribed to."""

from __future__ import annotations

import pytest

from drivers.errors import BadConfig
from drivers.model import PointKind
from drivers.sensors.topic_map import Target, filters, topic_map
from tests.drivers.telemetry_world import gauge


def test_a_point_has_a_telemetry_topic_and_the_status_topic_beside_it() -> None:
    assert topic_map([gauge("pos-1")]) == {
        b"bkl/v1/bpbd/pos-1/telemetry": Target("pos-1", "pos-1", "tma", PointKind.NUMBER, "cm", 0.0, 700.0),
        b"bkl/v1/bpbd/pos-1/status": Target("pos-1.status", "pos-1", kind=PointKind.TEXT, status=True),
    }


def test_a_topic_of_another_shape_has_no_status_topic() -> None:
    point = gauge("door", address={"topic": "hall/dör\u0001", "sensor": "d1"})
    assert [(topic, target.sensor) for topic, target in topic_map([point]).items()] == [
        ("hall/dör\u0001".encode(), "d1")
    ]


@pytest.mark.parametrize(
    ("address", "told"),
    [({}, "topic"), ({"topic": "a/+/b"}, "topic"), ({"topic": "a", "tpic": "b"}, "tpic"), ({"topic": 7}, "topic")],
)
def test_an_address_that_cannot_be_is_refused_by_name(address: dict[str, object], told: str) -> None:
    with pytest.raises(BadConfig, match=f"pos-1: address: {told}"):
        topic_map([gauge(address=address)])


def test_two_points_on_one_topic_are_refused() -> None:
    with pytest.raises(BadConfig, match="already belongs to pos-1"):
        topic_map([gauge("pos-1"), gauge("pos-2", address={"topic": "bkl/v1/bpbd/pos-1/telemetry"})])


@pytest.mark.parametrize(
    ("topics", "wanted"),
    [
        (["bkl/v1/bpbd/a/telemetry", "bkl/v1/dlhk/b/telemetry"], ("bkl/v1/#",)),
        (["bkl/v1/bpbd/a/telemetry"], ("bkl/v1/bpbd/a/#",)),
        (["north/a", "south/b"], ("north/a", "south/b")),
        (["/a/b", "/c/d"], ("/a/b", "/c/d")),
        ([], ()),
    ],
)
def test_the_subscription_is_what_the_topics_share(topics: list[str], wanted: tuple[str, ...]) -> None:
    assert filters(topics) == wanted
