"""Rules over the API: drafts are checked, rehearsed in a process of their own, and written when nobody was faster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.model import Reading
from gateway.api.server import Api
from gateway.clock import SystemClock
from gateway.rehearsal.desk import RuleDesk
from gateway.rehearsal.job import Job, Word
from gateway.rehearsal.play import play
from gateway.rehearsal.rehearsals import Rehearsals
from gateway.settings.rule_drafts import RuleDrafts
from gateway.settings.rule_file import RuleFile
from gateway.settings.site import judging_texts, load_site
from gateway.store.store import Store
from tests.gateway.api_fakes import Answer, Hall, Visitor, serving

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
S = 10**9
SCALES = """\
scales:
  - id: internal
    name: tingkat
    levels: [{code: L0, label: Normal, severity: 0}, {code: L2, label: Dua, severity: 2}]
"""
POINTS = """\
points:
  - {id: river, device: broker, name: River, unit: cm, range: [0, 700], address: {topic: river}}
"""
DEVICES = "devices:\n  - {id: broker, driver: mqtt, name: Broker, link: 'mqtt://127.0.0.1:1883'}\n"
ALARMS = """\
# Whoever changes this tells the basin's office.
rules:
  - id: flood
    point: river
    kind: high
    scale: internal
    levels: {L2: 300}   # agreed in March
"""
LOWER = "id: flood\npoint: river\nkind: high\nscale: internal\nlevels: {L2: 250}   # agreed in March\n"


def site(folder: Path) -> Path:
    texts = {"site": "id: hall\nname: Hall\n", "scales": SCALES, "points": POINTS, "devices": DEVICES, "alarms": ALARMS}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[tuple[Visitor, Hall, Store]]:
    """Serve a site's rules with a real journal and real processes."""
    folder, clock = site(folder), SystemClock()
    store = Store.open(folder / "data" / "semarak.db", clock=clock)
    running = load_site(folder)
    rehearsals, ids = Rehearsals(new_id=lambda: next(ids)), iter(["one", "two", "three"])
    hall = Hall()
    drafts = RuleDrafts(folder, lambda texts: load_site(folder, texts=texts), running=lambda: running)
    place = RuleDesk(
        drafts, rehearsals, database=store.path, clock=clock, pace=1.0, in_force=lambda: texts, flush=store.flush
    )
    texts = judging_texts(folder)
    hall.gateway = replace(hall.gateway, desk=place)
    hall.api = Api(hall.gateway, "127.0.0.1", 0)
    try:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(rehearsals.run(), name="rehearsals")
            async with serving(hall) as nobody:
                yield nobody.as_program("technician"), hall, store
            task.cancel()
    finally:
        await store.close()


async def over(tech: Visitor, place: RuleDesk, answer: Answer) -> Any:
    """Return a rehearsal once it is over."""
    async with asyncio.timeout(100):
        await place.rehearsals.find(answer.body["id"]).over.wait()
    return (await tech.ask("GET", f"rules/rehearsals/{answer.body['id']}")).body


async def test_a_draft_would_have_rung_so_often(tmp_path: Path) -> None:
    words: list[Word] = []
    async with desk(tmp_path) as (tech, hall, store):
        place, clock = hall.gateway.desk, SystemClock()
        assert place is not None
        begin = SystemClock().now() - 5 * 3_600 * S
        for n, value in enumerate([100.0, 260.0, 100.0, 320.0, 100.0, 270.0, 100.0]):
            at = begin + n * 600 * S
            store.on_readings([Reading("river", value, at, at, 0.0)])
        asked = await tech.ask("POST", "rules/rehearsals", {"id": "flood", "yaml": LOWER})
        assert asked.status == 202
        found = await over(tech, place, asked)
        assert (found["state"], found["readings"], found["faults"], found["why"]) == ("done", 7, [], "")
        assert (found["meant"]["rang"], found["now"]["rang"]) == (3, 1)
        assert [day["rang"] for day in found["meant"]["days"]] == [0, 0, 0, 0, 0, 0, 3]
        assert [one["peak"] for one in found["meant"]["told"]] == [260.0, 320.0, 270.0]
        assert [one["seconds"] for one in found["now"]["told"]] == [600.0]
        assert "the first reading in this span is from" in found["left_out"][0]
        job = place.rehearsals.find("one").job
        new = await asyncio.to_thread(play, meant(job, LOWER.replace("flood", "other"), "other"), clock, words.append)
        assert new.rehearsal is not None
        parts = new.rehearsal.meant, new.rehearsal.now
        assert [(part.rules, part.rang) for part in parts] == [(1, 3), (0, 0)]
        assert words
        assert all(0.0 <= word.share <= 1.0 for word in words)
        wrong = await asyncio.to_thread(play, meant(job, LOWER.replace("river", "rivers")), clock, words.append)
        assert wrong.faults[0].hint == "did you mean 'river'?"
        kept = replace(job, since=0, until=1)
        assert (await asyncio.to_thread(play, replace(kept, database="none.db"), clock, words.append)).refused


def meant(job: Job, draft: str, rule: str = "flood") -> Job:
    """Return a job for another draft of the only rule."""
    text = RuleFile(ALARMS).with_rule("flood", draft)
    return replace(job, rule=rule, was="" if rule == "other" else rule, meant={**job.meant, "alarms.yaml": text})


