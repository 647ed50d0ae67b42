"""The history of alarms outlives a power cut: an occurrence under way goes on, and its gap is said."""

from __future__ import annotations

import json
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.clock import SystemClock
from tests.journeys.test_kill_nine import a_site
from tests.journeys.world import Hall, Person, run

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

SCALES = """scales:
  - id: internal
    name: {id: tingkat, en: level}
    levels:
      - {code: L2, label: {id: Menengah, en: Medium}, severity: 2}
      - {code: L3, label: {id: Tinggi, en: High}, severity: 3}
"""
RULES = """rules:
  - id: tinggi
    point: p0
    kind: high
    scale: internal
    levels: {L2: 10}
  - id: lain
    point: p1
    kind: high
    scale: internal
    levels: {L3: 10}
"""


def tell(hall: Hall, point: str, value: float) -> None:
    """Let a sensor say a value, taken by the broker before this returns."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", int(hall.links["broker"].rpartition(":")[2]))
    client.loop_start()
    now = SystemClock().now()
    said = {"v": 1, "ts": now // 1_000_000, "seq": now // 1_000_000 % 1_000_000, "value": value}
    client.publish(f"bkl/v1/uji/{point}/telemetry", json.dumps(said), qos=1).wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


async def state(person: Person, alarm: str, wanted: str) -> None:
    await person.until(
        lambda: person.screen.alarms.get(alarm, {"state": "NORM"})["state"] == wanted, what=f"{alarm} {wanted}"
    )


async def written(person: Person, count: int) -> list[dict[str, object]]:
    """Return the occurrences once so many are written down; the audit's proof waits for a commit."""
    for _ in range(50):
        items: list[dict[str, object]] = (await person.get("occurrences")).body["items"]
        if len(items) == count:
            return items
        await person.get("audit/verify")
    raise AssertionError(items)


async def test_an_occurrence_goes_on_after_a_power_cut_and_the_time_without_a_gateway_is_said(tmp_path: Path) -> None:
    site = a_site(tmp_path / "site-files")
    (site / "alarms.yaml").write_text(RULES)
    (site / "scales.yaml").write_text(SCALES)
    with Hall(tmp_path / "hall", site=site, pace=1, sensors=False) as hall:
        async with Person(hall, "admin") as person:
            await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up", what="the broker")
            tell(hall, "p0", 50.0)
            await state(person, "tinggi", "UNACK")
            (before,) = await written(person, 1)
        hall.kill()
        hall.start()
        async with Person(hall, "admin") as person, Person(hall, "supervisor") as supervisor:
            await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up", what="the broker")
            (after,) = await written(person, 1)
            assert (after["id"], after["raised_at"], after["closed_at"]) == (before["id"], before["raised_at"], None)
            seen = await supervisor.post("alarms/tinggi/ack", {"note": "dicek"})
            assert seen.status == 200, seen
            tell(hall, "p0", 1.0)
            await state(person, "tinggi", "NORM")
            tell(hall, "p1", 50.0)
            await state(person, "lain", "UNACK")
            rows = {str(item["alarm"]): item for item in await written(person, 2)}
            assert (rows["tinggi"]["ended"], rows["tinggi"]["acked_by"]) == ("closed", "supervisor")
            detail = (await person.get(f"occurrences/{before['id']}")).body
            actions = [event["action"] for event in detail["events"]]
            assert actions == ["alarm.raise", "alarm.restore", "alarm.ack", "alarm.clear"]
            report = (await person.get("reports/alarms")).body
            assert (report["occurrences"], report["annunciated"], report["provisional"]) == (2, 2, True)
            assert len(report["unknown"]) >= 2, "before the first start, and while it was down"
            out = tmp_path / "laporan.json"
            said = run("report", "alarms", "--out", str(out), "--data", str(hall.data), "--site", str(hall.site))
            assert said.returncode == 0, said.stderr
            assert json.loads(out.read_text())["occurrences"] == 2
            wrong = run("report", "alarms", "--out", str(tmp_path / "laporan.doc"), "--data", str(hall.data))
            assert (wrong.returncode, "the name must end in" in wrong.stderr) == (1, True)
