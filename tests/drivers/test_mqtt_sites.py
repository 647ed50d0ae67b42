"""The MQTT source as sites use it: several brokers, wires that fail, shared subscriptions, stations, other gateways."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.emulators.broker import Broker
from drivers.emulators.peer_gateway import PeerGateway
from drivers.emulators.station import Station
from drivers.model import DeviceState, PointKind, Quality, Reading, Reason
from drivers.sensors.mqtt import MqttSource
from drivers.sensors.mqtt_wire import Message
from gateway.clock import SystemClock
from tests.drivers.tcp_proxy import Proxy
from tests.drivers.telemetry_world import (
    Heard,
    Journal,
    free_port,
    gauge,
    publisher,
    running,
    serving,
    source,
    swallowing,
)

pytestmark = pytest.mark.real
TOPIC = "bkl/v1/bpbd/pos-1/telemetry"
BOTH = ["3.1.1", 5]


def said(value: float) -> bytes:
    return b'{"v":1,"sensor":"pos-1","metric":"tma","value":%g,"unit":"cm"}' % value


async def test_two_brokers_are_two_devices_that_do_not_know_of_each_other(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving("mosquitto", tmp_path) as (first, broker), serving("amqtt", tmp_path) as (second, _):
        one, two = source(first, [gauge("pos-1")], heard, journal), source(second, [gauge("pos-2")], heard, journal)
        async with running(one, heard) as task, running(two, heard):
            (await publisher(first)).publish("bkl/v1/bpbd/pos-1/telemetry", b'{"value":1}')
            sensor = await publisher(second)
            sensor.publish("bkl/v1/bpbd/pos-2/telemetry", b'{"value":2}')
            await heard.until(lambda: heard.values("pos-1") == [1] and heard.values("pos-2") == [2])
            await broker.stop()
            await task
            sensor.publish("bkl/v1/bpbd/pos-2/telemetry", b'{"value":3}')
            await heard.until(lambda: heard.values("pos-2") == [2, 3])
            sensor.close()


async def test_the_backup_is_tried_when_the_first_does_not_answer_and_the_first_again_after_it(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving("mosquitto", tmp_path) as (main, broker), serving("amqtt", tmp_path) as (backup, other):
        part = source(main, [gauge()], heard, journal, backup=f"127.0.0.1:{backup}")
        async with running(part, heard) as task:
            assert heard.state is DeviceState.UP
            await broker.stop()
            await task
        async with running(part, heard) as task:
            assert heard.state is DeviceState.DEGRADED
            assert f"on the backup 127.0.0.1:{backup}: 127.0.0.1:{main} cannot be reached" in heard.statuses[-1].reason
            sensor = await publisher(backup)
            sensor.publish(TOPIC, said(5))
            await heard.until(lambda: heard.values("pos-1") == [5])
            sensor.close()
            await broker.start()
            await other.stop()
            await task
        async with running(part, heard):
            assert heard.state is DeviceState.UP


async def test_two_gateways_of_one_group_share_the_messages_between_them(tmp_path: Path) -> None:
    heard, share = Heard(), "$share/hall/bkl/v1/#"
    async with serving("mosquitto", tmp_path) as (port, _):
        one = source(port, [gauge()], heard, Journal(at_once=True), filters=share, client_id="one")
        two = source(port, [gauge()], heard, Journal(at_once=True), filters=share, client_id="two", protocol=5)
        async with running(one, heard), running(two, heard):
            sensor = await publisher(port)
            for value in range(100):
                sensor.publish(TOPIC, said(value))
            await heard.until(lambda: len(heard.values("pos-1")) == 100)
            assert sorted(map(float, heard.values("pos-1"))) == list(range(100))
            assert one.counters["readings"] > 0 < two.counters["readings"]
            sensor.close()


@pytest.mark.parametrize("protocol", BOTH)
async def test_r09_fifty_broken_wires_lose_nothing_and_double_only_what_is_marked(
    protocol: str | int, tmp_path: Path
) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving("mosquitto", tmp_path) as (broker, _):
        proxy = Proxy(broker)
        part = source(await proxy.start(), [gauge()], heard, journal, protocol=protocol)
        sensor = await publisher(broker)
        for value in range(50):
            async with running(part, heard) as task:
                sensor.publish(TOPIC, said(value))
                await heard.until(lambda: value in heard.values("pos-1"))  # noqa: B023 - waited for at once
                sensor.publish(TOPIC, said(value + 100))
                proxy.cut()
                await task
        async with running(part, heard):
            await heard.until(lambda: set(heard.values("pos-1")) >= {*range(50), *range(100, 150)})
        assert part.counters["connections"] == 51
        assert len(heard.values("pos-1")) <= 100 + part.counters["redelivered"]
        sensor.close()
        await proxy.stop()


async def test_r09_a_wire_that_freezes_without_a_word_is_given_up_and_data_resumes_within_ten_seconds(
    tmp_path: Path,
) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving("mosquitto", tmp_path) as (broker, _):
        proxy = Proxy(broker)
        part = source(await proxy.start(), [gauge()], heard, journal, keepalive=1)
        sensor = await publisher(broker)
        async with running(part, heard) as task:
            proxy.freeze()
            sensor.publish(TOPIC, said(1))
            async with asyncio.timeout(10):
                await task
                async with running(part, heard):
                    await heard.until(lambda: heard.values("pos-1") == [1])
        sensor.close()
        await proxy.stop()


@pytest.mark.parametrize("protocol", BOTH)
async def test_r10_ten_thousand_garbage_messages_are_dead_letters_and_good_traffic_goes_on(
    protocol: str | int, tmp_path: Path
) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    poison = b'{"value":1,"ts":1' + b"0" * 400 + b"}"
    station = gauge("st", address={"topic": "st/1/up", "format": "json", "value": "$.v", "time": "$.t"})
    async with serving("mosquitto", tmp_path) as (port, _):
        part = source(port, [gauge(), station], heard, journal, filters="#", protocol=protocol)
        sensor = await publisher(port)
        async with running(part, heard):
            for number in range(10_000):
                if number in (2_500, 5_000, 7_500):
                    sensor.publish(TOPIC, said(number % 700))
                    await heard.until(lambda: len(heard.rejected) == number)  # noqa: B023 - waited for at once
                garbage = (b"\x00\xff %d" % number, poison, b'{"v":{}}', b"[" * 2_000)[number % 4]
                sensor.publish((TOPIC, "st/1/up", "bkl/v1/bpbd/pos-1/status", "stray")[number // 4 % 4], garbage)
            sensor.publish(TOPIC, said(5))
            await heard.until(lambda: heard.values("pos-1") == [2_500 % 700, 5_000 % 700, 7_500 % 700, 5])
            await heard.until(lambda: part.counters["acknowledged"] == 10_004)
        assert part.counters["rejected"] == len(heard.rejected) == 10_000
        assert sum(count for name, count in part.counters.items() if name.startswith("rejected.")) == 10_000
        assert all(one.why and one.where for one in heard.rejected)
        sensor.close()


def bad(heard: Heard, point: str) -> bool:
    last = [one for one in heard.readings if one.point == point][-1:]
    return bool(last) and (last[0].quality, last[0].reason) == (Quality.BAD, Reason.COMM)


@pytest.mark.parametrize("format_", ["json", "csv"])
async def test_a_station_says_several_things_at_once_and_its_will_makes_them_bad(format_: str, tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    places = {"json": ("$.data[0].suhu", "$.data[0].hujan", "$.time"), "csv": (2, 3, 1)}[format_]
    address = {"topic": "aws/7/up", "format": format_, "time": places[2], "time_unit": "s", "status": "aws/7/status"}
    points = [
        gauge(name, address={**address, "value": place}) for name, place in zip(("suhu", "hujan"), places, strict=False)
    ]
    async with serving("mosquitto", tmp_path) as (port, _):
        station = Station("aws/7/up", format=format_, clock=SystemClock())
        part = source(port, points, heard, journal)
        async with running(part, heard):
            await station.start("127.0.0.1", port)
            station.say({"suhu": 27.5, "hujan": 3})
            await heard.until(lambda: heard.values("hujan") == [3])
            station.inject("missing")
            station.say({"suhu": 28.5, "hujan": 3})
            await heard.until(lambda: len(heard.rejected) == 1)
            assert (heard.values("suhu"), heard.values("suhu.status")) == ([27.5, 28.5], ["online"])
            station.cut()
            await heard.until(lambda: bad(heard, "hujan") and bad(heard, "suhu"))
            await heard.until(lambda: heard.state is DeviceState.DEGRADED)
            assert heard.statuses[-1].reason == "offline: 7"
            station.clear()
            await station.start("127.0.0.1", port)
            station.say({"suhu": 29.5, "hujan": 4})
            await heard.until(lambda: heard.values("hujan")[-1] == 4 and not bad(heard, "hujan"))
            assert heard.state is DeviceState.UP
            assert newest(heard, "suhu").value == 29.5
        await station.stop()


def newest(heard: Heard, point: str) -> Reading:
    return max((one for one in heard.readings if one.point == point), key=lambda one: one.source_at)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("nan", {"json"}), ("garbage", {"json"}), ("empty", {"json"}), ("skew", {"future"}), ("missing", {"value"})],
)
async def test_what_a_broken_station_says_is_refused_with_its_word(fault: str, words: set[str]) -> None:
    heard, broker = Heard(), Broker()
    port = await broker.start()
    address = {"topic": "aws/7/up", "value": "$.data[0].suhu", "time": "$.time", "status": "aws/7/status"}
    point = gauge("suhu", address=address)
    station = Station("aws/7/up", format="json", clock=SystemClock())
    async with running(source(port, [point], heard, Journal(at_once=True), format="json"), heard):
        await station.start("127.0.0.1", port)
        station.inject(fault)
        station.say({"suhu": 27.5})
        await heard.until(lambda: bool(heard.rejected))
        station.clear()
        station.say({"suhu": 27.5})
        await heard.until(lambda: heard.values("suhu") == [27.5])
        assert {one.why.partition(":")[0] for one in heard.rejected} == words
    await station.stop()
    await broker.stop()


def at_once(part: MqttSource, messages: list[Message]) -> None:
    """Let a source take messages that came in one read."""
    (lane,) = part._lanes
    part._take(part._new_link(lane), lane, messages)


def test_offline_takes_back_also_what_came_in_the_same_read() -> None:
    heard = Heard()
    part = source(1883, [gauge()], heard, Journal())
    messages = [
        (TOPIC.encode(), said(7), 0, 0, False, False),
        (b"bkl/v1/bpbd/pos-1/status", b"offline", 0, 0, False, False),
        (TOPIC.encode(), said(8), 0, 0, False, False),
    ]
    at_once(part, messages)
    assert [(one.point, one.value, one.quality) for one in heard.readings] == [
        ("pos-1", 7.0, Quality.GOOD),
        ("pos-1.status", "offline", Quality.GOOD),
        ("pos-1", 7.0, Quality.BAD),
        ("pos-1", 8.0, Quality.GOOD),
    ]
    assert part.counters["readings"] == 4
    assert newest(heard, "pos-1").value == 8.0


def test_of_messages_without_a_time_the_last_is_the_newest() -> None:
    heard = Heard()
    part = source(1883, [gauge()], heard, Journal())
    at_once(part, [(TOPIC.encode(), said(value), 0, 0, False, False) for value in range(5)])
    assert newest(heard, "pos-1").value == 4.0


async def test_another_gateways_points_are_ours_and_bad_at_once_when_it_is_gone(tmp_path: Path) -> None:
    heard, journal, peer = Heard(), Journal(at_once=True), PeerGateway("rejanglebong", clock=SystemClock())
    river = gauge("hulu", address={"site": "rejanglebong", "point": "river.level"})
    siren = gauge(
        "sirene", PointKind.FLAG, unit="", low=None, high=None, address={"site": "rejanglebong", "point": "siren.on"}
    )
    async with serving("mosquitto", tmp_path) as (port, _):
        await peer.start("127.0.0.1", port)
        peer.say("river.level", 311.5, unit="cm")
        peer.say("siren.on", False)
        part = source(port, [river, siren], heard, journal, format="semarak")
        async with running(part, heard):
            await heard.until(lambda: heard.values("hulu") == [311.5] and heard.values("sirene") == [False])
            assert all(one.retained for one in heard.readings if one.point == "hulu")
            peer.say("river.level", 320.0, unit="cm", quality=Quality.UNCERTAIN, reason=Reason.RANGE)
            await heard.until(lambda: heard.values("hulu") == [311.5, 320.0])
            live = heard.readings[-1]
            assert (live.quality, live.reason, live.retained) == (Quality.UNCERTAIN, Reason.RANGE, False)
            for fault in ("garbage", "version", "mistaken"):
                peer.inject(fault)
                peer.say("river.level", 330.0, unit="cm")
            await heard.until(lambda: len(heard.rejected) == 3)
            peer.clear()
            peer.cut()
            await heard.until(lambda: bad(heard, "hulu") and bad(heard, "sirene"))
            assert heard.statuses[-1].reason == "offline: rejanglebong"
            await peer.start("127.0.0.1", port)
            await heard.until(lambda: heard.values("hulu")[-1] == 330.0 and heard.state is DeviceState.UP)
        await peer.stop()


async def test_a_template_serves_many_sensors_with_a_shared_option(tmp_path: Path) -> None:
    heard = Heard()
    points = [gauge(f"p{number}", address={"opd": "bpbd", "sensor": f"awlr-{number}"}) for number in range(3)]
    async with serving("amqtt", tmp_path) as (port, _):
        part = source(
            port, points, heard, Journal(at_once=True), template="bkl/v1/{opd}/{sensor}/telemetry", time_zone="+07:00"
        )
        async with running(part, heard):
            sensor = await publisher(port)
            for number in range(3):
                payload = b'{"v":1,"ts":"2026-01-17T15:42:00","sensor":"awlr-%d","value":%d}' % (number, number)
                sensor.publish(f"bkl/v1/bpbd/awlr-{number}/telemetry", payload)
            await heard.until(lambda: len(heard.readings) == 3)
            assert {(one.point, one.value) for one in heard.readings} == {("p0", 0.0), ("p1", 1.0), ("p2", 2.0)}
            assert {one.source_at for one in heard.readings} == {1_768_639_320_000_000_000}
            sensor.close()


async def test_nobody_at_either_address_is_said_with_both() -> None:
    heard, dead = Heard(), free_port()
    await swallowing(source(free_port(), [gauge()], heard, Journal(), backup=f"127.0.0.1:{dead}").run)
    assert heard.state is DeviceState.SILENT
    assert f" or 127.0.0.1:{dead} running" in heard.statuses[-1].hint
