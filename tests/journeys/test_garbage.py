"""Garbage on every socket: counted, visible, and without harm."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.journeys.world import Hall, Person, verified

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

GAUGE = "awlr-air-bengkulu-rawamakmur"
TOPIC = f"bkl/v1/bpbd/{GAUGE}/telemetry"
PAYLOADS = (
    b"", b"\xff\xfe\x00", b"{", b"[]", b'{"value":"high"}', b'{"value":NaN}', b'{"value":1e999}', b'{"v":2,"value":1}',
    b'{"value":1,"ts":"2099-01-01T00:00:00Z"}', b'{"value":1,"sensor":"somebody-else"}', b"[" * 60_000,
)  # fmt: skip
BODIES = (b"", b"\xff\xfe", b"{", b"[1]", b'{"point":1}', b'{"point":"x","value":{}}', b'{"items":[]}', b"[" * 50_000)


async def nothing_stopped(person: Person, before: dict[str, int]) -> None:
    """The wall stands, readings flow, and no part was restarted since."""
    heard = person.screen.counts.get(GAUGE, 0)
    await person.until(lambda: person.screen.counts.get(GAUGE, 0) > heard, what="a reading")
    await person.until(verified(person), within=60, what="the wall")
    health = (await person.get("health")).body
    assert {each["name"]: each["restarts"] for each in health["parts"]} == before


def rejects(person: Person, device: str) -> int:
    return max((each["count"] for each in person.screen.rejected if each["device"] == device), default=0)


async def test_garbage_on_a_topic_is_counted_and_shown_and_the_sensor_goes_on(hall: Hall) -> None:
    async with Person(hall, "teknisi") as person:
        await person.until(verified(person), what="the wall")
        before = person.screen.restarts()
        counted = rejects(person, "broker-lapangan")
        await asyncio.to_thread(publish, int(hall.links["broker-lapangan"].rpartition(":")[2]))
        await person.until(
            lambda: rejects(person, "broker-lapangan") >= counted + len(PAYLOADS), what="the count on the screen"
        )
        told = person.screen.rejected[-1]
        assert told["where"] == TOPIC
        assert told["why"]
        counters = (await person.get("devices/broker-lapangan")).body["counters"]
        assert counters["rejected"] >= len(PAYLOADS)
        await nothing_stopped(person, before)


def publish(port: int) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="nonsense")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for payload in PAYLOADS:
        client.publish(TOPIC, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


async def test_garbage_in_a_body_is_answered_with_a_problem(hall: Hall) -> None:
    async with Person(hall, "teknisi") as person:
        await person.until(verified(person), what="the wall")
        before = person.screen.restarts()
        for path in ("readings", "session", "devices/matriks-1/commands", "walls/utama/take"):
            for body in BODIES:
                answer = await person.ask("POST", path, data=body, headers={"Content-Type": "application/json"})
                assert 400 <= answer.status < 500, (path, body[:20], answer)
                assert answer.body["status"] == answer.status
                assert answer.body["detail"]
        await nothing_stopped(person, before)


async def test_a_pushed_reading_that_cannot_be_is_shown_as_rejected(hall: Hall) -> None:
    async with Person(hall, "teknisi") as person:
        answer = await person.post("readings", {"point": GAUGE, "value": "very high"})
        assert answer.status == 422
        await person.until(lambda: rejects(person, "api") >= 1, what="the rejected reading on the screen")


@pytest.mark.parametrize("fault", ["garbage_before", "bad_checksum", "unknown_block", "glued", "dribble"])
async def test_garbage_from_a_panel_is_counted_and_the_panel_still_obeys(hall: Hall, fault: str) -> None:
    async with Person(hall, "teknisi") as person:
        await person.until(verified(person), what="the wall")
        before = person.screen.restarts()
        del before["device/lfd-r2c1"]
        counted = trouble(person, "lfd-r2c1")
        await person.side_door("POST", "devices/lfd-r2c1/fault", {"fault": fault})
        try:
            if fault in ("garbage_before", "bad_checksum"):
                await person.until(lambda: trouble(person, "lfd-r2c1") > counted, what="the count on the screen")
        finally:
            await person.side_door("DELETE", "devices/lfd-r2c1/fault")
        await person.until(lambda: up(person, "lfd-r2c1"), within=60, what="the panel")
        await person.until(verified(person), within=60, what="the wall")
        after = person.screen.restarts()
        changed = {name for name in before if after[name] != before[name]}
        assert not changed, changed


def up(person: Person, device: str) -> bool:
    return bool(person.screen.devices[device]["status"]["state"] == "up")


def trouble(person: Person, device: str) -> int:
    return int(person.screen.devices[device]["counters"].get("garbage", 0))


async def test_garbage_from_the_matrix_is_counted_and_the_salvo_still_lands(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        await person.until(verified(person), what="the wall")
        counted = trouble(person, "matriks-1")
        await person.side_door("POST", "devices/matriks-1/fault", {"fault": "garbage_before"})
        assert (await person.post("scenes/gempa/recall")).status < 300
        await person.until(lambda: trouble(person, "matriks-1") > counted, within=60, what="the count on the screen")
        await person.side_door("DELETE", "devices/matriks-1/fault")
        await person.until(verified(person), within=60, what="the scene")
        await person.post("walls/utama/release", {"region": "tanggap"})
        await person.until(verified(person), within=60, what="the wall at rest")


class _Nonsense(socketserver.BaseRequestHandler):
    """Answers every question with noise."""

    def handle(self) -> None:
        while self.request.recv(1024):
            self.request.sendall(b"\x00\xff<html>\r\n" * 20)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def nonsense(port: int) -> Iterator[None]:
    """Be a Modbus device that answers garbage."""
    with _Server(("127.0.0.1", port), _Nonsense) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield
        finally:
            server.shutdown()
            serving.join()


async def test_a_modbus_device_that_answers_garbage_is_shown_and_the_others_go_on(hall: Hall) -> None:
    async with Person(hall, "teknisi") as person:
        await person.until(lambda: up(person, "meter-pln"), what="the meter")
        await person.side_door("POST", "devices/meter-pln/stop")
        await person.until(lambda: not up(person, "meter-pln"), within=60, what="the meter gone")
        with nonsense(int(hall.links["meter-pln"].rpartition(":")[2])):
            counted = sum(troubles(person).values())
            await person.until(lambda: sum(troubles(person).values()) > counted, within=60, what="the count")
            assert not up(person, "meter-pln")
            heard = person.screen.counts.get(GAUGE, 0)
            await person.until(lambda: person.screen.counts.get(GAUGE, 0) > heard + 1, what="other readings")
        await person.side_door("POST", "devices/meter-pln/start")
        await person.until(lambda: up(person, "meter-pln"), within=60, what="the meter back")


def troubles(person: Person) -> dict[str, int]:
    """Return what a Modbus source counts of what went wrong."""
    counters = person.screen.devices["meter-pln"]["counters"]
    return {name: count for name, count in counters.items() if name in ("garbage", "rejected", "timeouts")}
