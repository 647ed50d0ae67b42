"""ONVIF PTZ: the digest of the standard, a camera whose clock is wrong, both logins, presets by name, time limits."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from drivers.codecs import onvif
from drivers.codecs.inbox import drain
from drivers.devices.onvif_ptz import SPEC, OnvifPtz, Options
from drivers.emulators.http_door import response
from drivers.errors import BadCommand, ProtocolError
from drivers.model import DeviceState, Result
from tests.drivers.asking import command
from tests.drivers.meeting import meeting

LOGIN: dict[str, Any] = {"user": "operator", "password": "rahasia"}
RIGHT: dict[str, Any] = {"pan": 0.5, "tilt": 0.0, "zoom": 0.0, "seconds": 2.0}


def test_the_digest_is_that_of_the_standard() -> None:
    nonce = b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    assert onvif.password_digest(nonce, "2010-09-16T07:50:45Z", "userpassword") == "tuOSpGlFlIXsozq4HFNeeGeFLEI="


@pytest.mark.parametrize("skew", [0.0, -86_400.0, 400_000_000.0])
async def test_a_camera_whose_clock_is_wrong_lets_us_in_all_the_same(skew: float) -> None:
    async with meeting("onvif_ptz", state={**LOGIN, "skew": skew}, options=LOGIN, memory=True) as met:
        await met.up()
        assert (met.values["model"], met.values["presets"]) == ("PTZ-20X", "Pintu")
        assert (await met.ask("home")).result is Result.DONE


async def test_a_camera_that_wants_an_http_login_gets_one() -> None:
    async with meeting("onvif_ptz", state={**LOGIN, "login": "http"}, options=LOGIN, memory=True) as met:
        await met.up()
        assert (await met.ask("preset", preset="Pintu")).result is Result.DONE
        await met.reads(pan=0.5, tilt=0.1, zoom=0.3)


@pytest.mark.parametrize("login", ["token", "http"])
async def test_a_wrong_password_is_told_and_is_in_no_log(login: str) -> None:
    wrong = {**LOGIN, "password": "salah-sekali"}
    async with meeting("onvif_ptz", state={**LOGIN, "login": login}, options=wrong, memory=True) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert "password" in met.session.status.reason
        assert "salah-sekali" not in f"{met.session.status} {list(met.emulator.log)}"


async def test_a_movement_ends_at_its_time_limit_and_a_stop_ends_it_before() -> None:
    async with meeting("onvif_ptz", state=LOGIN, options=LOGIN, memory=True) as met:
        await met.up()
        assert (await met.ask("move", **RIGHT)).result is Result.DONE
        await met.reads(moving="yes")
        await met.reads(moving="no")
        reached = met.values["pan"]
        assert isinstance(reached, float)
        assert 0.35 <= reached <= 0.5
        await met.ask("move", **{**RIGHT, "seconds": 30.0})
        assert (await met.ask("stop")).result is Result.DONE
        assert met.emulator.state()["moving"] == 0


async def test_a_preset_is_kept_under_its_name_and_found_again() -> None:
    async with meeting("onvif_ptz", memory=True) as met:
        await met.up()
        assert (await met.ask("save_preset", preset="Podium & meja")).result is Result.DONE
        await met.until(lambda: "Podium & meja" in str(met.values["presets"]))
        assert (await met.ask("preset", preset="Podium & meja")).result is Result.DONE


async def test_what_the_camera_refuses_is_told_in_its_words() -> None:
    async with meeting("onvif_ptz", memory=True) as met:
        await met.up()
        await met.ask("move", **RIGHT)
        outcome = await met.ask("save_preset", preset="baru")
        assert (outcome.result, "MovingPTZ" in outcome.detail) == (Result.REFUSED, True)


@pytest.mark.real
async def test_it_is_the_same_over_tcp() -> None:
    async with meeting("onvif_ptz", state=LOGIN, options=LOGIN) as met:
        await met.up()
        assert (await met.ask("preset", preset="Pintu")).result is Result.DONE
        await met.reads(pan=0.5)


# --- the driver alone --------------------------------------------------------------------------------------------


def told(space: str, action: str, body: str) -> bytes:
    message = onvif.envelope(f'<r:{action}Response xmlns:r="{space}">{body}</r:{action}Response>')
    return response(200, message, kind=onvif.MIME)


def with_profile(camera: OnvifPtz) -> OnvifPtz:
    body = '<r:Profiles token="A"/><r:Profiles token="B"><tt:PTZConfiguration token="x"/></r:Profiles>'
    camera.feed(told(onvif.MEDIA, "GetProfiles", body))
    return camera


def test_the_first_profile_with_ptz_is_moved() -> None:
    camera = with_profile(OnvifPtz(Options()))
    assert b"<p:ProfileToken>B</p:ProfileToken>" in camera.request(command("home"))[-1].payload


def test_without_such_a_profile_nothing_is_moved() -> None:
    with pytest.raises(BadCommand, match="no profile with PTZ"):
        OnvifPtz(Options()).request(command("stop"))


def test_an_unknown_preset_is_refused_with_those_that_there_are() -> None:
    camera = with_profile(OnvifPtz(Options()))
    camera.feed(told(onvif.PTZ, "GetPresets", '<r:Preset token="7"><tt:Name>Pintu</tt:Name></r:Preset>'))
    assert b"<p:PresetToken>7</p:PresetToken>" in camera.request(command("preset", preset="7"))[-1].payload
    with pytest.raises(BadCommand, match="has no preset 'pintu'; it has Pintu"):
        camera.request(command("preset", preset="pintu"))


def test_of_an_address_behind_a_nat_only_the_path_counts() -> None:
    camera = with_profile(OnvifPtz(Options()))
    part = "<tt:PTZ><tt:XAddr>http://10.0.0.9:8080/onvif/Ptz</tt:XAddr></tt:PTZ>"
    camera.feed(told(onvif.DEVICE, "GetCapabilities", f"<r:Capabilities>{part}</r:Capabilities>"))
    assert camera.request(command("home"))[-1].payload.startswith(b"POST /onvif/Ptz HTTP/1.1\r\n")


def test_the_clock_is_asked_without_a_login_and_every_token_is_new() -> None:
    camera = with_profile(OnvifPtz(Options.model_validate(LOGIN)))
    clock, home = camera.request(command("home"))
    assert b"Security" not in camera.leaving(clock)
    date = "<tt:Date><tt:Year>2026</tt:Year><tt:Month>2</tt:Month><tt:Day>3</tt:Day></tt:Date>"
    time = "<tt:Time><tt:Hour>4</tt:Hour><tt:Minute>5</tt:Minute><tt:Second>60</tt:Second></tt:Time>"
    utc = f"<r:SystemDateAndTime><tt:UTCDateTime>{time}{date}</tt:UTCDateTime></r:SystemDateAndTime>"
    camera.feed(told(onvif.DEVICE, "GetSystemDateAndTime", utc))
    first, second = camera.leaving(home), camera.leaving(home)
    assert b"<u:Created>2026-02-03T04:05:59Z</u:Created>" in first
    assert (first == second, b"rahasia" in first) == (False, False)


@pytest.mark.parametrize(
    "body",
    [b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", b"<x/>", b"<a><Body/></a>", b"no xml", b"<" * 500],
)
def test_what_is_no_message_is_an_error_and_the_next_is_read(body: bytes) -> None:
    camera = OnvifPtz(Options())
    replies, errors = drain(camera.feed, response(200, body))
    assert (replies, [type(error) for error in errors]) == ([], [ProtocolError])
    assert [reply.topic for reply in camera.feed(told(onvif.PTZ, "Stop", ""))] == ["Stop"]


def test_a_question_that_a_camera_cannot_answer_is_not_asked_again() -> None:
    camera = with_profile(OnvifPtz(Options()))
    (status,) = (request for request in camera.poll() if request.topic == "GetStatus")
    camera.leaving(status)
    fault = (
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:ActionNotSupported</s:Value>"
        "</s:Subcode></s:Code></s:Fault>"
    )
    assert [reply.topic for reply in camera.feed(response(500, onvif.envelope(fault)))] == ["GetStatus"]
    assert [request.topic for request in camera.poll()] == ["GetSystemDateAndTime"]


def test_it_is_named_by_what_it_can_do() -> None:
    assert set(SPEC.verbs) == {"move", "stop", "preset", "save_preset", "home"}
