"""An emulated projector: PJLink class 1 and 2 with login, and a lamp that needs time to warm up and to cool down."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.lines import Lines
from drivers.codecs.pjlink import LONGEST, answer, digest
from drivers.devices.pjlink import Options, Pjlink
from drivers.driver import Driver
from drivers.model import Clock

PORT = 4352
OFF, ON, COOLING, WARMING = "0", "1", "2", "3"
UNKNOWN, BAD, BUSY, BROKEN = "ERR1", "ERR2", "ERR3", "ERR4"
_COMMAND = re.compile(r"(?P<login>[0-9a-f]{32})?%(?P<grade>[12])(?P<name>[A-Z0-9]{4}) (?P<text>.*)", re.IGNORECASE)
_WORDS = {"off": OFF, "on": ON, "cooling": COOLING, "warming": WARMING}
_DEFAULTS: Mapping[str, object] = {
    "class": 2, "password": "", "warm_up": 5.0, "cool_down": 5.0, "network_standby": 1, "input": "31", "mutes": "30",
    "inputs": "11 12 21 31 32 51 61 3A", "freeze": "0", "speaker": 10, "microphone": 10, "lamps": "1250",
    "errors": "000000", "name": "Proyektor", "maker": "EPSON", "model": "EB-L520U", "info": "", "serial": "PJ0SEMARAK1",
    "version": "1.05", "notify": "", "resolution": "1920x1080", "best_resolution": "1920x1200", "filter_hours": 410,
    "lamp_model": "ELPLP00", "filter_model": "ELPAF00",
}  # fmt: skip
_PLAIN: Mapping[str, tuple[int, str]] = {
    "CLSS": (1, "class"), "NAME": (1, "name"), "INF1": (1, "maker"), "INF2": (1, "model"), "INFO": (1, "info"),
    "ERST": (1, "errors"), "SNUM": (2, "serial"), "SVER": (2, "version"), "RRES": (2, "best_resolution"),
    "FILT": (2, "filter_hours"), "RLMP": (2, "lamp_model"), "RFIL": (2, "filter_model"),
}  # fmt: skip
"""Questions that are answered in any state: the class that knows them, and what they read."""
_WHICH = {"1": ("picture",), "2": ("sound",), "3": ("picture", "sound")}
_MUTED = {"11": ("picture",), "21": ("sound",), "31": ("picture", "sound"), "30": ()}
_CLASS_1_INPUT = re.compile(r"[1-5][1-9]")


class Request:
    """One line as it came: login, class, name and parameter."""

    __slots__ = ("grade", "login", "name", "text")

    def __init__(self, line: str) -> None:
        found = _COMMAND.fullmatch(line) if len(line) < LONGEST + 32 else None
        self.login = (found["login"] or "").lower() if found else ""
        self.grade = int(found["grade"]) if found else 0
        self.name = found["name"].upper() if found else ""
        self.text = found["text"] if found else ""


class Projector:
    """One projector; one client at a time, the others wait for their greeting."""

    family = "pjlink"
    most_clients = 1
    ending = b"\r"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self._facts = dict(_DEFAULTS)
        self._power = OFF
        self._settled_at = -math.inf
        self._inboxes: dict[int, Inbox[str, Request]] = {}
        self._announced: dict[str, str] = {}
        self._salts: dict[int, str] = {}
        self.expelled: set[int] = set()
        self._ask: dict[str, Callable[[int], str]] = {
            "POWR": lambda _: self._phase(), "INPT": lambda _: self._when_lit("input"),
            "AVMT": lambda _: self._when_lit("mutes"),
            "LAMP": lambda _: self._lamps(), "INST": self._inputs, "FREZ": lambda _: self._when_lit("freeze"),
            "IRES": lambda _: self._when_lit("resolution"),
        }  # fmt: skip
        self._set: dict[str, Callable[[str, int], str]] = {
            "POWR": self._switch, "INPT": self._choose, "AVMT": self._mute, "FREZ": self._freeze,
            "SVOL": lambda text, _: self._step("speaker", text), "MVOL": lambda text, _: self._step("microphone", text),
        }  # fmt: skip
        self.idle = float(str(options.get("idle", 30.0)))
        self.load({key: value for key, value in options.items() if key != "idle"})
        self.remote: Driver = Pjlink(Options())
        self.remote.feed(answer("CLSS", "2"))
        self.stranger: Mapping[str, object] = {
            "model": "PT-RZ970",
            "maker": "Panasonic",
            "name": "Bukan",
            "serial": "X",
        }

    def greet(self, client: int) -> Sequence[bytes]:
        """Return the greeting, with a number to hash when there is a password."""
        self._inboxes[client] = Inbox[str, Request](Lines(), lambda line: [Request(line)])
        if not self._facts["password"]:
            return [b"PJLINK 0\r"]
        self._salts[client] = self._chance.randbytes(4).hex()
        return [f"PJLINK 1 {self._salts[client]}\r".encode()]

    def leave(self, client: int) -> None:
        """Forget a client and its login."""
        self._inboxes.pop(client, None)
        self._salts.pop(client, None)
        self.expelled.discard(client)

    def hear(self, client: int, data: bytes) -> Sequence[Request]:
        """Return the lines that `data` completes."""
        inbox = self._inboxes.get(client) or Inbox[str, Request](Lines(), lambda line: [Request(line)])
        return drain(inbox.feed, data)[0]

    def acts(self, request: Request) -> bool:
        """Return whether it is no question."""
        return bool(request.name) and not request.text.startswith("?")

    def answer(self, client: int, request: Request) -> Sequence[bytes]:
        """Check the login, then do it; a line that is none is passed over in silence."""
        salt = self._salts.get(client)
        if salt is not None and request.login != digest(salt, str(self._facts["password"])):
            self.expelled.add(client)
            return [b"PJLINK ERRA\r"]
        if salt is not None:
            del self._salts[client]
        if not request.name:
            return []
        return [answer(request.name, self._do(request), grade=request.grade)]

    def refuse(self, request: Request) -> Sequence[bytes]:
        """Return ERR3."""
        return [answer(request.name, BUSY, grade=request.grade)] if request.name else []

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return nothing: PJLink's notifications go by UDP."""
        return []

    def announcements(self) -> Sequence[tuple[str, int, bytes]]:
        """Return, once, where class 2 tells by datagram what has changed: power on or off, input, errors."""
        now = {"POWR": self._phase(), "INPT": str(self._facts["input"]), "ERST": str(self._facts["errors"])}
        before, self._announced = self._announced, now
        host, _, port = str(self._facts["notify"]).partition(":")
        if not host or int(str(self._facts["class"])) < 2:
            return []
        changed = [name for name in now if now[name] != before.get(name) and now[name] not in (WARMING, COOLING)]
        return [(host, int(port or PORT), answer(name, now[name], grade=2)) for name in changed if before]

    def due(self) -> float:
        """Return the seconds until it has warmed up or cooled down."""
        return self._settled_at - self._clock.mono() if self._phase() in (WARMING, COOLING) else math.inf

    def listens(self) -> bool:
        """Return whether the network is up: in standby only when network standby is on."""
        return bool(self._facts["network_standby"]) or self._phase() != OFF

    def restarts(self) -> float:
        """Never by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up in standby."""
        self.load({"power": "off", "mutes": "30", "freeze": "0"})

    def state(self) -> dict[str, object]:
        """Return the facts, and the power in words."""
        word = next(word for word, code in _WORDS.items() if code == self._phase())
        return {**self._facts, "power": word}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError; `power` is on or off at once."""
        for key, value in state.items():
            if key == "power":
                self._jump(_WORDS[str(value)])
            else:
                self._facts[key] = type(self._facts[key])(value)  # type: ignore[call-arg]  # a fact keeps its type

    def news(self) -> bytes:
        """Return the power, as if asked."""
        return answer("POWR", self._phase())

    def unknown(self) -> bytes:
        """Return the answer to a command of a class to come."""
        return answer("HOLO", "1", grade=2)

    def spoil(self, frame: bytes) -> bytes:
        """Return it as it is: text has no checksum."""
        return frame

    def meddle(self) -> None:
        """Let somebody choose another input."""
        others = [code for code in str(self._facts["inputs"]).split() if code != self._facts["input"]]
        self._facts["input"] = self._chance.choice(others)

    def tell(self, data: bytes) -> str:
        """Return the lines; a login is not shown."""
        text = data.decode("utf-8", "replace").strip().replace("\r", " | ")
        return re.sub(r"[0-9a-f]{32}(?=%)", "(login) ", text)[:400]

    def _phase(self) -> str:
        if self._power in (WARMING, COOLING) and self._clock.mono() >= self._settled_at:
            self._power = ON if self._power == WARMING else OFF
        return self._power

    def _jump(self, power: str) -> None:
        self._power, self._settled_at = power, self._clock.mono() + float(str(self._facts["warm_up"]))

    def _do(self, request: Request) -> str:
        if request.grade > int(str(self._facts["class"])):
            return UNKNOWN
        if request.text == "?":
            return self._told(request)
        if request.name == "INNM" and request.text.startswith("?") and request.grade == 2:
            return self._input_name(request.text[1:])
        change = self._set.get(request.name)
        known = change is not None and (request.grade == 2 or request.name in ("POWR", "INPT", "AVMT"))
        if not known or change is None:
            return BAD if request.name in (*_PLAIN, *self._ask) else UNKNOWN
        return change(request.text.upper(), request.grade)

    def _told(self, request: Request) -> str:
        grade, fact = _PLAIN.get(request.name, (1, ""))
        if fact and grade <= request.grade:
            return str(self._facts[fact])
        ask = self._ask.get(request.name)
        if ask is None or (request.name in ("FREZ", "IRES") and request.grade < 2):
            return BAD if request.name in self._set and request.grade == 2 else UNKNOWN
        return ask(request.grade)

    def _when_lit(self, fact: str) -> str:
        return str(self._facts[fact]) if self._phase() == ON else BUSY

    def _lamps(self) -> str:
        lit = int(self._phase() in (ON, WARMING))
        hours = str(self._facts["lamps"]).split()
        return " ".join(f"{each} {lit}" for each in hours) or UNKNOWN

    def _inputs(self, grade: int) -> str:
        every = str(self._facts["inputs"]).split()
        return " ".join(code for code in every if grade == 2 or _CLASS_1_INPUT.fullmatch(code))

    def _input_name(self, code: str) -> str:
        names = {"1": "RGB", "2": "Video", "3": "HDMI", "4": "USB", "5": "LAN", "6": "Internal"}
        return f"{names[code[0]]} {code[1:]}" if code in str(self._facts["inputs"]).split() else BAD

    def _switch(self, text: str, _grade: int) -> str:
        phase = self._phase()
        if text not in (OFF, ON):
            return BAD
        if phase in (WARMING, COOLING):
            return "OK" if (text == ON) == (phase == WARMING) else BUSY
        if text != phase:
            self._power = WARMING if text == ON else COOLING
            rest = self._facts["warm_up" if text == ON else "cool_down"]
            self._settled_at = self._clock.mono() + float(str(rest))
        return "OK"

    def _choose(self, text: str, grade: int) -> str:
        if text not in self._inputs(grade).split():
            return BAD
        return self._keep("input", text)

    def _mute(self, text: str, _grade: int) -> str:
        if len(text) != 2 or text[0] not in _WHICH or text[1] not in "01":
            return BAD
        muted = set(_MUTED[str(self._facts["mutes"])])
        muted = muted | set(_WHICH[text[0]]) if text[1] == "1" else muted - set(_WHICH[text[0]])
        return self._keep("mutes", next(code for code, what in _MUTED.items() if set(what) == muted))

    def _freeze(self, text: str, _grade: int) -> str:
        return self._keep("freeze", text) if text in ("0", "1") else BAD

    def _step(self, fact: str, text: str) -> str:
        if text not in ("0", "1"):
            return BAD
        return self._keep(fact, min(max(int(str(self._facts[fact])) + (1 if text == "1" else -1), 0), 20))

    def _keep(self, fact: str, value: object) -> str:
        if self._phase() != ON:
            return BUSY
        self._facts[fact] = value
        return "OK"
