"""Whatever happens to an alarm, in whatever order: no step twice, none after an acknowledgement, nothing left over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from gateway.actions.actions import Actions
from gateway.actions.course import Stage
from gateway.actions.response import Planned, Tell, Until
from gateway.alarms.lifecycle import NotAllowed
from tests.gateway.actions_world import BAD_ENOUGH, NOW, SECOND, Scene
from tests.gateway.alarm_world import Person

WAITS = Planned(
    "response:a:e1:flood", "a", BAD_ENOUGH, 60.0, Until.ACKNOWLEDGED, tell=Tell(dict.fromkeys(BAD_ENOUGH, "night"), 9.0)
)
SHORT = replace(NOW, id="response:a:2:flood", after=30.0, lasts=90.0)
PLAN = (NOW, SECOND, SHORT, WAITS)

DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from([100.0, 260.0, 360.0, 460.0])),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 29.0, 30.0, 31.0, 61.0, 200.0])),
        st.tuples(st.sampled_from(["ack", "restart", "again", "adopt"]), st.just(0.0)),
    ),
    max_size=25,
)


def play(scene: Scene, what: str, value: float) -> None:
    if what == "read":
        scene.world.read("river", value)
    elif what == "wait":
        scene.wait(value)
    elif what == "restart":
        scene.restart(after=1.0)
    elif what == "again" and scene.world.changes:
        scene.actions.on_changes([scene.world.changes[-1]])
    elif what == "adopt":
        scene.actions.adopt(dict(scene.plans), scene.world.engine.alarms())
    elif what == "ack":
        try:
            scene.world.engine.acknowledge("flood", Person())
        except NotAllowed:
            return


@settings(max_examples=150, deadline=None)
@given(DEEDS)
def test_whatever_happens_the_steps_keep_their_promises(deeds: list[tuple[str, float]]) -> None:
    scene = Scene(*PLAN)
    for what, value in deeds:
        play(scene, what, value)
        alarm = scene.world.engine.alarm("flood")
        steps = {step.id: step for step in scene.actions.steps("flood")}
        shown = {id_ for id_, step in steps.items() if step.stage is Stage.DONE and step.planned.show is not None}
        assert scene.wall.claims.keys() == shown
        assert not steps or (alarm.active and not alarm.facts.quiet)
        assert WAITS.id not in steps or not alarm.acked
        assert scene.world.store.kept("action").keys() == steps.keys()
        assert (NOW.id in steps) >= (alarm.active and alarm.severity >= 3)
    begun = Counter(step.split("@")[1].split("/")[0] for step in scene.bell.told)
    assert all(count == 1 for count in begun.values())
    assert scene.bell.asked == len(scene.bell.told), "each time that the alarm calls, once"


@settings(max_examples=60, deadline=None)
@given(st.permutations([0, 1, 2, 3]), st.permutations(list(PLAN)))
def test_the_order_of_a_plan_and_of_alarms_in_a_batch_does_not_matter(order: list[int], plan: list[Planned]) -> None:
    ends = []
    for numbers, steps in ((order, plan), (sorted(order), list(PLAN))):
        scene = Scene()
        scene.world.read("river", 460)
        change = scene.world.changes[-1]
        names = [f"flood-{n}" for n in range(4)]
        plans = {name: tuple(replace(each, id=f"{each.id}/{name}") for each in steps) for name in names}
        actions = Actions(
            plans, scenes=scene.wall, commands=scene.door, notify=scene.bell, clock=scene.world.clock,
            store=scene.world.store, audit=scene.world.audit,
        )  # fmt: skip
        actions.restore([])
        actions.on_changes([structs.replace(change, alarm=structs.replace(change.alarm, id=names[n])) for n in numbers])
        scene.world.clock.advance(60)
        actions.tick()
        told = sorted((entry.action, entry.subject, entry.outcome) for entry in scene.world.audit.entries)
        ends.append((scene.wall.claims, sorted(scene.bell.told), told))
    assert ends[0] == ends[1]
