"""An emulated Lightware matrix of the older sort: chained commands in braces, answers in brackets."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.devices.lightware_lw2 import Matrix, Options
from drivers.driver import Driver
from drivers.emulators.text_machine import Crowd, TextMachine, number, sized
from drivers.errors import Refused
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "serial": "11270142", "firmware": "3.3.1r", "inputs": 16, "outputs": 16, "routing": [], "mutes": [], "presets": {},
    "ports_in": [], "ports_out": [],
}  # fmt: skip
_LONGEST = 64
_FRAME = re.compile(rb"\{([^{}]*)\}")
_PRESETS = 64


class Ears:
    """Commands in braces out of a stream; what is between them is passed over."""

    def __init__(self) -> None:
        self._buffer = b""

    def receive(self, data: bytes) -> None:
        """Take in any chopping."""
        self._buffer += data

    def next(self) -> str | None:
        """Return the next command without its braces."""
        found = _FRAME.search(self._buffer)
        if found is None:
            self._buffer = self._buffer[-_LONGEST:]
            return None
        self._buffer = self._buffer[found.end() :]
        return found[1].decode("ascii", "replace").strip()


class Crosspoint:
    """One matrix; ports count from 1."""

    family = "lightware_lw2"
    ending = b"\r\n"
    most_clients = 8
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        del clock  # a matrix does everything at once
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self.remote: Driver = Matrix(Options(inputs=16, outputs=16))
        self.stranger: Mapping[str, object] = {"serial": "99999999", "firmware": "1.0.0"}
        self._do: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
            (re.compile(r"(\d+)@(\d+)"), self._switch),
            (re.compile(r"VC"), lambda _: " ".join(("ALL", *(f"{source:02}" for source in self._list("routing"))))),
            (re.compile(r"VM"), lambda _: " ".join(("MUT", *(str(flag) for flag in self._list("mutes"))))),
            (re.compile(r"([#+])(\d+)"), self._mute),
            (re.compile(r"%(\d+)"), self._load),
            (re.compile(r"\$(\d+)"), self._save),
            (re.compile(r"s"), lambda _: f"SN:{self.facts['serial']}"),
            (re.compile(r"f"), lambda _: f"FW:{self.facts['firmware']}"),
            (re.compile(r":ISD"), lambda _: f"ISD {''.join(map(str, self._list('ports_in')))}"),
            (re.compile(r":OSD"), lambda _: f"OSD {''.join(map(str, self._list('ports_out')))}"),
        )

    def ears(self, client: int) -> Decoder[str]:
        """Return what finds commands."""
        del client
        return Ears()

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing."""
        del client
        return []

    def forget(self, client: int) -> None:
        """Remember nothing of a client."""

    def acts(self, request: str) -> bool:
        """Return whether it switches, mutes, loads or saves."""
        return "@" in request or request[:1] in ("#", "+", "%", "$")

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Do it and say so, to everybody; what it does not understand it passes over."""
        for pattern, act in self._do:
            match = pattern.fullmatch(request)
            if match is None:
                continue
            try:
                said = f"({act(match)})\r\n".encode()
            except Refused as error:
                return [f"(ERR{error})\r\n".encode()]
            if self.acts(request):
                self.crowd.tell(said, but=client)
            return [said]
        return []

    def refuse(self, _request: str) -> Sequence[bytes]:
        """Refuse the value."""
        return [b"(ERR03)\r\n"]

    def restart(self) -> None:
        """Come up with every output on; the routes are kept."""
        self.facts["mutes"] = [0] * len(self._list("mutes"))

    def fit(self) -> None:
        """Have a source and a mute for every output, and a signal on every port."""
        inputs, outputs = number(self.facts, "inputs", most=288), number(self.facts, "outputs", most=288)
        inputs, outputs = min(inputs, 80), min(outputs, 80)
        routes = sized(self.facts, "routing", outputs, lambda index: index % inputs + 1)
        self.facts["routing"] = [min(int(str(source)), inputs) for source in routes]
        self.facts["mutes"] = sized(self.facts, "mutes", outputs, lambda _: 0)
        self.facts["ports_in"] = sized(self.facts, "ports_in", inputs, lambda _: 7)
        self.facts["ports_out"] = sized(self.facts, "ports_out", outputs, lambda _: 1)

    def news(self) -> bytes:
        """Return the first output's route."""
        return f"(O01 I{self._list('routing')[0]:02})\r\n".encode()

    def unknown(self) -> bytes:
        """Return an answer of a newer firmware."""
        return b"(PMD 0 1 1)\r\n"

    def meddle(self) -> None:
        """Let somebody at the panel switch."""
        output = self._chance.randrange(len(self._list("routing")))
        source = self._chance.randint(1, len(self._list("ports_in")))
        self._list("routing")[output] = source
        self.crowd.tell(f"(O{output + 1:02} I{source:02})\r\n".encode())

    def _switch(self, match: re.Match[str]) -> str:
        source, output = int(match[1]), self._output(match[2])
        if not 0 <= source <= len(self._list("ports_in")):
            raise Refused("01")
        self._list("routing")[output - 1] = source
        return f"O{output:02} I{source:02}"

    def _mute(self, match: re.Match[str]) -> str:
        output, flag = self._output(match[2]), int(match[1] == "#")
        self._list("mutes")[output - 1] = flag
        return f"{flag}MT{output:02}"

    def _load(self, match: re.Match[str]) -> str:
        presets = self.facts["presets"]
        kept = presets.get(str(int(match[1]))) if isinstance(presets, dict) else None
        if kept is None:
            raise Refused("04")
        self.facts["routing"] = list(kept)
        self.fit()
        return f"LPR{int(match[1]):02}"

    def _save(self, match: re.Match[str]) -> str:
        presets = self.facts["presets"]
        if not 1 <= int(match[1]) <= _PRESETS or not isinstance(presets, dict):
            raise Refused("04")
        presets[str(int(match[1]))] = list(self._list("routing"))
        return f"SPR{int(match[1]):02}"

    def _output(self, text: str) -> int:
        if not 1 <= int(text) <= len(self._list("routing")):
            raise Refused("02")
        return int(text)

    def _list(self, name: str) -> list[int]:
        values = self.facts[name]
        return values if isinstance(values, list) else []


def matrix_lw2(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a matrix in this state."""
    return TextMachine(Crosspoint(clock, seed), options)
