"""The KNX source through xknx, against our own gateway over real UDP: groups, commands, and a tunnel that goes."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.emulators import knx_frames
from drivers.emulators.knx_gateway import KnxGateway
from drivers.errors import BadConfig, LinkError, ProtocolError, Refused
from drivers.model import Command, Device, DeviceState, Name, Outcome, Point, PointKind, Quality, Reason, Result, Value
from drivers.sensors import knx
from drivers.sensors.knx_groups import group_number, group_text
from drivers.sensors.source import BadPoint, Commandable
from gateway.clock import SystemClock
from tests.drivers.telemetry_world import Heard, Journal, Silence, swallowing

CLOCK = SystemClock()
NUMBERS = itertools.count(1)


def point(name: str, kind: PointKind, group: str, dpt: str, *, every: float = 0.0, **address: Value) -> Point:
    where = {"group": group, "dpt": dpt, **address}
    return Point(name, "knx", Name(name, name), kind, low=0, high=100, every=every, address=where)


LAMP = point("lamp", PointKind.FLAG, "1/1/2", "1.001", write="1/1/1")
LEVEL = point("level", PointKind.NUMBER, "1/2/2", "5.001", write="1/2/1")
WARM = point("warm", PointKind.NUMBER, "3/0/1", "9.001", read=False)
MODE = point("mode", PointKind.TEXT, "4/0/1", "20.102", write="4/0/1")
POINTS = [LAMP, LEVEL, WARM, MODE]
HELD = {"1/1/2": 0, "1/2/2": "00", "4/0/1": "01"}


def device(port: int, link: str = "udp://127.0.0.1", **options: Value) -> Device:
    return Device("knx", Name("KNX", "KNX"), "knx", f"{link}:{port}", {"pace": 0.0, "timeout": 2.0} | options)


def made(port: int, heard: Heard, points: Sequence[Point] = POINTS, **options: Value) -> knx.KnxSource:
    part = knx.make(
        device(port, **options), points, clock=CLOCK, publish=heard.publish, durable=Journal(), tap=Silence()
    )
    assert isinstance(part, knx.KnxSource)
    return part


@asynccontextmanager
async def building(tunnels: int = 4) -> AsyncIterator[tuple[KnxGateway, int]]:
    gateway = KnxGateway("hall", tunnels=tunnels, status={"1/1/1": "1/1/2", "1/2/1": "1/2/2"})
    gateway.load(HELD)
    port = await gateway.start()
    try:
        yield gateway, port
    finally:
        await gateway.stop()


@asynccontextmanager
async def running(part: knx.KnxSource, heard: Heard, points: int = 3) -> AsyncIterator[None]:
    """Run a source; go on once so many points have told a value."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(swallowing(part.run))
        await heard.until(lambda: len({one.point for one in heard.readings}) >= points)
        yield
        task.cancel()


async def write(part: Commandable, name: str, value: Value, *, deadline: float = 60.0) -> Outcome:
    args = {"point": name, "value": value}
    number = f"c{next(NUMBERS)}"
    return await part.ask(Command(number, "knx", "write", args, "budi", "test", CLOCK.now(), CLOCK.mono() + deadline))


def bad(heard: Heard) -> set[str]:
    last = {one.point: one for one in heard.readings}
    return {name for name, one in last.items() if one.quality is Quality.BAD and one.reason is Reason.COMM}


@pytest.mark.real
async def test_readable_groups_are_asked_at_the_start_and_a_silent_one_stays_unknown_until_it_speaks() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        part = made(port, heard)
        async with running(part, heard):
            assert heard.state is DeviceState.UP
            assert {one.point: one.value for one in heard.readings} == {"lamp": False, "level": 0, "mode": "comfort"}
            gateway.press("say", {"group": "7/7/7", "value": 1})
            gateway.press("say", {"group": "3/0/1", "value": "0c1a"})
            await heard.until(lambda: heard.values("warm") == [21.0])
            assert (part.counters["others"], part.counters["reads"]) == (1, 3)
        assert gateway.state()["tunnels"] == []


@pytest.mark.real
async def test_commands_are_written_and_verified_by_what_the_actuator_tells_or_is_asked() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        part = made(port, heard)
        async with running(part, heard):
            assert part.verbs == ("write",)
            for name, value in (("lamp", True), ("level", 40), ("mode", "economy")):
                assert (await write(part, name, value)).result is Result.VERIFIED, name
                assert heard.values(name)[-1] == value
            assert gateway.state()["groups"] == {
                "1/1/1": 1, "1/1/2": 1, "1/2/1": "66", "1/2/2": "66", "4/0/1": "03",
            }  # fmt: skip


@pytest.mark.real
async def test_what_cannot_be_written_is_refused_by_name() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        part = made(port, heard)
        assert (await write(part, "lamp", True)).result is Result.FAILED
        async with running(part, heard):
            for name, value, told in (
                ("warm", 20, "may not be written"), ("pump", 1, "no point 'pump'"), ("lamp", 1, "true or false"),
                ("level", 101, "outside its range"), ("level", True, "a number"), ("mode", "party", "no value of"),
            ):  # fmt: skip
                outcome = await write(part, name, value)
                assert outcome.result is Result.REFUSED
                assert told in outcome.detail
            assert (await write(part, "lamp", True, deadline=-1.0)).result is Result.EXPIRED
        assert gateway.state()["groups"] == HELD


