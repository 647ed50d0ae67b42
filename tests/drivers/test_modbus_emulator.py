"""The emulated Modbus device against a client that is not ours, and against the standard's own examples."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.client.mixin import ModbusClientMixin
from pymodbus.exceptions import ModbusException

from drivers.emulators.modbus import ModbusDevice
from drivers.emulators.modbus_frames import RtuFrames, TcpFrames, crc
from drivers.model import PointKind
from gateway.clock import SystemClock
from tests.drivers.modbus_world import WAYS, Far, device, point

POINTS = [
    point("volt", table="hr", address=10, type="f32", order="CDAB"),
    point("amps", table="ir", address=5, type="s16", scale=0.1),
    point("lamp", PointKind.FLAG, table="co", address=3, type="bool"),
    point("door", PointKind.FLAG, table="di", address=2, type="bool"),
    point("other", table="hr", address=0, unit=7),
]
KIND = ModbusClientMixin.DATATYPE


@asynccontextmanager
async def client(far: Far) -> AsyncIterator[Any]:
    where = far.link.partition("://")[2].partition("?")[0]
    if far.link.startswith("serial"):
        made: Any = AsyncModbusSerialClient(where, baudrate=115_200, timeout=0.3, retries=0)
    else:
        framer = FramerType.SOCKET if far.options["framing"] == "tcp" else FramerType.RTU
        host, _, port = where.partition(":")
        made = AsyncModbusTcpClient(host, port=int(port), framer=framer, timeout=0.3, retries=0)
    tries = 0
    while not await made.connect():  # its patience with a connection is that with a question
        tries += 1
        assert tries < 20
    try:
        yield made
    finally:
        made.close()


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_another_makers_client_reads_and_writes_it(way: str) -> None:
    async with device(POINTS, way) as far, client(far) as master:
        far.emulated.load({"volt": 231.5, "amps": -3.2, "lamp": True, "door": False, "other": 77})
        volt = await master.read_holding_registers(10, count=2, device_id=1)
        assert master.convert_from_registers(volt.registers, KIND.FLOAT32, word_order="little") == 231.5
        amps = await master.read_input_registers(5, count=1, device_id=1)
        assert master.convert_from_registers(amps.registers, KIND.INT16) == -32
        assert (await master.read_coils(3, count=1, device_id=1)).bits[0] is True
        assert (await master.read_discrete_inputs(2, count=1, device_id=1)).bits[0] is False
        assert (await master.read_holding_registers(0, count=1, device_id=7)).registers == [77]
        await master.write_coil(3, False, device_id=1)
        await master.write_register(0, 99, device_id=7)
        words = master.convert_to_registers(19.25, KIND.FLOAT32, word_order="little")
        await master.write_registers(10, words, device_id=1)
        assert [far.emulated.reading(name) for name in ("lamp", "other", "volt")] == [False, 99.0, 19.25]
        await master.write_coils(3, [True], device_id=1)
        assert far.emulated.reading("lamp") is True


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_another_makers_client_sees_its_faults(way: str) -> None:
    async with device(POINTS, way) as far, client(far) as master:
        absent = await code(master.read_holding_registers(0, count=1, device_id=99))
        assert absent == (11 if way == "tcp" else "silence")
        assert await code(master.read_holding_registers(500, count=1, device_id=1)) == 2
        far.emulated.inject("illegal", point="amps")
        assert await code(master.read_input_registers(5, count=1, device_id=1)) == 2
        far.emulated.inject("unknown", function=1)
        assert await code(master.read_coils(3, count=1, device_id=1)) == 1
        far.emulated.inject("most", count=1)
        assert await code(master.read_holding_registers(10, count=2, device_id=1)) == 3
        far.emulated.inject("busy")
        assert await code(master.read_holding_registers(0, count=1, device_id=7)) == 6
        far.emulated.clear()
        far.emulated.inject("silent", unit=7)
        assert await code(master.read_holding_registers(0, count=1, device_id=7)) == "silence"
        assert await code(master.read_holding_registers(10, count=2, device_id=1)) == 0


async def code(asked: Any) -> int | str:
    try:
        answer = await asked
    except ModbusException:
        return "silence"
    return answer.exception_code if answer.isError() else 0


def test_a_fault_or_a_point_that_it_does_not_have_is_told_by_name() -> None:
    far = ModbusDevice("meter", POINTS, clock=SystemClock())
    with pytest.raises(KeyError, match="meter knows the faults illegal, unknown"):
        far.inject("smoke")
    with pytest.raises(KeyError, match="meter has no point 'watt'"):
        far.inject("nan", point="watt")
    with pytest.raises(KeyError, match="meter knows override, not 'kick'"):
        far.press("kick", {})


@pytest.mark.real
async def test_what_is_stuck_or_no_number_stays_so_until_it_is_mended() -> None:
    async with device(POINTS) as far:
        far.emulated.press("override", {"point": "volt", "value": 230.0})
        far.emulated.inject("stuck", point="amps")
        first = far.emulated.reading("amps")
        far.emulated.inject("nan", point="volt")
        assert far.emulated.reading("volt") == "00 00 7f c0"
        assert far.emulated.reading("amps") == first
        far.emulated.clear()
        assert isinstance(far.emulated.state()["volt"], float)


@pytest.mark.real
async def test_it_stops_and_serves_again_on_the_same_port() -> None:
    async with device(POINTS) as far:
        async with client(far) as master:
            await far.emulated.stop()
            assert await code(master.read_holding_registers(0, count=1, device_id=7)) == "silence"
        assert await far.emulated.start() == int(far.link.rpartition(":")[2])
        async with client(far) as master:
            assert await code(master.read_holding_registers(0, count=1, device_id=7)) == 0


@given(st.binary(max_size=300), st.integers(1, 32))
def test_a_request_is_found_behind_any_noise_on_a_line(noise: bytes, chop: int) -> None:
    request = b"\x01\x03\x00\x00\x00\x0a"
    frames = RtuFrames()
    for at in range(0, len(noise), chop):
        frames.feed(noise[at : at + chop])
    assert [(one.unit, one.pdu) for one in frames.feed(request + crc(request))] == [(1, request[1:])]


@given(st.binary(max_size=300), st.integers(1, 32))
def test_no_noise_breaks_it_over_tcp(noise: bytes, chop: int) -> None:
    frames = TcpFrames()
    for at in range(0, len(noise), chop):
        assert all(len(one.pdu) < 254 for one in frames.feed(noise[at : at + chop]))
