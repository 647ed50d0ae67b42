"""The records of alarms over the API: shown to everybody, written by who may apply, and audited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from drivers.model import Name
from gateway.api.server import Api
from gateway.rationalisation.record import Consequence, Record, Urgency
from gateway.rationalisation.records import Records
from gateway.rationalisation.sheet import FILE, read, write
from gateway.settings.record_file import RecordFile
from tests.gateway.api_fakes import Hall, Visitor, serving

pytestmark = pytest.mark.real
TOLD = Record(
    "flo*", cause=Name("Hujan", "Rain"), action=Name("Buka pintu air", "Open the gate"), minutes=15.0,
    consequence_class=Consequence.MAJOR, urgency=Urgency.RAPID,
)  # fmt: skip


@asynccontextmanager
async def room(folder: Path) -> AsyncIterator[tuple[Visitor, Hall]]:
    """Serve a hall with one record in force, and a folder to write into."""
    hall = Hall()
    file = RecordFile(folder, lambda given: given)
    hall.gateway = replace(hall.gateway, records=lambda: Records((TOLD,)), record_file=file)
    hall.api = Api(hall.gateway, "127.0.0.1", 0)
    async with serving(hall) as nobody:
        yield nobody, hall


async def sent(who: Visitor, text: bytes, query: str = "why=review") -> int:
    """Import a table and return the status."""
    url, headers = f"{who.url}/api/v1/rationalisation/import?{query}", {**who.headers, "Content-Type": "text/csv"}
    async with aiohttp.ClientSession() as http, http.post(url, data=text, headers=headers) as answer:
        return answer.status


async def test_everybody_sees_why_an_alarm_rings_and_what_to_do(tmp_path: Path) -> None:
    async with room(tmp_path) as (nobody, _):
        every = await nobody.as_program("leader").ask("GET", "rationalisation")
        one = await nobody.as_program("operator").ask("GET", "rationalisation/flood")
        assert every.body["items"] == one.body["items"]
        record = one.body["items"][0]["record"]
        assert (record["rule"], record["action"]["en"], record["minutes"]) == ("flo*", "Open the gate", 15.0)
        assert record["priority"] == 3
        assert (await nobody.as_program("operator").ask("GET", "rationalisation/drought")).status == 404


async def test_the_tables_are_exported_and_the_records_can_be_imported_again(tmp_path: Path) -> None:
    async with room(tmp_path) as (nobody, _):
        who = nobody.as_program("auditor")
        url = f"{who.url}/api/v1/rationalisation/export"
        async with aiohttp.ClientSession() as http:
            async with http.get(url, headers=who.headers) as answer:
                assert read((await answer.read()).decode()) == (TOLD,)
            async with http.get(url, headers=who.headers, params={"want": "database"}) as answer:
                text = (await answer.read()).decode("utf-8-sig")
        assert text.startswith("rule,level,point,")
        assert "\r\nflood," in text


async def test_an_import_is_written_whole_or_not_at_all_by_who_may_and_audited(tmp_path: Path) -> None:
    async with room(tmp_path) as (nobody, hall):
        tech, path = nobody.as_program("technician"), tmp_path / FILE
        assert await sent(nobody.as_program("operator"), b"rule\nflood\n") == 403
        assert await sent(tech, b"rule\nflood\n", "keep=true") == 422
        assert await sent(tech, b"rule\nflood\n", "why=look&keep=false") == 200
        assert await sent(tech, "rule\nfloodé\n".encode("latin-1")) == 422
        assert not path.exists()
        assert await sent(tech, b"rule,colour\nflood,red\n") == 422
        assert not path.exists()
        assert await sent(tech, b"\xef\xbb\xbfrule;note\r\nflood;x\r\n") == 200
        assert path.read_bytes().decode() == write([Record("flood", note="x")])
        told = [event for event in hall.gateway.audit.recent(20) if event.action == "rationalisation.import"]
        assert {(event.outcome, event.why) for event in told} == {("refused", "review"), ("done", "review")}
