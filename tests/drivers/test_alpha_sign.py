"""Text signs: packets with their checksum, letters that cannot be shown, and outcomes that claim nothing."""

from __future__ import annotations

import pytest

from drivers.codecs.alpha_sign import Decoder, Packet, encode
from drivers.devices.alpha_sign import AlphaSign, Options
from drivers.devices.line_text import LineText
from drivers.devices.line_text import Options as LineOptions
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Result
from tests.drivers.asking import command
from tests.drivers.meeting import meeting


@pytest.mark.parametrize("text", ["a\x04b", "a\x1cb", "naïve", "x" * 126])
def test_what_a_sign_cannot_show_is_a_bad_command(text: str) -> None:
    with pytest.raises(BadCommand):
        AlphaSign(Options()).request(command("text", text=text))


def test_a_line_cannot_end_early() -> None:
    with pytest.raises(BadCommand):
        LineText(LineOptions()).request(command("text", text="a\r\nb"))


def test_a_packet_with_a_wrong_checksum_is_garbage() -> None:
    decoder = Decoder()
    raw = encode(Packet("A", "Ahello"))
    decoder.receive(raw.replace(b"hello", b"hullo") + raw)
    with pytest.raises(ProtocolError, match="checksum"):
        decoder.next()
    assert decoder.next() == Packet("A", "Ahello")


async def test_a_text_is_shown_and_nobody_claims_to_know_it() -> None:
    async with meeting(
        "alpha_sign", state={"own": "07"}, options={"address": "07", "mode": "hold"}, memory=True
    ) as met:
        await met.up()
        assert (await met.ask("text", text="SIAGA 1")).result is Result.UNSURE
        assert (await met.ask("announce", message="beeps")).result is Result.UNSURE
        state = met.emulator.state()
        assert (state["text"], state["shown"], state["tones"]) == ("SIAGA 1", "A\x1b b\x1c1SIAGA 1", 1)


async def test_a_sign_with_another_address_shows_nothing() -> None:
    async with meeting("alpha_sign", state={"own": "08"}, options={"address": "07"}, memory=True) as met:
        await met.up()
        await met.ask("text", text="SIAGA 1")
        assert met.emulator.state()["text"] == ""


async def test_a_display_shows_each_line() -> None:
    async with meeting("line_text", memory=True) as met:
        await met.up()
        assert (await met.ask("text", text="Rapat 09.00")).result is Result.UNSURE
        assert met.emulator.state()["text"] == "Rapat 09.00"
