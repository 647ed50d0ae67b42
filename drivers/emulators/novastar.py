"""An emulated LED controller: a sender's display mode, the brightness of every receiving card, and checksums."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from drivers.codecs.inbox import Decoder as Ears
from drivers.codecs.novastar import COMPUTER, EVERY_BOARD, EVERY_PORT, RECEIVER, SENDER, Decoder, Frame
from drivers.devices.novastar import BRIGHTNESS, DISPLAY_MODE, Controller, Options
from drivers.driver import Driver
from drivers.emulators.text_machine import Crowd, TextMachine, number, sized
from drivers.model import Clock

_FACTS: Mapping[str, object] = {"mode": 0, "cards": 8, "per_port": 4, "brightness": []}
_WRONG, _BUSY = 4, 1
_MODES = (0, 1, 2)


class Sender:
    """One controller with its receiving cards, `per_port` on each output."""

    family = "novastar"
    ending = b""
    most_clients = 1
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        del clock  # registers are written at once
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self.remote: Driver = Controller(Options())
        self.stranger: Mapping[str, object] = {}

    def ears(self, client: int) -> Ears[Frame]:
        """Return what finds frames."""
        del client
        return Decoder(replies=False)

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing."""
        del client
        return []

    def forget(self, client: int) -> None:
        """Remember nothing of a client."""

    def acts(self, request: Frame) -> bool:
        """Return whether it writes."""
        return request.write

    def answer(self, client: int, request: Frame) -> Sequence[bytes]:
        """Write or read a register; the reply has the request's number and an error of 0."""
        del client
        if request.register == BRIGHTNESS and request.kind == RECEIVER:
            return [self._brightness(request)]
        if request.register == DISPLAY_MODE and request.kind == SENDER:
            return [self._mode(request)]
        return [_reply(request, error=_WRONG)]

    def refuse(self, request: Frame) -> Sequence[bytes]:
        """Say that it has taken too long."""
        return [_reply(request, error=_BUSY)]

    def restart(self) -> None:
        """Come up lit; the brightness is kept."""
        self.facts["mode"] = 0

    def fit(self) -> None:
        """Have a brightness for every card."""
        cards = number(self.facts, "cards", most=1024)
        number(self.facts, "per_port", most=1024)
        if self.facts["mode"] not in _MODES:
            raise ValueError(f"mode is 0, 1 or 2, not {self.facts['mode']}")
        self.facts["brightness"] = sized(self.facts, "brightness", cards, lambda _: 255)

    def news(self) -> bytes:
        """Return the answer to a question that was asked long ago."""
        mode = bytes((int(str(self.facts["mode"])),))
        return _told(0xEE, DISPLAY_MODE, mode)

    def unknown(self) -> bytes:
        """Return a register that only newer firmware tells."""
        return _told(0xEF, 0x0A00_0000, b"\x01\x02")

    def meddle(self) -> None:
        """Let somebody at the controller change the brightness; it tells nobody."""
        level = self._chance.randrange(256)
        self.facts["brightness"] = [level] * len(self._levels())

    def _brightness(self, request: Frame) -> bytes:
        levels = self._levels()
        everywhere = request.board == EVERY_BOARD or request.port == EVERY_PORT
        card = request.port * int(str(self.facts["per_port"])) + request.board
        if not everywhere and card >= len(levels):
            return _reply(request, error=_WRONG)
        if not request.write:
            return _reply(request, data=bytes((levels[0 if everywhere else card],)))
        if len(request.data) != 1:
            return _reply(request, error=_WRONG)
        for each in range(len(levels)) if everywhere else (card,):
            levels[each] = request.data[0]
        return _reply(request)

    def _mode(self, request: Frame) -> bytes:
        if not request.write:
            return _reply(request, data=bytes((int(str(self.facts["mode"])),)))
        if len(request.data) != 1 or request.data[0] not in _MODES:
            return _reply(request, error=_WRONG)
        self.facts["mode"] = request.data[0]
        return _reply(request)

    def _levels(self) -> list[int]:
        levels = self.facts["brightness"]
        return levels if isinstance(levels, list) else []


def _reply(request: Frame, *, data: bytes = b"", error: int = 0) -> bytes:
    return Frame(
        reply=True, serial=request.serial, register=request.register, write=request.write, data=data, error=error,
        source=request.target, target=request.source, kind=request.kind, port=request.port, board=request.board,
    ).encode()  # fmt: skip


def _told(serial: int, register: int, data: bytes) -> bytes:
    return Frame(
        reply=True, serial=serial, register=register, write=False, data=data, source=0, target=COMPUTER
    ).encode()  # fmt: skip


def _spoilt(frame: bytes) -> bytes:
    return frame[:-2] + bytes((frame[-2] ^ 0xFF, frame[-1]))


def sender(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[Frame]:
    """Return a controller in this state."""
    return TextMachine(Sender(clock, seed), options, spoil=_spoilt)
