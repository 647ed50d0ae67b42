"""The wall is kept: refusals, faults, lost links and other people's hands are shown, and put right."""

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.model import DeviceState, Priority
from tests.wall_controller.wall_world import MATRIX, Mood, alarm, base_state, panel, running
from wall_controller.layout import Policy


async def test_a_wall_that_reads_otherwise_is_put_right_at_start_with_one_salvo() -> None:
    state = base_state()
    state[MATRIX].update({"route.1": 9, "route.2": 9})
    state["lfd-r3c4"]["input"] = "displayport1"
    async with running(state=state) as world:
        await world.verified()
        assert world.hall.sent() == [(MATRIX, "route"), ("lfd-r3c4", "input")]
        assert {command.priority for command in world.hall.issued} == {Priority.RECONCILE}
        assert world.hall.issued[0].args == {"routes": {"1": 1, "2": 1}}
        assert "input reads displayport1, wanted hdmi1" in world.hall.issued[1].why


async def test_a_panel_that_refuses_is_shown_with_its_words_and_tried_less_and_less_often() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods["lfd-r1c3"] = Mood.REFUSES
        operation = world.keeper.claim(alarm("sungai"))
        view = await world.ended(operation)
        assert view.operation is not None
        assert view.operation.state == "partial"
        refused = [step for step in view.operation.steps if step.result != "ok"]
        assert [(step.device, step.result, step.detail) for step in refused] == [
            ("lfd-r1c3", "refused", "the panel says no")
        ]
        assert panel(view, "r1c3").state == "differs"
        assert "the panel says no" in panel(view, "r1c3").detail
        assert "again after 2 s" in panel(view, "r1c3").detail
        assert panel(view, "r1c4").state == "verified"
        await world.clock.sleep(300)
        times = [command.at / 1e9 for command in world.hall.issued if command.device == "lfd-r1c3"]
        pauses = [round(later - earlier) for earlier, later in pairwise(times)]
        assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
        world.hall.moods["lfd-r1c3"] = Mood.WILLING
        await world.verified()
        assert world.keeper.operation(operation).state == "done"
        assert {step.result for step in world.keeper.operation(operation).steps} == {"ok", "late"}


async def test_retry_tries_only_what_failed() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods["lfd-r1c3"] = Mood.REFUSES
        operation = world.keeper.claim(alarm("sungai"))
        await world.ended(operation)
        world.hall.moods["lfd-r1c3"] = Mood.WILLING
        world.hall.issued.clear()
        view = await world.ended(world.keeper.retry(operation, "sari"))
        assert world.hall.sent() == [("lfd-r1c3", "tile")]
        assert world.hall.issued[0].by == "sari"
        assert view.operation is not None
        assert view.operation.state == "done"


async def test_a_panel_that_accepts_and_does_not_act_is_shown_within_three_seconds_and_the_others_are_green() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods["lfd-r1c4"] = Mood.IGNORES
        taken = world.clock.mono()
        world.keeper.claim(alarm("sungai"))
        view = await world.until(lambda v: panel(v, "r1c4").state == "differs")
        assert world.clock.mono() - taken <= 3.0
        assert "tile reads off, wanted 2x2:2" in panel(view, "r1c4").detail
        assert [p.id for p in view.panels if p.state != "verified"] == ["r1c4"]
        await world.clock.sleep(3)
        assert panel(world.keeper.view(), "r1c4").state == "differs"


async def test_a_lost_answer_is_unsure_until_a_reading_proves_it() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods["lfd-r1c4"] = Mood.LOSES_ACK
        operation = world.keeper.claim(alarm("sungai"))
        view = await world.until(lambda v: panel(v, "r1c4").state == "unsure")
        assert "no answer in 2 s" in panel(view, "r1c4").detail
        count = len(world.hall.issued)
        world.hall.report("lfd-r1c4")
        await world.verified()
        assert len(world.hall.issued) == count
        assert {step.result for step in world.keeper.operation(operation).steps} == {"ok", "late"}


