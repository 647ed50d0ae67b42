"""What goes wrong on a wall, over the API: what failed is tried again, what somebody else changed is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.model import DeviceState, DeviceStatus, Reading, Value
from tests.gateway.api_fakes import WALL, Hall, serving
from wall_controller.layout import Policy

pytestmark = pytest.mark.real


def tell(hall: Hall, device: str, **values: Value) -> None:
    """Let a device of the wall report values."""
    now, mono = hall.clock.now(), hall.clock.mono()
    hall.keeper.on_readings([Reading(f"{device}.{name}", value, now, now, mono) for name, value in values.items()])


async def test_what_failed_in_a_change_is_tried_again_by_who_may_recall_its_scene() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        leader, technician = nobody.as_program("leader"), nobody.as_program("technician")
        old = (await leader.ask("POST", "scenes/alert/recall")).body
        assert [step["result"] for step in old["steps"]] == ["unreachable"]
        assert (await technician.ask("POST", f"operations/{old['id']}/retry")).status == 403
        new = await leader.ask("POST", f"operations/{old['id']}/retry")
        assert (new.status, new.body["scene"], new.body["steps"]) == (200, "alert", old["steps"])
        assert new.body["id"] != old["id"]
        assert (await leader.ask("POST", "operations/nothing/retry")).status == 404
        assert hall.told[-1][1:] == ("wall.retry", f"main/{old['id']}")


async def test_a_change_in_which_nothing_failed_cannot_be_tried_again() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        operator = nobody.as_program("operator")
        await operator.ask("POST", "scenes/flood/recall")
        await operator.ask("POST", "scenes/flood/recall")
        nothing = (await operator.ask("POST", "walls/main/undo", {"region": "right"})).body
        assert (nothing["state"], nothing["steps"]) == ("done", [])
        refused = await operator.ask("POST", f"operations/{nothing['id']}/retry")
        assert (refused.status, "nothing to try again" in refused.body["detail"]) == (404, True)


async def test_where_the_site_asks_a_person_answers_for_a_device_that_somebody_else_changed() -> None:
    hall = Hall(wall=replace(WALL, policy=Policy.ASK))
    hall.keeper.view()
    for device in ("lfd-1", "lfd-2"):
        hall.keeper.on_status([DeviceStatus(device, DeviceState.UP, hall.clock.now())])
        tell(hall, device, power="on", input="hdmi1", tile="off")
        tell(hall, device, input="displayport1")
    async with serving(hall) as nobody:
        operator = nobody.as_program("operator")
        asks = (await operator.ask("GET", "walls/main")).body["asks"]
        assert [(ask["device"], "somebody else changed" in ask["detail"]) for ask in asks] == [
            ("lfd-1", True), ("lfd-2", True),
        ]  # fmt: skip
        answers = {"lfd-1": "adopt", "lfd-2": "restore"}
        for device, answer in answers.items():
            told = await operator.ask("POST", "walls/main/answer", {"device": device, "answer": answer})
            assert told.status == 200
        assert told.body["asks"] == []
        kept = {device: hall.keeper._hands.wanted(device)["input"] for device in answers}
        assert kept == {"lfd-1": "displayport1", "lfd-2": "hdmi1"}
        assert (await operator.ask("POST", "walls/main/answer", {"device": "lfd-1", "answer": "adopt"})).status == 404
        leader = await nobody.as_program("leader").ask(
            "POST", "walls/main/answer", {"device": "lfd-1", "answer": "adopt"}
        )
        assert leader.status == 403
        assert [(action, subject) for _, action, subject in hall.told] == [
            ("wall.answer", "main/lfd-1"), ("wall.answer", "main/lfd-2"),
        ]  # fmt: skip
