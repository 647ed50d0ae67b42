"""History over the API: many series in the same buckets, gaps as gaps, readings one by one, and what is older."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.model import Point, PointKind, Quality, Reading, Reason
from gateway.api.gaps import gaps
from gateway.store.buckets import Bucket, Grid
from gateway.store.store import Store
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.api_fakes import RIVER, Hall, Visitor, serving
from tests.gateway.archive_world import KEEP_ALL, S, reading, stored

pytestmark = pytest.mark.real

START = "2026-01-17T00:00:00Z"
HOUR = "2026-01-17T01:00:00Z"
TOMORROW = "2026-01-18T00:00:00Z"
SPAN = f"since={START}&until={HOUR}"


@asynccontextmanager
async def hall_of(folder: Path, *, older: object = None, seconds: float = 7_200) -> AsyncIterator[tuple[Hall, Visitor]]:
    """Give a hall with a real journal, two hours after the epoch, and somebody who may look."""
    clock = FakeClock()
    clock.advance(seconds)
    store = Store.open(folder / "semarak.db", clock=clock, limits=KEEP_ALL)
    hall = Hall(clock=clock, store=store, older=older)
    try:
        async with serving(hall) as nobody:
            yield hall, nobody.as_program("operator")
    finally:
        await store.close()


async def test_many_series_come_in_the_same_buckets_with_what_is_wanted(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        river = [reading(n * 60, float(n)) for n in range(60)]
        door = [reading(n * 60, n % 2 == 0, point="door") for n in range(0, 30, 5)]
        await stored(hall.store, [*river, *door])
        answer = await viewer.ask(
            "GET", f"history?points=river,d*&since={START}&until={HOUR}&buckets=6&want=min,max,count"
        )
        told = answer.body
        assert (answer.status, told["step"], told["own_since"]) == (200, 600.0, None)
        assert told["at"] == [f"2026-01-17T00:{m}0:00.000Z" for m in range(6)]
        first, second = told["series"]
        assert (first["point"], first["unit"], first["gaps"]) == ("river", "cm", [])
        assert first["values"] == {
            "min": [0, 10, 20, 30, 40, 50], "max": [9, 19, 29, 39, 49, 59], "count": [10] * 6,
        }  # fmt: skip
        assert first["quality"] == ["good"] * 6
        assert (second["point"], second["values"]["count"]) == ("door", [2, 2, 2, None, None, None])
        assert second["quality"][3] is None


async def test_a_gap_is_told_where_nothing_came_for_longer_than_the_point_may_be_silent(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        minutes = [*range(10, 20), *range(40, 50)]
        await stored(hall.store, [reading(n * 60 + 1, float(n)) for n in minutes])
        told = (await viewer.ask("GET", f"history?points=river&since={START}&until={HOUR}&buckets=60")).body["series"][
            0
        ]
        assert told["gaps"] == [{"since": "2026-01-17T00:20:00.000Z", "until": "2026-01-17T00:40:00.000Z"}]
        assert told["values"]["mean"].index(10.0) == 10
        raw = (await viewer.ask("GET", f"history/readings?points=river&{SPAN}")).body["series"][0]
        assert raw["gaps"] == [{"since": "2026-01-17T00:19:01.000Z", "until": "2026-01-17T00:40:01.000Z"}]
        late = (await viewer.ask("GET", f"history?points=river&since={START}&until=2026-01-18T00:00:00Z")).body[
            "series"
        ][0]
        assert late["gaps"][-1]["until"] == "2026-01-17T02:00:00.000Z"


def test_a_point_that_is_never_stale_has_no_gaps_and_silence_alone_is_one() -> None:
    never = replace(RIVER, stale_after=0)
    span = {"since": 0, "until": 10_000 * S}
    assert gaps(never, [], **span) == []
    assert gaps(RIVER, [], **span) == [(0, 10_000 * S)]
    assert gaps(RIVER, [(900 * S, 910 * S), (1_810 * S, 1_811 * S)], **span) == [(1_811 * S, 10_000 * S)]


async def test_the_worst_quality_of_a_bucket_is_told(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        doubt = Reading("river", 3.0, EPOCH_NS + 60 * S, EPOCH_NS, 0.0, Quality.UNCERTAIN, Reason.RATE)
        broken = Reading("river", 9.0, EPOCH_NS + 660 * S, EPOCH_NS, 0.0, Quality.BAD, Reason.COMM)
        await stored(hall.store, [reading(0), doubt, reading(600), broken, reading(1_200)])
        told = (await viewer.ask("GET", f"history?points=river&since={START}&until={HOUR}&resolution=600")).body[
            "series"
        ][0]
        assert told["quality"][:4] == ["uncertain", "bad", "good", None]
        assert told["values"]["max"][:3] == [3.0, 1.0, 1.0]


async def test_a_resolution_gives_whole_buckets_of_that_length(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        await stored(hall.store, [reading(n) for n in range(7_200)])
        asked = "history?points=river&since=2026-01-17T00:07:30Z&until=2026-01-17T00:31:00Z&resolution=900&want=count"
        told = (await viewer.ask("GET", asked)).body
        assert (told["step"], told["since"], told["at"]) == (
            900.0, "2026-01-17T00:00:00.000Z",
            [f"2026-01-17T00:{minute}:00.000Z" for minute in ("00", "15", "30")],
        )  # fmt: skip
        assert told["series"][0]["values"] == {"count": [900, 900, 900]}


async def test_readings_of_many_points_are_paged_together_without_gap_or_double(tmp_path: Path) -> None:
    async with hall_of(tmp_path) as (hall, viewer):
        signs = [reading(n * 7, f"no {n}", point="sign") for n in range(10)]
        await stored(hall.store, [*(reading(n, float(n)) for n in range(50)), *signs])
        seen: Mapping[str, list[object]] = {"river": [], "sign": []}
        cursor, pages = "", 0
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            page = (
                await viewer.ask("GET", f"history/readings?points=river,sign&since={START}&until={HOUR}&limit=20{more}")
            ).body
            for series in page["series"]:
                seen[series["point"]] += series["value"]
                assert len(series["at"]) == len(series["quality"]) == len(series["reason"])
            cursor, pages = page["next"], pages + 1
        assert seen == {"river": [float(n) for n in range(50)], "sign": [f"no {n}" for n in range(10)]}
        assert pages == 3


class Elsewhere:
    """A server that has every hour of the river before the journal's own."""

    async def buckets(self, points: Sequence[str], *, since: int, until: int, count: int) -> dict[str, list[Bucket]]:
        grid = Grid.over(since, until, count)
        begins = range(grid.first, until, grid.width)
        return {"river": [Bucket(at, 4, 1.0, 2.0, 3.0, 2.5, Quality.UNCERTAIN) for at in begins]}