async def test_a_driver_that_cannot_do_it_is_a_refusal_and_no_crash() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods["lfd-r1c4"] = Mood.CANNOT
        view = await world.ended(world.keeper.claim(alarm("sungai")))
        assert "lfd-r1c4 cannot tile" in panel(view, "r1c4").detail


async def test_a_matrix_that_dies_in_a_take_is_shown_and_put_right_on_its_return_without_a_replay() -> None:
    async with running() as world:
        await world.verified()
        world.hall.pace[MATRIX] = 1.0
        operation = world.keeper.claim(alarm("sungai"))
        await world.clock.sleep(0.5)
        world.hall.cut(MATRIX)
        view = await world.ended(operation)
        results = {step.device: step.result for step in view.operation.steps if view.operation}  # type: ignore[union-attr]  # it has one
        assert results[MATRIX] == "unsure"
        assert panel(view, "r1c1").state == "unsure"
        assert panel(view, "r1c1").reported.source is None
        assert "matriks-1 is silent" in panel(view, "r1c1").detail
        count = len(world.hall.issued)
        await world.clock.sleep(60)
        world.keeper.release("sungai")
        await world.clock.sleep(60)
        assert [c for c in world.hall.issued[count:] if c.device == MATRIX] == []
        world.hall.connect(MATRIX)
        await world.verified()
        assert world.hall.state == base_state()
        assert [c for c in world.hall.issued[count:] if c.device == MATRIX] == []


async def test_a_panel_without_power_gets_no_commands_and_is_put_right_when_it_is_back() -> None:
    async with running() as world:
        await world.verified()
        world.hall.cut("lfd-r1c4")
        operation = world.keeper.claim(alarm("sungai"))
        view = await world.ended(operation)
        assert panel(view, "r1c4").state == "unreachable"
        assert panel(view, "r1c4").detail == "lfd-r1c4 is silent: no answer in 4 s"
        assert world.hall.sent("lfd-r1c4") == []
        world.hall.state["lfd-r1c4"] = {"power": "off", "input": "displayport1", "tile": "off"}
        world.hall.connect("lfd-r1c4")
        await world.verified()
        assert world.hall.sent("lfd-r1c4") == [("lfd-r1c4", "power"), ("lfd-r1c4", "input"), ("lfd-r1c4", "tile")]
        assert {step.result for step in world.keeper.operation(operation).steps} == {"ok", "late"}


async def test_a_panel_that_does_not_wake_is_not_sent_the_rest() -> None:
    state = base_state()
    async with running(state=state) as world:
        await world.verified()
        world.hall.cut("lfd-r1c4")
        world.hall.state["lfd-r1c4"] = {"power": "off"}
        world.hall.moods["lfd-r1c4"] = Mood.REFUSES
        world.hall.connect("lfd-r1c4")
        await world.until(lambda v: "the panel says no" in panel(v, "r1c4").detail)
        assert world.hall.sent("lfd-r1c4") == [("lfd-r1c4", "power")]


@pytest.mark.parametrize("device", ["lfd-r2c1", MATRIX])
async def test_what_somebody_does_with_the_remote_is_put_back(device: str) -> None:
    async with running() as world:
        await world.verified()
        change = {"route.5": 9} if device == MATRIX else {"input": "displayport1"}
        world.hall.press(device, **change)
        view = world.keeper.view()
        assert panel(view, "r2c1").state == "differs"
        assert f"somebody else changed {device}" in panel(view, "r2c1").detail
        await world.verified()
        assert [command.device for command in world.hall.issued] == [device]


async def test_where_the_site_adopts_what_somebody_does_it_stays_until_the_next_wish() -> None:
    async with running(policy=Policy.ADOPT) as world:
        await world.verified()
        world.hall.press(MATRIX, **{"route.3": 9})
        view = await world.verified()
        assert panel(view, "r1c3").desired.source == "harga"
        await world.clock.sleep(30)
        assert world.hall.issued == []
        world.keeper.claim(alarm("sungai"))
        await world.verified()
        assert world.hall.state[MATRIX]["route.3"] == 4


