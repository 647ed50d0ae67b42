"""Look at a Modbus line without changing anything on it: one question at a time, at a gentle pace."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from drivers.errors import DriverError, Refused, first_error
from drivers.links.dial import dial
from drivers.model import Clock
from drivers.sensors.modbus_frames import reading
from drivers.sensors.modbus_line import Ask, IllegalAddress, IllegalValue, Silent
from drivers.sensors.modbus_options import Way
from drivers.sensors.modbus_wire import ModbusWire
from drivers.sensors.register_map import BIT_TABLES, Table

MOST = {True: 2000, False: 125}
"""How many bits, and how many registers, one answer brings."""


@dataclass(frozen=True, slots=True)
class Found:
    """A unit that answers, and what it said to the first question."""

    unit: int
    answer: str


@asynccontextmanager
async def connected(way: Way, clock: Clock) -> AsyncIterator[Ask]:
    """Dial, and yield how to ask; raise DriverError when nobody is there, or the connection fails meanwhile."""
    link = await dial(way.url)
    framing = way.framing(Counter())
    wire = ModbusWire(link, framing, timing=way.timing, clock=clock, where=way.where, seen=lambda *_: None)
    trouble: DriverError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(wire.listen(), name=f"listen to {way.where}")
            yield wire.ask
            listening.cancel()
    except* DriverError as group:
        trouble = first_error(group)
    finally:
        await link.close()
    if trouble is not None:
        raise trouble


async def read(ask: Ask, unit: int, table: Table, *, wanted: range) -> Mapping[int, int]:
    """Return what stands at each address that the unit has; what it refuses is found by halving, and left out."""
    most = MOST[table in BIT_TABLES]
    parts = [wanted[at : at + most] for at in range(0, len(wanted), most)]
    found: dict[int, int] = {}
    while parts:
        part = parts.pop(0)
        try:
            words = await ask(reading(unit, table, part.start, count=len(part)))
        except (IllegalAddress, IllegalValue):
            middle = len(part) // 2
            parts[:0] = [part[:middle], part[middle:]] if middle else []
            continue
        found.update(zip(part, map(int, words), strict=True))
    return found


async def sweep(
    ask: Ask, units: Sequence[int], table: Table, *, address: int, pause: float, clock: Clock
) -> AsyncIterator[Found]:
    """Yield the units that answer one question each; `pause` seconds between two, for a line is shared with others."""
    for unit in units:
        try:
            (word,) = await ask(reading(unit, table, address, count=1))
            yield Found(unit, f"{table} {address} holds {int(word)}")
        except Silent:
            pass
        except Refused as refusal:
            yield Found(unit, str(refusal))
        await clock.sleep(pause)
