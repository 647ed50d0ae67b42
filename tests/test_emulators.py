"""Driver meets emulator under every fault: outcomes are honest, and when the fault is over all is right again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import pytest

from drivers.emulators.faults import FAULTS
from drivers.model import Arg, DeviceState, Result, Value
from tests.drivers.meeting import Meeting, meeting

pytestmark = pytest.mark.real

STATES: Mapping[str, Mapping[str, Value]] = {
    "samsung_mdc": {},
    "videohub": {},
    "pjlink": {"power": "on", "warm_up": 0.2, "cool_down": 0.2},
}
COMMANDS: Mapping[str, tuple[tuple[str, dict[str, Arg], dict[str, Value]], ...]] = {
    "samsung_mdc": (("input", {"source": "hdmi2"}, {"input": "hdmi2"}), ("volume", {"level": 33}, {"volume": 33})),
    "videohub": (
        ("route", {"routes": {"1": 4, "2": 5}}, {"route.1": 4, "route.2": 5}),
        ("route", {"routes": {"3": 9}}, {"route.3": 9}),
    ),
    "pjlink": (("input", {"source": "digital2"}, {"input": "digital2"}), ("mute", {"on": True}, {"mute": "on"})),
}
PARAMS: Mapping[str, Mapping[str, float]] = {
    "late": {"seconds": 0.1},
    "dribble": {"gap": 0.001},
    "reboot": {"seconds": 0.3},
    "pacing": {"gap": 0.004},
    "flood": {"count": 200},
}
FINE = {Result.VERIFIED}
LOST = {Result.UNSURE, Result.FAILED}
EXPECTED: Mapping[str, set[Result]] = {
    "no_answer": LOST,
    "late": FINE,
    "dribble": FINE,
    "glued": FINE,
    "bad_checksum": LOST,
    "garbage_before": FINE,
    "nak_once": {Result.REFUSED, Result.VERIFIED},
    "accepts_but_does_not_act": {Result.FAILED},
    "ack_lost": {Result.UNSURE},
    "close_mid_frame": LOST,
    "refuse_second_connection": FINE,
    "half_open": LOST,
    "push_between": FINE,
    "reboot": LOST,
    "other_identity": FINE,
    "wrong_password": FINE,
    "pin_blocked": FINE,
    "standby_port_closed": FINE,
    "slow_power": FINE,
    "flood": FINE,
    "unknown_block": FINE,
    "big_state": FINE,
}
"""What a command may come to while the fault is in force; what is not here may end in any way but must end."""


async def together(
    meet: Callable[[str, str], Coroutine[None, None, None]], families: Iterable[str], fault: str
) -> None:
    """Let several families meet at the same time: the waiting is real here."""
    async with asyncio.TaskGroup() as tasks:
        for family in families:
            tasks.create_task(meet(family, fault), name=family)


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_a_fault_is_told_honestly_and_leaves_nothing_behind(fault: str) -> None:
    await together(suffer, FAULTS[fault].families, fault)


async def suffer(family: str, fault: str) -> None:
    (verb, args, _), (other_verb, other_args, effects) = COMMANDS[family]
    async with meeting(family, state=STATES[family]) as met:
        await met.up()
        met.emulator.inject(fault, **PARAMS.get(fault, {}))
        outcome = await met.ask(verb, **args)
        assert outcome.result in EXPECTED.get(fault, set(Result)), (family, outcome)

        met.emulator.clear()
        if fault == "reboot" and family == "pjlink":
            met.emulator.press("power", {"on": True})
        await settled(met)
        assert (await met.ask(other_verb, **other_args)).result is Result.VERIFIED
        await met.until(lambda: effects.items() <= met.values.items())


async def settled(met: Meeting) -> None:
    """Wait until the session is up and has read the device's true state."""
    await met.up()
    await met.until(lambda: met.session.status.state is DeviceState.UP and truth(met).items() <= met.values.items())


def truth(met: Meeting) -> Mapping[str, object]:
    """Return some of what the device would say of itself now."""
    state: Mapping[str, Any] = met.emulator.state()
    if met.emulator.machine.family == "samsung_mdc":
        return {"volume": state["volume"], "power": "on" if state["power"] else "off"}
    if met.emulator.machine.family == "videohub":
        return {f"route.{output + 1}": source + 1 for output, source in enumerate(state["routing"])}
    return {"power": state["power"]}


@pytest.mark.parametrize("fault", ["ack_lost", "accepts_but_does_not_act"])
async def test_what_is_shown_after_a_lost_or_empty_acknowledgement_is_what_the_device_does(fault: str) -> None:
    await together(show, COMMANDS, fault)