async def test_a_rehearsal_is_given_up(tmp_path: Path) -> None:
    async with desk(tmp_path) as (tech, _, _store):
        first = await tech.ask("POST", "rules/rehearsals", {"id": "flood", "yaml": LOWER})
        second = await tech.ask("POST", "rules/rehearsals", {"id": "flood", "yaml": LOWER})
        assert (await tech.ask("GET", "rules/rehearsals/one")).body["state"] == "cancelled"
        given_up = await tech.ask("DELETE", f"rules/rehearsals/{second.body['id']}")
        assert (first.status, given_up.body["state"], given_up.body["meant"]) == (202, "cancelled", None)
        assert (await tech.ask("GET", "rules/rehearsals/none")).status == 404


async def test_a_draft_is_checked_with_the_sentences_and_places_of_the_whole_site(tmp_path: Path) -> None:
    async with desk(tmp_path) as (tech, _, _store):
        fine = (await tech.ask("POST", "rules/check", {"id": "flood", "yaml": LOWER})).body
        assert fine["changes"] == ["flood: levels L2 ≥ 300 (severity 2) → L2 ≥ 250 (severity 2)"]
        assert (fine["faults"], fine["rule"]["levels"]) == ([], {"L2": 250})
        form = {"id": "flood", "yaml": LOWER, "rule": {**fine["rule"], "levels": {"L2": 240}}}
        assert (await tech.ask("POST", "rules/check", form)).body["yaml"] == LOWER.replace("250", "240")
        wrong = (
            await tech.ask("POST", "rules/check", {"id": "flood", "yaml": LOWER.replace("L2: 250", "L2: 900")})
        ).body
        (fault,) = wrong["faults"]
        assert (fault["path"], fault["line"]) == ("levels.L2", 5)
        assert "outside what point river can plausibly read" in fault["message"]
        torn = (await tech.ask("POST", "rules/check", {"id": "flood", "yaml": "id: flood\n a: b: c\n"})).body
        assert (torn["rule"], torn["faults"][0]["line"]) == (None, 2)
        twice = await tech.ask("POST", "rules/check", {"yaml": LOWER})
        assert (twice.status, "there is a rule 'flood' already" in twice.body["detail"]) == (422, True)


async def test_a_draft_is_written_unless_somebody_was_faster(tmp_path: Path) -> None:
    async with desk(tmp_path) as (tech, hall, _store):
        listed = (await tech.ask("GET", "rules")).body
        assert [(one["id"], one["kind"], one["subject"]) for one in listed["items"]] == [("flood", "high", "river")]
        draft = (await tech.ask("GET", "rules/flood")).body
        assert (draft["yaml"], draft["stamp"]) == (LOWER.replace("250", "300"), listed["stamp"])
        wrong = await tech.ask("PUT", "rules/flood", {"yaml": LOWER.replace("L2", "L9"), "stamp": draft["stamp"]})
        assert (wrong.status, (tmp_path / "alarms.yaml").read_text()) == (422, ALARMS)
        done = await tech.ask("PUT", "rules/flood", {"yaml": LOWER, "stamp": draft["stamp"]})
        assert (done.status, (tmp_path / "alarms.yaml").read_text()) == (200, ALARMS.replace("300", "250"))
        late = await tech.ask("PUT", "rules/flood", {"yaml": LOWER, "stamp": draft["stamp"]})
        assert (late.status, "has changed since this draft was begun" in late.body["detail"]) == (409, True)
        new = {"yaml": LOWER.replace("flood", "other"), "stamp": done.body["stamp"]}
        added = await tech.ask("PUT", "rules/other", new)
        assert (await tech.ask("DELETE", f"rules/other?stamp={added.body['stamp']}")).status == 200
        assert (tmp_path / "alarms.yaml").read_text() == ALARMS.replace("300", "250")
        assert [told[1:] for told in hall.told if told[1].startswith("rule.")] == [
            ("rule.write", "flood"), ("rule.write", "other"), ("rule.remove", "other"),
        ]  # fmt: skip


async def test_a_form_hears_the_schema_and_the_scales(tmp_path: Path) -> None:
    async with desk(tmp_path) as (tech, _hall, _store):
        (scale,) = (await tech.ask("GET", "scales")).body["items"]
        assert [(one["code"], one["severity"]) for one in scale["levels"]] == [("L0", 0), ("L2", 2)]
        schema = (await tech.ask("GET", "schemas/alarms")).body
        assert schema["$defs"]["AlarmRuleConfig"]["properties"]["on_delay"]["maximum"] == 86_400
        (line,) = (await tech.ask("GET", "rules")).body["items"]
        assert line["levels"] == {"L2": 300}
        (tmp_path / "scales.yaml").write_text("scales: [{id: x}]\n")
        assert (await tech.ask("GET", "scales")).status == 422


async def test_a_service_without_site_files_says_so() -> None:
    hall = Hall()
    hall.api = Api(replace(hall.gateway, desk=None), "127.0.0.1", 0)
    async with serving(hall) as nobody:
        answer = await nobody.as_program("technician").ask("GET", "rules")
        assert (answer.status, "has no folder of site files" in answer.body["detail"]) == (404, True)
