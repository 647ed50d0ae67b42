"""Telnet's option talk is refused, whatever the chopping, and the data passes."""

from __future__ import annotations

import pytest

from drivers.codecs.telnet import Telnet


def passed(pieces: list[bytes]) -> tuple[bytes, bytes]:
    telnet = Telnet()
    told = [telnet.receive(piece) for piece in pieces]
    return b"".join(text for text, _ in told), b"".join(back for _, back in told)


CASES = [
    ("fffd01", "", "fffc01"),
    ("fffb03", "", "fffe03"),
    ("fffd18fffd20fffd23fffd27", "", "fffc18fffc20fffc23fffc27"),
    ("41fffb0142", "4142", "fffe01"),
    ("fffc01fffe03", "", ""),
    ("41ffff42", "41ff42", ""),
    ("fffa1801fff041", "41", ""),
    ("fff141", "41", ""),
]


@pytest.mark.parametrize(("heard", "text", "back"), CASES)
def test_every_option_is_refused_and_the_data_passes(heard: str, text: str, back: str) -> None:
    data, wanted = bytes.fromhex(heard), (bytes.fromhex(text), bytes.fromhex(back))
    assert passed([data]) == wanted
    assert passed([data[at : at + 1] for at in range(len(data))]) == wanted


def test_a_subnegotiation_without_an_end_swallows_nothing_for_ever() -> None:
    text, _ = passed([b"\xff\xfa" + b"x" * 300, b"+OK\r\n"])
    assert text.endswith(b"+OK\r\n")
