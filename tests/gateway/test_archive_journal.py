"""What is exported and imported: every reading once, as it was; and what is older than the journal."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from drivers.model import Quality, Reading, Reason, Report
from gateway.archive import export
from gateway.archive.errors import NoStore, Stalled
from gateway.archive.export import Format, Wanted
from gateway.archive.past import Past
from gateway.archive.snapshot import opened
from gateway.clock import SystemClock
from gateway.store.buckets import Bucket, Grid
from gateway.store.limits import Limits
from gateway.store.retention import Extent
from tests.fakes import EPOCH_NS
from tests.gateway.archive_world import KEEP_ALL, POINTS, UNITS, S, file_from, journal, reading, stored, taken

VALUES = {
    "river": st.sampled_from([412.5, 412, -0.0, 0.0, 1e-9, 2**60, float("inf"), float("nan")]),
    "door": st.booleans(),
    "sign": st.sampled_from(["", "naik", '"', "a,b", "baris\r\nbaru", "412"]),
}


@st.composite
def any_reading(draw: st.DrawFn) -> Reading:
    """A reading whose time is often another's, or right beside it."""
    point = draw(st.sampled_from(sorted(VALUES)))
    at = EPOCH_NS + draw(st.integers(0, 4)) * S + draw(st.sampled_from([0, 1, 2, 1_000, 5_000_000]))
    received = EPOCH_NS + draw(st.integers(0, 9)) * S
    trust = draw(st.sampled_from([(Quality.GOOD, Reason.NONE), (Quality.BAD, Reason.COMM)]))
    return Reading(point, draw(VALUES[point]), at, received, 0.0, *trust, retained=draw(st.booleans()))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(any_reading(), max_size=25), st.sampled_from(Format), st.booleans())
def test_what_is_exported_imported_and_exported_again_is_the_same(
    some: list[Reading], form: Format, compacted: bool
) -> None:  # fmt: skip
    async def there_and_back(folder: Path) -> None:
        async with journal(folder / "a") as first:
            await stored(first, some)
            if compacted:
                await first.compact()
            raw = await file_from(first, form)
            lines = (await file_from(first)).count(b"Z,20")
            again = await taken(first, raw, form)
            assert (again.accepted, again.duplicates, again.refused) == (0, lines, 0)
            assert await file_from(first, form) == raw
        async with journal(folder / "b") as second:
            tally = await taken(second, raw, form)
            assert (tally.accepted, tally.duplicates, tally.refused) == (lines, 0, 0)
            if compacted:
                await second.compact()
            assert await file_from(second, form) == raw

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(there_and_back(Path(folder)))


@pytest.mark.real
async def test_a_long_series_goes_through_in_slices_and_comes_back_whole(tmp_path: Path) -> None:
    some = [reading(n, float(n % 50)) for n in range(5_000)]
    async with journal(tmp_path / "a") as store:
        await stored(store, some)
        raw = await file_from(store)
        assert raw.count(b"\r\n") == 5_001
        part = await file_from(store, since=EPOCH_NS + 10 * S, until=EPOCH_NS + 13 * S)
        assert part.splitlines()[1] == b"river,2026-01-17T00:00:10.000Z,2026-01-17T00:00:10.008Z,10.0,cm,good,"
        assert part.count(b"\r\n") == 4
    async with journal(tmp_path / "b") as store:
        assert (await taken(store, raw)).accepted == 5_000
        assert (await taken(store, raw + b"flood,x,,1,,,\r\n")).duplicates == 5_000
        assert store.counters["rows"] == 5_000


@pytest.mark.real
async def test_progress_grows_to_the_end(tmp_path: Path) -> None:
    async with journal(tmp_path) as store:
        await stored(store, [reading(n) for n in range(4_500)])
        wanted = Wanted(UNITS, EPOCH_NS, EPOCH_NS + 9_000 * S)
        told = [done async for _, done in export.readings(store, wanted)]
    assert told == sorted(told)
    assert [round(done * 54, 1) for done in told] == [*range(1, 10), 18, 36, 54]


@pytest.mark.real
async def test_a_dense_journal_is_not_read_whole_to_find_a_few_readings(tmp_path: Path) -> None:
    async with journal(tmp_path) as store:
        await stored(store, [reading(n / 10) for n in range(40_000)])
        pages = Pages(store)
        raw = f"point,source_at,value\nriver,{at(0)},1.0\nriver,{at(3_900)},1.0\nriver,{at(3_950.05)},1.0\n"
        tally = await taken(pages, raw.encode())  # type: ignore[arg-type] # it does what the import needs
        assert (tally.accepted, tally.duplicates) == (1, 2)
        assert pages.asked == 3


