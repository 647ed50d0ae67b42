"""A river rises, the wall answers: the whole story over real sockets, proven from the devices' own logs."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.world import Hall, Person, orders, run, salvos, verified

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

GAUGE = "awlr-air-bengkulu-rawamakmur"
PANELS = [f"lfd-r{row}c{column}" for row in (1, 2, 3) for column in (1, 2, 3, 4)]
RETILED = {"lfd-r1c3", "lfd-r1c4", "lfd-r2c3", "lfd-r2c4"}
"""In the daily routine a window each, in the flood a tile of one picture; the others keep what they are."""


async def level(person: Person, value: float | None) -> None:
    await person.side_door("POST", "devices/field/state", {GAUGE: value})


def alarm(person: Person) -> Any:
    return person.screen.alarms.get(GAUGE, {})


async def test_a_river_rises_the_wall_answers_and_gives_back_what_was_there(hall: Hall) -> None:
    async with Person(hall, "operator") as operator, Person(hall, "admin") as admin:
        await operator.until(verified(operator), what="the wall at rest")
        before = [panel["reported"] for panel in operator.screen.walls["utama"]["panels"]]
        marks = {device: await operator.mark(device) for device in [*PANELS, "matriks-1"]}

        await level(operator, 262.0)
        await operator.until(lambda: alarm(operator).get("code") == "SIAGA3", what="Siaga III")
        assert operator.screen.scene_in("tanggap") != "banjir"
        await level(operator, 362.0)
        await operator.until(lambda: alarm(operator).get("code") == "SIAGA2", what="Siaga II")
        await operator.until(lambda: operator.screen.scene_in("tanggap") == "banjir", what="the claim")
        await operator.until(verified(operator), what="the flood on the wall, verified")

        await one_salvo_and_only_what_differs(operator, marks)

        note = {"note": "Tim lapangan menuju lokasi.", "disposition": "significant_impact"}
        assert (await operator.post(f"alarms/{GAUGE}/ack", note)).status == 200
        await operator.until(lambda: alarm(operator)["acked_by"] == "operator", what="the acknowledgement")
        assert alarm(operator)["note"] == note["note"]

        await level(operator, 247.0)
        await operator.until(lambda: operator.screen.readings[GAUGE]["value"] == 247.0, what="247 cm")
        await operator.listen(1.0)
        assert alarm(operator)["active"], "below the limit, but not below limit - deadband"
        await level(operator, 240.0)
        await operator.until(lambda: not alarm(operator)["active"], what="the end of the alarm")
        await operator.until(lambda: operator.screen.scene_in("tanggap") != "banjir", what="the end of the claim")
        await operator.until(verified(operator), what="the wall as before, verified")
        assert [panel["reported"] for panel in operator.screen.walls["utama"]["panels"]] == before

        rose_once(operator)
        await every_step_is_in_the_audit(admin)
        await level(operator, None)
    tampering_is_found(hall)


async def one_salvo_and_only_what_differs(person: Person, marks: dict[str, int]) -> None:
    routed = salvos(await person.heard_by("matriks-1", marks["matriks-1"]))
    assert len(routed) == 1, routed
    assert 8 <= routed[0].count(" | ") <= 10, routed
    ordered = {device: orders(await person.heard_by(device, marks[device])) for device in PANELS}
    told = {device for device, texts in ordered.items() if texts}
    assert told == RETILED, ordered


def rose_once(person: Person) -> None:
    changes = [each["data"] for each in person.screen.heard if each["kind"] == "alarm" and each["data"]["id"] == GAUGE]
    assert len({each["occurrence"] for each in changes if each["active"]}) == 1
    codes = [each["code"] for each in changes if each["active"]]
    assert codes.index("SIAGA3") < codes.index("SIAGA2")


async def every_step_is_in_the_audit(person: Person) -> None:
    events = (await person.get("audit?limit=500")).body["items"]
    found = [(each["action"], each["subject"]) for each in events]
    mine = {action for action, subject in found if subject == GAUGE}
    assert {"alarm.raise", "alarm.ack", "alarm.clear"} <= mine, sorted(set(found))
    routed = [each for each in events if each["action"] == "command" and each["subject"] == "matriks-1"]
    assert len(routed) >= 2, sorted(set(found))
    assert "wall.operation" in {action for action, _ in found}
    verdict = (await person.get("audit/verify")).body
    assert verdict["ok"], verdict


def tampering_is_found(hall: Hall) -> None:
    proof = run("audit", "verify", "--data", str(hall.data))
    assert proof.returncode == 0, proof
    hall.stop()
    copy = hall.data.parent / "copy"
    copy.mkdir()
    for path in hall.data.glob("semarak.db*"):
        shutil.copy(path, copy / path.name)
    hall.start()
    with sqlite3.connect(copy / "semarak.db") as database:
        seq = database.execute("SELECT seq FROM audit WHERE action = 'alarm.ack'").fetchone()[0]
        database.execute("UPDATE audit SET actor = 'someone' WHERE seq = ?", (seq,))
    database.close()
    proof = run("audit", "verify", "--data", str(copy))
    assert proof.returncode == 1
    assert f"tampered with at event {seq}" in proof.stderr


async def test_the_flood_is_followed_from_the_command_line_to_its_end(hall: Hall) -> None:
    async with Person(hall, "operator") as operator:
        await operator.until(verified(operator), what="the wall at rest")
        await followed(hall)
        while (await operator.side_door("GET", "scenario"))["banjir"]["phase"] != "over":
            await operator.listen(0.5)


async def followed(hall: Hall) -> None:
    bench = str(Path(sys.executable).with_name("semarak-bench"))
    words = [bench, "scenario", "banjir", "--gateway", hall.url, "--simulator", hall.control]
    told = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, timeout=100, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "has cleared" in told.stdout
    assert "what was there before" in told.stdout
