"""What an alarm sends first: worked out before it rings, and never once something has changed."""

from __future__ import annotations

import pytest

from drivers.model import Value
from tests.wall_controller.wall_world import MATRIX, demo_scenes, demo_wall, running
from wall_controller.claims import Kind
from wall_controller.layout import filled
from wall_controller.plan import Plan, Step
from wall_controller.reflex import Call, Reflexes

FLOOD = Call("banjir", "", 4)
ROUTES: dict[str, Value] = {"1": 4}
SALVO = Step(MATRIX, "route", {"routes": ROUTES}, {"route.1": 4})
WAKE = Step("lfd-r1c1", "power", {"on": True}, {"power": "on"})


def test_the_salvo_is_ready_until_something_changes() -> None:
    reflexes = Reflexes()
    reflexes.expect([FLOOD])
    assert reflexes.of(FLOOD) is None
    reflexes.get_ready(lambda _call: Plan(((WAKE,), (SALVO,))))
    assert reflexes.of(FLOOD) == SALVO
    assert reflexes.of(Call("banjir", "", 3)) is None
    reflexes.forget()
    assert reflexes.of(FLOOD) is None


def test_what_is_ready_is_not_worked_out_again() -> None:
    asked: list[Call] = []

    def preview(call: Call) -> Plan:
        asked.append(call)
        return Plan()

    reflexes = Reflexes()
    reflexes.expect([FLOOD])
    reflexes.get_ready(preview)
    reflexes.get_ready(preview)
    assert asked == [FLOOD]


NEAREST = filled(
    demo_wall(), demo_scenes()["banjir"].layouts["tanggap"], into="cctv-terdekat", sources=["cuaca", "harga"]
)
DRAWN = demo_scenes()["asap"].layouts["tanggap"]
CALLS = [FLOOD, Call("banjir", "tanggap", 4, NEAREST), Call("", "tanggap", 4, DRAWN)]


@pytest.mark.parametrize("call", CALLS, ids=["scene", "scene with cameras", "layout"])
async def test_an_expected_alarm_sends_what_an_unexpected_one_sends(call: Call) -> None:
    sent, states = [], []
    for calls in ([], CALLS):
        async with running() as world:
            world.keeper.expect(calls)
            await world.verified()
            operation = world.keeper.ring(call, "alarm:sungai")
            view = await world.ended(operation)
            assert view.operation is not None
            assert (view.operation.state, {step.result for step in view.operation.steps}) == ("done", {"ok"})
            await world.verified()
            sent.append([(c.device, c.verb, c.args, c.priority, c.by, c.why) for c in world.hall.issued])
            states.append(world.hall.state)
    assert sent[0] == sent[1]
    assert sent[0][0][:2] == (MATRIX, "route")
    assert states[0] == states[1]


async def test_an_alarm_that_comes_in_the_turn_of_a_change_is_planned_anew() -> None:
    async with running() as world:
        world.keeper.expect([FLOOD])
        await world.verified()
        world.keeper.recall("asap", "sari")
        world.keeper.recall("banjir", "alarm:sungai", kind=Kind.ALARM, priority=4)
        await world.verified()
        assert world.hall.state[MATRIX]["route.1"] == 2


async def test_a_matrix_that_is_away_is_sent_nothing_ahead() -> None:
    async with running() as world:
        world.keeper.expect([FLOOD])
        await world.verified()
        world.hall.cut(MATRIX)
        world.keeper.recall("banjir", "alarm:sungai", kind=Kind.ALARM, priority=4)
        assert (MATRIX, "route") not in world.hall.sent()
