"""The Modbus source against the emulated device, over real sockets and a real terminal."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest

from drivers.errors import BadConfig, LinkError
from drivers.model import Device, DeviceState, Name, Point, PointKind, Quality, Reason, Value
from drivers.sensors.modbus import ModbusSource, check, make
from drivers.sensors.register_values import orders_of
from gateway.clock import SystemClock
from tests.drivers.modbus_world import WAYS, Far, device, point, polling, source
from tests.drivers.telemetry_world import Heard, Journal, Silence

VALUES: dict[str, Value] = {
    "u16": 40_000.0, "s16": -1_234.0, "u32": 3_000_000_000.0, "s32": -2_000_000_000.0, "u64": 2**60 + 1,
    "s64": -(2.0**40), "f16": 1.5, "f32": 1_234.5, "f64": 1e-12, "bcd16": 1234.0, "bcd32": 12_345_678.0,
}  # fmt: skip


def nowhere(**options: Value) -> Far:
    return Far(None, "tcp://127.0.0.1:502", dict(options))  # type: ignore[arg-type]


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_every_type_in_every_order_is_read_as_it_was_written(way: str) -> None:
    wide = [(kind, order) for kind in VALUES for order in orders_of(kind)]
    points = [
        point(f"{kind}.{order}", low=-1e30, high=1e30, table="hr", address=at * 4, type=kind, order=order)
        for at, (kind, order) in enumerate(wide)
    ] + [
        point("ir", table="ir", address=7, type="s16", scale=0.1),
        point("text", PointKind.TEXT, table="ir", address=10, type="text", registers=5),
        point("part", table="ir", address=20, bit=4, bits=3),
        point("bit", PointKind.FLAG, table="ir", address=20, type="bool", bit=9),
        point("co", PointKind.FLAG, table="co", address=19, type="bool"),
        point("di", PointKind.FLAG, table="di", address=3, type="bool"),
    ]
    told = {"ir": -12.3, "text": "pompa 7", "part": 5, "bit": True, "co": True, "di": True}
    heard, expected = Heard(), {f"{kind}.{order}": VALUES[kind] for kind, order in wide} | told
    async with device(points, way) as far:
        far.emulated.load(expected)
        async with polling(source(far, points, heard)):
            await heard.until(lambda: len({one.point for one in heard.readings}) == len(points))
    assert {one.point: one.value for one in heard.readings} == expected
    assert heard.state is DeviceState.UP


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_an_illegal_address_voids_only_its_own_point_and_is_named(way: str) -> None:
    points = [point(f"p{at}", table="hr", address=at) for at in range(4)]
    heard = Heard()
    async with device(points, way) as far:
        part = source(far, points, heard)
        async with polling(part):
            await heard.until(lambda: {one.point for one in heard.readings} == {"p0", "p1", "p2", "p3"})
            far.emulated.inject("illegal", point="p2")
            await heard.until(lambda: bool(heard.rejected))
            begin = len(heard.readings)
            await heard.until(lambda: good(heard, begin) == {"p0", "p1", "p3"})
            await heard.until(lambda: heard.state is DeviceState.DEGRADED)
    assert bad(heard) == [("p2", Reason.CONFIG)]
    assert (heard.rejected[0].where, part.counters["illegal"]) == ("unit 1 hr 2 (40003)", 1)
    told = "p2 cannot be read: unit 1 hr 2+1: the device has no such address; check the register map"
    assert heard.statuses[-1].reason == told


def good(heard: Heard, begin: int) -> set[str]:
    return {one.point for one in heard.readings[begin:] if one.quality is Quality.GOOD}


def bad(heard: Heard) -> list[tuple[str, Reason]]:
    return [(one.point, one.reason) for one in heard.readings if one.quality is Quality.BAD]


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_a_dead_unit_is_shown_and_does_not_void_the_others(way: str) -> None:
    points = [point("live", table="hr", address=0, unit=1), point("dead", table="hr", address=0, unit=2)]
    heard = Heard()
    async with device(points, way) as far, polling(source(far, points, heard)):
        await heard.until(lambda: {one.point for one in heard.readings} == {"live", "dead"})
        far.emulated.inject("silent", unit=2)
        await heard.until(lambda: heard.state is DeviceState.DEGRADED)
        begin = len(heard.readings)
        await heard.until(lambda: len(heard.readings) > begin + 5)
    assert heard.statuses[-1].reason == "unit 2 does not answer"
    assert {one.point for one in heard.readings[begin:]} == {"live"}
    assert bad(heard) == [("dead", Reason.COMM)]


@pytest.mark.real
async def test_behind_a_gateway_a_unit_that_is_not_there_is_shown_too() -> None:
    live, absent = point("live", table="hr", address=0), point("absent", table="hr", address=0, unit=9)
    heard = Heard()
    async with device([live]) as far, polling(source(far, [live, absent], heard)):
        await heard.until(lambda: heard.state is DeviceState.DEGRADED)
    assert heard.statuses[-1].reason == "unit 9 does not answer"
    assert "the gateway says that the unit does not answer" in heard.statuses[-1].hint


@pytest.mark.real
@pytest.mark.parametrize("way", ["tcp", "rtu over tcp"])
async def test_a_device_that_goes_is_shown_and_doubted_once_and_comes_back(way: str) -> None:
    points = [point("p", table="hr", address=0)]
    heard = Heard()
    async with device(points, way) as far:
        part = source(far, points, heard)
        async with polling(part) as task:
            await heard.until(lambda: bool(heard.readings))
            await far.emulated.stop()
            await task
        for _ in range(2):
            with pytest.raises(LinkError, match="refuses the connection"):
                await part.run()
        assert heard.state is DeviceState.SILENT
        assert bad(heard) == [("p", Reason.COMM)]
        await far.emulated.start()
        async with polling(part):
            await heard.until(lambda: heard.state is DeviceState.UP)
    assert heard.readings[-1].quality is Quality.GOOD


@pytest.mark.real
async def test_a_serial_adapter_that_is_pulled_out_is_shown() -> None:
    points = [point("p", table="hr", address=0)]
    heard = Heard()
    async with device(points, "serial") as far:
        part = source(far, points, heard)
        async with polling(part) as task:
            await heard.until(lambda: bool(heard.readings))
            await far.emulated.stop()
            await task
        with pytest.raises(LinkError, match="is not there"):
            await part.run()
    assert heard.state is DeviceState.SILENT
    assert "is the adapter plugged in" in heard.statuses[-1].hint


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_r08_one_late_answer_brings_no_wrong_value_and_spoils_one_cycle(way: str) -> None:
    points = [point(name, table="hr", address=at, every=0.02) for name, at in (("a", 0), ("b", 100), ("c", 200))]
    values = {"a": 1.0, "b": 2.0, "c": 3.0}
    heard = Heard()
    async with device(points, way) as far:
        far.emulated.load(values)
        part = source(far, points, heard)
        async with polling(part):
            await heard.until(lambda: {one.point for one in heard.readings} == set(values))
            far.emulated.inject("late", times=1, seconds=0.3)
            await heard.until(lambda: any(one.quality is Quality.BAD for one in heard.readings))
            late = next(one.point for one in heard.readings if one.quality is Quality.BAD)
            begin = len(heard.readings)
            await heard.until(lambda: len([one for one in heard.readings[begin:] if one.point == late]) > 20)
    assert all(one.value == values[one.point] for one in heard.readings)
    assert bad(heard) == [(late, Reason.COMM)]
    assert (part.counters["timeouts"], part.counters["late"]) == (1, 1)


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_r08_answers_that_are_always_late_never_bring_a_wrong_value(way: str) -> None:
    points = [point("a", table="hr", address=0), point("b", table="hr", address=100)]
    heard = Heard()
    async with device(points, way) as far:
        far.emulated.load({"a": 1, "b": 2})
        far.emulated.inject("slow", seconds=0.25)
        part = source(far, points, heard)
        async with polling(part):
            await heard.until(lambda: heard.state is DeviceState.SILENT)
        far.emulated.inject("slow", seconds=0.0)
        async with polling(part):
            await heard.until(lambda: {one.point for one in heard.readings} == {"a", "b"})
    assert {(one.point, one.value) for one in heard.readings} == {("a", 1.0), ("b", 2.0)}


FAULTS: list[tuple[str, str, str]] = [
    ("lost", "serial", "timeouts"),
    ("garbled", "serial", "garbage"),
    ("misplaced", "serial", "late"),
    ("misplaced", "tcp", "late"),
    ("garbled", "tcp", "garbage"),
]


@pytest.mark.real
@pytest.mark.parametrize(("fault", "way", "counted"), FAULTS)
async def test_a_spoilt_answer_is_counted_by_its_reason_and_the_next_is_good(
    fault: str, way: str, counted: str
) -> None:
    points = [point("p", table="hr", address=0)]
    heard = Heard()
    async with device(points, way) as far:
        far.emulated.load({"p": 7})
        part = source(far, points, heard)
        async with polling(part) as task:
            await heard.until(lambda: bool(heard.readings))
            far.emulated.inject(fault, times=1)
            await heard.until(lambda: bool(bad(heard)))
            if way == "tcp" and fault == "garbled":
                await task  # The stream can no longer be read: the supervisor begins again.
        begin = len(heard.readings)
        async with polling(part):
            await heard.until(lambda: good(heard, begin) == {"p"})
    assert part.counters[counted] >= 1
    assert {one.value for one in heard.readings} == {7.0}


@pytest.mark.real
async def test_noise_before_an_answer_does_no_harm_on_a_line() -> None:
    points = [point("p", table="hr", address=0)]
    heard = Heard()
    async with device(points, "serial") as far:
        far.emulated.inject("noise", times=5)
        part = source(far, points, heard)
        async with polling(part):
            await heard.until(lambda: len(heard.readings) > 6)
    assert not bad(heard)
    assert (part.counters["garbage"], part.counters["timeouts"]) == (5, 0)


@pytest.mark.real
@pytest.mark.parametrize("way", ["tcp", "rtu over tcp"])
async def test_a_connection_from_which_nothing_comes_any_more_is_dialled_again(way: str) -> None:
    points = [point(f"u{unit}", table="hr", address=0, unit=unit) for unit in range(1, 9)]
    heard = Heard()
    async with device(points, way) as far:
        part = source(far, points, heard)
        async with polling(part) as task:
            await heard.until(lambda: len({one.point for one in heard.readings}) == 8)
            far.emulated.inject("half_open")
            await task
        assert heard.state is DeviceState.SILENT
        assert part.counters["timeouts"] == 3
        async with polling(part):
            await heard.until(lambda: heard.state is DeviceState.UP)


@pytest.mark.real
async def test_a_device_that_gives_few_at_once_is_asked_for_few() -> None:
    points = [point(f"p{at}", table="hr", address=at) for at in range(40)]
    heard = Heard()
    async with device(points) as far:
        far.emulated.inject("most", count=10)
        part = source(far, points, heard)
        async with polling(part):
            await heard.until(lambda: len({one.point for one in heard.readings}) == 40)
            refused = part.counters["refused"]
            begin = len(heard.readings)
            await heard.until(lambda: good(heard, begin) == {one.id for one in points})
    assert part.counters["refused"] == refused
    assert heard.state is DeviceState.UP


@pytest.mark.real
async def test_a_device_that_is_busy_is_alive_and_said_to_be_busy() -> None:
    points = [point("p", table="hr", address=0)]
    heard = Heard()
    async with device(points) as far:
        far.emulated.inject("busy")
        async with polling(source(far, points, heard)):
            await heard.until(lambda: bool(heard.statuses) and heard.state is DeviceState.DEGRADED)
            assert "it is busy" in heard.statuses[-1].reason
            far.emulated.clear()
            await heard.until(lambda: heard.state is DeviceState.UP)


class Garbler(asyncio.Protocol):
    """A server that answers every question with something that is no Modbus."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n\x00\xff" * 3)