def at(second: float) -> str:
    return f"2026-01-17T{int(second // 3600):02d}:{int(second % 3600 // 60):02d}:{second % 60:09.6f}Z"


class Pages:
    """A journal that counts how often it is read."""

    def __init__(self, store: object) -> None:
        self._store, self.asked = store, 0

    def __getattr__(self, name: str) -> object:
        self.asked += name == "readings"
        return getattr(self._store, name)


@pytest.mark.real
async def test_two_things_said_in_one_tick_are_both_kept_once(tmp_path: Path) -> None:
    raw = f"point,source_at,value\nriver,{at(0)},1\nriver,{at(0)},2\nriver,{at(0)},1\n".encode()
    async with journal(tmp_path) as store:
        first, again = await taken(store, raw), await taken(store, raw)
        assert [(one.accepted, one.duplicates) for one in (first, again)] == [(2, 1), (0, 3)]
        assert [one.value for one in await store.readings("river", since=0, until=2**62, limit=9)] == [1, 2]


@pytest.mark.real
async def test_readings_a_nanosecond_apart_are_neither_lost_nor_doubled_between_slices(tmp_path: Path) -> None:
    async with journal(tmp_path) as store:
        await stored(store, [structs.replace(reading(0, float(n)), source_at=EPOCH_NS + n) for n in range(1_200)])
        lines = (await file_from(store)).decode().splitlines()[1:]
        assert [float(line.split(",")[3]) for line in lines] == [float(n) for n in range(1_200)]


@pytest.mark.real
async def test_imported_readings_are_history_and_never_newer_than_what_is_known(tmp_path: Path) -> None:
    async with journal(tmp_path) as store:
        await stored(store, [reading(100, 7.0)])
        tally = await taken(store, f"point,source_at,value\nriver,{at(50)},600\ndoor,{at(50)},true\n".encode())
        assert tally.accepted == 2
        newest = {one.point: (one.value, one.retained) for one in store.latest.all()}
    assert newest == {"river": (7.0, False), "door": (True, True)}


@pytest.mark.real
async def test_the_first_refused_lines_are_told_and_all_are_counted(tmp_path: Path) -> None:
    async with journal(tmp_path) as store:
        lines = "".join(f"river,{at(n)},{'x' if n % 3 == 0 else n}\n" for n in range(90))
        tally = await taken(store, f"point,source_at,value\n{lines}".encode())
        assert (tally.accepted, tally.refused, len(tally.faults)) == (60, 30, 20)
        assert tally.faults[1] == (5, "river is a number; 'x' is none")


@pytest.mark.real
async def test_history_is_kept_whole_also_of_a_point_that_reports_by_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_exception = replace(POINTS["river"], report=Report(deadband=5.0))
    monkeypatch.setitem(POINTS, "river", by_exception)
    async with journal(tmp_path) as store:
        store.adopt(KEEP_ALL, points=[by_exception])
        raw = f"point,source_at,value\nriver,{at(0)},100\nriver,{at(1)},101\nriver,{at(2)},109\n"
        tally = await taken(store, raw.encode())
        assert (tally.accepted, tally.duplicates, tally.refused) == (3, 0, 0)
        again = await taken(store, raw.encode())
        assert (again.accepted, again.duplicates, again.refused) == (0, 3, 0)


@pytest.mark.real
async def test_what_the_journal_would_let_go_at_once_is_refused(tmp_path: Path) -> None:
    raw, day = f"point,source_at,value\nriver,{at(0)},1\n".encode(), 86_400
    async with journal(tmp_path, seconds=200 * day, limits=Limits(raw_days=90)) as store:
        early = await taken(store, raw, seconds=200 * day, raw_days=90)
        assert early.faults == [(2, "river: the journal keeps readings from 2026-05-07T00:00:00.000Z on")]
        await stored(store, [reading(199 * day)])
        await store.compact()
        assert (await taken(store, raw, seconds=200 * day)).faults == early.faults


async def test_a_disk_that_takes_nothing_ends_an_import_with_a_sentence(tmp_path: Path) -> None:
    async with journal(tmp_path) as store:
        deaf = Deaf(store)
        with pytest.raises(Stalled, match="import the same file again"):
            await taken(deaf, f"point,source_at,value\nriver,{at(0)},1\n".encode())  # type: ignore[arg-type] # so far it does