async def test_what_is_older_than_the_journal_comes_from_elsewhere(tmp_path: Path) -> None:
    async with hall_of(tmp_path, older=Elsewhere(), seconds=6 * 3_600) as (hall, viewer):
        await stored(hall.store, [reading(3 * 3_600 + n * 60, 9.0) for n in range(180)])
        await hall.store.compact()
        asked = f"history?points=river,door&since={START}&until=2026-01-17T06:00:00Z&buckets=6&want=last"
        told = (await viewer.ask("GET", asked)).body
        assert told["own_since"] == "2026-01-17T03:00:00.000Z"
        assert told["series"][0]["values"]["last"] == [2.5, 2.5, 2.5, 9.0, 9.0, 9.0]
        assert told["series"][0]["quality"][2:4] == ["uncertain", "good"]
        assert told["series"][1]["values"]["last"] == [None] * 6


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (f"points=river&since={HOUR}&until={HOUR}", "must be before"),
        (f"points=river&since={HOUR}&until={START}", "must be before"),
        ("points=flood", "there is no point 'flood'"),
        ("points=", "at least 1 character"),
        ("", "points"),
        ("points=river&want=median", "it got 'median'"),
        ("points=river&buckets=10&resolution=60", "not both"),
        ("points=river&since=2026-01-17", "since"),
        ("points=river&since=2026-01-17T00:00:00", "since"),
        ("points=river&since=2026-01-01T00:00:00Z&resolution=1", "more than 100000"),
        ("points=river&buckets=5001", "5000"),
    ],
)  # fmt: skip
async def test_a_question_that_cannot_be_answered_is_refused_with_a_sentence(query: str, why: str) -> None:
    async with serving(Hall()) as nobody:
        answer = await nobody.as_program("operator").ask("GET", f"history?{query}")
        assert (answer.status, why in str(answer.body)) == (422, True), answer.body


async def test_more_points_or_cells_than_one_answer_holds_are_refused() -> None:
    hall = Hall()
    hall.points.update({f"p{n}": Point(f"p{n}", "broker", RIVER.name, kind=PointKind.NUMBER) for n in range(51)})
    async with serving(hall) as nobody:
        viewer = nobody.as_program("operator")
        many = await viewer.ask("GET", "history?points=p*")
        assert (many.status, "more than 50" in many.body["detail"]) == (422, True)
        assert (await viewer.ask("GET", "history?points=p1*,p2*&buckets=5000")).status == 422
        assert (await viewer.ask("GET", "history/readings?points=p1*,p2*&limit=10000")).status == 422
        assert (await viewer.ask("GET", "history?points=p1*,p2*&buckets=2000")).status == 200
