"""An SMS leaves the hall, arrives, is answered, and the answer acknowledges the alarm; a power cut loses none of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.world import Hall, Person

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

WATCH = "+620000000099"


async def at_the_modem(person: Person, what: str, body: object) -> None:
    """Do something at the stand-in of the modem."""
    await person.side_door("POST", f"devices/modem-gsm/{what}", body)


async def newest(person: Person, ready: Callable[[Any], object]) -> Any:
    """Return the newest delivery once it is as it should be."""
    async with asyncio.timeout(60):
        while True:
            items = (await person.get("notifications?limit=1")).body["items"]
            found = items[0]["deliveries"] if items else []
            if found and ready(found[0]):
                return found[0]
            await person.listen(0.2)


async def test_a_test_message_arrives_is_answered_and_outlives_a_power_cut(tmp_path: Path) -> None:
    with Hall(tmp_path, sensors=False) as hall:
        async with Person(hall, "teknisi") as technician:
            screen = technician.screen
            await technician.until(lambda: screen.devices["modem-gsm"]["status"]["state"] == "up")
            sent = await technician.post("notifications/test", {"channel": "sms", "person": "piket"})
            assert sent.status == 202, sent
            arrived = await newest(technician, lambda delivery: delivery["state"] == "delivered")
            assert (arrived["person"], arrived["address"], arrived["tries"]) == ("piket", "…0099", 1)
            await at_the_modem(
                technician, "press", {"verb": "sms", "args": {"message": "", "to": WATCH, "text": "SIAP", "valid": 1}}
            )
            answered = await newest(technician, lambda delivery: delivery["reply"])
            assert answered["reply"] == "SIAP"

            await at_the_modem(technician, "state", {"network": 2})
            waiting = await technician.post("notifications/test", {"channel": "sms", "person": "piket"})
            assert waiting.status == 202
            retried = await newest(technician, lambda delivery: delivery["tries"] and delivery["state"] == "waiting")
            assert "no network" in retried["detail"]
        hall.kill()
        hall.start()
        async with Person(hall, "teknisi") as technician:
            await at_the_modem(technician, "state", {"network": 1})
            await newest(technician, lambda delivery: delivery["state"] == "delivered")
            lists = (await technician.get("call-lists")).body["items"]
            assert [each["id"] for each in lists] == ["piket", "siaga-banjir", "forkopimda"]
            channels = {each["id"]: each for each in (await technician.get("channels")).body["items"]}
            assert channels["sms"]["counters"]["sent"] == 1
        async with Person(hall, "auditor") as auditor:
            events = (await auditor.get("audit?limit=500")).body["items"]
            told = [(one["action"], one["outcome"]) for one in events if one["action"].startswith("notify.")]
            assert ("notify.delivery", "sent") in told
            assert ("notify.reply", "recorded") in told
