"""What a family's emulator and its driver do together beyond what `test_faults` asks of every one."""

from __future__ import annotations

import pytest

from drivers.model import DeviceState, Result, Value
from tests.drivers.meeting import meeting

pytestmark = pytest.mark.real


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
