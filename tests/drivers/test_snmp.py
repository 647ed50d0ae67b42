"""The SNMP source: its rhythm in virtual time against a table, and the emulated UPS over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from drivers.emulators.snmp_ups import SnmpUps
from drivers.errors import BadConfig, LinkError, Refused
from drivers.model import Device, DeviceState, Name, Point, PointKind, Quality, Reason, Value
from drivers.sensors import snmp, snmp_wire
from drivers.sensors.object_map import Oid, Raw, located
from drivers.sensors.snmp_wire import Absent, NoAnswer
from drivers.sensors.source import BadPoint
from gateway.clock import SystemClock
from tests.drivers.telemetry_world import Heard, Journal, Silence, swallowing
from tests.fakes import FakeClock

CHARGE, LOAD, SOURCE = "upsEstimatedChargeRemaining", "upsOutputPercentLoad.1", "upsOutputSource"
V3: Mapping[str, Value] = {
    "version": 3, "user": "semarak", "auth": "sha256", "auth_password": "air-pasang-1", "priv": "aes",
    "priv_password": "air-surut-22",
}  # fmt: skip


def point(oid: str, kind: PointKind = PointKind.NUMBER, *, every: float = 10.0, **address: Value) -> Point:
    name = f"ups.{oid}"
    return Point(name, "ups", Name(name, name), kind, low=0, high=100, every=every, address={"oid": oid, **address})


POINTS = [point(CHARGE), point(LOAD), point(SOURCE, PointKind.TEXT)]


class Table:
    """An agent that is a table; what it holds for an object may be an error to raise."""

    where = "table"

    def __init__(self, clock: FakeClock, held: Mapping[str, Raw | Absent | Exception]) -> None:
        self.clock = clock
        self.held = {located(name)[0]: value for name, value in held.items()}
        self.asked: list[tuple[float, int]] = []
        self.closed = 0
        self.slow = 0.0

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        self.closed += 1

    async def get(self, oids: Sequence[Oid]) -> list[Raw | Absent]:
        self.asked.append((self.clock.mono(), len(oids)))
        await self.clock.sleep(self.slow)
        answers: list[Raw | Absent] = []
        for oid in oids:
            answer = self.held[oid]
            if isinstance(answer, Exception):
                raise answer
            answers.append(answer)
        return answers


def source(agent: Table, heard: Heard, points: Sequence[Point] = POINTS, **options: Value) -> snmp.SnmpSource:
    device = Device("ups", Name("UPS", "UPS"), "snmp", "udp://192.0.2.30:161")
    return snmp.SnmpSource(
        device, points, agent=agent, options=snmp.SnmpOptions(**options), clock=agent.clock, publish=heard.publish,
        tap=Silence(),
    )  # fmt: skip


async def run_for(seconds: float, part: snmp.SnmpSource) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await part.run()


async def test_each_rhythm_is_one_question_in_step() -> None:
    agent, heard = Table(FakeClock(), {CHARGE: 98, LOAD: 42, SOURCE: 3, "sysUpTime": 100}), Heard()
    part = source(agent, heard, [*POINTS, point("sysUpTime", every=30.0)])
    await run_for(65.0, part)
    assert [round(at) for at, count in agent.asked if count == 3] == [0, 10, 20, 30, 40, 50, 60]
    assert [round(at) for at, count in agent.asked if count == 1] == [0, 30, 60]
    assert (heard.values(f"ups.{CHARGE}")[0], heard.values(f"ups.{SOURCE}")[0]) == (98.0, "normal")
    assert (heard.state, agent.closed, part.counters["overruns"]) == (DeviceState.UP, 1, 0)


async def test_an_object_that_the_agent_lacks_voids_only_its_own_point_and_is_asked_for_again_much_later() -> None:
    agent, heard = Table(FakeClock(), {CHARGE: 98, LOAD: 42, SOURCE: 3}), Heard()
    part = source(agent, heard)
    agent.held[located(LOAD)[0]] = Absent("the agent has no such object")
    asyncio.get_running_loop().call_later(250, agent.held.__setitem__, located(LOAD)[0], 43)
    await run_for(305.0, part)
    assert [(one.where, one.why) for one in heard.rejected] == [
        (LOAD, f"{LOAD} (1.3.6.1.2.1.33.1.4.4.1.5.1): the agent has no such object")
    ]
    assert {count for at, count in agent.asked if 0 < at < 300} == {2}
    assert heard.values(f"ups.{LOAD}") == [43.0]
    assert part.counters["absent"] == 1


async def test_a_value_that_goes_is_doubted_for_its_reason() -> None:
    agent, heard = Table(FakeClock(), {CHARGE: 98, LOAD: 42, SOURCE: 3}), Heard()
    loop = asyncio.get_running_loop()
    loop.call_later(15, agent.held.__setitem__, located(LOAD)[0], Absent("it has no such object"))
    loop.call_later(15, agent.held.__setitem__, located(CHARGE)[0], b"n/a")
    await run_for(45.0, source(agent, heard))
    bad = [(one.point, one.value, one.reason) for one in heard.readings if one.quality is Quality.BAD]
    assert sorted(bad) == [(f"ups.{CHARGE}", 98.0, Reason.SOURCE), (f"ups.{LOAD}", 42.0, Reason.CONFIG)]
    assert len(heard.rejected) == 2


async def test_a_silent_agent_is_shown_doubted_once_and_heard_again() -> None:
    agent, heard = Table(FakeClock(), {CHARGE: 98, LOAD: 42, SOURCE: 3}), Heard()
    loop = asyncio.get_running_loop()
    loop.call_later(15, agent.held.__setitem__, located(CHARGE)[0], NoAnswer("nothing came"))
    loop.call_later(63, agent.held.__setitem__, located(CHARGE)[0], 97)
    await run_for(95.0, source(agent, heard))
    assert [one.state for one in heard.statuses] == ["dialling", "up", "silent", "up"]
    assert "community" in heard.statuses[2].hint
    bad = [one for one in heard.readings if one.quality is Quality.BAD]
    assert sorted((one.point, one.reason) for one in bad) == sorted((one.id, Reason.COMM) for one in POINTS)
    assert [round(at) for at, _ in agent.asked] == [0, 10, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 75, 85]
    assert heard.readings[-1].quality is Quality.GOOD


async def test_one_question_without_answer_degrades_and_leaves_the_others_alone() -> None:
    held = {CHARGE: 98, LOAD: 42, SOURCE: 3, "sysUpTime": NoAnswer("nothing came")}
    agent, heard = Table(FakeClock(), held), Heard()
    part = source(agent, heard, [*POINTS, point("sysUpTime", every=30.0)])
    await run_for(62.0, part)
    assert heard.state is DeviceState.DEGRADED
    assert len(heard.values(f"ups.{CHARGE}")) == 7


async def test_a_refused_login_is_shown_as_such_and_not_tried_often() -> None:
    agent, heard = Table(FakeClock(), {CHARGE: Refused("wrong digest"), LOAD: 0, SOURCE: 0}), Heard()
    part = source(agent, heard)
    await run_for(130.0, part)
    assert (heard.state, part.counters["denied"]) == (DeviceState.REFUSED, 3)


async def test_an_agent_slower_than_its_rhythm_is_counted() -> None:
    agent, heard = Table(FakeClock(), {CHARGE: 98, LOAD: 42, SOURCE: 3}), Heard()
    agent.slow = 12.0
    part = source(agent, heard)
    await run_for(60.0, part)
    assert part.counters["overruns"] >= 2


async def test_an_agent_without_points_says_so() -> None:
    heard = Heard()
    with pytest.raises(BadConfig, match="no point is read"):
        await source(Table(FakeClock(), {}), heard, []).run()
    assert heard.state is DeviceState.BAD_CONFIG


def made(link: str, points: Sequence[Point], heard: Heard, **options: Value) -> snmp.SnmpSource:
    device = Device("ups", Name("UPS", "UPS"), "snmp", link, {"timeout": 0.3, "retries": 0} | options)
    part = snmp.make(
        device, points, clock=SystemClock(), publish=heard.publish, durable=Journal(), tap=Silence()
    )  # fmt: skip
    assert isinstance(part, snmp.SnmpSource)
    return part


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"version": 3}, "needs a `user`"),
        ({"version": 3, "user": "a", "priv": "aes", "priv_password": "12345678"}, "only what is signed"),
        ({"version": 3, "user": "a", "auth": "sha", "auth_password": "1234567"}, "8 characters"),
        ({"version": 2}, "version"),
        ({"comunity": "x"}, "comunity"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, Value], told: str) -> None:
    with pytest.raises(BadConfig, match=told):
        made("udp://192.0.2.30", [], Heard(), **options)


def test_a_point_that_cannot_be_is_found_by_the_check_of_a_site() -> None:
    device = Device("ups", Name("UPS", "UPS"), "snmp", "udp://192.0.2.30")
    with pytest.raises(BadPoint, match="say with `on`"):
        snmp.SPEC.check(device, [point(SOURCE, PointKind.FLAG)])


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pysnmp.hlapi.v3arch", None)
    with pytest.raises(BadConfig, match=r"pip install 'semarak\[snmp\]'"):
        snmp_wire.library()


# ── against the emulated UPS, over real sockets ─────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def polling(part: snmp.SnmpSource) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(swallowing(part.run))
        yield task
        task.cancel()


@asynccontextmanager
async def ups(options: Mapping[str, Value] | None = None) -> AsyncIterator[tuple[SnmpUps, str]]:
    emulated = SnmpUps("ups-1", options or {}, clock=SystemClock())
    port = await emulated.start()
    try:
        yield emulated, f"udp://127.0.0.1:{port}"
    finally:
        await emulated.stop()


def quick(*oids: str) -> list[Point]:
    return [point(oid, PointKind.TEXT if oid == SOURCE else PointKind.NUMBER, every=0.05) for oid in oids]


def said(heard: Heard, oid: str, value: Value) -> Callable[[], bool]:
    return lambda: value in heard.values(f"ups.{oid}")


@pytest.mark.real
@pytest.mark.parametrize("options", [{"version": 1}, {"version": "2c"}, V3], ids=["1", "2c", "3"])
async def test_every_version_reads_a_ups_that_loses_its_mains(options: dict[str, Value]) -> None:
    heard = Heard()
    async with ups(options) as (emulated, link), polling(made(link, quick(CHARGE, LOAD, SOURCE), heard, **options)):
        await heard.until(said(heard, SOURCE, "normal"))
        emulated.load({"load": 65, "charge": 40.0})
        emulated.press("mains", {"on": False})
        await heard.until(said(heard, SOURCE, "battery"))
        await heard.until(said(heard, LOAD, 65.0))
    assert heard.state is DeviceState.UP
    assert all(one.quality is Quality.GOOD for one in heard.readings)


@pytest.mark.real
@pytest.mark.parametrize("version", [1, "2c"])
async def test_what_an_agent_lacks_is_named_and_the_others_are_read(version: Value) -> None:
    heard = Heard()
    async with ups() as (emulated, link), polling(made(link, quick(CHARGE, LOAD, SOURCE), heard, version=version)):
        await heard.until(said(heard, LOAD, 42.0))
        emulated.inject("absent", oid=LOAD)
        await heard.until(lambda: bool(heard.rejected))
        begin = len(heard.readings)
        await heard.until(lambda: len(heard.readings) > begin + 6)
    assert "1.3.6.1.2.1.33.1.4.4.1.5.1" in heard.rejected[0].why
    assert [(one.point, one.reason) for one in heard.readings if one.quality is Quality.BAD] == [
        (f"ups.{LOAD}", Reason.CONFIG)
    ]
    assert heard.state is DeviceState.UP


@pytest.mark.real
async def test_an_agent_of_small_packets_is_asked_for_fewer_objects() -> None:
    heard = Heard()
    async with ups() as (emulated, link):
        emulated.inject("small_packets", objects=2)
        async with polling(made(link, quick(CHARGE, LOAD, SOURCE, "sysUpTime", "upsBatteryVoltage"), heard)):
            await heard.until(lambda: len({one.point for one in heard.readings}) == 5)
            learnt = len(emulated.log)
            await heard.until(said(heard, LOAD, 42.0))
            begin = len(heard.readings)
            await heard.until(lambda: len(heard.readings) > begin + 5)
    assert all(len(line.split()) <= 3 for line in list(emulated.log)[learnt:])


@pytest.mark.real
@pytest.mark.parametrize("fault", ["lost", "wrong_community", "garbage"])
async def test_an_agent_that_is_not_heard_is_silent(fault: str) -> None:
    heard = Heard()
    async with ups() as (emulated, link), polling(made(link, quick(CHARGE), heard)):
        await heard.until(said(heard, CHARGE, 100.0))
        emulated.inject(fault)
        await heard.until(lambda: heard.state is DeviceState.SILENT)
    assert [one.reason for one in heard.readings if one.quality is Quality.BAD] == [Reason.COMM]
    assert "did not answer" in heard.statuses[-1].reason


@pytest.mark.real
async def test_a_lost_packet_is_asked_for_again_at_once() -> None:
    heard = Heard()
    async with ups() as (emulated, link):
        emulated.inject("lost", times=1)
        async with polling(made(link, quick(CHARGE), heard, retries=1)):
            await heard.until(said(heard, CHARGE, 100.0))
    assert [one.state for one in heard.statuses] == ["dialling", "up"]


@pytest.mark.real
async def test_a_late_answer_is_never_taken_for_the_next_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp, "AGAIN_S", 0.05)
    heard, points = Heard(), [*quick(CHARGE), point(LOAD, every=0.07)]
    async with ups() as (emulated, link):
        emulated.inject("late", seconds=0.7)
        part = made(link, points, heard)
        async with polling(part):
            await heard.until(lambda: part.counters["timeouts"] >= 1)
            emulated.clear()
            await heard.until(lambda: {one.point for one in heard.readings} == {one.id for one in points})
    assert {(one.point, one.value) for one in heard.readings} == {(f"ups.{CHARGE}", 100.0), (f"ups.{LOAD}", 42.0)}


@pytest.mark.real
async def test_wrong_keys_are_refused_and_not_called_silence() -> None:
    heard = Heard()
    async with (
        ups(V3) as (_, link),
        polling(made(link, quick(CHARGE), heard, **{**V3, "auth_password": "air-bah-333"})),
    ):
        await heard.until(lambda: heard.state is DeviceState.REFUSED)
    assert "WrongDigest" in heard.statuses[-1].reason


@pytest.mark.real
async def test_a_name_that_nobody_knows_is_told() -> None:
    heard = Heard()
    with pytest.raises(LinkError, match="no address and no name"):
        await made("udp://ups.invalid", quick(CHARGE), heard).run()
    assert heard.state is DeviceState.SILENT


@pytest.mark.real
@pytest.mark.parametrize("options", [{}, V3], ids=["2c", "3"])
async def test_a_card_that_restarts_is_read_again(options: dict[str, Value], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp, "AGAIN_S", 0.05)
    heard = Heard()
    async with ups(options) as (emulated, link), polling(made(link, quick(CHARGE, "sysUpTime"), heard, **options)):
        await heard.until(said(heard, CHARGE, 100.0))
        await emulated.stop()
        await heard.until(lambda: heard.state is DeviceState.SILENT)
        emulated.ups.restart()
        await emulated.start()
        await heard.until(lambda: heard.state is DeviceState.UP)
        begin = len(heard.readings)
        await heard.until(lambda: len(heard.readings) > begin + 1)
    assert heard.readings[-1].quality is Quality.GOOD