@pytest.mark.real
@pytest.mark.parametrize(("framing", "told"), [("tcp", "this is no Modbus TCP"), ("rtu", "no unit on this line")])
async def test_a_server_that_speaks_no_modbus_is_shown_as_silent(framing: str, told: str) -> None:
    heard, points = Heard(), [point("p", table="hr", address=0)]
    server = await asyncio.get_running_loop().create_server(Garbler, "127.0.0.1", 0)
    async with server:
        far = Far(None, f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", {"framing": framing})  # type: ignore[arg-type]
        part = source(far, points, heard)
        with pytest.raises(LinkError, match=told):
            await part.run()
    assert heard.state is DeviceState.SILENT
    assert not heard.readings
    assert part.counters["garbage"] >= 1


@pytest.mark.real
async def test_a_value_out_of_range_is_kept_and_doubted_and_no_number_is_rejected_once() -> None:
    points = [point("p", low=0, high=300, table="hr", address=0, type="f32")]
    heard = Heard()
    async with device(points) as far:
        far.emulated.inject("wrong", point="p", value=5_000.0)
        part = source(far, points, heard)
        async with polling(part):
            await heard.until(lambda: bool(heard.readings))
            assert (heard.readings[0].value, heard.readings[0].reason) == (5_000.0, Reason.RANGE)
            far.emulated.inject("nan", point="p")
            await heard.until(lambda: part.counters["rejected"] >= 1 and heard.readings[-1].quality is Quality.BAD)
            far.emulated.override("p", 5.0)
            await heard.until(lambda: heard.readings[-1].value == 5.0)
    assert len(heard.rejected) == 1


@pytest.mark.real
async def test_pauses_between_questions_and_after_connecting_are_kept() -> None:
    points = [point(f"p{at}", table="hr", address=at * 50, every=0.01) for at in range(2)]
    heard, clock = Heard(), SystemClock()
    async with device(points) as far:
        began = clock.mono()
        async with polling(source(far, points, heard, pause=0.05, pause_after_connect=0.2)):
            await heard.until(lambda: len(heard.readings) >= 4)
    at = [one.received_mono - began for one in heard.readings[:4]]
    assert at[0] >= 0.2
    assert all(later - earlier >= 0.045 for earlier, later in itertools.pairwise(at))


@pytest.mark.parametrize(
    ("options", "told"), [({"gap": 200}, "gap"), ({"timeout": 0}, "timeout"), ({"unti": 1}, "unti")]
)
def test_an_option_that_cannot_be_is_refused_by_name(options: dict[str, Value], told: str) -> None:
    with pytest.raises(BadConfig, match=f"line: options: {told}"):
        source(nowhere(), [], Heard(), **options)


def at(link: str, points: list[Point] | None = None, **options: Value) -> Callable[[], object]:
    def made() -> object:
        of = Device("line", Name("L", "L"), "modbus", link, options)
        check(of, points or [])
        clock = SystemClock()
        return make(of, points or [], clock=clock, publish=Heard().publish, durable=Journal(), tap=Silence())

    return made


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (at("tcp://:502"), "names no host"),
        (at("mqtt://192.0.2.1"), "Modbus goes over tcp:// and serial://"),
        (at("serial:///dev/ttyUSB0", framing="tcp"), "a serial line has rtu frames"),
        (at("serial:///dev/ttyUSB0?baud=fast"), "baud"),
        (at("serial:///dev/ttyUSB0", [point("p", table="hr", address=0, unit=0)]), "p: address: unit: 0 is none"),
        (at("tcp://192.0.2.1", [point("p", table="hr", address=0, unit=248)], framing="rtu"), "248 is none"),
    ],
)
def test_a_line_that_cannot_be_is_refused(made: Callable[[], object], told: str) -> None:
    with pytest.raises(BadConfig, match=told):
        made()


async def test_a_line_without_points_says_so() -> None:
    heard = Heard()
    with pytest.raises(BadConfig, match="no point is read"):
        await source(nowhere(), [], heard).run()
    assert heard.state is DeviceState.BAD_CONFIG


def test_a_serial_line_knows_how_long_its_characters_take() -> None:
    far = Far(None, "serial:///dev/ttyUSB0?baud=9600&parity=E", {})  # type: ignore[arg-type]
    part = source(far, [point("p", table="hr", address=0)], Heard())
    assert isinstance(part, ModbusSource)
    assert part._way.timing.character == pytest.approx(11 / 9600)
    assert part._way.timing.rest == pytest.approx(3.5 * 11 / 9600)
