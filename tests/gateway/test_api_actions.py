"""What alarms set in motion, over HTTP: what is under way, what became of it, and what would be."""

from __future__ import annotations

import pytest

from drivers.model import Name
from gateway.actions.response import Order, Planned, Responses, Show, Tell, Until
from tests.gateway.api_fakes import Hall, serving

pytestmark = pytest.mark.real

LEVELS, WORST = ("SIAGA3", "SIAGA2"), ("SIAGA2",)
CALLS = {"SIAGA3": "nobody", "SIAGA2": "watch"}
PLAN = (
    Planned("alarm:flood", "", WORST, show=Show("main", "flood", "right")),
    Planned("response:a:0:flood", "a", LEVELS, order=Order("lfd-1", "power", {"on": True}, "power", {"on": False})),
    Planned(
        "response:a:e0:flood", "a", LEVELS, 120.0, Until.ACKNOWLEDGED, escalates=True,
        tell=Tell(CALLS, 900.0, decides=True),
    ),
    Planned("response:a:1:flood", "a", LEVELS, 60.0, order=Order("siren", "power", {"on": True})),
    Planned("response:a:2:flood", "a", WORST, 30.0, show=Show("main", "alert", "")),
)  # fmt: skip
RESPONSES = Responses({"flood": PLAN}, {"banjir_siaga": {"SIAGA2": Name("Sekretaris Daerah", "Provincial secretary")}})


async def test_a_preview_tells_every_step_in_order_and_does_nothing() -> None:
    hall = Hall(responses=RESPONSES)
    async with serving(hall) as nobody:
        told = (await nobody.as_program("operator").ask("GET", "alarms/flood/actions/preview?level=SIAGA2")).body
        steps = told["steps"]
        assert [(each["deed"]["after"], each["deed"]["kind"], each["refused"]) for each in steps] == [
            (0, "scene", ""),
            (0, "command", ""),
            (30, "scene", "no region of scene alert lets an alarm in; an operator can recall it"),
            (60, "command", "there is no device 'siren'"),
            (120, "notify", ""),
        ]
        assert steps[0]["windows"] == [{"region": "right", "source": "cctv", "panels": ["p2"]}]
        assert (steps[0]["priority"], steps[1]["deed"]["on_clear"]["args"]) == (3, {"on": False})
        assert (steps[4]["told"], steps[4]["decides"]["en"]) == (["Dewi (sms) of severity 3"], "Provincial secretary")
        assert (hall.commands.issued, hall.keeper.view().regions[1].claim, hall.told) == ([], None, [])


async def test_a_milder_level_sets_less_in_motion_and_says_whom_it_cannot_reach() -> None:
    hall = Hall(responses=RESPONSES)
    async with serving(hall) as nobody:
        told = (await nobody.as_program("leader").ask("GET", "alarms/flood/actions/preview")).body
        assert (told["level"], [each["deed"]["id"] for each in told["steps"]]) == (
            "SIAGA3", ["response:a:0:flood", "response:a:1:flood", "response:a:e0:flood"],
        )  # fmt: skip
        assert told["steps"][2]["refused"] == "there is no call list 'nobody'"


async def test_a_level_or_an_alarm_that_is_not_there_is_refused() -> None:
    async with serving(Hall(responses=RESPONSES)) as nobody:
        viewer = nobody.as_program("auditor")
        assert (await viewer.ask("GET", "alarms/flood/actions/preview?level=SIAGA9")).status == 422
        assert (await viewer.ask("GET", "alarms/flood/actions/preview?level=SIAGA2&at=yesterday")).status == 422
        for path in ("alarms/nothing/actions", "alarms/nothing/actions/preview"):
            assert (await viewer.ask("GET", path)).status == 404
        assert (await nobody.ask("GET", "alarms/flood/actions")).status == 401


async def test_what_is_under_way_and_what_became_of_it() -> None:
    hall = Hall(responses=RESPONSES)
    async with serving(hall) as nobody:
        hall.read("river", 360.0)
        operator = nobody.as_program("operator")
        told = (await operator.ask("GET", "alarms/flood/actions")).body
        assert [(each["deed"]["id"], each["stage"]) for each in told["steps"]] == [
            ("alarm:flood", "done"), ("response:a:0:flood", "sent"), ("response:a:e0:flood", "waiting"),
            ("response:a:1:flood", "waiting"), ("response:a:2:flood", "waiting"),
        ]  # fmt: skip
        assert [(each["action"], each["outcome"]) for each in told["history"]] == [("action.claim", "claimed")]
        await operator.ask("POST", "alarms/flood/ack")
        told = (await operator.ask("GET", "alarms/flood/actions")).body
        assert "response:a:e0:flood" not in [each["deed"]["id"] for each in told["steps"]]
        assert told["history"][0]["action"] == "action.cancel"
