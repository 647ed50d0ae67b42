"""A river rises and nobody acknowledges: a camera, news, the meeting room's display, and all of it given back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.world import Hall, Person, orders, verified

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

GAUGE = "awlr-air-bengkulu-rawamakmur"
SCENE, NEWS, DISPLAY = (f"response:banjir:{mark}:{GAUGE}" for mark in ("0", "e0", "e1"))


async def level(person: Person, value: float | None) -> None:
    await person.side_door("POST", "devices/field/state", {GAUGE: value})


def written(person: Person, action: str, subject: str) -> Callable[[], Any]:
    """Return what finds an event of the audit among the live messages."""
    return lambda: [
        each["data"]
        for each in person.screen.heard
        if each["kind"] == "audit" and (each["data"]["action"], each["data"]["subject"]) == (action, subject)
    ]


def sources(person: Person) -> set[str]:
    return {window["source"] for window in person.screen.walls["utama"]["windows"] if window["region"] == "tanggap"}


async def test_what_an_alarm_sets_in_motion_is_foreseen_done_once_and_given_back(hall: Hall) -> None:
    async with Person(hall, "admin") as admin, Person(hall, "operator") as operator:
        await admin.until(verified(admin), what="the wall at rest")
        mark = await admin.mark("layar-rapat")

        foreseen = (await operator.get(f"alarms/{GAUGE}/actions/preview?level=SIAGA2")).body["steps"]
        assert [(each["deed"]["id"], each["refused"]) for each in foreseen] == [(NEWS, ""), (SCENE, ""), (DISPLAY, "")]
        assert foreseen[1]["deed"]["cameras"] == ["cam-rawa-makmur"]
        assert "route" in {each["verb"] for each in foreseen[1]["commands"]}
        assert any("Supervisor" in who for who in foreseen[0]["told"])
        assert admin.screen.scene_in("tanggap") != "banjir"

        await level(admin, 262.0)
        await admin.until(lambda: admin.screen.alarms.get(GAUGE, {}).get("code") == "SIAGA3", what="Siaga III")
        await level(admin, 362.0)
        await admin.until(lambda: admin.screen.scene_in("tanggap") == "banjir", what="the claim")
        assert "cam-rawa-makmur" in sources(admin)
        assert "cctv-terdekat" not in sources(admin)
        await admin.until(written(admin, "action.command", DISPLAY), what="the display's answer")

        hall.stop()
        hall.start()
        await admin.look()
        await operator.look()
        await admin.until(lambda: admin.screen.scene_in("tanggap") == "banjir", what="the claim after the restart")
        told = (await operator.get(f"alarms/{GAUGE}/actions")).body
        assert {each["deed"]["id"]: each["stage"] for each in told["steps"]} == dict.fromkeys(
            (SCENE, NEWS, DISPLAY), "done"
        )
        done = [(each["action"], each["subject"]) for each in told["history"]]
        assert (done.count(("action.command", DISPLAY)), done.count(("action.notify", NEWS))) == (1, 1)

        up = lambda: admin.screen.devices["layar-rapat"]["status"]["state"] == "up"  # noqa: E731
        await admin.until(up, what="the display found again")
        assert (await operator.post(f"alarms/{GAUGE}/ack")).status == 200
        await admin.until(written(admin, "action.release", DISPLAY), what="the display switched off again")

        async def powered() -> list[str]:
            return [text for text in orders(await admin.heard_by("layar-rapat", mark)) if "power" in text.lower()]

        while len(await powered()) < 2:  # its release is written when it is asked for, not when it has left
            await admin.listen(0.2)
        assert len(await powered()) == 2, "on and off, each once"
        assert admin.screen.scene_in("tanggap") == "banjir", "the wall stays until the river has fallen"

        await level(admin, 247.0)
        await admin.until(lambda: admin.screen.readings[GAUGE]["value"] == 247.0, what="247 cm")
        await level(admin, 240.0)
        await admin.until(lambda: admin.screen.scene_in("tanggap") != "banjir", what="the end of the claim")
        assert (await operator.get(f"alarms/{GAUGE}/actions")).body["steps"] == []
        await level(admin, None)
        await admin.until(verified(admin), what="the wall as before")