async def show(family: str, fault: str) -> None:
    verb, args, effects = COMMANDS[family][0]
    async with meeting(family, state=STATES[family]) as met:
        await met.up()
        before = {name: met.values[name] for name in effects}
        met.emulator.inject(fault)
        await met.ask(verb, **args)
        wanted = effects if fault == "ack_lost" else before
        await met.until(lambda: wanted.items() <= met.values.items())


async def test_garbage_is_counted_and_shown() -> None:
    async with meeting("samsung_mdc") as met:
        await met.up()
        met.emulator.inject("garbage_before", times=1)
        await met.until(lambda: met.session.status.state is DeviceState.DEGRADED)
        assert met.session.counters["garbage"] >= 1


async def test_a_wrong_specimen_is_never_commanded() -> None:
    options: dict[str, Value] = {"expect_serial": "0AAA"}
    async with meeting("samsung_mdc", state={"serial": "0AAA"}, options=options) as met:
        await met.up()
        met.emulator.inject("other_identity")
        met.emulator.inject("reboot", seconds=0.0)
        await met.until(lambda: met.session.status.state is DeviceState.WRONG_DEVICE)
        outcome = await met.ask("input", source="hdmi2")
        assert (outcome.result, met.emulator.machine.state()["source"]) == (Result.FAILED, 0x21)

        met.emulator.clear()
        await met.up()


async def test_a_wrong_matrix_is_found_by_what_its_prelude_says() -> None:
    options: dict[str, Value] = {"expect_model": "Smart Videohub 16x16"}
    async with meeting("videohub", options=options) as met:
        await met.up()
        met.emulator.inject("other_identity")
        met.emulator.inject("reboot", seconds=0.0)
        await met.until(lambda: met.session.status.state is DeviceState.WRONG_DEVICE)


async def test_a_wrong_password_is_told_and_never_logged() -> None:
    async with meeting("pjlink", state={"password": "rahasia"}, options={"password": "salah"}) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert "password" in met.session.status.reason
        assert "salah" not in f"{met.session.status} {list(met.emulator.log)}"


async def test_the_right_password_opens() -> None:
    async with meeting("pjlink", state={"password": "rahasia", "power": "on"}, options={"password": "rahasia"}) as met:
        await met.up()
        assert met.values["power"] == "on"


async def test_a_panel_in_secured_mode_is_refused_with_the_reason() -> None:
    async with meeting("samsung_mdc", state={"password": "1234"}) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert "TLS" in met.session.status.reason


async def test_a_panel_without_network_standby_leaves_the_network_when_it_is_off() -> None:
    async with meeting("samsung_mdc") as met:
        await met.up()
        met.emulator.inject("standby_port_closed")
        met.emulator.press("power", {"on": False})
        await met.until(lambda: "refuses the connection" in met.session.status.reason)

        met.emulator.press("power", {"on": True})
        await met.up()
        assert met.values["power"] == "on"


async def test_a_matrix_with_a_state_larger_than_a_buffer_is_read_whole() -> None:
    async with meeting("videohub") as met:
        await met.up()
        met.emulator.inject("big_state")
        met.emulator.inject("reboot", seconds=0.0)
        await met.reads(route_288=288)


async def test_a_matrix_that_finds_its_device_again_tells_the_whole_state() -> None:
    async with meeting("videohub", state={"present": "false"}) as met:
        await met.until(lambda: met.values.get("present") == "no")
        assert "route.1" not in met.values

        met.emulator.load({"present": "true"})
        await met.reads(route_16=16)
        assert met.values["present"] == "yes"


async def test_a_button_on_the_device_is_simply_a_reading() -> None:
    async with meeting("samsung_mdc") as panel, meeting("videohub") as matrix:
        await panel.up()
        await matrix.up()
        panel.emulator.press("input", {"source": "dp1"})
        matrix.emulator.press("route", {"routes": {"7": 2}})
        await panel.reads(input="dp1")
        await matrix.reads(route_7=2)


async def test_a_projector_warms_up_and_cools_down_in_its_own_time() -> None:
    async with meeting("pjlink", state={"warm_up": 0.5, "cool_down": 0.5}) as met:
        await met.up()
        assert (await met.ask("power", on=True)).result in {Result.DONE, Result.VERIFIED}
        await met.reads(power="on")
        assert (await met.ask("power", on=False)).result in {Result.DONE, Result.VERIFIED}
        await met.reads(power="off")


async def test_a_locked_output_is_refused_by_name() -> None:
    async with meeting("videohub", state={}) as met:
        await met.up()
        met.emulator.press("lock_output", {"output": 5, "on": True})
        await met.until(lambda: met.values.get("lock.5") == "other")
        outcome = await met.ask("route", routes={"4": 1, "5": 1})
        assert outcome.result is Result.REFUSED
        assert "output 5 is locked" in outcome.detail
        assert met.values["route.4"] == 4
