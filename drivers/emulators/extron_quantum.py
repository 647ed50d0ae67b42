"""An emulated Quantum Ultra: canvases of windows, window mutes, presets for each canvas, the login of an Extron."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from drivers.codecs.extron_sis import ESC
from drivers.codecs.inbox import Decoder
from drivers.devices.extron_quantum import Options, Processor
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.emulators.extron_talk import Reception
from drivers.emulators.text_machine import Crowd, TextMachine, number
from drivers.errors import Refused
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "model": "Quantum Ultra 610", "firmware": "2.04", "part": "60-1593-01", "password": "", "verbose": 0,
    "canvases": 2, "windows": 16, "sources": {}, "mutes": {}, "presets": {}, "last": {},
}  # fmt: skip
_MOST_SOURCE, _MOST_PRESET = 9999, 128


class Wall:
    """One processor; canvases, windows and sources count from 1."""

    family = "extron_quantum"
    ending = b"\r\n"
    most_clients = 8
    idle = 300.0

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self.reception = Reception(self.facts)
        self.remote: Driver = Processor(Options())
        self.stranger: Mapping[str, object] = {"model": "Quantum Ultra 305", "part": "60-1592-01"}

    def ears(self, client: int) -> Decoder[str]:
        """Return what finds this client's commands."""
        return self.reception.ears(client, self._clock)

    def greet(self, client: int) -> Sequence[bytes]:
        """Show the banner."""
        return self.reception.greet(client)

    def forget(self, client: int) -> None:
        """Let a client go."""
        self.reception.forget(client)

    def acts(self, request: str) -> bool:
        """Return whether it is no question."""
        return not request.startswith(ESC) and request.count("*") == 2

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Do it and say so, to others too; an error's code when it cannot be done."""
        if request.startswith("password "):
            return self.reception.welcome(client)
        try:
            said = f"{self._do(client, request)}\r\n".encode()
        except Refused as error:
            return [f"{error}\r\n".encode()]
        if self.acts(request):
            self.reception.spread(self.crowd, said, but=client)
        return [said]

    def refuse(self, _request: str) -> Sequence[bytes]:
        """Say that it is busy."""
        return [b"E22\r\n"]

    def restart(self) -> None:
        """Come up with every window's picture on."""
        self.facts["mutes"] = {}
        self.fit()

    def fit(self) -> None:
        """Have a source and a mute for each window of each canvas."""
        canvases, windows = number(self.facts, "canvases", most=10), number(self.facts, "windows", most=999)
        for what, filler in (("sources", 1), ("mutes", 0)):
            rows = self._table(what)
            kept = {str(c): list(rows.get(str(c), [])) for c in range(1, canvases + 1)}
            self.facts[what] = {
                c: [*row, *(index + 1 if filler else 0 for index in range(len(row), windows))][:windows]
                for c, row in kept.items()
            }
        last = self.facts["last"]
        self.facts["last"] = {str(c): 0 for c in range(1, canvases + 1)} | (last if isinstance(last, dict) else {})

    def news(self) -> bytes:
        """Return what the first window shows."""
        return f"{self._shown(1, 1)}\r\n".encode()

    def unknown(self) -> bytes:
        """Return the tag of a newer firmware."""
        return b"WndwA01*001*1\r\n"

    def meddle(self) -> None:
        """Let somebody else give a window another source."""
        window = self._chance.randint(1, int(str(self.facts["windows"])))
        self._table("sources")["1"][window - 1] = self._chance.randint(1, 12)
        self.reception.spread(self.crowd, f"{self._shown(1, window)}\r\n".encode(), but=None)

    def _do(self, client: int, request: str) -> str:
        if request.startswith(ESC):
            return self._escaped(client, request[1:])
        numbers = [int(each) for each in request[:-1].split("*") if each]
        sign = request[-1].upper()
        if sign in "QN" and not numbers:
            return str(self.facts["firmware" if sign == "Q" else "part"])
        if sign in ".," and len(numbers) == 3:
            return self._preset(numbers, sign)
        if sign not in "!B" or len(numbers) not in (2, 3):
            raise Refused("E10")
        canvas, window = self._place(numbers[0], numbers[1])
        if sign == "!":
            return self._source(client, canvas, window, numbers[2:])
        return self._mute(client, canvas, window, numbers[2:])

    def _escaped(self, client: int, text: str) -> str:
        mode, last = re.fullmatch(r"([0-3])CV", text), re.fullmatch(r"L1\*(\d+)PRST", text)
        if mode is not None:
            if client != REMOTE:
                self.reception.choose(client, int(mode[1]))
            return f"Vrb{mode[1]}"
        if last is None:
            raise Refused("E10")
        canvas, _ = self._place(int(last[1]), 1)
        preset = self._last()[str(canvas)]
        return f"PrstL1*{canvas:02}*{preset:03}" if self.reception.tags(client) else f"{preset:03}"

    def _source(self, client: int, canvas: int, window: int, chosen: list[int]) -> str:
        if chosen:
            if not 0 <= chosen[0] <= _MOST_SOURCE:
                raise Refused("E01")
            self._table("sources")[str(canvas)][window - 1] = chosen[0]
        elif not self.reception.tags(client):
            return f"{self._table('sources')[str(canvas)][window - 1]:04}"
        return self._shown(canvas, window)

    def _mute(self, client: int, canvas: int, window: int, chosen: list[int]) -> str:
        mutes = self._table("mutes")[str(canvas)]
        if chosen:
            if chosen[0] not in (0, 1):
                raise Refused("E13")
            mutes[window - 1] = chosen[0]
        elif not self.reception.tags(client):
            return str(mutes[window - 1])
        return f"Vmt{canvas:02}*{window:03}*{mutes[window - 1]}"

    def _preset(self, numbers: list[int], sign: str) -> str:
        kind, canvas, preset = numbers
        if kind != 1 or not 1 <= preset <= _MOST_PRESET:
            raise Refused("E11")
        self._place(canvas, 1)
        kept = self._table("presets")
        if sign == ",":
            kept[f"{canvas}*{preset}"] = list(self._table("sources")[str(canvas)])
            return f"1Spr{canvas:02}*{preset:03}"
        if f"{canvas}*{preset}" not in kept:
            raise Refused("E11")
        self._table("sources")[str(canvas)] = list(kept[f"{canvas}*{preset}"])
        self._last()[str(canvas)] = preset
        self.fit()
        return f"1Rpr{canvas:02}*{preset:03}"

    def _place(self, canvas: int, window: int) -> tuple[int, int]:
        if not 1 <= canvas <= int(str(self.facts["canvases"])) or not 1 <= window <= int(str(self.facts["windows"])):
            raise Refused("E13")
        return canvas, window

    def _shown(self, canvas: int, window: int) -> str:
        return f"Grp{canvas:02} Win{window:03} In{self._table('sources')[str(canvas)][window - 1]:04}"

    def _table(self, name: str) -> dict[str, list[int]]:
        table = self.facts[name]
        return table if isinstance(table, dict) else {}

    def _last(self) -> dict[str, int]:
        last = self.facts["last"]
        return last if isinstance(last, dict) else {}


def quantum(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a processor in this state."""
    return TextMachine(Wall(clock, seed), options)
