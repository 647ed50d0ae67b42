"""The Q-SYS driver: ids that do not match, the twin core, change groups, and the logon."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.devices.qsys_qrc import Options, QSys
from drivers.errors import BadCommand
from drivers.model import DeviceState, Result
from tests.drivers.asking import command
from tests.drivers.meeting import meeting

CHANNELS = "hall=MainGain MainMute; podium=Mixer:output.1.gain Mixer:output.1.mute"


def core(**options: Any) -> QSys:
    return QSys(Options.model_validate({"channels": CHANNELS, **options}))


def told(**body: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **body}).encode() + b"\0"


def engine(state: str, code: str = "A") -> bytes:
    return told(method="EngineStatus", params={"State": state, "DesignName": "Semarak", "DesignCode": code})


def methods(driver: QSys) -> list[str]:
    return [json.loads(request.payload[:-1])["method"] for request in driver.poll()]


def test_an_id_that_was_never_asked_answers_what_is_in_flight() -> None:
    driver = core()
    (request,) = driver.request(command("level", channel="hall", level=0))
    assert [reply.topic for reply in driver.feed(told(id=4711, result=True))] == [None]
    assert [reply.topic for reply in driver.feed(told(id=1, result=True))] == [request.topic]


def test_a_core_on_standby_is_not_commanded() -> None:
    driver = core()
    driver.feed(engine("Standby"))
    with pytest.raises(BadCommand, match="standby"):
        driver.request(command("level", channel="hall", level=0))
    driver.feed(engine("Active"))
    assert driver.request(command("level", channel="hall", level=0))


def test_a_new_design_is_subscribed_to_anew() -> None:
    driver = core()
    driver.feed(engine("Active", "A"))
    assert "ChangeGroup.AutoPoll" in methods(driver)
    assert "ChangeGroup.AutoPoll" not in methods(driver)
    driver.feed(engine("Active", "B"))
    assert "ChangeGroup.AutoPoll" in methods(driver)


@pytest.mark.parametrize("options", [{"channels": "hall=MainGain"}, {"snapshots": "siaga=Room"}, {"ramp": -1.0}])
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        core(**options)


def test_the_password_is_in_no_repr() -> None:
    driver = core(user="av", password="rahasia")
    assert "rahasia" not in f"{driver!r} {vars(driver)}"


async def test_what_somebody_changes_in_the_design_is_news() -> None:
    async with meeting("qsys_qrc", options={"channels": CHANNELS}, memory=True) as met:
        await met.up()
        met.emulator.press("level", {"channel": "podium", "level": -33})
        await met.until(lambda: met.values.get("level.podium") == -33)


async def test_the_twin_takes_over_and_this_core_says_so() -> None:
    async with meeting("qsys_qrc", options={"channels": CHANNELS}, memory=True) as met:
        await met.up()
        met.emulator.load({"engine": "Standby"})
        await met.until(lambda: met.values.get("engine") == "standby")
        outcome = await met.ask("level", channel="hall", level=-3)
        assert (outcome.result, "twin" in outcome.detail) == (Result.FAILED, True)


async def test_a_wrong_logon_is_told() -> None:
    state = {"user": "av", "password": "right"}
    async with meeting("qsys_qrc", state=state, options={"user": "av", "password": "wrong"}, memory=True) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)


async def test_snapshots_and_announcements_reach_the_core() -> None:
    options = {"snapshots": "siaga=Room 2", "messages": "evacuate=PlayEvacuate"}
    async with meeting("qsys_qrc", options=options, memory=True) as met:
        await met.up()
        assert (await met.ask("announce", message="evacuate")).result is Result.DONE
        await met.ask("preset", preset="siaga")
        state = met.emulator.state()
        assert (state["played"], state["last_snapshot"]) == (1, "Room 2")
