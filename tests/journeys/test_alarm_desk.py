"""What persons decide about alarms outlives a power cut: a shelf, an outage, and thresholds that take two persons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import SystemClock
from tests.journeys.world import Hall, Person

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

GAUGE, RAIN = "awlr-air-bengkulu-rawamakmur", "arr-curup"
APPROVALS = "approvals: {thresholds: true}\n"


def edit(hall: Hall, old: str, new: str) -> None:
    path = hall.site / "alarms.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


async def rule(person: Person) -> Any:
    return (await person.get(f"alarms/{GAUGE}")).body["rule"]


async def test_a_power_cut_changes_nothing_that_persons_have_decided(tmp_path: Path) -> None:
    hall = Hall(tmp_path, sensors=False)
    (hall.site / "site.yaml").write_text((hall.site / "site.yaml").read_text() + APPROVALS)
    with hall:
        async with Person(hall, "teknisi") as technician, Person(hall, "supervisor") as supervisor:
            before = (await rule(technician))["deadband"]
            tomorrow = datetime.fromtimestamp(SystemClock().now() / 1e9, UTC) + timedelta(days=1)
            told = {"why": "alat dibersihkan", "seconds": 3600}
            assert (await technician.post(f"alarms/{GAUGE}/shelve", told)).status == 200
            told = {"why": "sensor diganti", "due": tomorrow.isoformat()}
            assert (await technician.post(f"alarms/{RAIN}/out-of-service", told)).status == 200
            edit(hall, f"deadband: {before:g}", f"deadband: {before + 1:g}")
            waits = (await technician.post("config/apply", {"why": "alat dipindah"})).body
            assert (waits["applied"], waits["changes"]) == (
                False, [f"{GAUGE}: deadband {before:g} → {before + 1:g}"],
            )  # fmt: skip
            await supervisor.get("audit/verify")
        hall.kill()
        hall.start()
        async with Person(hall, "teknisi") as technician, Person(hall, "supervisor") as supervisor:
            shelf = supervisor.screen.alarms[GAUGE]["shelf"]
            assert (shelf["by"], shelf["why"]) == ("teknisi", "alat dibersihkan")
            assert supervisor.screen.alarms[RAIN]["outage"]["why"] == "sensor diganti"
            assert (await rule(supervisor))["deadband"] == before, "a restart puts no threshold into force"
            repairs = {each["kind"] for each in (await supervisor.get("repairs")).body["items"]}
            assert "config.unapproved" in repairs
            approve = f"config/approvals/{waits['approval']}/approve"
            assert (await technician.post(approve)).status == 409
            assert (await supervisor.post(approve, {"why": "diperiksa"})).status == 200
            assert (await rule(supervisor))["deadband"] == before + 1
            assert (await supervisor.get("audit/verify")).body["ok"]
