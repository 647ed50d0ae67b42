"""Publishing to a real broker: what stands is retained there, another gateway reads it, and no outage loses a thing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.model import DeviceState, DeviceStatus, PointKind, Quality, Reason
from gateway.alarms.lifecycle import Facts
from gateway.forward.mqtt_publisher import Publisher
from gateway.forward.status import SinkState
from tests.drivers.tcp_proxy import Proxy
from tests.drivers.telemetry_world import Heard, Journal, Mosquitto, free_port, gauge, serving, source
from tests.drivers.telemetry_world import running as listening
from tests.drivers.test_mqtt_tls import broker as tls_broker
from tests.drivers.test_mqtt_tls import ours
from tests.gateway.publisher_world import EPOCH_NS, FLOOD, HALL, RIVER, Hall, Listener, World, alarm, running, until

pytestmark = pytest.mark.real

RIVER_TOPIC = "semarak/v1/hall/points/awlr-1/reading"
ALARM_TOPIC = "semarak/v1/hall/alarms/banjir/state"
DEVICE_TOPIC = "semarak/v1/hall/devices/broker/state"
STATUS_TOPIC = "semarak/v1/hall/status"


def value(payload: bytes) -> object:
    return json.loads(payload)["value"]


def values(heard: Listener) -> list[object]:
    return [value(payload) for payload in heard.payloads(RIVER_TOPIC)]


async def test_everything_that_stands_is_on_the_broker_for_whoever_comes_later(tmp_path: Path) -> None:
    world, late = World(tmp_path), Listener()
    await world.read(270.0, 271.5)
    await world.read(True, point="siren")
    async with serving("mosquitto", tmp_path) as (port, _):
        async with running(publisher := world.make(port)):
            await until(lambda: publisher.status().state is SinkState.WRITING and world.caught_up())
            async with late.on(port):
                await until(lambda: late.held.get(STATUS_TOPIC) == b"online")
            assert sorted(late.held) == [
                ALARM_TOPIC, "semarak/v1/hall/alarms/siren-rings/state", DEVICE_TOPIC,
                "semarak/v1/hall/devices/panel/state", RIVER_TOPIC, "semarak/v1/hall/points/siren/reading",
                STATUS_TOPIC,
            ]  # fmt: skip
            assert (value(late.held[RIVER_TOPIC]), json.loads(late.held[RIVER_TOPIC])["unit"]) == (271.5, "cm")
            assert json.loads(late.held[ALARM_TOPIC])["state"] == "NORM"
            assert json.loads(late.held[DEVICE_TOPIC])["state"] == "up"
            assert all(retained for _, _, retained in late.seen)
        async with late.on(port):
            await until(lambda: late.held[STATUS_TOPIC] == b"offline")
    await world.store.close()


async def test_what_changes_is_told_at_once(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    async with serving("mosquitto", tmp_path) as (port, _), heard.on(port), running(publisher := world.make(port)):
        await until(lambda: heard.held.get(STATUS_TOPIC) == b"online")
        await world.read(271.5)
        publisher.board.on_alarm(alarm(facts=Facts(active=True, acked=False), severity=4, code="SIAGA1"))
        publisher.board.on_alarm(alarm(replace(FLOOD, id="nobody-knows")))
        publisher.board.on_status(DeviceStatus("broker", DeviceState.SILENT, EPOCH_NS, "no answer"))
        publisher.board.on_status(DeviceStatus("nobody-knows", DeviceState.UP, EPOCH_NS))
        await until(lambda: values(heard) == [271.5])
        await until(lambda: json.loads(heard.held[ALARM_TOPIC])["state"] == "UNACK")
        await until(lambda: json.loads(heard.held[DEVICE_TOPIC])["reason"] == "no answer")
        assert not [topic for topic in heard.held if "nobody-knows" in topic]
        await until(world.caught_up)
        counters = publisher.status().counters
        assert (counters["published"], counters["refused"]) == (counters["acknowledged"], 0)
    await world.store.close()


async def test_only_the_wanted_points_go_there(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    async with serving("mosquitto", tmp_path) as (port, _):
        await world.read(1.0)
        async with heard.on(port), running(world.make(port, points=["sir*"])):
            await world.read(2.0)
            await world.read(True, point="siren")
            await until(world.caught_up)
            await until(lambda: "semarak/v1/hall/points/siren/reading" in heard.held)
    assert RIVER_TOPIC not in heard.held
    await world.store.close()


@pytest.mark.parametrize("backlog", ["latest", "all"])
async def test_another_gateway_has_the_same_readings_and_knows_at_once_when_we_die(
    backlog: str, tmp_path: Path
) -> None:
    world, there = World(tmp_path), Heard()
    far = gauge("hulu", address={"site": "hall", "point": "awlr-1"})
    siren = gauge("sirene", PointKind.FLAG, unit="", low=None, high=None, address={"site": "hall", "point": "siren"})
    async with serving("mosquitto", tmp_path) as (port, _):
        proxy = Proxy(port)
        before = await world.read(270.0)
        async with running(world.make(await proxy.start(), backlog=backlog)):
            await until(world.caught_up)
            part = source(port, [far, siren], there, Journal(at_once=True), format="semarak")
            async with listening(part, there):
                await until(lambda: there.values("hulu") == [270.0])
                live = await world.read(271.5, quality=Quality.UNCERTAIN, reason=Reason.RATE)
                await until(lambda: there.values("hulu") == [270.0, 271.5])
                live += await world.read(12.25, at=world.clock.now() + 7)
                await world.read(True, point="siren")
                await until(lambda: there.values("hulu") == [270.0, 271.5, 12.25] and there.values("sirene") == [True])
                said = [one for one in there.readings if one.point == "hulu"]
                assert [(one.value, one.source_at, one.quality, one.reason) for one in said] == [
                    (one.value, one.source_at, one.quality, one.reason) for one in (*before, *live)
                ]
                assert [one.retained for one in said] == [True, False, False]
                await proxy.stop()
                await until(lambda: {one.point for one in there.readings[-2:] if one.quality} == {"hulu", "sirene"})
                assert {one.reason for one in there.readings[-2:]} == {Reason.COMM}
                assert there.statuses[-1].reason == "offline: hall"
    await world.store.close()


async def test_after_an_outage_the_newest_of_every_point_is_told_and_nothing_is_owed(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    broker = Mosquitto(tmp_path)
    port = await broker.start()
    publisher = world.make(port)
    async with running(publisher):
        await world.read(1.0)
        await until(world.caught_up)
        await broker.stop()
        await until(lambda: publisher.status().state is SinkState.AWAY)
        await world.read(*map(float, range(2, 50)))
        publisher.board.on_alarm(alarm(facts=Facts(active=True, acked=False)))
        publisher.board.on_alarm(alarm(facts=Facts(active=True, acked=True)))
        assert not world.caught_up()
        await broker.start()
        async with heard.on(port):
            await until(lambda: heard.held.get(STATUS_TOPIC) == b"online" and world.caught_up())
            assert json.loads(heard.held[ALARM_TOPIC])["state"] == "ACKED"
            assert values(heard)[-1] == 49.0
            await world.read(50.0)
            await until(lambda: values(heard)[-1] == 50.0)
    assert (publisher.status().rows, publisher.counters["late"]) == (0, 0), "what was missed is not read again"
    await broker.stop()
    await world.store.close()


async def test_with_the_whole_backlog_every_reading_follows_in_order_and_the_newest_stays(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    async with serving("mosquitto", tmp_path) as (port, _), heard.on(port):
        await world.read(*map(float, range(100)))
        publisher = world.make(port, backlog="all")
        world.store.hold("mqtt", 0)
        async with running(publisher):
            await until(world.caught_up)
            await until(lambda: len(values(heard)) >= 101)
        assert values(heard)[0] == 99.0, "what is newest goes first"
        assert values(heard)[1:101] == [float(n) for n in range(100)]
        late = Listener()
        async with late.on(port):
            await until(lambda: late.held.get(STATUS_TOPIC) == b"offline")
        assert value(late.held[RIVER_TOPIC]) == 99.0
    await world.store.close()


async def test_late_readings_are_history_and_never_what_a_topic_holds(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    async with serving("mosquitto", tmp_path) as (port, _), heard.on(port):
        for backlog in ("latest", "all"):
            publisher = world.make(port, backlog=backlog)
            async with running(publisher):
                await until(lambda: heard.held.get(STATUS_TOPIC) == b"online")
                await world.read(200.0)
                await until(world.caught_up)
                await world.read(100.0, at=world.clock.now() - 3_600_000_000_000)
                await until(world.caught_up)
            assert publisher.counters["late"] == (backlog == "latest")
            assert (100.0 in values(heard)) is (backlog == "all")
            late = Listener()
            async with late.on(port):
                await until(lambda: STATUS_TOPIC in late.held)  # noqa: B023 - waited for at once
            assert value(late.held[RIVER_TOPIC]) == 200.0
            await until(lambda: heard.held.get(STATUS_TOPIC) == b"offline")
    await world.store.close()


async def test_what_is_not_acknowledged_is_published_again_by_the_next_run(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    async with serving("mosquitto", tmp_path) as (port, _), heard.on(port):
        proxy = Proxy(port)
        publisher = world.make(await proxy.start(), backlog="all")
        async with running(publisher):
            await world.read(1.0)
            await until(world.caught_up)
            proxy.freeze()
            await world.read(2.0, 3.0)
            await until(lambda: publisher.counters["published"] > publisher.counters["acknowledged"])
        await world.store.flush()
        assert world.store.cursor("mqtt") < world.store.newest_seq
        await world.store.close()
        again = World(tmp_path)
        async with running(again.make(port, backlog="all")):
            await until(again.caught_up)
            await until(lambda: {1.0, 2.0, 3.0} <= set(values(heard)))
        assert publisher.counters["connections"] == 1
        await again.store.close()
        await proxy.stop()


async def test_a_wire_that_freezes_is_given_up_and_everything_is_told_anew(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    async with serving("mosquitto", tmp_path) as (port, _), heard.on(port):
        proxy = Proxy(port)
        publisher = world.make(await proxy.start())
        async with running(publisher):
            await until(lambda: heard.held.get(STATUS_TOPIC) == b"online")
            proxy.freeze()
            await world.read(2.0)
            await until(lambda: values(heard) == [2.0])
            assert publisher.counters["connections"] == 2
        await proxy.stop()
    await world.store.close()


async def test_topics_of_what_is_no_more_are_emptied_also_after_a_restart(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    less = Hall(
        points={name: point for name, point in HALL.points.items() if name != "awlr-1"},
        devices={"panel": HALL.devices["panel"]}, rules=HALL.rules[1:],
    )  # fmt: skip
    async with serving("mosquitto", tmp_path) as (port, _), heard.on(port):
        for site in (HALL, replace(less, points=HALL.points)):
            async with running(publisher := world.make(port, site)):
                await world.read(1.0)
                await world.read("x", point="panel.mode")
                await world.read("online", point="awlr-1.status")
                await until(world.caught_up)
                if site is HALL:
                    await until(lambda: value(heard.held.get(RIVER_TOPIC, b'{"value":0}')) == 1.0)
                else:
                    await until(lambda: heard.held[ALARM_TOPIC] == b"" == heard.held[DEVICE_TOPIC])
                    assert value(heard.held[RIVER_TOPIC]) == 1.0
                    publisher.board.describe(less)
                    await until(lambda: heard.held[RIVER_TOPIC] == b"")
                    await until(lambda: heard.held["semarak/v1/hall/points/awlr-1.status/reading"] == b"")
                    assert value(heard.held["semarak/v1/hall/points/panel.mode/reading"]) == "x"
        late = Listener()
        async with late.on(port):
            await until(lambda: late.held.get(STATUS_TOPIC) == b"offline")
        assert not {RIVER_TOPIC, ALARM_TOPIC, DEVICE_TOPIC} & set(late.held)
    await world.store.close()


async def test_home_assistant_finds_points_and_alarms_and_loses_what_is_taken_away(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    config, siren = "homeassistant/sensor/hall/awlr-1/config", "homeassistant/binary_sensor/hall/siren/config"
    flood = "homeassistant/binary_sensor/hall/banjir_3Aalarm/config"
    async with serving("mosquitto", tmp_path) as (port, _), heard.on(port):
        async with running(publisher := world.make(port, home_assistant=True)):
            await until(lambda: heard.held.get(STATUS_TOPIC) == b"online")
            assert json.loads(heard.held[config])["state_topic"] == RIVER_TOPIC
            assert json.loads(heard.held[siren])["unique_id"] == "hall_siren"
            assert json.loads(heard.held[flood])["device_class"] == "safety"
            publisher.board.describe(replace(HALL, points={RIVER.id: replace(RIVER, unit="m")}, rules=()))
            await until(lambda: heard.held[siren] == heard.held[flood] == b"")
            await until(lambda: json.loads(heard.held[config])["unit_of_measurement"] == "m")
        async with running(world.make(port)):
            await until(lambda: heard.held[config] == b"")
    await world.store.close()


async def test_a_dead_broker_harms_nobody_and_is_waited_for(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    broker = Mosquitto(tmp_path)
    broker._port = port = free_port()
    publisher: Publisher = world.make(port, backlog="all")
    async with running(publisher) as part:
        await until(lambda: publisher.counters["retried"] > 1)
        publisher.board.on_alarm(alarm(facts=Facts(active=True, acked=False)))
        async with asyncio.timeout(1.0):
            await world.read(*map(float, range(100)))
        assert (part.done(), publisher.status().state, publisher.status().rows) == (False, SinkState.AWAY, 100)
        assert "cannot be reached" in publisher.status().reason
        await broker.start()
        async with heard.on(port):
            await until(lambda: heard.held.get(STATUS_TOPIC) == b"online" and world.caught_up())
            await until(lambda: value(heard.held[RIVER_TOPIC]) == 99.0)
            assert json.loads(heard.held[ALARM_TOPIC])["state"] == "UNACK"
    await broker.stop()
    await world.store.close()


async def test_a_sink_that_is_taken_out_leaves_nothing_behind(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.read(1.0)
    publisher = world.make(free_port())
    async with running(publisher):
        await until(lambda: publisher.counters["retried"])
    world.repairs.needed("broker.away", "mqtt")
    publisher.forget()
    await world.store.flush()
    assert (world.open, world.store.cursor("mqtt"), world.store.kept("sink.topics")) == ([], 0, {})
    await world.store.close()


async def test_a_broker_with_tls_and_a_login_is_told_as_well(tmp_path: Path) -> None:
    world, heard = World(tmp_path), Listener()
    async with tls_broker(tmp_path) as door, heard.on(door.plain):
        url = f"mqtts://127.0.0.1:{door.secure}"
        keys = {**ours(door), "username": "hall", "password": "secret", "protocol": 5}
        async with running(publisher := world.make(door.secure, url=url, **keys)):
            await world.read(271.5)
            await until(lambda: values(heard) == [271.5])
            assert publisher.status().reason == ""
        wrong = world.make(door.secure, url=url, **keys | {"password": "guess"})
        async with running(wrong):
            await until(lambda: world.open == ["broker.login"])
        assert "check username and password" in wrong.status().reason
    await world.store.close()
