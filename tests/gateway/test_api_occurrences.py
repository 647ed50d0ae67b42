"""The history of alarms and its report over the API."""

from __future__ import annotations

import csv
import io

import pytest

from gateway.alarms.flood import STARTS
from tests.gateway.api_fakes import Hall, Visitor, serving

pytestmark = pytest.mark.real
EARLIER, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


async def rung(hall: Hall, visitor: Visitor) -> Visitor:
    """Let the river have rung twice: once acknowledged and gone, once still there; return an operator."""
    operator = visitor.as_program("operator")
    hall.read("river", 412.5)
    note = {"note": "=HYPERLINK", "disposition": "some_impact"}
    assert (await operator.ask("POST", "alarms/flood/ack", note)).status == 200
    hall.read("river", 20.0)
    hall.read("river", 260.0)
    return operator


async def test_occurrences_are_listed_filtered_and_told_in_full() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = await rung(hall, nobody)
        both = (await operator.ask("GET", "occurrences")).body
        assert ([item["ended"] for item in both["items"]], both["next"]) == (["", "closed"], None)
        now, then = both["items"]
        assert (then["acked_by"], then["peak"], then["severity"], then["label"]["id"]) == (
            "operator program", 412.5, 3, "Siaga II",
        )  # fmt: skip
        assert (then["place"], then["active"] >= 0, now["closed_at"], now["asides"]) == (
            "room of river",
            True,
            None,
            [],
        )
        first = (await operator.ask("GET", "occurrences?limit=1")).body
        rest = (await operator.ask("GET", f"occurrences?limit=1&after={first['next']}")).body
        assert [first["items"][0]["id"], rest["items"][0]["id"]] == [now["id"], then["id"]]
        assert rest["next"] is None
        for query, count in (
            ("state=open", 1),
            ("severity=3", 1),
            ("alarm=fl*", 2),
            ("text=hyperlink", 1),
            ("point=door", 0),
        ):
            assert len((await operator.ask("GET", f"occurrences?{query}")).body["items"]) == count, query
        told = (await operator.ask("GET", f"occurrences/{then['id']}")).body
        assert [event["action"] for event in told["events"]] == ["alarm.raise", "alarm.ack", "alarm.clear"]
        assert told["events"][1]["actor"] == "operator program"


async def test_what_an_alarm_set_in_motion_is_among_its_events() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        hall.audit.record("actions", "action.claim", "alarm:flood")
        operator = await rung(hall, nobody)
        for subject in (
            "alarm:flood",
            "alarm:flood:1",
            "response:banjir:1:flood",
            "alarm:flooded",
            "response:x:1:rain",
        ):
            hall.audit.record("actions", "action.claim", subject)
        now = (await operator.ask("GET", "occurrences?state=open")).body["items"][0]
        told = (await operator.ask("GET", f"occurrences/{now['id']}")).body["events"]
        assert [(event["action"], event["subject"]) for event in told] == [
            ("alarm.raise", "flood"), ("action.claim", "alarm:flood"), ("action.claim", "alarm:flood:1"),
            ("action.claim", "response:banjir:1:flood"),
        ]  # fmt: skip


async def test_what_cannot_be_asked_is_told_as_a_problem() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = nobody.as_program("operator")
        assert (await operator.ask("GET", "occurrences/flood@1")).status == 404
        for path in (
            "occurrences?after=x", "occurrences?alarm=*a*a*a*a*a*", "occurrences/timeline",
            f"occurrences?since={LATER}&until={EARLIER}", "reports/alarms?month=2026-13",
            f"reports/alarms?month=2026-01&since={EARLIER}", "reports/alarms?since=2190-01-01T00:00:00Z",
            "reports/alarms?since=2001-01-01T00:00:00Z", "reports/alarms?positions=0",
            "reports/alarms/file?format=docx",
        ):  # fmt: skip
            assert (await operator.ask("GET", path)).status == 422, path


async def test_a_timeline_tells_what_stood_and_where_nobody_wrote() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = await rung(hall, nobody)
        told = (await operator.ask("GET", "occurrences/timeline?point=river")).body
        assert ([item["alarm"] for item in told["items"]], told["more"]) == (["flood", "flood"], False)
        (gap,) = told["unknown"]
        assert gap["since"] == told["since"]
        other = (await operator.ask("GET", "occurrences/timeline?point=door")).body
        assert other["items"] == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_the_history_is_had_as_a_file(form: str) -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = await rung(hall, nobody)
        told = await operator.ask("GET", f"occurrences/export?format={form}")
        assert (told.status, f"semarak-alarms-all.{form}" in told.headers["Content-Disposition"]) == (200, True)
        if form == "csv":
            rows = list(csv.DictReader(io.StringIO(told.raw.decode())))
        else:
            parquet = pytest.importorskip("pyarrow.parquet")
            table = parquet.read_table(io.BytesIO(told.raw))
            assert str(table.schema.field("raised_at").type) == "timestamp[ns, tz=UTC]"
            rows = table.select(["alarm", "ended", "acked_by"]).to_pylist()
        assert [(row["alarm"], row["ended"], row["acked_by"]) for row in rows] == [
            ("flood", "closed", "operator program"), ("flood", "", ""),
        ]  # fmt: skip
        assert rows[1].get("closed_at", "") == ""


async def test_the_report_is_told_and_had_as_a_file_in_every_form() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = await rung(hall, nobody)
        report = (await operator.ask("GET", "reports/alarms?positions=2")).body
        assert (report["occurrences"], report["annunciated"], report["positions"], report["provisional"]) == (
            2,
            2,
            2,
            True,
        )
        figures = {figure["id"]: figure for figure in report["figures"]}
        assert (figures["blind"]["value"], figures["blind"]["verdict"]) == (1.0, "bad")
        assert (report["contributors"][0]["alarm"], report["contributors"][0]["share"]) == ("flood", 100.0)
        for form, start in (("html", b"<!doctype html>"), ("pdf", b"%PDF-"), ("csv", b"since,until")):
            told = await operator.ask("GET", f"reports/alarms/file?format={form}&language=en")
            assert (told.status, told.raw[: len(start)]) == (200, start), form
            assert f".{form}" in told.headers["Content-Disposition"]


async def test_a_flood_and_the_counters_of_the_history_are_seen() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = nobody.as_program("operator")
        for _ in range(STARTS):
            hall.read("river", 412.5)
            await operator.ask("POST", "alarms/flood/ack", {})
            hall.read("river", 20.0)
        told = (await operator.ask("GET", "occurrences?state=flood")).body
        assert len(told["items"]) == STARTS
        figures = (await operator.ask("GET", "/metrics")).raw.decode()
        assert 'semarak_occurrences_total{what="expired"} 0.0' in figures
