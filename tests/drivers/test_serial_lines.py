"""The source of serial instruments: against its emulators on real ports, and in virtual time for what takes long."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.emulators.pty_port import plugged_in
from drivers.emulators.serial_lines import Instrument
from drivers.errors import BadConfig
from drivers.links.dial import dial
from drivers.links.memory import memory_pair
from drivers.model import Device, DeviceState, Name, Quality, Reason
from drivers.sensors.serial_lines import SPEC
from gateway.clock import SystemClock
from tests.drivers.serial_world import CLOCK, Line, points, running

WEATHER = {
    "wind": {"sentence": "MWV", "column": 3, "unit_column": 4, "unit": "M", "quality_column": 5},
    "air": {"sentence": "WIMDA", "column": 5},
}
LEVEL = {
    "level": {"pattern": r"LVL=(?P<value>[-+.\d]*) (?P<unit>m);.*Q=(?P<quality>\w+)", "good": "OK"},
    "water": {"pattern": r"T=(?P<value>[-+.\d]+) C"},
}
GAUGE = {"ask": "READ?\\r\\n", "checksum": "crc16-ccitt", "checksum_form": "hex", "checksum_to": -5, "timeout": 0.1}


@asynccontextmanager
async def instrument(kind: str, *, every: float = 0.02) -> AsyncIterator[tuple[Instrument, int]]:
    made = Instrument(kind, kind, clock=SystemClock(), every=every)
    port = await made.start()
    try:
        yield made, port
    finally:
        await made.stop()


@pytest.mark.real
async def test_a_weather_station_on_a_port_that_is_pulled_out_is_doubted_and_comes_back(tmp_path: Path) -> None:
    clock, path = SystemClock(), tmp_path / "usb-station"
    async with instrument("weather") as (station, number):
        station.load({"speed": 7.2, "temperature": 31.4})
        line = Line(points(WEATHER, every=0.2), clock=clock, link=f"serial://{path}?baud=4800", framing="nmea")
        async with running(line):
            await line.heard.until(lambda: line.heard.state is DeviceState.SILENT)
            assert "is not there" in line.last[0]
            async with plugged_in(path, "127.0.0.1", number, clock=clock):
                await line.heard.until(lambda: line.heard.state is DeviceState.UP)
                await line.heard.until(lambda: bool(line.heard.values("wind") and line.heard.values("air")))
            await line.heard.until(lambda: line.heard.state is DeviceState.SILENT)
            bad = [one for one in line.heard.readings if one.quality is Quality.BAD]
            assert {(one.point, one.value, one.reason) for one in bad} == {
                ("wind", 7.2, Reason.COMM),
                ("air", 31.4, Reason.COMM),
            }
            before = len(line.heard.readings)
            async with plugged_in(path, "127.0.0.1", number, clock=clock):
                await line.heard.until(lambda: len(line.heard.readings) > before)
    assert line.heard.readings[-1].quality is Quality.GOOD
    assert line.source.counters["connections"] == 2


@pytest.mark.real
async def test_a_gauge_is_asked_over_a_raw_tcp_converter() -> None:
    async with instrument("level") as (gauge, number):
        line = Line(points(LEVEL, every=0.05), clock=SystemClock(), link=f"tcp://127.0.0.1:{number}", **GAUGE)
        async with running(line):
            await line.heard.until(lambda: len(line.heard.values("level")) > 1)
            gauge.load({"level": -0.5})
            await line.heard.until(lambda: line.heard.values("level")[-1] == -0.5)
            gauge.inject("invalid")
            await line.heard.until(lambda: line.heard.readings[-1].quality is Quality.BAD)
            assert line.heard.readings[-1].reason is Reason.SOURCE
            gauge.clear()
            await line.heard.until(lambda: line.heard.readings[-1].quality is Quality.GOOD)
            gauge.inject("silent")
            await line.heard.until(lambda: line.heard.state is DeviceState.SILENT)
            assert line.last[0] == "nothing comes in answer to 'READ?\\r\\n'"
            gauge.clear()
            await line.heard.until(lambda: line.heard.state is DeviceState.UP)
    assert not line.failures


@pytest.mark.real
@pytest.mark.parametrize(
    ("fault", "state", "reason", "hint"),
    [
        ("baud", DeviceState.SILENT, "bytes come for 0.6 s, and make no frame", "is the baud rate right?"),
        ("silent", DeviceState.SILENT, "nothing comes for 0.6 s", "is the instrument on"),
        ("partial", DeviceState.DEGRADED, "many frames are spoilt", "noise; noise or a bad earth"),
        ("checksum", DeviceState.DEGRADED, "many frames are spoilt", "checksum; noise or a bad earth"),
        ("garbled", DeviceState.DEGRADED, "many frames are spoilt", "noise or a bad earth"),
    ],
)
async def test_a_fault_is_told_with_what_to_look_at_and_never_read(
    fault: str, state: DeviceState, reason: str, hint: str
) -> None:
    async with instrument("weather") as (station, number):
        line = Line(points(WEATHER, every=0.2), clock=SystemClock(), link=f"tcp://127.0.0.1:{number}", framing="nmea")
        async with running(line):
            await line.heard.until(lambda: len(line.heard.readings) > 4)
            station.inject(fault)
            await line.heard.until(lambda: line.heard.state is state)
            assert line.last[0] == reason
            assert hint in line.last[1]
            station.clear()
            await line.heard.until(lambda: line.heard.state is DeviceState.UP)
    assert {(one.point, one.value) for one in line.heard.readings} == {("wind", 3.4), ("air", 27.5)}


async def test_silence_is_judged_by_the_period_and_ends_with_the_first_frame() -> None:
    near, far = memory_pair()
    line = Line(points({"t": {"column": 1}}, every=10.0), clock=CLOCK, ends=[near])
    async with running(line):
        await far.send(b"torn\r\n20.5\r\n")
        await line.heard.until(lambda: line.heard.state is DeviceState.UP)
        await CLOCK.sleep(29)
        assert line.heard.state is DeviceState.UP
        await CLOCK.sleep(2)
        assert line.heard.state is DeviceState.SILENT
        assert line.last[0] == "nothing comes for 30 s"
        assert [(one.value, one.quality) for one in line.heard.readings] == [(20.5, Quality.GOOD), (20.5, Quality.BAD)]
        await far.send(b"HELLO WORLD\xff")
        await CLOCK.sleep(31)
        assert line.last[0] == "bytes come for 30 s, and make no frame"
        assert line.last[1].endswith("12 bytes came so far")
        await far.send(b"\r\n" * 2 + b"x\r\n")
        await CLOCK.sleep(31)
        assert line.last[0] == "frames come for 30 s, and say nothing of a point"
        assert line.last[1].endswith("The last: 'x'")
        await far.send(b"21\r\n")
        await CLOCK.sleep(0)
        await CLOCK.sleep(0.1)
        assert line.heard.state is DeviceState.UP
        assert line.heard.values("t")[-1] == 21


async def test_an_instrument_that_has_no_value_is_not_a_bad_line() -> None:
    near, far = memory_pair()
    line = Line(points({"a": {"column": 1}, "b": {"column": 2}}, every=10.0), clock=CLOCK, ends=[near])
    async with running(line):
        await far.send(b"\r\n1,2\r\n" + b",2\r\n" * 30)
        await CLOCK.sleep(0.1)
        assert line.heard.state is DeviceState.UP
        assert [one.reason for one in line.heard.readings if one.point == "a"] == [Reason.NONE, Reason.SOURCE]
        assert line.source.counters["empty"] == 30
        assert not line.heard.rejected


async def test_what_cannot_be_read_is_rejected_with_its_bytes_and_doubts_its_point_only() -> None:
    near, far = memory_pair()
    line = Line(points({"a": {"column": 1}, "b": {"column": 2}}, every=10.0), clock=CLOCK, ends=[near])
    async with running(line):
        await far.send(b"\r\n1,2\r\nx,3\r\n")
        await CLOCK.sleep(0.1)
    assert [(one.where, one.why, one.sample) for one in line.heard.rejected] == [
        ("a", "value: 'x' is no number", b"x,3")
    ]
    assert [(one.point, one.value, one.reason) for one in line.heard.readings] == [
        ("a", 1.0, Reason.NONE),
        ("b", 2.0, Reason.NONE),
        ("b", 3.0, Reason.NONE),
        ("a", 1.0, Reason.SOURCE),
    ]
    assert line.source.counters["value"] == line.source.counters["rejected"] == 1


async def test_a_line_that_only_brings_damage_is_silent_and_stays_so() -> None:
    near, far = memory_pair()
    line = Line(points({"t": {"column": 1}}, every=1.0), clock=CLOCK, ends=[near], checksum="sum8")
    async with running(line):
        await far.send(b"\r\n")
        for _ in range(60):
            await far.send(b"20.5?\r\n" * 3)
            await CLOCK.sleep(0.2)
        assert line.heard.state is DeviceState.SILENT
        assert [one.state for one in line.heard.statuses].count(DeviceState.SILENT) == 1
        assert not line.heard.readings


async def test_a_line_that_was_spoilt_is_well_only_after_many_good_frames() -> None:
    near, far = memory_pair()
    line = Line(points({"t": {"column": 1}}, every=1.0), clock=CLOCK, ends=[near])
    async with running(line):
        await far.send(b"\r\n" + b"1\r\n" * 3 + b"x\r\n" * 5)
        await CLOCK.sleep(0.1)
        assert line.heard.state is DeviceState.DEGRADED
        await far.send(b"1\r\n" * 17)
        await CLOCK.sleep(0.1)
        assert line.heard.state is DeviceState.DEGRADED
        await far.send(b"1\r\n")
        await CLOCK.sleep(0.1)
        assert line.heard.state is DeviceState.UP


async def test_a_line_without_points_is_a_fault_of_the_site() -> None:
    line = Line([], clock=CLOCK, ends=[])
    with pytest.raises(BadConfig, match="line: no point is read from this line"):
        await line.source.run()
    assert line.heard.state is DeviceState.BAD_CONFIG


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("serial://COM3", "'COM3' is no port's name"),
        ("serial:///dev/ttyS0?baud=fast", "baud: Input should be a valid integer"),
        ("rfc2217://192.0.2.4", "does not say where to; write it as rfc2217://"),
        ("mqtt://192.0.2.4:1883", "no link is called 'mqtt'; the links are tcp, tls, udp, serial, rfc2217"),
    ],
)
def test_a_link_that_cannot_be_is_found_by_check(link: str, why: str) -> None:
    with pytest.raises(BadConfig) as caught:
        SPEC.check(Device("line", Name("L", "L"), "serial_lines", link), points({"t": {"column": 1}}, every=1.0))
    assert why in str(caught.value)


def test_an_instrument_refuses_what_it_cannot_be() -> None:
    gauge = Instrument("gauge", "level", clock=CLOCK)
    for wrong in ({"depth": 1.0}, {"level": "high"}, {"level": True}):
        with pytest.raises((KeyError, TypeError)):
            gauge.load(wrong)
    with pytest.raises(KeyError, match="has no fault 'fire'"):
        gauge.inject("fire")
    with pytest.raises(ValueError, match="silent has no volume"):
        gauge.inject("silent", volume=3)
    gauge.inject("late", seconds=2)
    assert gauge.state()["faults"] == {"late": {"nth": 1, "seconds": 2}}


@pytest.mark.real
async def test_a_technician_can_have_an_instrument_on_a_port_of_his_own(tmp_path: Path) -> None:
    words = ("emulate", "level_gauge", "--serial", str(tmp_path / "gauge"), "--option", "level=1.5", "--fault", "late")
    command = (str(Path(sys.executable).with_name("semarak-bench")), *words)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            said = (await process.stdout.readline()).decode()
            assert f" and serial://{tmp_path}/gauge; it knows the faults garbled, partial" in said
            link = await dial(f"serial://{tmp_path}/gauge")
            await link.send(b"READ?\r\n")
            heard = b""
            while not heard.endswith(b"\r\n"):
                heard += await link.receive()
            await link.close()
    finally:
        process.terminate()
        await process.communicate()
    assert heard.startswith(b"LVL=+01.500 m;T=+26.5 C;Q=OK;")
