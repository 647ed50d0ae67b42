"""Readings pushed by programs: durable before they are answered, once however often they are sent."""

from __future__ import annotations

import asyncio

import pytest

from drivers.model import Quality, Reading, Reason
from drivers.sensors.source import Rejected
from gateway.api import readings
from tests.gateway.api_fakes import Hall, serving

pytestmark = pytest.mark.real


async def test_a_push_is_answered_once_it_is_durable_and_is_kept_once() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        program = nobody.as_program("program")
        told = {"point": "river", "value": 123, "source_at": "2026-01-17T15:42:00.123456+07:00"}
        for _ in range(2):
            answer = await program.ask("POST", "readings", told)
            assert (answer.status, answer.body) == (
                200,
                {"accepted": 1, "refused": 0, "items": [{"point": "river", "result": "accepted", "detail": ""}]},
            )
        assert [(row.point, row.value, row.source_at) for row in hall.store.rows] == [
            ("river", 123, 1_768_639_320_123_456_000)
        ]
        assert hall.told == [("program program", "readings.push", "readings")] * 2


async def test_each_reading_of_a_push_has_its_own_result() -> None:
    hall = Hall()
    heard: list[Rejected] = []
    hall.bus.subscribe(Rejected, heard.extend)
    async with serving(hall) as nobody:
        items = [
            {"point": "river", "value": 701.5},
            {"point": "river", "value": True},
            {"point": "door", "value": False, "quality": "bad"},
            {"point": "door", "value": 1},
            {"point": "sign", "value": "Siaga"},
            {"point": "moon", "value": 1},
            {"point": "river", "value": 1, "source_at": "2199-01-01T00:00:00+07:00"},
        ]
        answer = await nobody.as_program("program").ask("POST", "readings", {"items": items})
        assert (answer.status, answer.body["accepted"], answer.body["refused"]) == (200, 3, 4)
        assert [item["result"] for item in answer.body["items"]] == [
            "accepted", "refused", "accepted", "refused", "accepted", "refused", "refused",
        ]  # fmt: skip
        assert [(row.point, row.value, row.quality, row.reason) for row in hall.store.rows] == [
            ("river", 701.5, Quality.UNCERTAIN, Reason.RANGE),
            ("door", False, Quality.BAD, Reason.SOURCE),
            ("sign", "Siaga", Quality.GOOD, Reason.NONE),
        ]
        assert [rejected.why for rejected in heard] == [
            "river is a number; 'True' is none",
            "door is a flag; '1' is none",
            "there is no point 'moon'",
            "river: source_at is in the future; set the clock of the sender",
        ]


async def test_a_push_of_nothing_usable_is_refused_whole() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        program = nobody.as_program("program")
        answer = await program.ask("POST", "readings", {"point": "moon", "value": 1})
        assert (answer.status, answer.body["errors"][0]["message"]) == (422, "there is no point 'moon'")
        for value in ("NaN", "Infinity", "1e999", "null", "[1]", "{}"):
            raw = f'{{"point":"river","value":{value}}}'.encode()
            assert (await program.ask("POST", "readings", raw=raw)).status in (400, 422)
        assert hall.store.rows == []


async def test_a_push_that_is_not_committed_in_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "PATIENCE_S", 0.05)
    hall = Hall()
    hall.store.held = True
    async with serving(hall) as nobody:
        answer = await nobody.as_program("program").ask("POST", "readings", {"point": "river", "value": 1})
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "send them again, they are kept once" in answer.body["detail"]


async def test_the_answer_waits_for_the_commit() -> None:
    hall = Hall()
    waiting: asyncio.Queue[object] = asyncio.Queue()
    hall.store.when_durable = waiting.put_nowait  # type: ignore[method-assign,assignment]
    taken: list[Reading] = []
    hall.bus.subscribe(Reading, taken.extend)
    async with serving(hall) as nobody, asyncio.TaskGroup() as tasks:
        asked = tasks.create_task(nobody.as_program("program").ask("POST", "readings", {"point": "river", "value": 1}))
        committed = await waiting.get()
        assert (len(taken), asked.done()) == (1, False)
        committed()  # type: ignore[operator]
        assert (await asked).status == 200
