"""An emulated Pulse-Eight adapter with a television behind it, which takes its time and may not be there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.codecs.pulse_eight import BROADCAST, MOST_BYTES, Code, Decoder, Message, encode
from drivers.devices.hdmi_cec import (
    ABORT,
    ACTIVE_SOURCE,
    GIVE_POWER,
    IMAGE_VIEW_ON,
    POWER_WORDS,
    REPORT_POWER,
    STANDBY,
    TV,
    HdmiCec,
    Options,
)  # fmt: skip
from drivers.driver import Driver
from drivers.emulators.plain import Plain
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "address": 1, "power": "off", "source": 0, "firmware": 12, "plugged": True, "tells_power": True,
    "controlled": False,
}  # fmt: skip
_EOM, _ACK = 0x80, 0x40
_CODES = {word: code for code, word in POWER_WORDS.items()}


Wish = tuple[Message, ...]
"""One message, or all those that together send a CEC frame."""


class Wishes:
    """What is asked of the adapter, from any chopping of the stream."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._parts: list[Message] = []

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when a message does not end."""
        self._decoder.receive(data)

    def next(self) -> Wish | None:
        """Return the next wish or None; raise ProtocolError for garbage."""
        while (message := self._decoder.next()) is not None:
            self._parts.append(message)
            if message.code in (Code.ACK_POLARITY, Code.TRANSMIT) and len(self._parts) <= MOST_BYTES:
                continue
            parts, self._parts = tuple(self._parts), []
            return parts
        return None


class Adapter(Plain[Wish]):
    """One adapter; `source` is the physical address of the source that is shown."""

    family = "hdmi_cec"
    most_clients = 1
    ending = b"\xfe"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # this television switches at once
        super().__init__(_FACTS, decoder=Wishes, seed=seed)
        self.load(options)
        self.remote: Driver = HdmiCec(Options())
        self.stranger = {"firmware": 3}

    def acts(self, request: Wish) -> bool:
        """Return whether it is a frame that switches something."""
        return _frame(request)[1:2] in (bytes((IMAGE_VIEW_ON,)), bytes((STANDBY,)), bytes((ACTIVE_SOURCE,)))

    def answer(self, client: int, request: Wish) -> Sequence[bytes]:
        """Accept every message; send a frame when it is whole, and tell what the television answers."""
        del client
        frame, code = _frame(request), request[-1].code
        if frame:
            return [*_accepted(request), *self._send(frame)]
        if code == Code.FIRMWARE:
            return [encode(Code.FIRMWARE, int(self.number("firmware")).to_bytes(2, "big"))]
        if code in (Code.PING, Code.SET_ACK_MASK, Code.SET_CONTROLLED):
            self.facts["controlled"] = bool(self.facts["controlled"]) or code == Code.SET_CONTROLLED
            return _accepted(request)
        return [encode(Code.REJECTED, bytes((code & 0xFF,)))]

    def refuse(self, request: Wish) -> Sequence[bytes]:
        """Accept the bytes, and find nobody who acknowledges the frame."""
        return [*_accepted(request), encode(Code.FAILED_ACK)]

    def restart(self) -> None:
        """Come up without control; the television is in standby."""
        self.load({"power": "off", "controlled": False})

    def news(self) -> bytes:
        """Tell the television's power, unasked."""
        return self._told(REPORT_POWER, bytes((_CODES[self.text("power")],)))

    def unknown(self) -> bytes:
        """Tell a vendor's command."""
        return self._told(0x89, b"\x01")

    def meddle(self) -> None:
        """Let somebody press the remote control."""
        self.facts["power"] = "off" if self.facts["power"] == "on" else "on"

    def tell(self, data: bytes) -> str:
        """Return the bytes."""
        return data[:64].hex(" ")

    def _send(self, frame: bytes) -> list[bytes]:
        if not self.facts["plugged"] and frame[0] & 0x0F != BROADCAST:
            return [encode(Code.FAILED_ACK)]
        return [encode(Code.SUCCEEDED), *self._obey(frame)]

    def _obey(self, frame: bytes) -> list[bytes]:
        """Do what a frame says, and return what the television answers."""
        opcode = frame[1] if len(frame) > 1 else None
        if opcode == IMAGE_VIEW_ON:
            self.facts["power"] = "on"
        elif opcode == STANDBY:
            self.facts["power"] = "off"
        elif opcode == ACTIVE_SOURCE and len(frame) == 4:
            self.facts["source"] = int.from_bytes(frame[2:4], "big")
        elif opcode == GIVE_POWER:
            told = self.facts["tells_power"]
            return [self.news() if told else self._told(ABORT, bytes((GIVE_POWER, 0)))]
        return []

    def _told(self, opcode: int, operands: bytes) -> bytes:
        frame = bytes((TV << 4 | int(self.number("address")), opcode)) + operands
        codes = [Code.FRAME_START, *[Code.FRAME_DATA] * (len(frame) - 1)]
        flags = [_ACK] * (len(frame) - 1) + [_ACK | _EOM]
        parts = zip(codes, flags, frame, strict=True)
        return b"".join(encode(code | flag, bytes((byte,))) for code, flag, byte in parts)


def _frame(wish: Wish) -> bytes:
    """Return the CEC frame that a wish sends; empty when it is none."""
    if wish[-1].code != Code.TRANSMIT_EOM:
        return b""
    return b"".join(part.data[:1] for part in wish if part.code in (Code.TRANSMIT, Code.TRANSMIT_EOM))


def _accepted(wish: Wish) -> list[bytes]:
    return [encode(Code.ACCEPTED, bytes((part.code,))) for part in wish]
