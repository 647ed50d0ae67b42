"""Readings pushed by programs: durable before they are answered, once however often they are sent."""

from __future__ import annotations

import asyncio

import pytest

from drivers.model import DeviceState, DeviceStatus, Quality, Reading, Reason
from drivers.sensors.source import Rejected
from gateway.api import readings
from tests.gateway.api_fakes import LOGGER, RAIN, Hall, Visitor, serving

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
                {
                    "accepted": 1,
                    "refused": 0,
                    "items": [{"point": "river", "result": "accepted", "detail": readings.HISTORY}],
                },
            )
        assert [(row.point, row.value, row.source_at) for row in hall.store.rows] == [
            ("river", 123, 1_768_639_320_123_456_000)
        ]
        assert hall.told == []
    assert [(event.actor, event.action, event.after) for event in hall.audit.recent()] == [
        ("program program", "readings.push", {"accepted": 2, "pushes": 2, "refused": 0})
    ]


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


# ── a token of a device ─────────────────────────────────────────────────────────────────────────────────────────────


async def as_logger(hall: Hall, nobody: Visitor) -> Visitor:
    """Return the client with the logger's own token; the logger's point is on the site."""
    hall.points[RAIN.id] = RAIN
    secret, _ = await hall.tokens.make("logger's own", [], made_by="test", device=LOGGER.id)
    visitor = Visitor(nobody.url, nobody.http)
    visitor.headers = {"Authorization": f"Bearer {secret}"}
    return visitor


async def test_a_devices_token_pushes_its_own_points_and_no_other() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        logger = await as_logger(hall, nobody)
        items = [{"point": "rain", "value": 3}, {"point": "river", "value": 690}]
        answer = await logger.ask("POST", "readings", {"items": items})
        assert (answer.status, answer.body["items"][1]["detail"]) == (
            200, "river is not one of logger, whose token this is",
        )  # fmt: skip
        foreign = await logger.ask("POST", "readings", {"point": "river", "value": 690})
        assert (foreign.status, foreign.body["errors"][0]["message"]) == (
            422, "river is not one of logger, whose token this is",
        )  # fmt: skip
    assert [(row.point, row.value) for row in hall.store.rows] == [("rain", 3.0)]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "points"), ("GET", "devices"), ("GET", "alarms"), ("GET", "tokens"), ("GET", "/api/v1/live"),
     ("POST", "devices/matrix/commands"), ("GET", "audit"), ("GET", "points/rain/readings")],
)  # fmt: skip
async def test_a_devices_token_may_do_nothing_else(method: str, path: str) -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        logger = await as_logger(hall, nobody)
        assert (await logger.ask(method, path)).status == 403


async def test_the_device_is_up_when_it_pushes_and_its_counters_tell_what_came() -> None:
    hall = Hall()
    heard: list[DeviceStatus] = []
    rejected: list[Rejected] = []
    hall.bus.subscribe(DeviceStatus, heard.extend)
    hall.bus.subscribe(Rejected, rejected.extend)
    async with serving(hall) as nobody:
        logger = await as_logger(hall, nobody)
        await logger.ask("POST", "readings", {"point": "rain", "value": "wet"})
        await logger.ask("POST", "readings", {"point": "rain", "value": 3.5})
        old = {"point": "rain", "value": 9, "source_at": "2026-01-17T00:00:00Z"}
        await logger.ask("POST", "readings", {"items": [old, {"point": "moon", "value": 1}]})
        await nobody.as_program("technician").ask("POST", "readings", {"point": "rain", "value": 4})
    assert [status.state for status in heard if status.device == "logger"] == [DeviceState.DEGRADED, DeviceState.UP]
    assert hall.logger.counters == {"pushes": 4, "readings": 3, "history": 1, "rejected": 2}
    assert [(one.device, one.why) for one in rejected] == [
        ("logger", "rain is a number; 'wet' is none"), ("logger", "there is no point 'moon'"),
    ]  # fmt: skip


async def test_a_person_makes_a_devices_token_for_a_device_that_pushes_only() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        admin = nobody.as_program("administrator")
        made = await admin.ask("POST", "tokens", {"name": "logger 1", "device": "logger"})
        assert made.status == 201
        assert [made.body["token"][key] for key in ("device", "roles", "only")] == [
            "logger", ["technician"], ["readings.push"],
        ]  # fmt: skip
        other = await admin.ask("POST", "tokens", {"name": "x", "device": "matrix"})
        assert (other.status, other.body["detail"]) == (422, "there is no device 'matrix' that pushes (driver: http)")
        both = await admin.ask("POST", "tokens", {"name": "x", "device": "logger", "roles": ["administrator"]})
        assert "leave roles and permissions out" in both.body["detail"]
        assert (await admin.ask("POST", "tokens", {"name": "x"})).status in (409, 422)


# ── history, and the audit of machines ──────────────────────────────────────────────────────────────────────────────


async def test_history_rings_nothing_and_news_does() -> None:
    hall = Hall()
    hall.points[RAIN.id] = RAIN
    async with serving(hall) as nobody:
        program = nobody.as_program("program")
        flood = [
            {"point": "river", "value": 600, "source_at": f"2026-01-17T0{hour}:00:00+07:00"} for hour in range(1, 6)
        ]
        answer = await program.ask("POST", "readings", {"items": flood})
        assert (answer.body["accepted"], hall.engine.alarms()) == (5, [])
        await program.ask("POST", "readings", {"point": "river", "value": 300})
        assert [(alarm.id, alarm.value) for alarm in hall.engine.alarms()] == [("flood", 300.0)]
        await program.ask("POST", "readings", {"point": "river", "value": 10, "source_at": "2026-01-17T06:00:00+07:00"})
    newest = hall.store.latest.get("river")
    assert newest is not None
    assert (newest.value, len(hall.store.rows)) == (300.0, 7)
    assert [alarm.active for alarm in hall.engine.alarms()] == [True]


async def test_a_programs_batch_is_an_event_of_its_own() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        items = [{"point": "river", "value": 1}, {"point": "moon", "value": 1}]
        await nobody.as_program("program").ask("POST", "readings", {"items": items})
        assert [(event.action, event.after) for event in hall.audit.recent()] == [
            ("readings.push", {"accepted": 1, "pushes": 1, "refused": 1})
        ]
