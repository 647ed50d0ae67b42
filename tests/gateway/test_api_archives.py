"""History as files over the API: of any length out, once and quietly in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from drivers.model import Reading
from gateway.api import archives
from gateway.store.errors import StoreUnavailable
from tests.gateway.api_fakes import Hall
from tests.gateway.archive_world import reading, stored
from tests.gateway.test_api_history import HOUR, START, hall_of

pytestmark = pytest.mark.real

CSV = {"Content-Type": "text/csv"}
PARQUET = {"Content-Type": "application/vnd.apache.parquet"}
HEADER = b"point,source_at,received_at,value,unit,quality,reason\r\n"


@asynccontextmanager
async def committing(hall: Hall) -> AsyncIterator[None]:
    """Let the journal commit while the block runs."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(hall.store.run(), name="store")
        yield
        running.cancel()


async def test_an_export_is_a_file_that_can_be_imported_elsewhere_and_is_kept_once(tmp_path: Path) -> None:
    for form, kind in (("csv", CSV), ("parquet", PARQUET)):
        async with hall_of(tmp_path / form / "a") as (hall, viewer):
            signs = [reading(n * 60, f'dia berkata "{n}"', point="sign") for n in range(30)]
            await stored(hall.store, [*(reading(n, n / 4) for n in range(3_000)), *signs])
            asked = f"history/export?points=river,sign&since={START}&until={HOUR}&format={form}"
            out = await viewer.ask("GET", asked)
            assert (out.status, out.headers["Content-Type"]) == (200, kind["Content-Type"])
            assert f'filename="semarak-raw-2026-01-17.{form}"' in out.headers["Content-Disposition"]
        async with hall_of(tmp_path / form / "b") as (hall, viewer):
            technician = viewer.as_program("technician")
            async with committing(hall):
                first = await technician.ask("POST", "history/import", raw=out.raw, headers=kind)
                again = await technician.ask("POST", "history/import", raw=out.raw, headers=kind)
            assert first.body == {"accepted": 3_030, "duplicates": 0, "refused": 0, "lines": []}
            assert again.body == {"accepted": 0, "duplicates": 3_030, "refused": 0, "lines": []}
            assert hall.store.counters["rows"] == 3_030
            assert (await viewer.ask("GET", asked)).raw == out.raw or form == "parquet"
            events = [e for e in hall.audit.recent(9) if e.action == "history.import"]
            assert [(e.actor, e.outcome, e.after["accepted"], e.after["duplicates"]) for e in events] == [
                ("technician program", "done", 3_030, 0), ("technician program", "done", 0, 3_030),
            ]  # fmt: skip


async def test_a_flood_of_last_year_rings_nothing_and_is_not_the_latest(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer), committing(hall):
        hall.read("river", 12.0)
        raw = HEADER + b"river,2026-01-17T01:00:00Z,,690.0,cm,good,\r\nriver,2026-01-17T01:59:59Z,,699.0,,,\r\n"
        told = await viewer.as_program("technician").ask("POST", "history/import", raw=raw, headers=CSV)
        assert told.body["accepted"] == 2
        assert (await viewer.ask("GET", "alarms")).body["items"] == []
        assert (await viewer.ask("GET", "points/river")).body["latest"]["value"] == 12.0
        assert hall.changes == []


async def test_bad_lines_are_told_and_the_others_are_taken(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer), committing(hall):
        at = b"2026-01-17T01:00:00Z"
        raw = HEADER + b'river,%b,,"1\r\nflood,%b,,1,,,\r\nriver,%b,,2,,,\r\n' % (at, at, at)
        told = await viewer.as_program("technician").ask("POST", "history/import", raw=raw, headers=CSV)
        assert told.body == {
            "accepted": 1, "duplicates": 0, "refused": 2,
            "lines": [
                {"line": 2, "reason": "a quote that is not closed"}, {"line": 3, "reason": "there is no point 'flood'"},
            ],
        }  # fmt: skip


async def test_a_file_that_is_none_is_refused_and_noted(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        technician = viewer.as_program("technician")
        for raw, headers, status in (
            (b"hello", CSV, 422),
            (b"hello", PARQUET, 422),
            (b"{}", {"Content-Type": "application/json"}, 415),
            (HEADER, {**CSV, "Content-Encoding": "gzip"}, 415),
        ):
            assert (await technician.ask("POST", "history/import", raw=raw, headers=headers)).status == status
        assert [e.outcome for e in hall.audit.recent(9) if e.action == "history.import"] == ["failed", "failed"]
        assert (await viewer.ask("POST", "history/import", raw=HEADER, headers=CSV)).status == 403


async def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 100)
    async with hall_of(tmp_path) as (_, viewer):
        told = await viewer.as_program("technician").ask("POST", "history/import", raw=HEADER * 3, headers=CSV)
        assert told.status == 413


async def test_buckets_are_exported_as_well(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        await stored(hall.store, [reading(n * 60, float(n)) for n in range(60)])
        asked = f"history/export?points=river&since={START}&until={HOUR}&want=buckets&resolution=1800"
        out = await viewer.ask("GET", asked)
        assert out.raw.decode().splitlines() == [
            "point,at,min,mean,max,last,count,unit,quality",
            "river,2026-01-17T00:00:00.000Z,0.0,14.5,29.0,29.0,30,cm,good",
            "river,2026-01-17T00:30:00.000Z,30.0,44.5,59.0,59.0,30,cm,good",
        ]


async def test_an_export_that_cannot_be_finished_does_not_look_like_the_whole(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        await stored(hall.store, [reading(n) for n in range(5_000)])
        whole, pages = hall.store.readings, 0

        async def failing(point: str, *, since: int, until: int, limit: int) -> list[Reading]:
            nonlocal pages
            pages += 1
            if pages > 1:
                raise StoreUnavailable("the store cannot be read")
            return await whole(point, since=since, until=until, limit=limit)

        hall.store.readings = failing
        with pytest.raises(aiohttp.ClientPayloadError):
            await viewer.ask("GET", f"history/export?points=river&since={START}&until={HOUR}")


async def test_who_goes_away_in_the_middle_of_an_export_stops_it(tmp_path: Path) -> None:
    async with hall_of(tmp_path, seconds=900_000) as (hall, viewer):
        await stored(hall.store, [reading(n) for n in range(190_000)])
        whole, pages = hall.store.readings, 0

        async def counted(point: str, *, since: int, until: int, limit: int) -> list[Reading]:
            nonlocal pages
            pages += 1
            return await whole(point, since=since, until=until, limit=limit)

        hall.store.readings = counted
        url = f"{viewer.url}/api/v1/history/export?points=river&since={START}"
        async with viewer.http.get(url, headers=viewer.headers) as response:
            await response.content.readexactly(1_000)
            response.close()
        for _ in range(20):
            await viewer.ask("GET", "health")
        assert 0 < pages < 60
