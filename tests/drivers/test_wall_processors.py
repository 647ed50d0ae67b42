"""Wall processors and LED controllers: logins, places, failures that look like success, and XML that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.codecs.novastar import Decoder, Frame
from drivers.codecs.plain_xml import MOST, parse
from drivers.devices import barco_vwm, coriomaster, extron_quantum, hikvision_isapi, novastar, novastar_h, polywall
from drivers.driver import Driver
from drivers.emulators.novastar_h import Splicer
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, DeviceState, Result
from tests.drivers.meeting import meeting
from tests.machines import machine


def command(verb: str, **args: Arg) -> Command:
    return Command("c1", "wall", verb, args, "test", "", 0, 60.0)


def http(body: str, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()


# --- NovaStar -------------------------------------------------------------------------------------------------------


def test_the_wrong_checksums_of_a_public_table_are_refused() -> None:
    decoder = Decoder(replies=False)
    decoder.receive(bytes.fromhex("55aa0000feff01ffffff0100010000020100ff5a5b"))
    with pytest.raises(ProtocolError, match="checksum"):
        decoder.next()
    decoder.receive(bytes.fromhex("55aa0015fe00011134020100010000020100803557"))
    frame = decoder.next()
    assert frame == Frame(
        reply=False,
        serial=0x15,
        register=0x02000001,
        write=True,
        data=b"\x80",
        length=1,
        kind=1,
        port=0x11,
        board=0x0234,
    )


def test_what_is_not_frozen_any_more_may_still_be_black() -> None:
    controller = novastar.Controller(novastar.Options())
    controller.feed(bytes.fromhex("aa55000000fe00000000000050002002010002c856"))
    (still_black,) = controller.request(command("freeze", on=False))
    (lit,) = controller.request(command("picture_mute", on=False))
    assert (still_black.payload[18], lit.payload[18]) == (2, 0)


@pytest.mark.parametrize("level", range(101))
def test_every_percent_of_brightness_is_read_back_as_it_was_set(level: int) -> None:
    controller = novastar.Controller(novastar.Options())
    (request,) = controller.request(command("brightness", level=level))
    answer = Frame(reply=True, serial=0, register=novastar.BRIGHTNESS, write=False, data=request.payload[18:19], kind=1)
    assert dict(controller.feed(answer.encode())[0].values) == {"brightness": level}


# --- CORIOmaster ----------------------------------------------------------------------------------------------------


@pytest.mark.real
async def test_a_preset_and_a_place_are_taken_and_read_back() -> None:
    async with meeting("coriomaster") as met:
        await met.up()
        met.emulator.load({"presets": {"3": {"1": "Slot4.In4"}}})
        assert (await met.ask("preset", preset="3")).result is Result.VERIFIED
        await met.until(lambda: met.values.get("route.1") == 404)
        outcome = await met.ask("place", window=2, x=1921, y=-3, width=1281, height=721)
        assert outcome.result is Result.VERIFIED
        assert met.values["place.2"] == "1921,-3,1281,721"
        assert (await met.ask("preset", preset="9")).result is Result.REFUSED


@pytest.mark.real
async def test_a_wrong_login_is_told_and_not_tried_again_at_once() -> None:
    async with meeting("coriomaster", options={"password": "salah"}) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert "password" in met.session.status.reason
        assert "salah" not in met.session.status.reason


def test_an_input_without_a_number_is_not_shown_as_one() -> None:
    processor = coriomaster.Processor(coriomaster.Options())
    (reply,) = processor.feed(b"Window1.Input = Slot5.Stream1\r\n!Done Window1.Input\r\n")
    assert (reply.topic, dict(reply.values)) == ("window1.input", {})


def test_a_block_of_the_device_is_bounded() -> None:
    processor = coriomaster.Processor(coriomaster.Options())
    with pytest.raises(ProtocolError, match="dropped"):
        for line in range(2000):
            processor.feed(f"Slot1.In{line} = x\r\n".encode())


# --- Hikvision ------------------------------------------------------------------------------------------------------


def hikvision(**options: Any) -> hikvision_isapi.Controller:
    return hikvision_isapi.Controller(hikvision_isapi.Options.model_validate({"password": "hik12345", **options}))


def test_a_failure_behind_a_200_is_a_refusal_and_busy_is_not_now() -> None:
    wall = hikvision()
    (bad,) = wall.feed(http("<ResponseStatus><statusCode>4</statusCode></ResponseStatus>"))
    (busy,) = wall.feed(http("<ResponseStatus><statusCode>2</statusCode></ResponseStatus>"))
    (good,) = wall.feed(http("<ResponseStatus><statusCode>0</statusCode></ResponseStatus>"))
    assert bad.refused is not None
    assert not bad.refused.busy
    assert busy.refused is not None
    assert busy.refused.busy
    assert good.refused is None


def test_the_password_never_leaves_as_it_is_and_a_refused_answer_ends_the_login() -> None:
    wall = hikvision()
    challenge = http("", "401 Unauthorized", 'WWW-Authenticate: Digest realm="DS", nonce="abc", qop="auth"\r\n')
    (question,) = wall.hello()
    assert b"Authorization" not in wall.leaving(question)
    (again,) = wall.feed(challenge)
    assert again.back.startswith(b'GET /ISAPI/System/deviceInfo HTTP/1.1\r\nAuthorization: Digest username="admin"')
    assert b"hik12345" not in again.back
    (denied,) = wall.feed(challenge)
    assert "password" in denied.denied


@pytest.mark.real
async def test_a_wrong_password_is_told() -> None:
    async with meeting("hikvision_isapi", options={"password": "salah"}) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert "salah" not in f"{met.session.status} {list(met.emulator.log)}"


@pytest.mark.real
async def test_a_window_is_placed_and_nothing_else_of_it_changes() -> None:
    async with meeting("hikvision_isapi", state={"windows": 2}, options={"password": "hik12345"}) as met:
        await met.up()
        assert (await met.ask("place", window=2, x=0, y=1920, width=3840, height=1920)).result is Result.VERIFIED
        windows: Any = met.emulator.state()["window"]
        assert windows["2"] == {"x": 0, "y": 1920, "width": 3840, "height": 1920, "source": 16_842_754}
        assert windows["1"]["width"] == 1920


def test_a_window_that_nobody_has_opened_cannot_be_given_a_source() -> None:
    with pytest.raises(BadCommand, match="no window 1 on the wall"):
        hikvision().request(command("route", routes={"1": 16_842_753}))


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<!doctype a><a/>",
        b'\xff\xfe' + '<!DOCTYPE a><a/>'.encode("utf-16-le"),
        b'<?xml version="1.0" encoding="cp037"?>' + "<!DOCTYPE a><a/>".encode("cp037"), b"<!ENTITY x 'y'><a/>",
        b"<a>" * 60 + b"</a>" * 60, b"<a/>" + b" " * MOST, b"<a>&x;</a>", b"<a>", b"", b"plain",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)  # fmt: skip
def test_xml_that_declares_is_too_large_or_none_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(body)


# --- Barco ----------------------------------------------------------------------------------------------------------


def test_when_a_session_has_ended_the_key_is_shown_again_and_the_question_repeated() -> None:
    wall = barco_vwm.UniSee(barco_vwm.Options.model_validate({"key": "kunci"}))
    wall.leaving(wall.hello()[0])
    wall.feed(http('{"sid":"one","expiresIn":1800}'))
    power = wall.poll()[0]
    assert b"Cookie: sid=one\r\n" in wall.leaving(power)
    (expelled,) = wall.feed(http("", "401 Unauthorized"))
    assert (b"/auth/key" in expelled.back, b"Cookie" in expelled.back) == (True, False)
    (again,) = wall.feed(http('{"sid":"two","expiresIn":1800}'))
    assert b"GET /api/v1/wall/power" in again.back
    assert b"Cookie: sid=two\r\n" in again.back
    (reply,) = wall.feed(http('{"power":"idle"}'))
    assert (reply.topic, dict(reply.values)) == ("power", {"power": "idle"})


def test_a_wrong_key_is_a_refused_login_and_darker_than_allowed_is_a_bad_command() -> None:
    wall = barco_vwm.UniSee(barco_vwm.Options.model_validate({"key": "kunci", "low": 20}))
    wall.leaving(wall.hello()[0])
    (denied,) = wall.feed(http("", "401 Unauthorized"))
    assert "key" in denied.denied
    with pytest.raises(BadCommand, match="20 to 100"):
        wall.request(command("brightness", level=10))


@pytest.mark.parametrize(
    "body", ['{"power":"perhaps"}', '{"brightness":101}', '{"brightness":true}', "{", '{"sid":"a;b"}']
)
def test_an_answer_that_makes_no_sense_is_a_protocol_error(body: str) -> None:
    with pytest.raises(ProtocolError):
        barco_vwm.UniSee(barco_vwm.Options()).feed(http(body))


# --- Quantum --------------------------------------------------------------------------------------------------------


def test_presets_windows_and_canvases_of_a_quantum() -> None:
    wall = machine("extron_quantum", {"canvases": 2, "windows": 3, "verbose": 3})
    wall.greet(1)
    told = b"".join(
        said for one in wall.hear(1, b"2*1*1001!1*2*5,2*1*1B1*2*5.2*9*1!\x1bL1*2PRST\r") for said in wall.answer(1, one)
    )
    assert told == (b"Grp02 Win001 In1001\r\n1Spr02*005\r\nVmt02*001*1\r\n1Rpr02*005\r\nE13\r\nPrstL1*02*005\r\n")


@pytest.mark.parametrize(
    ("driver", "verb", "args"),
    [
        (novastar.Controller(novastar.Options()), "brightness", {"level": 101}),
        (novastar.Controller(novastar.Options()), "power", {"on": True}),
        (coriomaster.Processor(coriomaster.Options()), "route", {"routes": {"1": 0}}),
        (coriomaster.Processor(coriomaster.Options()), "route", {"routes": {"1": 300}}),
        (coriomaster.Processor(coriomaster.Options()), "place", {"window": 1, "x": 0, "y": 0, "width": 0, "height": 9}),
        (coriomaster.Processor(coriomaster.Options()), "place", {"window": 9, "x": 0, "y": 0, "width": 9, "height": 9}),
        (extron_quantum.Processor(extron_quantum.Options()), "preset", {"preset": "129"}),
        (hikvision(), "place", {"window": 1, "x": -1, "y": 0, "width": 9, "height": 9}),
        (hikvision(), "freeze", {"on": True}),
    ],
)  # fmt: skip
def test_what_a_wall_cannot_do_is_a_bad_command(driver: Driver, verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        driver.request(command(verb, **args))


# --- Polywall, Control Room Proxy, H series: what says little or nothing ----------------------------------------------


async def test_a_scenario_is_read_back_because_the_controller_says_nothing_and_two_stand_five_seconds_apart() -> None:
    async with meeting("polywall", memory=True) as met:
        await met.up()
        assert (await met.ask("preset", preset="Banjir")).result is Result.VERIFIED
        assert met.values["preset"] == "Banjir"
        assert (await met.ask("preset", preset="Tidak ada")).result is Result.FAILED


def test_scenarios_without_an_end_do_not_fill_the_memory() -> None:
    wall = polywall.Polywall(polywall.Options())
    with pytest.raises(ProtocolError, match="dropped"):
        for _ in range(600):
            wall.feed(b'*s Scenarios Scenario "A" IsPlaying: 1\r\n')


async def test_a_perspective_under_another_is_still_the_one_that_was_wanted() -> None:
    async with meeting("barco_crp", memory=True) as met:
        await met.up()
        assert (await met.ask("preset", preset="Banjir")).result is Result.VERIFIED
        met.emulator.press("preset", {"preset": "Rapat"})
        assert (await met.ask("preset", preset="Tidak ada")).result is Result.REFUSED
        shown: Any = met.emulator.state()["shown"]
        assert shown == {"Display": ["Harian", "Banjir", "Rapat"]}


def test_the_splicer_obeys_its_own_screen_only_and_answers_nothing() -> None:
    splicer = Splicer()
    driver = novastar_h.Splicer(novastar_h.Options())
    for verb, args in (("preset", {"preset": "7"}), ("freeze", {"on": True}), ("picture_mute", {"on": True})):
        (request,) = driver.request(command(verb, **args))
        assert (request.silent, splicer.hear(request.payload)) == (True, [])
    other = novastar_h.Splicer(novastar_h.Options(screen=2))
    splicer.hear(other.request(command("brightness", level=3))[0].payload)
    splicer.hear(b"[{}, 3, {")
    assert splicer.facts == {
        "screen": 1, "unit": 1, "preset": 7, "freeze": 1, "lit": 0, "brightness": 100, "heard": 3,
    }  # fmt: skip
