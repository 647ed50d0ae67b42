"""The alarms over HTTP: lists, one alarm with its history, what persons do, and the second person for thresholds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drivers.model import Reading
from gateway.alarms.annunciation import Annunciation
from gateway.clock import SystemClock
from tests.gateway.api_fakes import PASSWORD, Answer, Hall, Visitor, serving

pytestmark = pytest.mark.real


async def ids(visitor: Visitor, query: str = "") -> list[str]:
    return [alarm["id"] for alarm in (await visitor.ask("GET", f"alarms{query}")).body["items"]]


async def test_alarms_are_listed_by_state_severity_category_and_place() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        viewer = nobody.as_program("auditor")
        assert (await ids(viewer), await ids(viewer, "?state=all")) == ([], ["flood"])
        hall.read("river", 360.0)
        for query, found in (
            ("", True), ("?state=unacknowledged", True), ("?state=shelved", False), ("?severity=3", True),
            ("?severity=4", False), ("?category=process", True), ("?category=comm", False), ("?place=RIV", True),
            ("?place=mountain", False), ("?state=chattering", False),
        ):  # fmt: skip
            assert (query, await ids(viewer, query)) == (query, ["flood"] if found else [])
        assert (await viewer.ask("GET", "alarms?state=loud")).status == 422


async def test_one_alarm_tells_its_rule_its_scale_and_what_became_of_it() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        hall.read("river", 360.0)
        operator = nobody.as_program("operator")
        await operator.ask("POST", "alarms/flood/ack", {"note": "seen", "disposition": "false"})
        told = (await nobody.as_program("leader").ask("GET", "alarms/flood")).body
        assert (told["alarm"]["scale_name"]["en"], told["alarm"]["disposition"]) == ("Flood", "false")
        assert [(level["code"], level["limit"]) for level in told["rule"]["levels"]] == [
            ("SIAGA3", 250.0), ("SIAGA2", 350.0),
        ]  # fmt: skip
        assert (told["rule"]["deadband"], told["rule"]["longest_shelf"]) == (5.0, 4 * 3600.0)
        assert [(event["action"], event["actor"]) for event in told["history"]] == [
            ("alarm.ack", "operator program"), ("alarm.raise", "alarms"),
        ]  # fmt: skip
        assert (await operator.ask("GET", "alarms/nothing")).status == 404


async def test_a_shelf_is_put_up_and_taken_down_and_its_refusals_say_why() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        hall.read("river", 360.0)
        technician, operator = nobody.as_program("technician"), nobody.as_program("operator")

        async def shelve(**told: Any) -> Answer:
            return await technician.ask("POST", "alarms/flood/shelve", told)

        too_long = await shelve(why="test", seconds=5 * 3600)
        assert (too_long.status, "at most 14400 s" in too_long.body["detail"]) == (409, True)
        assert [(await shelve(**told)).status for told in ({}, {"why": ""}, {"why": "x", "seconds": -1})] == [422] * 3
        assert (await shelve(why=" ")).status == 409
        done = (await shelve(why="gauge cleaned", seconds=600)).body
        assert (done["shelf"]["by"], done["shelf"]["why"], done["oneshot"]) == (
            "technician program", "gauge cleaned", False,
        )  # fmt: skip
        assert await ids(nobody.as_program("leader"), "?state=shelved") == ["flood"]
        assert (await shelve(why="again", once=True)).body["oneshot"] is True
        assert (await operator.ask("POST", "alarms/flood/shelve", {"why": "tired"})).status == 403
        back = await operator.ask("POST", "alarms/flood/unshelve", {"why": "I want to hear it"})
        assert (back.status, back.body["shelf"], back.body["state"]) == (200, None, "UNACK")
        assert (await operator.ask("POST", "alarms/flood/unshelve", {})).status == 409
        assert ("operator program", "alarm.unshelve", "flood") in hall.told


async def test_an_alarm_goes_out_of_service_with_a_date_and_comes_back() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        technician = nobody.as_program("technician")
        tomorrow = (datetime.fromtimestamp(hall.clock.now() / 1e9, UTC) + timedelta(days=1)).isoformat()
        told = {"why": "gauge in repair", "due": tomorrow}
        out = await technician.ask("POST", "alarms/flood/out-of-service", told)
        assert (out.status, out.body["outage"]["why"], out.body["outage"]["overdue"]) == (200, "gauge in repair", False)
        past = {**told, "due": "2001-01-01T00:00:00Z"}
        assert (await technician.ask("POST", "alarms/flood/out-of-service", past)).status == 409
        assert (await technician.ask("POST", "alarms/flood/out-of-service", {**told, "due": "tomorrow"})).status == 422
        assert await ids(technician, "?state=out_of_service") == ["flood"]
        summary = (await technician.ask("GET", "annunciation")).body
        assert (summary["out_of_service"], summary["shelved"], summary["flood"]["on"]) == (1, 0, False)
        hall.read("river", 360.0)
        assert (await technician.ask("GET", "annunciation")).body["standing"] == {}
        back = await technician.ask("POST", "alarms/flood/in-service", {"why": "repaired"})
        assert (back.status, back.body["outage"], back.body["state"]) == (200, None, "UNACK")
        assert (await technician.ask("GET", "annunciation")).body["unacknowledged"] == {"3": 1}


async def test_several_alarms_are_acknowledged_each_by_itself() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        hall.read("river", 360.0)
        told = {"ids": ["flood", "nothing", "flood"], "note": "all seen", "disposition": "no_impact"}
        answer = await nobody.as_program("operator").ask("POST", "alarms/ack", told)
        assert (answer.status, answer.body["done"], answer.body["refused"]) == (200, 1, 1)
        assert [(item["id"], item["done"]) for item in answer.body["items"]] == [("flood", True), ("nothing", False)]
        again = (await nobody.as_program("operator").ask("POST", "alarms/ack", told)).body
        assert again["items"][0]["detail"] == "the alarm is already acknowledged"
        for wrong in ({"ids": []}, {"ids": ["x"] * 501}, {"ids": "flood"}):
            assert (await nobody.as_program("operator").ask("POST", "alarms/ack", {**told, **wrong})).status == 422
        acks = [event.after for event in hall.audit.recent(200) if event.action == "alarm.ack"]
        assert [(ack["blind"], ack["station"]) for ack in acks] == [(True, "127.0.0.1")]


async def test_a_latch_is_reset_by_whom_it_told() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        hall.read("river", 360.0)
        refused = await nobody.as_program("operator").ask("POST", "alarms/flood/reset", {})
        assert (refused.status, "still active" in refused.body["detail"]) == (409, True)
        assert (await nobody.as_program("technician").ask("POST", "alarms/flood/reset", {})).status == 403


async def test_what_is_annunciated_is_published_for_whoever_sounds_and_notifies() -> None:
    hall = Hall(clock=SystemClock())
    heard: list[Annunciation] = []
    hall.bus.subscribe(Annunciation, heard.extend)
    hall.bus.publish([Reading("river", 360.0, hall.clock.now(), hall.clock.now(), hall.clock.mono())])
    assert [(each.alarm.id, str(each.cue), each.list_only) for each in heard] == [("flood", "on", False)]


# ── two persons for a threshold ───────────────────────────────────────────────────────────────────────────────────────


async def person(nobody: Visitor, name: str, *roles: str) -> Visitor:
    """Return somebody who is signed in, with a browser of their own."""
    chief = nobody.as_program("administrator")
    await chief.ask("POST", "users", {"name": name, "password": PASSWORD, "roles": list(roles)})
    other = nobody.as_program("")
    other.headers = {}
    answer = await other.ask("POST", "session", {"name": name, "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    nobody.http.cookie_jar.clear()
    other.headers = {"Cookie": cookie, "X-CSRF-Token": answer.body["csrf"]}
    return other


async def test_a_change_of_thresholds_waits_for_somebody_else() -> None:
    hall = Hall()
    hall.config.thresholds = ["flood: deadband 5 → 3"]
    async with serving(hall) as nobody:
        dewi, budi = await person(nobody, "dewi", "technician"), await person(nobody, "budi", "supervisor")
        waits = (await dewi.ask("POST", "config/apply", {"why": "gauge moved"})).body
        assert waits == {
            "changes": ["flood: deadband 5 → 3"], "applied": False, "approval": "one", "warnings": hall.config.advice(),
        }  # fmt: skip
        (shown,) = (await budi.ask("GET", "config/approvals")).body["items"]
        assert (shown["by"], shown["why"], shown["changes"]) == ("dewi", "gauge moved", waits["changes"])
        alone = await dewi.ask("POST", "config/approvals/one/approve", {})
        assert (alone.status, alone.body["detail"]) == (
            409, "dewi proposed this change; somebody else has to approve it",
        )  # fmt: skip
        assert (await nobody.as_program("technician").ask("POST", "config/approvals/one/approve", {})).status == 409
        assert (await budi.ask("POST", "config/approvals/two/approve", {})).status == 404
        assert hall.config.applied == 0
        done = await budi.ask("POST", "config/approvals/one/approve", {"why": "checked on site"})
        assert (done.status, done.body["applied"], hall.config.applied) == (200, True, 1)
        assert (await budi.ask("GET", "config/approvals")).body["items"] == []
        told = [each for each in hall.audit.recent(200) if each.action.startswith("config.")]
        assert [(each.actor, each.action, each.subject, each.outcome) for each in told] == [
            ("dewi", "config.apply", "one", "waits"), ("budi", "config.approve", "one", "done"),
        ]  # fmt: skip
        assert (told[1].before, told[1].after) == ({"by": "dewi", "why": "gauge moved"}, waits["changes"])


async def test_a_program_cannot_propose_and_anybody_with_the_right_may_reject() -> None:
    hall = Hall()
    hall.config.thresholds = ["flood: deadband 5 → 3"]
    async with serving(hall) as nobody:
        refused = await nobody.as_program("administrator").ask("POST", "config/apply", {})
        assert (refused.status, "two persons" in refused.body["detail"]) == (409, True)
        dewi = await person(nobody, "dewi", "technician")
        await dewi.ask("POST", "config/apply", {"why": "gauge moved"})
        operator = await person(nobody, "oni", "operator")
        assert (await operator.ask("POST", "config/approvals/one/reject", {})).status == 403
        dropped = await dewi.ask("POST", "config/approvals/one/reject", {"why": "wrong gauge"})
        assert (dropped.status, dropped.body["by"]) == (200, "dewi")
        assert [each.outcome for each in hall.audit.recent(200) if each.action.startswith("config.")] == [
            "refused", "waits", "rejected",
        ]  # fmt: skip
        assert (await dewi.ask("POST", "config/approvals/one/reject", {})).status == 404
