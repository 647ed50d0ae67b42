"""An emulated Kramer switcher: video and audio routes, chained commands, blanking, presets, a login."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.codecs.kramer_p3000 import LONGEST, answer
from drivers.codecs.lines import Lines
from drivers.devices.kramer_p3000 import Options, Switcher
from drivers.driver import Driver
from drivers.emulators.text_machine import Crowd, TextMachine, number, sized
from drivers.errors import Refused
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "model": "VS-88HN", "serial": "01234567890123", "firmware": "1.02.0003", "machine": 1, "password": "",
    "inputs": 8, "outputs": 8, "video": [], "audio": [], "blanked": [], "muted": [], "presets": {}, "panel_lock": 0,
    "error_form": "named", "says_ok": True, "signals": [],
}  # fmt: skip
_LINE = re.compile(r"#(?:(\d{1,2})@)?(.*)")
_COMMAND = re.compile(r"([A-Z][A-Z0-9-]*\??)\s*(.*)", re.IGNORECASE)
_SHORT = {"V": "VID", "A": "AUD", "V?": "VID?", "A?": "AUD?", "LCK": "LOCK-FP", "LCK?": "LOCK-FP?"}
_PLANES = {"VID": ("video",), "AUD": ("audio",), "AV": ("video", "audio")}
_LAYERS = {0: ("video",), 1: ("video",), 2: ("audio",), 12: ("video", "audio")}
_SYNTAX, _ABSENT, _RANGE, _DENIED = "001", "002", "003", "004"
_PRESETS = 60


class Unit:
    """One switcher; everything counts from 1, and input 0 is nothing."""

    family = "kramer_p3000"
    ending = b"\r\n"
    most_clients = 4
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        del clock  # a switcher does everything at once
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self._trusted: set[int] = {0}
        self.remote: Driver = Switcher(Options(inputs=8, outputs=8))
        self.stranger: Mapping[str, object] = {"model": "VP-81K", "serial": "99999999999999"}
        self._do: Mapping[str, Callable[[str, str], str]] = {
            **dict.fromkeys(("VID", "AUD", "AV"), self._switch), **dict.fromkeys(("VID?", "AUD?", "AV?"), self._routes),
            "ROUTE": self._layer, "ROUTE?": self._layer_of, "VMUTE": self._set_flag, "VMUTE?": self._flag,
            "MUTE": self._set_flag, "MUTE?": self._flag, "PRST-RCL": self._recall, "PRST-STO": self._store,
            "PRST-LST?": lambda *_: ",".join(sorted(self._presets(), key=int)), "LOCK-FP": self._lock,
            "LOCK-FP?": lambda *_: str(self.facts["panel_lock"]), "MODEL?": lambda *_: str(self.facts["model"]),
            "SN?": lambda *_: str(self.facts["serial"]), "VERSION?": lambda *_: str(self.facts["firmware"]),
            "PROT-VER?": lambda *_: "3000:2.10", "INFO-PRST?": lambda *_: f"VID {_PRESETS},AUD 0",
            "INFO-IO?": lambda *_: f"IN {self.facts['inputs']},OUT {self.facts['outputs']}",
            "SIGNAL?": self._signal,
        }  # fmt: skip

    def ears(self, client: int) -> Decoder[str]:
        """Return what finds lines; LF ends none by itself, but is passed over."""
        del client
        return Lines()

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing; whoever comes is an end user, or has to log in when there is a password."""
        if not self.facts["password"]:
            self._trusted.add(client)
        return []

    def forget(self, client: int) -> None:
        """Let a client's login go."""
        self._trusted.discard(client)

    def acts(self, request: str) -> bool:
        """Return whether any command of the line is neither a question nor a handshake."""
        found = _LINE.fullmatch(request)
        words = found[2].split("|") if found else []
        return any(word and not word.split(" ")[0].endswith("?") and not word.startswith("LOGIN") for word in words)

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Answer every command of a chain; a line for another machine, or none at all, is passed over in silence."""
        found = _LINE.fullmatch(request.strip())
        if found is None or int(found[1] or 1) != self.facts["machine"]:
            return []
        if not found[2]:
            return [self._say("", "")]
        if len(request) >= LONGEST:
            return [self._error("", _SYNTAX)]
        return [self._one(client, command.strip()) for command in found[2].split("|") if command.strip()]

    def refuse(self, request: str) -> Sequence[bytes]:
        """Say that it is not to be had now."""
        found = _COMMAND.match((_LINE.fullmatch(request) or ["", "", ""])[2])
        return [self._error(found[1].rstrip("?") if found else "", _ABSENT)]

    def restart(self) -> None:
        """Come up with its routes and every picture on."""
        self.facts["blanked"] = [0] * self._count("outputs")

    def fit(self) -> None:
        """Have a source, a mute and a blank for every output."""
        inputs, outputs = number(self.facts, "inputs", most=288), number(self.facts, "outputs", most=288)
        for name in ("video", "audio"):
            routes = sized(self.facts, name, outputs, lambda index: index % inputs + 1)
            self.facts[name] = [min(int(str(source)), inputs) for source in routes]
        for name in ("blanked", "muted"):
            self.facts[name] = sized(self.facts, name, outputs, lambda _: 0)
        self.facts["signals"] = sized(self.facts, "signals", inputs, lambda _: 1)

    def news(self) -> bytes:
        """Return the first output's route."""
        return self._say("VID", f"{self._list('video')[0]}>1", ok=False)

    def unknown(self) -> bytes:
        """Return what only a newer firmware says."""
        return self._say("X-MUTE", "out.hdmi.1.video.1,off", ok=False)

    def meddle(self) -> None:
        """Let somebody at the panel switch."""
        output = self._chance.randint(1, self._count("outputs"))
        self._list("video")[output - 1] = self._chance.randint(1, self._count("inputs"))
        self.crowd.tell(self._say("VID", f"{self._list('video')[output - 1]}>{output}", ok=False))

    def _one(self, client: int, command: str) -> bytes:
        found = _COMMAND.fullmatch(command)
        if found is None:
            return self._error("", _SYNTAX)
        name = _SHORT.get(found[1].upper(), found[1].upper())
        bare = name.rstrip("?")
        if name == "LOGIN":
            return self._login(client, found[2])
        try:
            text = self._act(client, name)(bare, found[2].replace(" ", ""))
        except Refused as error:
            return self._error(bare, str(error))
        except ValueError:
            return self._error(bare, _SYNTAX)
        asked = name.endswith("?")
        if not asked:
            self.crowd.tell(self._say(bare, text, ok=False), but=client)
        return self._say(bare, text, ok=not asked)

    def _act(self, client: int, name: str) -> Callable[[str, str], str]:
        if client not in self._trusted:
            raise Refused(_DENIED)
        if name not in self._do:
            raise Refused(_ABSENT)
        return self._do[name]

    def _login(self, client: int, password: str) -> bytes:
        if password != self.facts["password"]:
            return self._error("LOGIN", _DENIED)
        self._trusted.add(client)
        return self._say("LOGIN", password)

    def _say(self, name: str, text: str, *, ok: bool = True) -> bytes:
        machine = int(str(self.facts["machine"]))
        if not name:
            return f"~{machine:02}@ OK\r\n".encode()
        return answer(name, text, machine=machine, says_ok=ok and bool(self.facts["says_ok"]))

    def _error(self, name: str, code: str) -> bytes:
        machine = int(str(self.facts["machine"]))
        named = name and self.facts["error_form"] == "named"
        return f"~{machine:02}@{f'{name} ERR{code}' if named else f'ERR {code}'}\r\n".encode()

    def _switch(self, name: str, text: str) -> str:
        wishes = [self._wish(word) for word in text.split(",")]
        for output, source in [(each, source) for outputs, source in wishes for each in outputs]:
            for plane in _PLANES[name]:
                self._list(plane)[output - 1] = source
        return text

    def _wish(self, word: str) -> tuple[Sequence[int], int]:
        source, arrow, output = word.partition(">")
        if not arrow:
            raise Refused(_SYNTAX)
        return self._outputs(output), self._within(source, "inputs", least=0)

    def _routes(self, name: str, text: str) -> str:
        routes = self._list(_PLANES[name][0])
        return ",".join(f"{routes[output - 1]}>{output}" for output in self._outputs(text))

    def _layer(self, _name: str, text: str) -> str:
        layer, output, source = text.split(",")
        for each in self._outputs(output):
            for plane in self._planes(layer):
                self._list(plane)[each - 1] = self._within(source, "inputs", least=0)
        return text

    def _layer_of(self, _name: str, text: str) -> str:
        layer, output = text.split(",")
        (each,) = self._outputs(output)
        return f"{layer},{each},{self._list(self._planes(layer)[0])[each - 1]}"

    def _set_flag(self, name: str, text: str) -> str:
        output, flag = text.split(",")
        if flag not in ("0", "1", "2"):
            raise Refused(_RANGE)
        for each in self._outputs(output):
            self._list("blanked" if name == "VMUTE" else "muted")[each - 1] = int(flag)
        return text

    def _flag(self, name: str, text: str) -> str:
        (each,) = self._outputs(text)
        return f"{each},{self._list('blanked' if name == 'VMUTE' else 'muted')[each - 1]}"

    def _recall(self, _name: str, text: str) -> str:
        kept = self._presets().get(self._preset(text))
        if kept is None:
            raise Refused(_RANGE)
        self.facts["video"] = list(kept)
        self.fit()
        return text

    def _store(self, _name: str, text: str) -> str:
        self._presets()[self._preset(text)] = list(self._list("video"))
        return text

    def _lock(self, _name: str, text: str) -> str:
        if text not in ("0", "1"):
            raise Refused(_RANGE)
        self.facts["panel_lock"] = int(text)
        return text

    def _signal(self, _name: str, text: str) -> str:
        source = self._within(text, "inputs")
        return f"{source},{self._list('signals')[source - 1]}"

    def _planes(self, layer: str) -> Sequence[str]:
        planes = _LAYERS.get(int(layer))
        if planes is None:
            raise Refused(_RANGE)
        return planes

    def _outputs(self, text: str) -> Sequence[int]:
        return range(1, self._count("outputs") + 1) if text == "*" else [self._within(text, "outputs")]

    def _within(self, text: str, what: str, *, least: int = 1) -> int:
        if not least <= int(text) <= self._count(what):
            raise Refused(_RANGE)
        return int(text)

    def _preset(self, text: str) -> str:
        if not 1 <= int(text) <= _PRESETS:
            raise Refused(_RANGE)
        return str(int(text))

    def _presets(self) -> dict[str, list[int]]:
        kept = self.facts["presets"]
        return kept if isinstance(kept, dict) else {}

    def _list(self, name: str) -> list[int]:
        values = self.facts[name]
        return values if isinstance(values, list) else []

    def _count(self, what: str) -> int:
        return int(str(self.facts[what]))


def unit(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a switcher in this state."""
    return TextMachine(Unit(clock, seed), options)
