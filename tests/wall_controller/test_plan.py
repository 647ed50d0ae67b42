"""The plan: pure, minimal, in order, the same for the same input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drivers.capability import check
from drivers.model import Value
from tests.wall_controller.wall_world import MATRIX, base_state, demo_scenes, demo_wall
from wall_controller.capacity import MATRIX as SALVO
from wall_controller.capacity import Capacity
from wall_controller.plan import ARGS, SHAPE, SWITCH, WAKE, Plan, Step, merged, plan, reachable, targets

CAPACITIES = {MATRIX: SALVO}

panel_values = st.fixed_dictionaries(
    {},
    optional={
        "power": st.sampled_from(["on", "off"]),
        "input": st.sampled_from(["hdmi1", "hdmi2"]),
        "tile": st.sampled_from(["off", "2x2:1", "2x2:4", "1x3:2"]),
    },
)
matrix_values = st.dictionaries(st.sampled_from([f"route.{n}" for n in range(1, 15)]), st.integers(1, 16))
states = st.fixed_dictionaries(
    {}, optional={**{f"lfd-r1c{n}": panel_values for n in range(1, 5)}, MATRIX: matrix_values}
)


def applied(reported: Mapping[str, Mapping[str, Value]], made: Plan) -> dict[str, dict[str, Value]]:
    return merged([reported, *({step.device: step.effects} for step in made.steps)])


@given(states, states)
def test_after_the_plan_everything_that_was_read_is_as_wanted_and_nothing_else_has_moved(
    desired: dict[str, dict[str, Value]], reported: dict[str, dict[str, Value]]
) -> None:
    made = plan(desired, reported, CAPACITIES)
    after = applied(reported, made)
    for device, values in desired.items():
        if reported.get(device):
            assert after[device] == {**reported[device], **values}
        else:
            assert device in made.unread
    assert set(made.unread) == {device for device in desired if not reported.get(device)}
    assert plan(desired, after, CAPACITIES).steps == ()


@given(states, states)
def test_only_differences_are_sent_and_every_command_is_one_that_devices_know(
    desired: dict[str, dict[str, Value]], reported: dict[str, dict[str, Value]]
) -> None:
    for step in plan(desired, reported, CAPACITIES).steps:
        assert dict(check(step.verb, step.args).effects(step.args)) == dict(step.effects)
        for name, value in step.effects.items():
            assert reported[step.device].get(name) != value
            assert desired[step.device][name] == value


@given(states, states, st.randoms(use_true_random=False))
def test_the_same_input_gives_the_same_plan_in_whatever_order_it_is_written(
    desired: dict[str, dict[str, Value]], reported: dict[str, dict[str, Value]], random: object
) -> None:
    def mixed(state: dict[str, dict[str, Value]]) -> dict[str, dict[str, Value]]:
        devices = list(state)
        random.shuffle(devices)  # type: ignore[attr-defined]  # hypothesis' Random
        return {device: dict(sorted(state[device].items(), reverse=True)) for device in devices}

    assert repr(plan(desired, reported, CAPACITIES)) == repr(plan(mixed(desired), mixed(reported), CAPACITIES))


@given(states, states)
def test_waking_comes_first_then_one_salvo_with_inputs_then_the_rest(
    desired: dict[str, dict[str, Value]], reported: dict[str, dict[str, Value]]
) -> None:
    def group(step: Step) -> int:
        if step.verb == "power":
            return WAKE if step.args["on"] else SHAPE
        return SWITCH if step.verb in {"route", "input"} else SHAPE

    made = plan(desired, reported, CAPACITIES)
    order = [group(step) for step in made.steps]
    assert order == sorted(order)
    assert sum(step.verb == "route" for step in made.steps) <= 1
    switching = [step.verb for step in made.steps if group(step) == SWITCH]
    assert "route" not in switching[1:]
    assert (made.estimate > 0) == bool(made.steps)


def test_the_flood_on_the_daily_wall_is_one_salvo_and_four_tiles() -> None:
    wall, scenes = demo_wall(), demo_scenes()
    wanted = merged([base_state(), targets(wall, scenes["banjir"].layouts["tanggap"])])
    made = plan(wanted, base_state(), CAPACITIES)
    assert [(step.device, step.verb) for step in made.steps] == [
        (MATRIX, "route"), ("lfd-r1c3", "tile"), ("lfd-r1c4", "tile"), ("lfd-r2c3", "tile"), ("lfd-r2c4", "tile"),
    ]  # fmt: skip
    assert made.steps[1].args == {"rows": 2, "columns": 2, "position": 1}
    assert made.groups[0] == made.steps[:1]
    assert made.estimate == 0.1


def test_the_salvo_goes_before_the_inputs_of_panels_whatever_they_are_called() -> None:
    wanted: dict[str, dict[str, Value]] = {"a": {"input": "hdmi1"}, MATRIX: {"route.1": 2}, "z": {"input": "hdmi1"}}
    read: dict[str, dict[str, Value]] = {"a": {"input": "pc"}, MATRIX: {"route.1": 1}, "z": {"input": "pc"}}
    assert [step.device for step in plan(wanted, read, CAPACITIES).steps] == [MATRIX, "a", "z"]


def test_a_matrix_without_salvos_gets_one_command_a_route() -> None:
    made = plan({MATRIX: {"route.2": 5, "route.10": 6}}, {MATRIX: {"route.2": 1}}, {MATRIX: Capacity(command_ms=250)})
    assert [step.args for step in made.steps] == [{"routes": {"2": 5}}, {"routes": {"10": 6}}]
    assert made.estimate == 0.5


def test_a_change_of_power_has_longer_and_so_has_what_follows() -> None:
    wanted: dict[str, dict[str, Value]] = {"p": {"power": "on", "tile": "2x2:3"}, "q": {"tile": "off"}}
    made = plan(wanted, {"p": {"power": "off"}, "q": {"tile": "1x2:1"}}, {})
    patience = {(step.device, step.verb): (step.patience, step.proof) for step in made.steps}
    assert patience == {("p", "power"): (15.0, 12.5), ("p", "tile"): (15.0, 12.5), ("q", "tile"): (5.0, 2.5)}
    assert made.estimate == 5.2


def test_going_dark_comes_last() -> None:
    wanted: dict[str, dict[str, Value]] = {"a": {"power": "off"}, MATRIX: {"route.1": 2}}
    made = plan(wanted, {"a": {"power": "on"}, MATRIX: {"route.1": 1}}, CAPACITIES)
    assert [step.verb for step in made.steps] == ["route", "power"]


def test_dead_panels_are_left_alone() -> None:
    wall = demo_wall()
    broken = replace(wall, panels={**wall.panels, "r1c1": replace(wall.panels["r1c1"], dead=True)})
    wanted = targets(broken, demo_scenes()["banjir"].layouts["tanggap"])
    assert "lfd-r1c1" not in wanted
    assert "route.1" not in wanted[MATRIX]
    assert wanted["lfd-r1c2"]["tile"] == "2x2:2"
    assert "lfd-r1c1" not in targets(broken, demo_scenes()["malam"].layouts["tanggap"])


def test_a_preset_is_recalled_before_what_is_routed_beside_it() -> None:
    made = plan({"wall": {"route.2": 7, "preset": "5"}}, {"wall": {"preset": "1"}}, CAPACITIES)
    assert [step.verb for step in made.steps] == ["preset", "route"]


def test_every_value_of_a_room_can_be_brought_about() -> None:
    values: dict[str, Value] = {
        "power": "on", "input": "hdmi1", "tile": "off", "volume": 20, "brightness": 50, "mute": "on",
        "picture_mute": "off", "freeze": "on", "preset": "5", "panel_lock": "on",
    }  # fmt: skip
    for name, value in values.items():
        made = plan({"d": {name: value}}, {"d": {"other": 1}}, {})
        step = made.steps[0]
        assert dict(check(step.verb, step.args).effects(step.args)) == {name: value}
    assert reachable(ARGS)
    assert reachable(["route.3"])
    assert not reachable(["lock.1"])
