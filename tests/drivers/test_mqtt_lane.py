"""The connections of one broker: what is urgent has its own, and nothing is taken twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from drivers.model import Point
from drivers.sensors.mqtt_lane import MOST_URGENT, Lane, lanes
from drivers.sensors.mqtt_options import MqttOptions
from drivers.sensors.topic_map import topic_map
from tests.drivers.telemetry_world import BROKERS, Heard, Journal, gauge, publisher, running, serving, source

MANY = [gauge(f"pos-{number}") for number in range(4)]


def of(points: list[Point], **options: object) -> list[Lane]:
    chosen = MqttOptions.model_validate(options)
    return list(lanes(chosen, topic_map(chosen, points, last=lambda _point: None)))


def urgent(points: list[Point], *names: str) -> list[Point]:
    return [replace(point, urgent=point.id in names) for point in points]


def topic(name: str) -> bytes:
    return f"bkl/v1/bpbd/{name}/telemetry".encode()


def test_one_connection_takes_all_when_nothing_is_urgent() -> None:
    (only,) = of(MANY)
    assert (only.client_id, only.elsewhere) == ("semarak", frozenset())
    assert len(only.targets) == len(MANY)


def test_what_few_points_say_that_an_alarm_waits_for_comes_on_a_lane_of_its_own() -> None:
    rest, fast = of(urgent(MANY, "pos-2"))
    assert (fast.client_id, fast.filters) == ("semarak-urgent", [topic("pos-2").decode()])
    assert topic("pos-2") not in rest.targets
    assert rest.elsewhere == {topic("pos-2")}
    assert {*rest.targets, *rest.elsewhere} == {topic(point.id) for point in MANY}


@pytest.mark.parametrize(
    ("points", "options"),
    [
        (urgent(MANY, "pos-0", "pos-1", "pos-2"), {}),
        (urgent(MANY, "pos-2"), {"filters": "$share/hall/bkl/#"}),
        ([replace(gauge(f"pos-{n}"), urgent=n <= MOST_URGENT) for n in range(3 * MOST_URGENT)], {}),
    ],
    ids=["most are urgent", "a shared subscription", "too many to name"],
)
def test_one_connection_takes_all_where_two_would_not_help(points: list[Point], options: dict[str, object]) -> None:
    (only,) = of(points, **options)
    assert only.elsewhere == frozenset()


@pytest.mark.real
@pytest.mark.parametrize("kind", BROKERS)
async def test_nothing_is_taken_twice_and_everything_is_acknowledged(kind: str, tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving(kind, tmp_path) as (port, _):
        part = source(port, urgent(MANY, "pos-2"), heard, journal)
        sensor = await publisher(port)
        async with running(part, heard):
            for value in range(20):
                for point in MANY:
                    said = b'{"v":1,"sensor":"%s","metric":"tma","value":%d,"unit":"cm"}' % (point.id.encode(), value)
                    sensor.publish(topic(point.id).decode(), said)
            await heard.until(lambda: all(len(heard.values(point.id)) == 20 for point in MANY))
            await heard.until(lambda: part.counters["acknowledged"] == 20 * len(MANY) + 20)
        assert {point.id: heard.values(point.id) for point in MANY} == {point.id: list(range(20)) for point in MANY}
        assert (part.counters["elsewhere"], part.counters["rejected"]) == (20, 0)
        sensor.close()


@pytest.mark.real
async def test_when_one_connection_is_lost_both_are_made_anew(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving("amqtt", tmp_path) as (port, broker):
        part = source(port, urgent(MANY, "pos-2"), heard, journal)
        async with running(part, heard) as task:
            await broker.stop()
            await task
        await broker.start()
        async with running(part, heard):
            sensor = await publisher(port)
            sensor.publish(topic("pos-2").decode(), b'{"v":1,"sensor":"pos-2","metric":"tma","value":1,"unit":"cm"}')
            await heard.until(lambda: heard.values("pos-2") == [1])
            sensor.close()
        assert part.counters["connections"] == 2
