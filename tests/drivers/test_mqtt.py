"""The MQTT source over real sockets, with the demo's broker and with the one that sites run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from drivers.emulators.broker import Broker
from drivers.errors import BadConfig, LinkError, Refused
from drivers.model import DeviceState, Reading
from tests.drivers.telemetry_world import BROKERS, Heard, Journal, gauge, publisher, running, serving, source

TOPIC = "bkl/v1/bpbd/pos-1/telemetry"


def said(value: float) -> bytes:
    return b'{"v":1,"sensor":"pos-1","metric":"tma","value":%g,"unit":"cm"}' % value


@pytest.mark.real
@pytest.mark.parametrize("kind", BROKERS)
async def test_what_is_not_committed_is_not_acknowledged_and_comes_again(kind: str, tmp_path: Path) -> None:
    heard, journal = Heard(), Journal()
    async with serving(kind, tmp_path) as (port, _):
        part = source(port, [gauge()], heard, journal)
        sensor = await publisher(port)
        async with running(part, heard):
            for value in (1, 2, 3):
                sensor.publish(TOPIC, said(value))
            await heard.until(lambda: heard.values("pos-1") == [1, 2, 3])
        assert part.counters["acknowledged"] == 0
        async with running(part, heard):
            await heard.until(lambda: heard.values("pos-1") == [1, 2, 3, 1, 2, 3])
            assert part.counters["redelivered"] == 3
            journal.commit()
            assert part.counters["acknowledged"] == 3 + 3
        async with running(part, heard):
            sensor.publish(TOPIC, said(4))
            await heard.until(lambda: len(heard.values("pos-1")) > 6)
            assert heard.values("pos-1") == [1, 2, 3, 1, 2, 3, 4]
        sensor.close()


@pytest.mark.real
@pytest.mark.parametrize("kind", BROKERS)
async def test_what_comes_while_we_are_away_is_delivered_and_is_not_called_retained(kind: str, tmp_path: Path) -> None:
    heard, witness, journal = Heard(), Heard(), Journal(at_once=True)
    async with serving(kind, tmp_path) as (port, _):
        part = source(port, [gauge()], heard, journal)
        other = source(port, [gauge()], witness, journal, client_id="witness")
        sensor = await publisher(port)
        async with running(other, witness):
            async with running(part, heard):
                sensor.publish(TOPIC, said(1))
                await heard.until(lambda: heard.values("pos-1") == [1])
            for value in range(2, 52):
                sensor.publish(TOPIC, said(value))
            await witness.until(lambda: len(set(witness.values("pos-1"))) == 51)
        async with running(part, heard):
            await heard.until(lambda: len(set(heard.values("pos-1"))) == 51)
        assert sorted(set(heard.values("pos-1"))) == list(range(1, 52))
        assert len(heard.values("pos-1")) <= 51 + part.counters["redelivered"]
        assert not any(one.retained for one in heard.readings)
        sensor.close()


@pytest.mark.real
@pytest.mark.parametrize(("kind", "count"), [("amqtt", 300), ("mosquitto", 9_000)])
async def test_garbage_is_counted_and_acknowledged_and_good_traffic_goes_on(
    kind: str, count: int, tmp_path: Path
) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving(kind, tmp_path) as (port, _):
        part = source(port, [gauge()], heard, journal)
        sensor = await publisher(port)
        async with running(part, heard):
            for number in range(count):
                sensor.publish(TOPIC, b"\x00\xffgarbage %d" % number)
            sensor.publish("bkl/v1/bpbd/pos-1/other", b"{}")
            sensor.publish(TOPIC, said(5))
            await heard.until(lambda: heard.values("pos-1") == [5])
        counted = {
            name: part.counters[name] for name in ("rejected", "rejected.json", "rejected.topic", "acknowledged")
        }
        assert counted == {
            "rejected": count + 1,
            "rejected.json": count,
            "rejected.topic": 1,
            "acknowledged": count + 2,
        }
        assert heard.rejected[0].where == TOPIC
        assert heard.rejected[0].sample.startswith(b"\x00\xffgarbage")
        sensor.close()


@pytest.mark.real
@pytest.mark.parametrize("kind", BROKERS)
async def test_a_broker_that_goes_and_comes_back_loses_the_source_nothing(kind: str, tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving(kind, tmp_path) as (port, broker):
        part = source(port, [gauge()], heard, journal)
        for value in range(3):
            async with running(part, heard) as task:
                sensor = await publisher(port)
                sensor.publish(TOPIC, said(value))
                await heard.until(lambda: value in heard.values("pos-1"))  # noqa: B023 - waited for at once
                await broker.stop()
                await task
            assert heard.state is DeviceState.SILENT
            with pytest.raises(LinkError, match="cannot be reached"):
                await part.run()
            await broker.start()
            sensor.close()
        assert heard.values("pos-1") == [0, 1, 2]


@pytest.mark.real
async def test_retained_messages_are_marked_and_a_will_says_offline(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with serving("amqtt", tmp_path) as (port, _):
        before = await publisher(port)
        before.publish(TOPIC, said(7), retain=True)
        before.publish("bkl/v1/bpbd/pos-1/status", b'{"v":1,"state":"online"}', retain=True)
        async with running(source(port, [gauge()], heard, journal), heard):
            await heard.until(lambda: len(heard.readings) == 2)
            assert {(one.point, one.value, one.retained) for one in heard.readings} == {
                ("pos-1", 7.0, True),
                ("pos-1.status", "online", True),
            }
            before.publish(TOPIC, said(8))
            await heard.until(lambda: len(heard.readings) == 3)
            assert not heard.readings[-1].retained
        before.close()


@pytest.mark.real
async def test_a_wrong_password_is_shown_as_refused(tmp_path: Path) -> None:
    broker, heard = Broker(logins={"hall": "right"}), Heard()
    port = await broker.start()
    with pytest.raises(Refused, match="refuses the login"):
        await source(port, [gauge()], heard, Journal(), username="hall", password="wrong").run()
    assert heard.state is DeviceState.REFUSED
    assert "password" in heard.statuses[-1].hint
    async with running(source(port, [gauge()], heard, Journal(), username="hall", password="right"), heard):
        assert heard.statuses[-1].reason == ""
    await broker.stop()


class HalfOpen(asyncio.Protocol):
    """A broker that lets us in and then never says a word."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        answers = {0x10: b"\x20\x02\x00\x00", 0x82: b"\x90\x03" + data[2:4] + b"\x01"}
        self.transport.write(answers.get(data[0], b""))


