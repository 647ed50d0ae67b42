"""How a broker answers: what MQTT 5 asks and tells, logins, subscriptions and messages that are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from drivers.errors import LinkError, Refused
from drivers.model import DeviceState
from drivers.sensors.mqtt_link import MqttLink
from tests.drivers.telemetry_world import Heard, Journal, gauge, running, serving, source, swallowing

pytestmark = pytest.mark.real
TOPIC = "bkl/v1/bpbd/pos-1/telemetry"
BOTH = ["3.1.1", 5]


def said(value: float) -> bytes:
    return b'{"v":1,"value":%g}' % value


async def test_with_mqtt_5_what_is_not_committed_comes_again_and_the_broker_keeps_the_rest(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = source(port, [gauge()], heard, journal, protocol=5)
        sensor = MqttLink("sensor", clean=True, v5=True)
        await sensor.open("127.0.0.1", port, keepalive=5)
        async with running(part, heard):
            sensor.publish(TOPIC, said(1))
            await heard.until(lambda: heard.values("pos-1") == [1])
        sensor.publish(TOPIC, said(2))
        async with running(part, heard):
            await heard.until(lambda: heard.values("pos-1") == [1, 1, 2])
            journal.commit()
            assert (part.counters["redelivered"], part.counters["acknowledged"]) == (1, 3)
        sensor.close()


class Answers(asyncio.Protocol):
    """A broker that gives these answers, by the first byte of what comes."""

    def __init__(self, answers: Mapping[int, bytes]) -> None:
        self._answers = answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(self._answers.get(data[0], b"").replace(b"MID", data[2:4]))


async def answering(answers: Mapping[int, bytes]) -> tuple[asyncio.Server, int]:
    server = await asyncio.get_running_loop().create_server(lambda: Answers(answers), "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


WELCOME = {"3.1.1": b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}
GRANTED = {
    ("3.1.1", "all refused"): b"\x90\x04MID\x80\x80",
    ("3.1.1", "one refused"): b"\x90\x04MID\x01\x80",
    (5, "all refused"): b"\x90\x05MID\x00\x87\x87",
    (5, "one refused"): b"\x90\x05MID\x00\x01\x87",
}


async def test_with_mqtt_5_we_say_how_much_we_can_take_and_for_how_long_to_keep_the_rest() -> None:
    told: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    class Hears(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            told.set_result(data)

    server = await asyncio.get_running_loop().create_server(Hears, "127.0.0.1", 0)
    async with server, asyncio.TaskGroup() as tasks:
        part = source(server.sockets[0].getsockname()[1], [gauge()], Heard(), Journal(), protocol=5, client_id="hall")
        task = tasks.create_task(swallowing(part.run))
        connect = await told
        task.cancel()
    # CONNECT of version 5 (3.1.2): no clean start, keepalive 3 s; expiry 7 days, receive maximum 2000, 1000 aliases.
    assert (
        connect
        == bytes.fromhex("10 1c 00 04 4d 51 54 54 05 00 00 03 0b 11 00 09 3a 80 21 07 d0 22 03 e8 00 04") + b"hall"
    )


async def test_with_mqtt_5_a_broker_says_why_it_ends_a_connection() -> None:
    heard = Heard()
    server, port = await answering({0x10: WELCOME[5], 0x82: b"\x90\x04MID\x00\x01" + b"\xe0\x01\x8e"})
    async with server:
        with pytest.raises(LinkError, match="ended: Session taken over"):
            await source(port, [gauge()], heard, Journal(), protocol=5).run()
    assert [one.state for one in heard.statuses] == [DeviceState.DIALLING, DeviceState.UP, DeviceState.SILENT]


async def test_a_broker_without_mqtt_5_is_named() -> None:
    heard = Heard()
    server, port = await answering({0x10: b"\x20\x02\x00\x01"})  # what one of MQTT 3.1.1 answers, section 3.2.2.3
    async with server:
        with pytest.raises(Refused, match="Unsupported protocol version"):
            await source(port, [gauge()], heard, Journal(), protocol=5).run()
    assert "leave the option protocol out" in heard.statuses[-1].hint


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_broker_that_refuses_every_subscription_refuses_us(protocol: str | int) -> None:
    heard = Heard()
    server, port = await answering({0x10: WELCOME[protocol], 0x82: GRANTED[protocol, "all refused"]})
    async with server:
        with pytest.raises(Refused, match=r"does not let us subscribe to bkl/# \(.*\), x/# \("):
            await source(port, [gauge()], heard, Journal(), filters="bkl/#, x/#", protocol=protocol).run()
    assert heard.state is DeviceState.REFUSED
    assert "access list" in heard.statuses[-1].hint


@pytest.mark.parametrize("protocol", BOTH)
async def test_a_broker_that_refuses_one_subscription_is_used_and_shown(protocol: str | int) -> None:
    heard = Heard()
    server, port = await answering({0x10: WELCOME[protocol], 0x82: GRANTED[protocol, "one refused"]})
    async with server:
        part = source(port, [gauge()], heard, Journal(), filters="bkl/#, x/#", protocol=protocol)
        async with running(part, heard):
            assert heard.state is DeviceState.DEGRADED
            assert heard.statuses[-1].reason.startswith("the broker does not let us subscribe to x/# (")


@pytest.mark.parametrize(
    ("protocol", "answer", "state", "told"),
    [
        ("3.1.1", b"\x20\x02\x00\x03", DeviceState.SILENT, "cannot take us now: Server unavailable"),
        ("3.1.1", b"\x20\x02\x00\x02", DeviceState.REFUSED, "Client identifier not valid"),
        ("3.1.1", b"\x20\x02\x00\x05", DeviceState.REFUSED, "Not authorized"),
        (5, b"\x20\x03\x00\x89\x00", DeviceState.SILENT, "cannot take us now: Server busy"),
        (5, b"\x20\x03\x00\x86\x00", DeviceState.REFUSED, "Bad user name or password"),
        (5, b"\x20\x03\x00\x84\x00", DeviceState.REFUSED, "Unsupported protocol version"),
        (5, b"\xe0\x0a\x8b\x08\x1f\x00\x05night", DeviceState.SILENT, "ended: Server shutting down (night)"),
        (5, b"\x20\x03\x00", DeviceState.SILENT, "did not answer within"),
    ],
)
async def test_every_answer_to_a_login_is_said_in_words(
    protocol: str | int, answer: bytes, state: DeviceState, told: str
) -> None:
    heard = Heard()
    server, port = await answering({0x10: answer})
    async with server:
        part = source(port, [gauge()], heard, Journal(), protocol=protocol)
        with pytest.raises((LinkError, Refused)):
            await part.run()
    assert (heard.state, told in heard.statuses[-1].reason) == (state, True), heard.statuses[-1]
    assert ("does it speak MQTT 5" in heard.statuses[-1].hint) is (state is DeviceState.SILENT and protocol == 5)


async def test_our_own_message_that_the_broker_refuses_is_told() -> None:
    told: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
    server, port = await answering({0x10: WELCOME[5], 0x32: b"\x40\x03\x00\x01\x87"})
    async with server:
        link = MqttLink("x", clean=True, v5=True, on_published=lambda mid, why: told.set_result((mid, why)))
        await link.open("127.0.0.1", port, keepalive=5)
        link.publish("a", b"b")
        assert await told == (1, "Not authorized")
        link.close()