@pytest.mark.real
async def test_an_actuator_that_does_not_act_is_found_out() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        part = made(port, heard)
        async with running(part, heard):
            gateway.inject("does_not_act")
            outcome = await write(part, "lamp", True)
            assert (outcome.result, heard.values("lamp")[-1]) == (Result.FAILED, False)
            assert "lamp reads False and not True" in outcome.detail


@pytest.mark.real
async def test_one_lost_acknowledgement_is_repeated_and_two_end_the_tunnel() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        part = made(port, heard)
        async with running(part, heard):
            gateway.inject("acks_lost", times=1)
            assert (await write(part, "lamp", True)).result is Result.VERIFIED
            gateway.inject("acks_lost")
            assert (await write(part, "lamp", False)).result is Result.UNSURE
            await heard.until(lambda: heard.state is DeviceState.SILENT)
            assert {"lamp", "level", "mode"} <= bad(heard)


@pytest.mark.real
async def test_a_telegram_that_the_bus_does_not_confirm_is_unsure() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        part = made(port, heard)
        async with running(part, heard):
            gateway.inject("no_confirmation", times=1)
            assert (await write(part, "mode", "economy")).result is Result.UNSURE


@pytest.mark.real
async def test_a_tunnel_that_is_ended_is_shown_and_the_next_run_reads_anew() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        part = made(port, heard)
        async with running(part, heard):
            gateway.end_tunnels()
            await heard.until(lambda: heard.state is DeviceState.SILENT)
            assert bad(heard) == {"lamp", "level", "mode"}
        gateway.load({"1/1/2": 1})
        async with running(part, heard):
            await heard.until(lambda: heard.values("lamp")[-1] is True and not bad(heard))
        assert (part.counters["connections"], heard.statuses[-1].state) == (2, DeviceState.UP)


@pytest.mark.real
async def test_a_group_without_a_read_flag_degrades_and_names_the_cure() -> None:
    heard = Heard()
    async with building() as (gateway, port):
        gateway.inject("mute_groups")
        part = made(port, heard, [LAMP], timeout=0.2)
        async with running(part, heard, points=0):
            await heard.until(lambda: heard.state is DeviceState.DEGRADED)
            assert "read flag" in heard.statuses[-1].hint
            assert heard.readings == []
            gateway.press("say", {"group": "1/1/2", "value": 1})
            await heard.until(lambda: heard.state is DeviceState.UP)


@pytest.mark.real
async def test_a_value_of_another_size_is_rejected_with_its_bytes() -> None:
    heard = Heard()
    async with building() as (gateway, port), running(made(port, heard), heard):
        gateway.press("say", {"group": "3/0/1", "value": "0c"})
        await heard.until(lambda: len(heard.rejected) == 1)
        assert (heard.rejected[0].where, heard.rejected[0].sample) == ("3/0/1", b"0c")


@pytest.mark.real
async def test_a_gateway_without_a_free_tunnel_refuses_and_one_that_is_away_is_silent() -> None:
    heard = Heard()
    async with building(tunnels=0) as (gateway, port):
        with pytest.raises(Refused, match="no tunnel left"):
            await made(port, heard).run()
        assert heard.state is DeviceState.REFUSED
        gateway.inject("silence")
        with pytest.raises(LinkError, match="gives no connection"):
            await made(port, heard).run()
        assert heard.state is DeviceState.SILENT


async def test_without_the_library_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xknx", None)
    heard = Heard()
    with pytest.raises(BadConfig, match=r"semarak\[knx\]"):
        await made(3671, heard).run()
    assert heard.state is DeviceState.BAD_CONFIG


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (point("p", PointKind.FLAG, "32/0/1", "1.001"), "no group address"),
        (point("p", PointKind.FLAG, "1/2", "1.001"), "main/middle/sub"),
        (point("p", PointKind.FLAG, "1/1/1", "9.001"), "kind number"),
        (point("p", PointKind.NUMBER, "1/1/1", "99.001"), "no datapoint type"),
        (point("p", PointKind.NUMBER, "1/1/1", "3.007"), "several values"),
    ],
)
def test_a_point_that_cannot_be_is_found_by_the_check_of_a_site(one: Point, told: str) -> None:
    with pytest.raises(BadPoint, match=told):
        knx.SPEC.check(device(3671), [one])


@pytest.mark.parametrize("link", ["tcp://192.0.2.1", "udp://224.0.23.12"])
def test_another_way_than_a_tunnel_over_udp_is_refused(link: str) -> None:
    with pytest.raises(BadConfig, match=r"udp://|multicast"):
        knx.SPEC.check(device(3671, link), [LAMP])


def test_group_addresses_are_sixteen_bits() -> None:
    assert (group_number("31/7/255"), group_number("0/0/1"), group_text(0x0A03)) == (0xFFFF, 1, "1/2/3")


def test_the_emulator_passes_over_what_is_no_frame() -> None:
    for data in (b"", b"\x06\x10\x02\x01\x00\x0f", b"\x06\x10\x04\x20\x00\x07\x04"):
        gateway = KnxGateway("hall")
        gateway.hear(data, ("127.0.0.1", 9))
        assert gateway.channels == {}
    with pytest.raises(ProtocolError):
        knx_frames.telegram(b"\x29\x00\xbc")
