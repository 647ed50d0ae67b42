"""Sinks and repairs through the API: what stands, what is refused, and putting it right."""

from __future__ import annotations

import pytest

from tests.gateway.api_fakes import Hall, serving
from tests.gateway.api_sink_fake import FakeSink
from tests.gateway.test_api_metrics import figures
from tests.gateway.test_live import looking

pytestmark = pytest.mark.real


def hall_with_sink() -> tuple[Hall, FakeSink]:
    hall, sink = Hall(), FakeSink()
    hall.sinks["influx"] = sink
    return hall, sink


async def test_a_sink_tells_how_far_it_is_behind() -> None:
    hall, _ = hall_with_sink()
    async with serving(hall) as nobody:
        answer = await nobody.as_program("operator").ask("GET", "sinks")
        assert answer.body["items"] == [
            {
                "id": "influx", "kind": "influxdb", "url": "http://influx.example", "state": "behind",
                "since": "2026-01-17T00:00:00.000Z", "reason": "", "batch": 5000, "quarantined": 2,
                "backlog": {"rows": 10, "bytes": 20, "age": 1.5, "time_to_full": None}, "counters": {"written": 7},
            }
        ]  # fmt: skip


async def test_refused_rows_are_shown_with_the_servers_sentence_and_written_again_or_thrown_away() -> None:
    hall, sink = hall_with_sink()
    async with serving(hall) as nobody:
        plant = nobody.as_program("technician")
        told = (await plant.ask("GET", "sinks/influx/quarantine")).body["items"]
        assert [(one["why"], one["lines"]) for one in told] == [("field type conflict", ["m v=1 1", "m v=2 2"])]
        assert (await plant.ask("POST", "sinks/influx/replay")).body == {"written": 1, "left": 1}
        assert (await plant.ask("DELETE", "sinks/influx/quarantine")).status == 204
        assert (await plant.ask("POST", "sinks/influx/bucket")).status == 204
        assert sink.done == ["discard", "create"]
        assert [action for _, action, _ in hall.told] == ["sink.replay", "sink.discard", "sink.bucket"]


async def test_a_server_that_is_away_is_told_in_its_own_words() -> None:
    hall, sink = hall_with_sink()
    sink.away = True
    async with serving(hall) as nobody:
        answer = await nobody.as_program("administrator").ask("POST", "sinks/influx/replay")
        assert (answer.status, answer.body["detail"]) == (502, "queue is full")
        assert hall.told == []


@pytest.mark.parametrize("role", ["operator", "leader", "auditor"])
async def test_only_the_plant_may_change_what_a_sink_holds(role: str) -> None:
    hall, sink = hall_with_sink()
    async with serving(hall) as nobody:
        person = nobody.as_program(role)
        asked = [("POST", "replay"), ("DELETE", "quarantine"), ("POST", "bucket")]
        assert [(await person.ask(method, f"sinks/influx/{what}")).status for method, what in asked] == [403, 403, 403]
        assert (await nobody.as_program("technician").ask("POST", "sinks/nope/replay")).status == 404
    assert sink.done == []


async def test_a_repair_is_in_the_snapshot_in_the_news_and_in_the_list() -> None:
    hall = Hall()
    hall.repairs.needed("sink.quarantine", "influx", "2 rows")
    async with serving(hall) as nobody, looking(nobody.as_program("leader")) as screen:
        (first,) = (await screen.hear("snapshot"))["data"]["repairs"]
        assert (first["id"], first["action"]) == ("sink.quarantine:influx", "sinks/influx/replay")
        hall.repairs.needed("store.dropped", "store", "1 reading")
        told = (await screen.hear("repairs"))["data"]
        assert [(one["id"], one["severity"]) for one in told] == [
            ("store.dropped:store", "error"), ("sink.quarantine:influx", "warning"),
        ]  # fmt: skip
        assert (await nobody.as_program("leader").ask("GET", "repairs")).body["items"] == told
        hall.repairs.done("store.dropped", "store")
        assert len((await screen.hear("repairs"))["data"]) == 1


async def test_the_figures_tell_how_the_sinks_stand_and_what_needs_a_person() -> None:
    hall, _ = hall_with_sink()
    hall.repairs.needed("sink.away", "influx")
    async with serving(hall) as nobody:
        told = figures(await nobody.ask("GET", "/metrics"))
    expected = {
        ("semarak_sink_state", "influx", "behind"): 1,
        ("semarak_sink_total", "influx", "written"): 7,
        ("semarak_sink_backlog_rows", "influx"): 10,
        ("semarak_sink_backlog_bytes", "influx"): 20,
        ("semarak_sink_backlog_age_seconds", "influx"): 1.5,
        ("semarak_sink_batch_rows", "influx"): 5000,
        ("semarak_sink_quarantine_rows", "influx"): 2,
        ("semarak_repairs", "warning"): 1,
        ("semarak_repairs", "error"): 0,
    }
    assert {key: told.get(key) for key in expected} == expected
    assert ("semarak_sink_time_to_full_seconds", "influx") not in told