async def serve(protocol: Callable[[], asyncio.Protocol]) -> tuple[asyncio.Server, int]:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.mark.real
async def test_a_connection_that_is_half_open_is_given_up() -> None:
    server, port = await serve(HalfOpen)
    heard = Heard()
    async with server:
        async with asyncio.timeout(5):
            with pytest.raises(LinkError):
                await source(port, [gauge()], heard, Journal(), keepalive=1).run()
    assert [one.state for one in heard.statuses] == [DeviceState.DIALLING, DeviceState.UP, DeviceState.SILENT]


class Garbler(HalfOpen):
    """A server that answers the login and then speaks no MQTT."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if data[0] == 0x82:
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.write(b"\x32\x04HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.real
async def test_a_server_that_speaks_no_mqtt_is_a_failure_with_a_sentence() -> None:
    server, port = await serve(Garbler)
    heard = Heard()
    async with server:
        with pytest.raises(Exception, match="malformed PUBLISH"):
            await source(port, [gauge()], heard, Journal()).run()
    assert heard.state is DeviceState.SILENT


@pytest.mark.real
@pytest.mark.parametrize("kind", BROKERS)
async def test_r25_a_listener_that_raises_costs_neither_the_link_nor_the_message(kind: str, tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    told: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.set_result(context["exception"]))
    async with serving(kind, tmp_path) as (port, _):
        part = source(port, [gauge()], heard, journal)
        part._publish = faulty(part._publish)  # the bus of a gateway with one bad listener
        sensor = await publisher(port)
        async with running(part, heard):
            sensor.publish(TOPIC, said(13))
            assert isinstance(await told, ZeroDivisionError)
            sensor.publish(TOPIC, said(1))
            await heard.until(lambda: 1 in heard.values("pos-1"))
        async with running(part, heard):
            await heard.until(lambda: 13 in heard.values("pos-1"))
        sensor.close()


def faulty(publish: Callable[[Sequence[object]], None]) -> Callable[[Sequence[object]], None]:
    """Fail once at the value 13, before anybody has heard of it."""
    failed = list[int]()

    def publish_or_fail(batch: Sequence[object]) -> None:
        if (
            not failed
            and isinstance(batch[0], Reading)
            and any(one.value == 13 for one in batch if isinstance(one, Reading))
        ):
            failed.append(1)
            raise ZeroDivisionError
        publish(batch)

    return publish_or_fail


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"qos": 2}, "qos"),
        ({"keepalive": 60}, "keepalive"),
        ({"cleint_id": "x"}, "cleint_id"),
        ({"client_id": ""}, "client_id"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options: dict[str, object], told: str) -> None:
    with pytest.raises(BadConfig, match=f"broker: options: {told}"):
        source(1883, [gauge()], Heard(), Journal(), **options)  # type: ignore[arg-type]
