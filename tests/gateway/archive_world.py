"""A real journal behind the API's hall, and files that go out of it and into it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from drivers.model import Name, Point, PointKind, Reading
from gateway.archive import export, table
from gateway.archive.export import SHEETS, Format, Wanted
from gateway.archive.importing import LINES, Import, Tally
from gateway.store.limits import Limits
from gateway.store.store import Store
from tests.fakes import EPOCH_NS, FakeClock

S = 1_000_000_000
POINTS = {
    name: Point(name, "broker", Name(name, name), kind=kind, unit=unit, stale_after=900)
    for name, kind, unit in (
        ("river", PointKind.NUMBER, "cm"), ("door", PointKind.FLAG, ""), ("sign", PointKind.TEXT, ""),
    )
}  # fmt: skip
UNITS = {point.id: point.unit for point in POINTS.values()}
KEEP_ALL = Limits(commit_every=0.001, raw_days=36_500, minute_days=36_500, hour_days=36_500)


def reading(second: float, value: bool | float | str = 1.0, *, point: str = "river") -> Reading:
    at = EPOCH_NS + round(second * S)
    return Reading(point, value, at, at + 8_000_000, 0.0)


@asynccontextmanager
async def journal(folder: Path, *, seconds: float = 1e6, limits: Limits = KEEP_ALL) -> AsyncIterator[Store]:
    """Give a journal that commits, `seconds` after the epoch of the tests."""
    clock = FakeClock()
    clock.advance(seconds)
    store = Store.open(folder / "semarak.db", clock=clock, limits=limits)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(store.run(), name="store")
            yield store
            running.cancel()
    finally:
        await store.close()


async def stored(store: Store, some: Sequence[Reading]) -> None:
    store.on_readings(some)
    await store.flush()


async def file_from(store: Store, form: Format = Format.CSV, *, since: int = 0, until: int = 2**62) -> bytes:
    sheet = SHEETS[form](table.READINGS)
    wanted = Wanted(UNITS, since, until)
    return b"".join([piece.data async for piece in export.pieces(export.readings(store, wanted), sheet)])


async def taken(
    store: Store, raw: bytes, form: Format = Format.CSV, *, seconds: float = 1e6, raw_days: int = 36_500
) -> Tally:
    clock = FakeClock()
    clock.advance(seconds)
    taking = Import(store, POINTS, clock=clock, raw_days=raw_days)
    async for _ in taking.run(LINES[form](io.BytesIO(raw))):
        pass
    return taking.tally