async def test_where_the_site_asks_nothing_is_done_until_a_person_answers() -> None:
    async with running(policy=Policy.ASK) as world:
        await world.verified()
        world.hall.press("lfd-r2c1", input="displayport1")
        world.hall.press("lfd-r2c2", input="displayport1")
        await world.clock.sleep(60)
        assert world.hall.issued == []
        assert "put it back, or keep it so" in panel(world.keeper.view(), "r2c1").detail
        world.keeper.answer("lfd-r2c1", Policy.RESTORE)
        world.keeper.answer("lfd-r2c2", Policy.ADOPT)
        await world.verified()
        assert world.hall.sent() == [("lfd-r2c1", "input")]


async def test_a_degraded_device_is_still_commanded() -> None:
    async with running() as world:
        await world.verified()
        world.hall.tell(MATRIX, DeviceState.DEGRADED, "it sent garbage once")
        world.keeper.claim(alarm("sungai"))
        await world.verified()
        assert world.hall.state[MATRIX]["route.1"] == 2


async def test_a_value_that_is_not_to_be_trusted_is_not_taken_for_verified() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods["lfd-r1c1"] = Mood.MUTE
        world.hall.mistrust("lfd-r1c1", "tile")
        assert panel(world.keeper.view(), "r1c1").state == "differs"
        world.hall.report("lfd-r1c1")
        await world.verified()


async def test_what_was_on_its_way_when_the_keeper_stopped_is_unsure_and_kept_after_its_restart() -> None:
    async with running() as world:
        await world.verified()
        world.hall.pace[MATRIX] = 3.0
        world.keeper.claim(alarm("sungai"))
        await world.clock.sleep(1)
        await world.restart()
        assert panel(world.keeper.view(), "r1c1").state == "unsure"
        await world.verified()
        assert world.hall.state[MATRIX]["route.1"] == 2


async def test_a_salvo_that_was_overtaken_on_the_wire_is_planned_again_at_once() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods[MATRIX] = Mood.OVERTAKEN
        taken = world.clock.mono()
        world.keeper.claim(alarm("sungai"))
        await world.verified()
        assert world.clock.mono() - taken < 0.5


async def test_what_was_not_proven_before_something_else_was_wanted_is_no_trouble() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods["lfd-r1c4"] = Mood.IGNORES
        older = world.keeper.recall("banjir", "sari")
        await world.clock.sleep(0.5)
        await world.ended(world.keeper.undo("tanggap", "sari"))
        await world.clock.sleep(5)
        assert panel(world.keeper.view(), "r1c4").state == "verified"
        results = {step.device: step.result for step in world.keeper.operation(older).steps}
        assert results["lfd-r1c4"] == "superseded"
        assert len(world.hall.sent("lfd-r1c4")) == 2


async def test_a_panel_that_goes_away_between_two_steps_is_not_sent_the_second() -> None:
    state = base_state()
    state["lfd-r3c4"].update(input="displayport1", tile="2x2:1")
    async with running(state=state) as world:
        world.hall.pace["lfd-r3c4"] = 0.5
        await world.clock.sleep(1.2)
        world.hall.cut("lfd-r3c4")
        await world.clock.sleep(30)
        assert world.hall.sent("lfd-r3c4") == [("lfd-r3c4", "input")]


async def test_a_step_that_was_refused_waits_until_the_next_step_is_through() -> None:
    state = base_state()
    state["lfd-r3c4"].update(input="displayport1", tile="2x2:1")
    async with running(state=state) as world:
        world.hall.moods["lfd-r3c4 input"] = Mood.REFUSES
        world.hall.pace["lfd-r3c4 tile"] = 10.0
        await world.clock.sleep(6)
        world.hall.report("lfd-r3c3")
        world.hall.press("lfd-r3c3", input="displayport1")
        await world.clock.sleep(3)
        assert world.hall.sent("lfd-r3c4") == [("lfd-r3c4", "input"), ("lfd-r3c4", "tile")]
        world.hall.moods.clear()
        await world.verified()
