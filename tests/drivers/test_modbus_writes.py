"""Commands to Modbus points: written, read back, refused by name, and never in the way of a late answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from drivers.model import DeviceState, Outcome, Point, PointKind, Quality, Result, Value
from drivers.sensors.modbus import ModbusSource
from drivers.sensors.register_values import orders_of
from drivers.sensors.source import Commandable
from tests.drivers.modbus_world import WAYS, Far, device, point, polling, source, write
from tests.drivers.telemetry_world import Heard

WISHES: dict[str, Value] = {
    "u16": 40_000, "s16": -1_234, "u32": 3_000_000_000, "s32": -2_000_000_000, "u64": 2**60 + 1, "s64": -(2**40),
    "f16": 1.5, "f32": 1_234.5, "f64": 1e-12, "bcd16": 1234, "bcd32": 12_345_678,
}  # fmt: skip


def setpoint(name: str = "p", kind: PointKind = PointKind.NUMBER, **address: Value) -> Point:
    return point(name, kind, **({"table": "hr", "address": 0, "writable": True} | address))  # type: ignore[arg-type]


async def up(part: ModbusSource, points: Sequence[Point], heard: Heard) -> None:
    del part
    await heard.until(lambda: {one.point for one in heard.readings} == {one.id for one in points})


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_r15_every_type_in_every_order_is_written_as_it_is_read(way: str) -> None:
    wide = [(kind, order) for kind in WISHES for order in orders_of(kind)]
    points = [
        setpoint(f"{kind}.{order}", address=at * 4, type=kind, order=order) for at, (kind, order) in enumerate(wide)
    ]
    heard = Heard()
    async with device(points, way) as far:
        far.emulated.load({one.id: 0 for one in points})
        part = source(far, points, heard)
        async with polling(part):
            await up(part, points, heard)
            results = [(await write(part, f"{kind}.{order}", WISHES[kind])).result for kind, order in wide]
        assert results == [Result.VERIFIED] * len(wide)
        assert far.emulated.state() == {f"{kind}.{order}": WISHES[kind] for kind, order in wide}


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_coils_texts_and_scaled_values_are_written_and_their_readings_follow_at_once(way: str) -> None:
    points = [
        setpoint("lamp", PointKind.FLAG, table="co", address=3, type="bool"),
        setpoint("name", PointKind.TEXT, address=10, type="text", registers=4),
        setpoint("warm", address=0, type="s16", scale=0.1, offset=-40.0),
    ]
    heard = Heard()
    async with device(points, way) as far:
        far.emulated.load({"lamp": False, "name": "", "warm": 0})
        part = source(far, points, heard, every=60.0)
        async with polling(part):
            await up(part, points, heard)
            for name, value in (("lamp", True), ("name", "pompa 2"), ("warm", 21.5)):
                assert (await write(part, name, value)).result is Result.VERIFIED
                assert [one.value for one in heard.readings if one.point == name][-1] == value
        assert far.emulated.state() == {"lamp": True, "name": "pompa 2", "warm": 21.5}


@pytest.mark.real
async def test_bits_of_one_register_are_written_side_by_side() -> None:
    points = [setpoint(f"bit{at}", PointKind.FLAG, type="bool", bit=at) for at in range(16)]
    heard = Heard()
    async with device(points) as far:
        far.emulated.load({one.id: False for one in points})
        part = source(far, points, heard)
        async with polling(part):
            await up(part, points, heard)
            async with asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(write(part, f"bit{at}", at % 3 == 0)) for at in range(16)]
        assert [task.result().result for task in asked] == [Result.VERIFIED] * 16
        assert far.emulated.state() == {f"bit{at}": at % 3 == 0 for at in range(16)}


@pytest.mark.real
@pytest.mark.parametrize(
    ("one", "function", "value"),
    [
        (setpoint(), 6, 5),
        (setpoint(kind=PointKind.FLAG, table="co", type="bool"), 5, True),
    ],
)
async def test_a_device_that_knows_only_the_function_for_several_is_written_by_that(
    one: Point, function: int, value: Value
) -> None:
    heard, one = Heard(), replace(one, every=600.0)
    async with device([one]) as far:
        far.emulated.load({"p": 0})
        far.emulated.inject("unknown", function=function)
        part = source(far, [one], heard)
        async with polling(part):
            await up(part, [one], heard)
            outcome = await write(part, "p", value)
            asked = far.emulated.asked[1]
            again = await write(part, "p", value)
            assert far.emulated.asked[1] - asked == 2, "written and read back, and the other function not tried again"
    assert (outcome.result, again.result) == (Result.VERIFIED, Result.VERIFIED)


REFUSED: list[tuple[str, Value, str]] = [
    ("fixed", 5, "fixed may not be written; its address in points.yaml does not say `writable: true`"),
    ("none", 5, "no point 'none' is read from this line; it has fixed, flag, p, text"),
    ("p", 301, "p: 301 is outside its range of 0 to 300"),
    ("p", "5", "p: a number is wanted, not '5'"),
    ("p", True, "p: a number is wanted, not True"),
    ("p", 1.5e300, "p: 1.5e+300 is outside its range of 0 to 300"),
    ("flag", 1, "flag: true or false is wanted, not 1"),
    ("text", 1, "text: a text is wanted, not 1"),
    ("text", "far too long", "text: 'far too long' takes 12 bytes; there is room for 4"),
]


@pytest.mark.parametrize(("name", "value", "told"), REFUSED)
async def test_what_must_not_be_written_is_refused_with_the_reason(name: str, value: Value, told: str) -> None:
    points = [
        point("fixed", table="hr", address=9),
        point("p", low=0, high=300, table="hr", address=0, writable=True),
        setpoint("flag", PointKind.FLAG, table="co", type="bool"),
        setpoint("text", PointKind.TEXT, address=4, type="text", registers=2),
    ]
    outcome = await write(nowhere(points), name, value)
    assert (outcome.result, outcome.detail) == (Result.REFUSED, told)


def nowhere(points: Sequence[Point]) -> ModbusSource:
    return source(Far(None, "tcp://127.0.0.1:502", {}), points, Heard())  # type: ignore[arg-type]


async def test_other_verbs_are_refused_and_a_line_that_is_not_connected_says_so() -> None:
    part = nowhere([setpoint()])
    assert (await write(part, "p", 5, verb="power")).detail.startswith("power takes on; it got point, value")
    outcome = await write(part, "p", 5)
    assert (outcome.result, outcome.detail) == (
        Result.FAILED,
        "the line is not connected; see the device's state",
    )


def test_a_line_can_be_asked_only_when_something_on_it_may_be_written() -> None:
    assert nowhere([setpoint()]).verbs == ("write",)
    assert nowhere([point("p", table="hr", address=0)]).verbs == ()
    assert isinstance(nowhere([]), Commandable)


@pytest.mark.real
async def test_a_write_that_does_nothing_has_failed_and_one_that_the_unit_refuses_is_refused() -> None:
    points = [setpoint("p"), setpoint("q", address=1)]
    heard = Heard()
    async with device(points) as far:
        far.emulated.load({"p": 1, "q": 2})
        part = source(far, points, heard)
        async with polling(part):
            await up(part, points, heard)
            far.emulated.inject("deaf")
            deaf = await write(part, "p", 5)
            far.emulated.clear()
            far.emulated.load({"p": 1, "q": 2})
            far.emulated.inject("illegal", point="q")
            refused = await write(part, "q", 5)
    assert (deaf.result, deaf.detail) == (Result.FAILED, "the device did not act on it: p reads 1.0 and not 5")
    assert refused.result is Result.REFUSED
    assert "the device has no such address" in refused.detail


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_a_write_whose_answer_is_lost_is_unsure_and_is_read_at_once(way: str) -> None:
    one = point("p", table="hr", address=0, every=600.0, writable=True)
    heard = Heard()
    async with device([one], way) as far:
        far.emulated.load({"p": 1})
        part = source(far, [one], heard)
        async with polling(part):
            await heard.until(lambda: bool(heard.readings))
            far.emulated.inject("lost", times=1)
            outcome = await write(part, "p", 5)
            await heard.until(lambda: heard.readings[-1].value == 5.0)
    assert outcome.result is Result.UNSURE
    assert outcome.detail.endswith("whether it has taken is read next")


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_r16_commands_are_quick_though_a_unit_is_dead(way: str) -> None:
    """The slowest of twenty commands, each before a poll, is no slower than a wait for the dead unit."""
    points = [point(f"u{unit}", table="hr", address=0, unit=unit, writable=True) for unit in range(1, 9)]
    heard = Heard()
    async with device(points, way) as far:
        far.emulated.inject("silent", unit=8)
        part = source(far, points, heard)
        async with polling(part):
            await heard.until(lambda: heard.state is DeviceState.DEGRADED)
            outcomes = [await write(part, f"u{1 + wish % 7}", wish) for wish in range(20)]
            dead = await write(part, "u8", 1)
    assert [outcome.result for outcome in outcomes] == [Result.VERIFIED] * 20
    assert (dead.result, "unit 8 does not answer; it is asked again in" in dead.detail) == (Result.FAILED, True)
    assert part.counters["commands"] == 21


@pytest.mark.real
async def test_the_last_of_many_wishes_for_one_point_wins() -> None:
    points = [setpoint("p"), setpoint("q", address=1)]
    heard = Heard()
    async with device(points) as far:
        far.emulated.load({"p": 0, "q": 0})
        far.emulated.inject("slow", seconds=0.02)
        part = source(far, points, heard)
        async with polling(part):
            await up(part, points, heard)
            async with asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(write(part, "p", wish)) for wish in range(1, 6)]
                other = tasks.create_task(write(part, "q", 7))
    outcomes: list[Outcome] = [task.result() for task in asked]
    assert outcomes[-1].result is Result.VERIFIED
    assert Result.SUPERSEDED in {outcome.result for outcome in outcomes}
    assert {outcome.result for outcome in outcomes} <= {Result.VERIFIED, Result.SUPERSEDED}
    assert other.result().result is Result.VERIFIED
    assert [one.value for one in heard.readings if one.point == "p"][-1] == 5.0
    assert all(one.quality is Quality.GOOD for one in heard.readings)
