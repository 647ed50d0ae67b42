"""The Tesira driver: telnet, login, subscriptions that die with the connection, and what a refusal means."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from drivers.devices.tesira import Options, Tesira
from drivers.emulators.tesira import ASKED, TesiraServer
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, DeviceState, Result
from tests.drivers.asking import command, payloads
from tests.drivers.meeting import meeting
from tests.fakes import FakeClock

CHANNELS = {"channels": 'hall="My Level" 1; podium=Mixer1 2 inputLevel inputMute'}


@pytest.fixture
def server() -> Tesira:
    return Tesira(Options(**CHANNELS))


def test_every_telnet_option_is_refused_before_anything_is_said(server: Tesira) -> None:
    (reply,) = server.feed(ASKED)
    assert reply.back == bytes.fromhex("fffc18fffc20fffc23fffc27")
    assert (reply.topic, dict(reply.values)) == ("aside", {})


def test_the_banner_is_awaited_once_and_not_at_all_on_a_serial_port(server: Tesira) -> None:
    assert server.hello()[0].payload == b""
    server.feed(b"Welcome to the Tesira Text Protocol Server...\r\n")
    assert all(request.payload for request in server.hello())
    assert all(request.payload for request in Tesira(Options(greets=False)).hello())


def test_prompts_are_answered_though_their_line_does_not_end() -> None:
    server = Tesira(Options.model_validate({"user": "av", "password": "rahasia"}))
    backs = [reply.back for piece in (b"\r\nlog", b"in: ", b"Password: ") for reply in server.feed(piece)]
    assert backs == [b"av\n", b"rahasia\n"]
    assert "rahasia" not in f"{server!r} {vars(server)}"


def test_blocks_of_mixers_have_attributes_of_their_own(server: Tesira) -> None:
    assert payloads(server, "level", channel="podium", level=-3) == [b"Mixer1 set inputLevel 2 -3\n"]
    assert payloads(server, "mute_channel", channel="hall", on=False) == [b'"My Level" set mute 1 false\n']


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("level", {"channel": "stage", "level": 0}),
        ("level", {"channel": "hall", "level": True}),
        ("announce", {"message": "evacuate"}),
        ("preset", {"preset": 'a" x'}),
        ("power", {"on": True}),
    ],
)
def test_what_the_site_does_not_name_is_a_bad_command(server: Tesira, verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        server.request(command(verb, **args))


@pytest.mark.parametrize("channels", ["hall=Level1", "hall=Level1 x", "hall=Level1 1 level"])
def test_a_channel_is_a_tag_and_an_index(channels: str) -> None:
    with pytest.raises(ValidationError, match="instance tag"):
        Options(channels=channels)


def test_a_level_that_is_no_number_is_garbage(server: Tesira) -> None:
    with pytest.raises(ProtocolError, match="level of hall"):
        server.feed(b'! "publishToken":"level_hall" "value":loud\r\n')


def test_the_server_says_nothing_before_every_option_is_refused() -> None:
    device = TesiraServer({}, clock=FakeClock())
    assert device.greet(1) == [ASKED]
    (waiting,) = device.hear(1, b"\xff\xfc\x18SESSION get aliases\n")
    assert device.answer(1, waiting) == []
    (last,) = device.hear(1, b"\xff\xfc\x20\xff\xfe\x23\xff\xfc\x27")
    assert b"Welcome" in device.answer(1, last)[0]


async def test_a_protected_server_lets_in_who_knows_the_password() -> None:
    options = {**CHANNELS, "user": "av", "password": "rahasia"}
    state = {"channels": CHANNELS["channels"], "user": "av", "password": "rahasia"}
    async with meeting("tesira", state=state, options=options, memory=True) as met:
        await met.up()
        assert (await met.ask("level", channel="hall", level=-12.5)).result is Result.VERIFIED


async def test_a_wrong_password_is_told_and_not_tried_again_at_once() -> None:
    state = {"user": "default", "password": "other"}
    async with meeting("tesira", state=state, memory=True) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert "password" in met.session.status.reason


async def test_subscriptions_are_made_anew_after_a_cut() -> None:
    async with meeting("tesira", options={"channels": "hall=Level1 1"}, memory=True) as met:
        await met.up()
        met.emulator.inject("reboot", seconds=0.2)
        await met.until(lambda: met.failures)
        await met.up()
        met.emulator.press("level", {"channel": "hall", "level": -20})
        await met.until(lambda: met.values.get("level.hall") == -20)


async def test_a_preset_is_accepted_and_nobody_claims_more() -> None:
    async with meeting("tesira", options={"messages": "evacuate=1005"}, memory=True) as met:
        await met.up()
        assert (await met.ask("announce", message="evacuate")).result is Result.DONE
        assert met.emulator.state()["last_preset"] == "1005"
        outcome = await met.ask("preset", preset="1999")
        assert (outcome.result, "address not found" in outcome.detail) == (Result.REFUSED, True)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("Level1 get numChannels", '+OK "value":2'),
        ("Level1 get maxLevel 2", '+OK "value":12.000000'),
        ("Level1 increment level 1 -3", "+OK"),
        ("Level1 toggle mute 1", "+OK"),
        ("Level1 set level 1 13", "-ERR value out of range: 13"),
        ("level1 get level 1", '-ERR address not found: {"deviceId":0 "classCode":0 "instanceNum":0}'),
        ("Level1 get level 3", "-ERR Parse error at 11: bad attribute or index"),
        ("Level1 get level", "-ERR Parse error at 16: not enough parameters supplied"),
        ("SESSION get aliases", '+OK "list":["DEVICE" "Level1" "Level2"]'),
        ("DEVICE get version", '+OK "value":"3.5.0.12345"'),
    ],
)
def test_each_line_has_its_answer(line: str, answer: str) -> None:
    device = TesiraServer({"negotiates": False}, clock=FakeClock())
    device.greet(1)
    assert device.answer(1, line)[-1].decode().rstrip() == answer