class Deaf:
    """A journal of which nobody hears that something is durable."""

    def __init__(self, store: object) -> None:
        self._store = store

    def when_durable(self, done: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


@pytest.mark.real
async def test_a_snapshot_is_read_beside_a_running_service_and_stays_as_it_was(tmp_path: Path) -> None:
    async with journal(tmp_path) as store:
        await stored(store, [reading(n) for n in range(3_000)])
        await store.compact()
        await stored(store, [reading(3_000)])
        with opened(tmp_path / "semarak.db", clock=SystemClock()) as snapshot:
            await stored(store, [reading(3_001)])
            await store.compact()
            found = await snapshot.readings("river", since=0, until=2**62, limit=10_000)
            assert (len(found), found[-1].source_at) == (3_001, EPOCH_NS + 3_000 * S)
            assert (snapshot.points, snapshot.garbled) == (["river"], 0)
        with opened(tmp_path / "semarak.db", clock=SystemClock()) as snapshot:
            assert len(await snapshot.readings("river", since=0, until=2**62, limit=10_000)) == 3_002


@pytest.mark.parametrize("content", [None, b"no database at all, but long enough to look like a file of one" * 20])
def test_a_folder_without_a_usable_journal_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "semarak.db").write_bytes(content)
    with (
        pytest.raises(NoStore, match=r"no journal|cannot be read"),
        opened(tmp_path / "semarak.db", clock=SystemClock()),
    ):
        pass


@dataclass
class Own:
    """A journal that has something from `begins` (hours after the epoch) on."""

    begins: int
    extends: bool = True

    async def extent(self) -> Extent:
        return Extent(0, EPOCH_NS + self.begins * 3_600 * S if self.extends else 0, 0, 0, 0)

    async def buckets(self, points: list[str], *, since: int, until: int, count: int) -> dict[str, list[Bucket]]:
        return {point: buckets(1.0, since, until, count, after=self.begins * 3_600) for point in points}


@dataclass
class Older:
    """A server that has everything, or never answers."""

    answers: bool = True
    asked: list[tuple[int, int, int]] = field(default_factory=list)

    async def buckets(self, points: list[str], *, since: int, until: int, count: int) -> dict[str, list[Bucket]]:
        self.asked.append(((since - EPOCH_NS) // S, (until - EPOCH_NS) // S, count))
        if not self.answers:
            await asyncio.Event().wait()
        return {"river": buckets(2.0, since, until, count, after=0)}


def buckets(value: float, since: int, until: int, count: int, *, after: int) -> list[Bucket]:
    grid = Grid.over(since, until, count)
    begins = range(grid.first, until, grid.width)
    ends = EPOCH_NS + after * S
    return [Bucket(at, 1, value, value, value, value, Quality.GOOD) for at in begins if at + grid.width > ends]


async def seen(own: Own, older: Older | None, *, since: float, until: float, count: int) -> list[float]:
    past = Past(own, older)
    span = EPOCH_NS + round(since * 3_600) * S, EPOCH_NS + round(until * 3_600) * S
    found = await past.buckets(["river", "door"], since=span[0], until=span[1], count=count)
    assert [bucket.last for bucket in found["door"]] == [
        bucket.last for bucket in found["river"] if bucket.last == 1.0
    ] or (older is not None)
    return [bucket.last for bucket in found["river"]]


async def test_what_the_journal_has_no_more_is_read_from_elsewhere_in_the_same_buckets() -> None:
    older = Older()
    assert await seen(Own(3), older, since=0, until=6, count=6) == [2.0, 2.0, 2.0, 1.0, 1.0, 1.0]
    assert older.asked == [(0, 3 * 3_600, 3)]


async def test_a_bucket_of_which_the_journal_has_a_part_only_is_the_older_ones() -> None:
    older = Older()
    assert await seen(Own(3), older, since=0, until=8, count=4) == [2.0, 2.0, 1.0, 1.0]
    assert older.asked == [(0, 4 * 3_600, 2)]


async def test_nobody_else_is_asked_about_what_the_journal_has() -> None:
    older = Older()
    assert await seen(Own(3), older, since=4, until=6, count=2) == [1.0, 1.0]
    assert older.asked == []
    assert await seen(Own(3), None, since=0, until=6, count=6) == [1.0, 1.0, 1.0]


async def test_a_journal_as_new_as_itself_is_filled_up_and_a_server_that_is_silent_is_not_waited_for() -> None:
    assert await seen(Own(3, extends=False), Older(), since=0, until=6, count=6) == [2.0] * 6
    assert await seen(Own(3), Older(answers=False), since=0, until=6, count=6) == [1.0] * 3
