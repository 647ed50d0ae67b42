"""The Shure driver: tenths of a dB, what others change, and what is not there."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from drivers.devices.shure import Options, Shure
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg
from tests.drivers.asking import command, payloads
from tests.drivers.meeting import meeting


@pytest.fixture
def device() -> Shure:
    return Shure(Options(channels="podium=1; hall=17"))


@pytest.mark.parametrize(("level", "wire"), [(-110, b"0000"), (-12.5, b"0975"), (0, b"1100"), (30, b"1400")])
def test_levels_are_tenths_of_a_db_from_minus_110(device: Shure, level: float, wire: bytes) -> None:
    (payload,) = payloads(device, "level", channel="podium", level=level)
    assert payload == b"< SET 01 AUDIO_GAIN_HI_RES " + wire + b" >"
    (reply,) = device.feed(payload.replace(b"SET", b"REP"))
    assert dict(reply.values) == {"level.podium": level}


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("level", {"channel": "podium", "level": -12.34}),
        ("level", {"channel": "podium", "level": 30.1}),
        ("level", {"channel": "stage", "level": 0}),
        ("preset", {"preset": "11"}),
        ("preset", {"preset": "x"}),
        ("announce", {"message": "x"}),
    ],
)
def test_what_a_device_cannot_do_is_a_bad_command(device: Shure, verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        device.request(command(verb, **args))


@pytest.mark.parametrize(
    "text", [b"< REP 1 AUDIO_MUTE LOUD >", b"< REP 1 AUDIO_GAIN_HI_RES x >", b"< GET 1 AUDIO_MUTE >", b"< REP  >"]
)
def test_what_no_device_says_is_garbage(device: Shure, text: bytes) -> None:
    with pytest.raises(ProtocolError):
        device.feed(text)


def test_one_channel_has_one_number() -> None:
    with pytest.raises(ValidationError, match="not one channel"):
        Options(channels="podium=1,2")


async def test_somebody_who_touches_the_mute_is_seen() -> None:
    async with meeting("shure", options={"channels": "podium=1"}, memory=True) as met:
        await met.up()
        met.emulator.press("mute", {"on": True})
        met.emulator.press("level", {"channel": "podium", "level": 6})
        await met.until(lambda: {"mute": "on", "level.podium": 6}.items() <= met.values.items())
