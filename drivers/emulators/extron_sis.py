"""An emulated Extron matrix: ties of video and audio, salvos, mutes, presets, panel lock, verbose modes, a password."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.extron_sis import ESC, read_salvo
from drivers.codecs.inbox import Decoder
from drivers.devices.extron_sis import Matrix, Options
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.emulators.extron_talk import Reception
from drivers.emulators.text_machine import Crowd, TextMachine, number, sized
from drivers.errors import Refused
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "model": "DXP 1616 HDMI", "firmware": "1.06", "part": "60-1496-01", "password": "", "verbose": 0,
    "inputs": 16, "outputs": 16,
    "video": [], "audio": [], "mutes": [], "presets": {}, "panel_lock": 0, "name": "DXP-HDMI-00-00-00",
}  # fmt: skip
_LEVELS = {
    "!": ("All", ("video", "audio")),
    "%": ("Vid", ("video",)),
    "&": ("RGB", ("video",)),
    "$": ("Aud", ("audio",)),
}
_MUTES = {"B": ("Vmt", 1), "Z": ("Amt", 2)}
_MOST_PRESETS = 32
_MODE, _VIEW, _PRESET_VIEW = re.compile(r"([0-3])CV"), re.compile(r"(\d+)\*(\d+)\*([12])VC"), re.compile(r"\d+")


class Switcher:
    """One matrix; outputs and inputs count from 1, and input 0 is untied."""

    family = "extron_sis"
    ending = b"\r\n"
    most_clients = 8
    idle = 300.0

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self.reception = Reception(self.facts)
        self.remote: Driver = Matrix(Options(inputs=16, outputs=16))
        self.stranger: Mapping[str, object] = {"model": "XTP II CrossPoint 3200", "part": "60-1547-01"}
        self._escaped: tuple[tuple[re.Pattern[str], Callable[[int, re.Match[str]], str]], ...] = (
            (re.compile(r"\+Q(.+)"), self._salvo),
            (_MODE, self._choose),
            (
                re.compile(r"CV"),
                lambda client, _: self._view(client, "Vrb", "3" if self.reception.tags(client) else "0"),
            ),
            (re.compile(r"VM"), lambda client, _: self._view(client, "Mut", "".join(map(str, self._list("mutes"))))),
            (_VIEW, lambda _, match: self._row(match)),
            (re.compile(r"ZZ"), lambda *_: self._unmute()),
            (re.compile(r"ZXXX"), lambda *_: self._reset()),
            (re.compile(r"CN"), lambda client, _: self._view(client, "Ipn ", str(self.facts["name"]))),
        )
        self._plain: Mapping[str, Callable[[int, list[str], str], str]] = {
            **dict.fromkeys("!%&$", self._tie), **dict.fromkeys("BZ", self._mute), ".": self._recall, ",": self._save,
            "X": self._lock, "I": self._tell_size, "N": self._tell_part, "Q": self._tell_firmware,
        }  # fmt: skip

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
        if request.startswith(ESC):
            return request[1:] in ("ZZ", "ZXXX") or request.startswith(f"{ESC}+Q")
        return (
            request[-1:] in (".", ",")
            or ("*" in request and request[-1:] in "!%&$BZ")
            or bool(re.match(r"\dX", request))
        )

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
        """Come up as it was, for ties are kept, but unlocked and with every picture on."""
        self.facts["mutes"] = [0] * self._count("outputs")

    def fit(self) -> None:
        """Have a source and a mute for every output."""
        inputs, outputs = number(self.facts, "inputs", most=768), number(self.facts, "outputs", most=768)
        for what in ("video", "audio"):
            ties = sized(self.facts, what, outputs, lambda index: index % inputs + 1)
            self.facts[what] = [min(int(str(source)), inputs) for source in ties]
        self.facts["mutes"] = sized(self.facts, "mutes", outputs, lambda _: 0)

    def news(self) -> bytes:
        """Return the first output's tie."""
        return f"{self._told(1, 'video', 'Vid')}\r\n".encode()

    def unknown(self) -> bytes:
        """Return the tag of a newer firmware."""
        return b"Hplg01*1\r\n"

    def meddle(self) -> None:
        """Let somebody at the panel tie another input."""
        output = self._chance.randint(1, self._count("outputs"))
        self._set("video", output, self._chance.randint(1, self._count("inputs")))
        self.reception.spread(self.crowd, f"{self._told(output, 'video', 'Vid')}\r\n".encode(), but=None)

    def _do(self, client: int, request: str) -> str:
        if not request.startswith(ESC):
            numbers = request[:-1].split("*") if request[:-1] else []
            act = self._plain.get(request[-1].upper())
            if act is None:
                raise Refused("E10")
            return act(client, numbers, request[-1].upper())
        for pattern, act_escaped in self._escaped:
            match = pattern.fullmatch(request[1:])
            if match is not None:
                return act_escaped(client, match)
        raise Refused("E10")

    def _tie(self, client: int, numbers: list[str], sign: str) -> str:
        level, planes = _LEVELS[sign]
        if len(numbers) == 1:
            output = self._output(numbers[0])
            source = self._list(planes[0])[output - 1]
            return self._told(output, planes[0], level) if self.reception.tags(client) else f"{source:02}"
        if len(numbers) != 2:
            raise Refused("E10")
        source = self._input(numbers[0])
        outputs = [self._output(numbers[1])] if numbers[1] else range(1, self._count("outputs") + 1)
        for output in outputs:
            for plane in planes:
                self._set(plane, output, source)
        return f"In{source:02} {level}" if not numbers[1] else f"Out{outputs[0]:02} In{source:02} {level}"

    def _salvo(self, _client: int, match: re.Match[str]) -> str:
        ties = read_salvo(match[1])
        if ties is None:
            raise Refused("E10")
        for source, output, _ in ties:
            self._input(source)
            self._output(output)
        for source, output, sign in ties:
            for plane in _LEVELS[sign][1]:
                self._set(plane, int(output), int(source))
        return "Qik"

    def _mute(self, client: int, numbers: list[str], sign: str) -> str:
        tag, bit = _MUTES[sign]
        mutes = self._list("mutes")
        if len(numbers) == 1:
            output = self._output(numbers[0])
            return self._view(client, f"{tag}{output:02}*", str(int(bool(mutes[output - 1] & bit))))
        if len(numbers) != 2:
            raise Refused("E10")
        # `1*1B` is output and switch, `1*B` the switch for all of them.
        which, switch = numbers if numbers[1] else (None, numbers[0])
        if switch not in ("0", "1"):
            raise Refused("E13")
        outputs = range(1, len(mutes) + 1) if which is None else [self._output(which)]
        for output in outputs:
            mutes[output - 1] = mutes[output - 1] & ~bit | (bit if switch == "1" else 0)
        return f"{tag}{switch}" if which is None else f"{tag}{outputs[0]:02}*{switch}"

    def _recall(self, _client: int, numbers: list[str], _sign: str) -> str:
        preset = self._preset(numbers)
        kept = self._presets().get(str(preset))
        if kept is None:
            raise Refused("E11")
        self.facts["video"], self.facts["audio"] = list(kept[0]), list(kept[1])
        self.fit()
        return f"Rpr{preset:02}"

    def _save(self, _client: int, numbers: list[str], _sign: str) -> str:
        preset = self._preset(numbers)
        self._presets()[str(preset)] = [list(self._list("video")), list(self._list("audio"))]
        return f"Spr{preset:02}"

    def _lock(self, client: int, numbers: list[str], _sign: str) -> str:
        if not numbers:
            return self._view(client, "Exe", str(self.facts["panel_lock"]))
        if numbers[0] not in ("0", "1", "2"):
            raise Refused("E13")
        self.facts["panel_lock"] = int(numbers[0])
        return f"Exe{numbers[0]}"

    def _tell_size(self, client: int, _numbers: list[str], _sign: str) -> str:
        size = f"{self.facts['inputs']}X{self.facts['outputs']}"
        return self._view(client, "Inf00*", f"V{size} A{size}")

    def _tell_part(self, client: int, _numbers: list[str], _sign: str) -> str:
        return self._view(client, "Pno", str(self.facts["part"]))

    def _tell_firmware(self, client: int, _numbers: list[str], _sign: str) -> str:
        return self._view(client, "Ver01*", str(self.facts["firmware"]))

    def _choose(self, client: int, match: re.Match[str]) -> str:
        if client != REMOTE:
            self.reception.choose(client, int(match[1]))
        return f"Vrb{match[1]}"

    def _row(self, match: re.Match[str]) -> str:
        first, plane = self._output(match[2]), "video" if match[3] == "1" else "audio"
        kept = self._presets().get(match[1]) if match[1] != "0" else [self._list("video"), self._list("audio")]
        if kept is None:
            raise Refused("E11")
        row = kept[0 if plane == "video" else 1][first - 1 : first + 15]
        cells = [f"{source:02}" for source in row] + ["--"] * (16 - len(row))
        return f"{' '.join(cells)} {'Vid' if plane == 'video' else 'Aud'}"

    def _unmute(self) -> str:
        self.facts["mutes"] = [0] * self._count("outputs")
        return "Zpz"

    def _reset(self) -> str:
        self.facts.update(video=[0] * self._count("outputs"), audio=[0] * self._count("outputs"), presets={})
        self._unmute()
        return "Zpx"

    def _view(self, client: int, tag: str, value: str) -> str:
        return f"{tag}{value}" if self.reception.tags(client) else value

    def _told(self, output: int, plane: str, level: str) -> str:
        return f"Out{output:02} In{self._list(plane)[output - 1]:02} {level}"

    def _set(self, plane: str, output: int, source: int) -> None:
        self._list(plane)[output - 1] = source

    def _list(self, name: str) -> list[int]:
        values = self.facts[name]
        return values if isinstance(values, list) else []

    def _presets(self) -> dict[str, list[list[int]]]:
        kept = self.facts["presets"]
        return kept if isinstance(kept, dict) else {}

    def _count(self, what: str) -> int:
        return int(str(self.facts[what]))

    def _output(self, text: str) -> int:
        if not text or not 1 <= int(text) <= self._count("outputs"):
            raise Refused("E12")
        return int(text)

    def _input(self, text: str) -> int:
        if not text or not 0 <= int(text) <= self._count("inputs"):
            raise Refused("E01")
        return int(text)

    def _preset(self, numbers: list[str]) -> int:
        if len(numbers) != 1 or not 1 <= int(numbers[0] or 0) <= _MOST_PRESETS:
            raise Refused("E11")
        return int(numbers[0])


def switcher(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a matrix in this state."""
    return TextMachine(Switcher(clock, seed), options)
