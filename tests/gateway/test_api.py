"""The API over real sockets: what is asked is answered, page by page, in the promised shapes."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # ships no types

from drivers.model import Reading
from gateway.api.operation import PREFIX
from gateway.settings.fault import SiteFault
from tests.gateway.api_desk_fake import REHEARSAL, RULE
from tests.gateway.api_fakes import PASSWORD, SCENES, Hall, Visitor, serving
from tests.gateway.api_sink_fake import FakeSink
from tests.gateway.test_api_notifications import hall_with_notices

pytestmark = pytest.mark.real

IDS = {
    "/notifications": "s0%2Fsiaga",
    "/points": "river",
    "/alarms": "flood",
    "/devices": "matrix",
    "/walls": "main",
    "/operations": "",
    "/sinks": "influx",
    "/rationalisation": "flood",
    "/rules": RULE,
    "/rules/rehearsals": REHEARSAL,
}
QUERIES = {
    "/occurrences/timeline": "?point=river",
    "/history": "?points=river,door&buckets=20",
    "/history/readings": "?points=*",
}
FILES = {
    f"{PREFIX}/{path}"
    for path in ("history/export", "occurrences/export", "rationalisation/export", "reports/alarms/file")
}
"""What they answer is no JSON."""


async def test_every_answer_has_the_shape_that_the_document_promises(tmp_path: Path) -> None:
    hall, _, _ = await hall_with_notices(tmp_path)
    hall.sinks["influx"] = FakeSink()
    hall.repairs.needed("sink.quarantine", "influx", "2 rows")
    async with serving(hall) as nobody:
        hall.read("river", 412.5)
        hall.read("matrix.route.1", 2)
        hall.audit.record("sari", "login", "sari", after={"deep": [1]})
        person = await signed_in(nobody, "operator", "technician", "auditor", "administrator")
        taken = await person.ask("POST", "walls/main/take", {"scene": "flood"})
        (rung,) = (await person.ask("GET", "occurrences")).body["items"]
        ids = {**IDS, "/operations": taken.body["id"], "/occurrences": rung["id"]}
        document = (await person.ask("GET", "openapi.json")).body
        reads = [(path, told["get"]) for path, told in document["paths"].items() if "get" in told and path not in FILES]
        for path, told in reads:
            wanted = path.replace("{id}", ids.get(path.removeprefix(PREFIX).partition("/{")[0], ""))
            answer = await person.ask("GET", wanted + QUERIES.get(path.removeprefix(PREFIX), ""))
            assert answer.status == 200, (path, answer.body)
            schema = told["responses"]["200"]["content"]["application/json"]["schema"]
            Draft202012Validator({**schema, "components": document["components"]}).validate(answer.body)
        assert len(reads) > 12


async def signed_in(nobody: Visitor, *roles: str) -> Visitor:
    """Return a person who has all of these roles."""
    chief = nobody.as_program("administrator")
    told = {"name": "all", "password": PASSWORD, "roles": list(roles)}
    assert (await chief.ask("POST", "users", told)).status == 201
    await nobody.sign_in("all")
    return nobody


async def test_a_list_is_read_page_by_page_without_gap_or_double() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        viewer = nobody.as_program("auditor")
        seen, cursor = [], ""
        while cursor is not None:
            answer = await viewer.ask("GET", f"points?limit=2{cursor and f'&after={cursor}'}")
            seen += [point["id"] for point in answer.body["items"]]
            cursor = answer.body["next"]
        assert seen == ["river", "door", "sign"]
        assert [p["id"] for p in (await viewer.ask("GET", "points?tag=inside")).body["items"]] == ["door"]
        lost = await viewer.ask("GET", "points?after=gone")
        assert (lost.status, "leads nowhere" in lost.body["detail"]) == (422, True)


async def test_readings_are_paged_by_time_oldest_first() -> None:
    hall = Hall()
    start = hall.clock.now() - 60_000_000_000
    hall.bus.publish([Reading("river", float(n), start + n, start, 0.0) for n in range(5)])
    async with serving(hall) as nobody:
        viewer = nobody.as_program("auditor")
        first = await viewer.ask("GET", "points/river/readings?limit=3")
        second = await viewer.ask("GET", f"points/river/readings?limit=3&cursor={first.body['next']}")
        values = [reading["value"] for page in (first, second) for reading in page.body["items"]]
        assert (values, second.body["next"]) == ([0.0, 1.0, 2.0, 3.0, 4.0], None)
        buckets = await viewer.ask("GET", "points/river/readings?buckets=10")
        assert [(b["low"], b["mean"], b["high"], b["n"]) for b in buckets.body["items"]] == [(0.0, 2.0, 4.0, 5)]
        later = "2199-01-01T00:00:00Z"
        assert (await viewer.ask("GET", f"points/river/readings?since={later}")).status == 422


async def test_a_reading_that_has_grown_old_is_told_as_stale() -> None:
    hall = Hall()
    hall.read("river", 3.0, at=hall.clock.now() - 1_000_000_000_000)
    async with serving(hall) as nobody:
        latest = (await nobody.as_program("auditor").ask("GET", "points/river")).body["latest"]
        assert (latest["quality"], latest["reason"], latest["age"] > 999) == ("uncertain", "stale", True)


async def test_an_alarm_is_acknowledged_once() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        hall.read("river", 360.0)
        operator = nobody.as_program("operator")
        standing = await operator.ask("GET", "alarms")
        assert [(a["id"], a["code"], a["state"]) for a in standing.body["items"]] == [("flood", "SIAGA2", "UNACK")]
        told = {"note": "pump 2 runs", "disposition": "some_impact"}
        acked = await operator.ask("POST", "alarms/flood/ack", told)
        assert (acked.status, acked.body["state"], acked.body["acked_by"], acked.body["note"]) == (
            200, "ACKED", "operator program", "pump 2 runs",
        )  # fmt: skip
        again = await operator.ask("POST", "alarms/flood/ack", told)
        assert (again.status, again.body["detail"]) == (409, "the alarm is already acknowledged")
        assert (await operator.ask("POST", "alarms/nothing/ack", told)).status == 404
        assert (await operator.ask("POST", "alarms/flood/ack", {"disposition": "shrug"})).status == 422
        assert ("operator program", "alarm.ack", "flood") in hall.told


async def test_a_command_goes_through_the_one_door_and_its_outcome_is_told() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        technician = nobody.as_program("technician")
        told = {"verb": "route", "args": {"routes": {"1": 4}}, "why": "test"}
        answer = await technician.ask("POST", "devices/matrix/commands", told)
        command = hall.commands.issued[-1]
        assert (answer.status, answer.body["result"], answer.body["command"]) == (200, "done", command.id)
        assert (command.device, command.verb, command.args, command.by, command.why) == (
            "matrix", "route", {"routes": {"1": 4}}, "technician program", "test",
        )  # fmt: skip
        assert answer.headers["X-Request-ID"] == command.id
        wrong = await technician.ask("POST", "devices/matrix/commands", {"verb": "route", "args": {"on": True}})
        assert (wrong.status, wrong.body["detail"]) == (422, "route takes routes; it got on")
        assert (await technician.ask("POST", "devices/nothing/commands", told)).status == 404
        assert len(hall.commands.issued) == 1


async def test_the_last_bytes_are_for_who_may_read_them() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        device = (await nobody.as_program("technician").ask("GET", "devices/matrix")).body
        assert [(e["direction"], e["hex"], e["text"]) for e in device["log"]] == [
            ("sent", "aa 11 fe", "..."), ("received", "50 52 45 4c 55 44 45 0d 0a", "PRELUDE.."),
        ]  # fmt: skip
        assert (await nobody.as_program("operator").ask("GET", "devices/matrix")).body["log"] == []
        assert (await nobody.as_program("operator").ask("GET", "devices/matrix/log")).status == 403
        assert "secret" not in str((await nobody.as_program("technician").ask("GET", "devices")).body)


async def test_a_scene_is_planned_taken_released_and_undone() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = nobody.as_program("operator")
        plan = await operator.ask("POST", "scenes/flood/recall", {"dry_run": True})
        assert (plan.status, plan.body["id"], plan.body["state"]) == (200, "", "planned")
        assert hall.keeper.view().claims == ()
        taken = await operator.ask("POST", "scenes/flood/recall")
        assert (await operator.ask("GET", f"operations/{taken.body['id']}")).body["scene"] == "flood"
        active = {scene["id"]: scene["active"] for scene in (await operator.ask("GET", "scenes")).body["items"]}
        assert active == {"base": False, "flood": True, "alert": False}
        released = await operator.ask("POST", "walls/main/release", {"region": "right"})
        assert (released.status, hall.keeper.view().claims) == (200, ())
        undone = await operator.ask("POST", "walls/main/undo", {"region": "right"})
        assert (undone.status, len(hall.keeper.view().claims)) == (200, 1)
        assert (await operator.ask("POST", "walls/main/release", {"region": "left"})).status == 404
        assert [action for _, action, _ in hall.told] == ["scene.recall", "wall.release", "wall.undo"]


async def test_a_take_from_an_old_picture_of_the_wall_is_a_conflict() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = nobody.as_program("operator")
        revision = (await operator.ask("GET", "walls/main")).body["revision"]
        await operator.ask("POST", "walls/main/take", {"scene": "flood", "base_revision": revision})
        drawn = {"windows": [{"source": "cctv", "panels": ["p2"]}]}
        told = {"layout": drawn, "regions": ["right"], "base_revision": revision}
        late = await operator.ask("POST", "walls/main/take", told)
        assert (late.status, [fault["path"] for fault in late.body["errors"]]) == (409, ["right"])
        now = await operator.ask("POST", "walls/main/take", {**told, "base_revision": None})
        assert now.status == 200
        bad = {"layout": {"windows": [{"source": "tv", "panels": ["p1"]}]}, "regions": ["right"]}
        refused = await operator.ask("POST", "walls/main/take", bad)
        assert (refused.status, [fault["path"] for fault in refused.body["errors"]]) == (
            422, ["layout.windows.0", "layout", "layout"],
        )  # fmt: skip


async def test_an_emergency_scene_asks_for_its_own_permission_by_every_way() -> None:
    hall = Hall()
    assert SCENES["alert"].permission == "scene.emergency"
    async with serving(hall) as nobody:
        technician, leader = nobody.as_program("technician"), nobody.as_program("leader")
        assert (await technician.ask("POST", "scenes/alert/recall")).status == 403
        assert (await technician.ask("POST", "walls/main/take", {"scene": "alert"})).status == 403
        assert (await leader.ask("POST", "scenes/flood/recall")).status == 403
        assert (await leader.ask("POST", "scenes/alert/recall")).status == 200
        assert [claim.kind for claim in hall.keeper.view().claims] == ["leader"]


async def test_the_audit_is_read_forwards_and_backwards() -> None:
    hall = Hall()
    for n in range(5):
        hall.audit.record("sari", "login" if n % 2 else "logout", f"{n}")
    async with serving(hall) as nobody:
        auditor = nobody.as_program("auditor")

        async def read(query: str) -> tuple[list[int], str | None]:
            body = (await auditor.ask("GET", f"audit{query}")).body
            return [event["seq"] for event in body["items"]], body["next"]

        assert await read("?limit=2") == ([5, 4], "4")
        assert await read("?limit=2&before=4") == ([3, 2], "2")
        assert await read("?after=3") == ([4, 5], None)
        assert await read("?action=login") == ([4, 2], None)
        assert (await auditor.ask("GET", "audit?after=1&before=3")).status == 422


async def test_a_broken_site_file_is_told_with_file_and_line_and_nothing_changes() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        chief = nobody.as_program("administrator")
        assert (await chief.ask("POST", "config/check", {})).body == {
            "changes": ["point river: every 300 s, was 60 s"], "applied": False, "approval": None,
            "warnings": ["line: its points ask for 120% of the line's time"],
        }  # fmt: skip
        hall.config.fault = SiteFault("points.yaml", 12, 5, "points.3.every", "must be a number", "write 300")
        refused = await chief.ask("POST", "config/apply", {"why": "new gauge"})
        assert (refused.status, refused.body["errors"]) == (
            422,
            [
                {
                    "path": "points.3.every", "message": "must be a number",
                    "file": "points.yaml", "line": 12, "hint": "write 300",
                }
            ],
        )  # fmt: skip
        assert hall.config.applied == 0
        hall.config.fault = None
        assert (await chief.ask("POST", "config/apply")).body["applied"] is True
        assert [event.outcome for event in hall.audit.recent(200)] == ["refused", "done"]


async def test_people_and_programs_are_added_changed_and_removed_and_it_is_written_down() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        chief = nobody.as_program("administrator")
        made = await chief.ask("POST", "users", {"name": "sari", "password": PASSWORD, "roles": ["operator"]})
        assert (made.status, made.body) == (201, {"name": "sari", "roles": ["operator"], "enabled": True})
        twice = await chief.ask("POST", "users", {"name": "sari", "password": PASSWORD, "roles": ["operator"]})
        assert (twice.status, twice.body["detail"]) == (409, "there is an account 'sari' already; choose another name")
        changed = await chief.ask("PATCH", "users/sari", {"roles": ["leader"], "password": "another river"})
        assert changed.body["roles"] == ["leader"]
        assert (await chief.ask("DELETE", "users/sari")).status == 204
        assert (await chief.ask("DELETE", "users/sari")).status == 404
        token = await chief.ask(
            "POST", "tokens", {"name": "gauge", "roles": ["technician"], "only": ["readings.push"], "days": 30}
        )
        program = hall.tokens.find(token.body["secret"])
        assert (token.status, program and program.permissions()) == (201, ["readings.push"])
        listed = await chief.ask("GET", "tokens")
        assert [each["name"] for each in listed.body["items"]][-1] == "gauge"
        assert token.body["secret"] not in listed.raw.decode()
        assert (await chief.ask("DELETE", f"tokens/{token.body['token']['id']}")).status == 204
        assert [action for _, action, _ in hall.told] == [
            "user.add", "user.change", "user.remove", "token.make", "token.revoke",
        ]  # fmt: skip
        assert "another river" not in str(hall.audit.recent(200))
        assert all(event.request for event in hall.audit.recent(200))
