"""HDMI-CEC: escaped bytes, a television that is not there, and one that does not tell."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.codecs.inbox import drain
from drivers.codecs.pulse_eight import Code, Decoder, encode
from drivers.devices.hdmi_cec import HdmiCec, Options
from drivers.errors import BadCommand
from drivers.model import Result
from tests.drivers.asking import command
from tests.drivers.meeting import meeting


@given(data=st.binary(min_size=1, max_size=16), size=st.integers(1, 5))
@example(data=b"\xfc\xfd\xfe\xff", size=1)
def test_every_byte_passes_the_escapes_however_it_is_chopped(data: bytes, size: int) -> None:
    decoder = Decoder()
    raw = encode(Code.TRANSMIT, data)
    assert raw.count(0xFF) == raw.count(0xFE) == 1
    for at in range(0, len(raw), size):
        decoder.receive(raw[at : at + size])
    message = decoder.next()
    assert message is not None
    assert (message.code, message.data) == (Code.TRANSMIT, data)


@pytest.mark.parametrize("source", ["hdmi0", "hdmi10", "dp1", ""])
def test_an_input_is_one_of_nine(source: str) -> None:
    with pytest.raises(BadCommand, match="hdmi1 to hdmi9"):
        HdmiCec(Options()).request(command("input", source=source))


def test_a_frame_too_long_is_dropped_and_the_next_is_understood() -> None:
    television = HdmiCec(Options())
    noise = encode(0x45, b"\x01") + encode(0x46, b"\x90") * 30 + encode(0xC6, b"\x00")
    good = encode(0x45, b"\x01") + encode(0x46, b"\x90") + encode(0xC6, b"\x01")
    replies, _ = drain(television.feed, noise + good)
    assert [dict(reply.values) for reply in replies][-1] == {"power": "off"}


async def test_without_a_television_a_command_is_refused_in_words() -> None:
    async with meeting("hdmi_cec", state={"plugged": False}, memory=True) as met:
        await met.up()
        outcome = await met.ask("power", on=True)
        assert (outcome.result, "nobody on the HDMI cable" in outcome.detail) == (Result.REFUSED, True)


async def test_a_television_that_does_not_tell_its_power_is_obeyed_and_nothing_is_claimed() -> None:
    async with meeting("hdmi_cec", state={"tells_power": False}, memory=True) as met:
        await met.up()
        assert (await met.ask("power", on=True)).result is Result.DONE
        assert "power" not in met.values


async def test_the_remote_control_is_seen() -> None:
    async with meeting("hdmi_cec", memory=True) as met:
        await met.up()
        met.emulator.press("power", {"on": True})
        await met.reads(power="on")
