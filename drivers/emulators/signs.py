"""Emulated text displays: an Alpha sign that checks its packets, and a display that shows each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.codecs.alpha_sign import SPECIAL, TONE, WRITE_TEXT, Decoder, Packet, encode
from drivers.codecs.lines import Lines
from drivers.devices.alpha_sign import AlphaSign
from drivers.devices.alpha_sign import Options as SignOptions
from drivers.devices.line_text import LineText
from drivers.devices.line_text import Options as LineOptions
from drivers.driver import Driver
from drivers.emulators.plain import Plain
from drivers.model import Clock

_SIGN: Mapping[str, object] = {
    "address": "00", "kind": "Z", "file": "A", "mode": "rotate", "colour": "red", "type": "^", "own": "01",
    "text": "", "shown": "", "tones": 0,
}  # fmt: skip
_DISPLAY: Mapping[str, object] = {"before": "", "after": "", "ends": "crlf", "letters": 80, "text": ""}


class Sign(Plain[Packet]):
    """One sign: `shown` is what its file holds with mode and colour, `text` the letters alone."""

    family = "alpha_sign"
    ending = b"\x04"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # it shows a text at once
        super().__init__(_SIGN, decoder=Decoder, seed=seed)
        self.load(options)
        self.remote: Driver = AlphaSign(SignOptions())

    def acts(self, request: Packet) -> bool:
        """Return whether it is for this sign."""
        return request.kind in ("Z", "!", self.facts["type"]) and request.address in ("00", self.facts["own"])

    def answer(self, client: int, request: Packet) -> Sequence[bytes]:
        """Show the text or sound the tone; a sign acknowledges nothing."""
        del client
        if not self.acts(request):
            return []
        if request.command == WRITE_TEXT and request.data:
            self.facts["shown"] = request.data
            self.facts["text"] = request.data[6:]
        elif request.command == SPECIAL and request.data.startswith(TONE):
            self.facts["tones"] = int(self.number("tones")) + 1
        return []

    def refuse(self, _request: Packet) -> Sequence[bytes]:
        """Say nothing."""
        return []

    def news(self) -> bytes:
        """Return noise of the line: a sign says nothing unasked."""
        return encode(Packet("B", "A"))

    def unknown(self) -> bytes:
        """Return noise of the line."""
        return encode(Packet("?", ""))

    def meddle(self) -> None:
        """Let somebody use its remote control."""
        self.facts["text"] = "BUKA"


class Display(Plain[str]):
    """A display: the last line that it got."""

    family = "line_text"
    ending = b"\r\n"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # it shows a line at once
        super().__init__(_DISPLAY, decoder=Lines, seed=seed)
        self.load(options)
        self.remote: Driver = LineText(LineOptions())

    def acts(self, request: str) -> bool:
        """Return whether there is anything to show."""
        return bool(request)

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Show a line; nothing is acknowledged."""
        del client
        self.facts["text"] = request[: int(self.number("letters"))]
        return []

    def refuse(self, _request: str) -> Sequence[bytes]:
        """Say nothing."""
        return []

    def news(self) -> bytes:
        """Return an empty line: a display says nothing."""
        return b"\r\n"

    def unknown(self) -> bytes:
        """Return an empty line."""
        return b"\r\n"

    def meddle(self) -> None:
        """Let somebody type another line."""
        self.facts["text"] = "BUKA"
