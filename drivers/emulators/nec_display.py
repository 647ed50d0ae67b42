"""An emulated NEC display: its parameters and commands, and the NULL message for what it cannot do now."""

from __future__ import annotations

import math
import random
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.nec_display import CONTROLLER, EVERYBODY, FIRST_GROUP, NULL, Decoder, Frame, address
from drivers.devices.nec_display import INPUTS, NecDisplay, Options
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.model import Clock


@dataclass(frozen=True, slots=True)
class Cell:
    """One parameter: the value it holds, the greatest one it tells, what it may be set to (nothing: only told)."""

    name: str
    default: int
    most: int = 100
    allowed: Container[int] = range(101)


_CODES = frozenset(INPUTS.values())
CELLS: Mapping[str, Cell] = {
    "0010": Cell("brightness", 70),
    "0012": Cell("contrast", 50),
    "0060": Cell("input", 0x11, 0x88, _CODES),
    "0062": Cell("volume", 10),
    "0087": Cell("sharpness", 50),
    "008D": Cell("mute", 2, 2, range(3)),
    "02D0": Cell("columns", 1, 10, range(1, 11)),
    "02D1": Cell("rows", 1, 10, range(1, 11)),
    "02D2": Cell("position", 1, 100, range(1, 101)),
    "02D3": Cell("tiled", 1, 2, range(1, 3)),
    "02D5": Cell("compensation", 1, 2, range(1, 3)),
    "02D7": Cell("flip", 1, 4, range(1, 5)),
    "02D8": Cell("power_on_delay", 0, 50, range(51)),
    "0278": Cell("sensor", 1, 3, range(1, 4)),
    "0279": Cell("temperature_halves", 76, 0xFFFF, ()),
}
CODES = {cell.name: code for code, cell in CELLS.items()}
_ON, _OFF = 1, 4


class Display:
    """One display; what it remembers is its cells, by name."""

    family = "nec_display"
    most_clients = 1
    ending = b"\r"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self._cells = {code: cell.default for code, cell in CELLS.items()}
        self._saved = dict(self._cells)
        self._facts: dict[str, float | str | bool] = {
            "id": 1, "group": "", "power": _ON, "warm_up": 0.0, "cool_down": 0.0, "serial": "61234567NA",
            "model": "ME551", "diagnosis": "00", "packet_gap": 0.0, "network_standby": 1, "idle": 900.0,
        }  # fmt: skip
        self._busy_until = -math.inf
        self._heard_at = -math.inf
        self.expelled: set[int] = set()
        self._inboxes: dict[int, Inbox[Frame, Frame]] = {}
        self.load(options)
        self.remote: Driver = NecDisplay(Options(id=int(self._facts["id"])))
        self.stranger: Mapping[str, object] = {"serial": "99STRANGER", "model": "UN552", "input": 0x0F}

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing: a display waits to be asked."""
        self._inboxes[client] = Inbox[Frame, Frame](Decoder(), self._mine)
        return []

    def leave(self, client: int) -> None:
        """Forget what a client had half said."""
        self._inboxes.pop(client, None)

    def hear(self, client: int, data: bytes) -> Sequence[Frame]:
        """Return the frames for this display, its group or everybody; to spoilt ones it says NULL."""
        inbox = self._inboxes.get(client) or Inbox[Frame, Frame](Decoder(), self._mine)
        found, errors = drain(inbox.feed, data)
        return [*found, *(Frame(address(self._id()), CONTROLLER, "A", "") for error in errors if "check" in str(error))]

    def acts(self, request: Frame) -> bool:
        """Return whether it is more than a question; to choose a sensor is part of one."""
        writes = request.type == "E" and not request.message.startswith(CODES["sensor"])
        return writes or (request.type == "A" and request.message.startswith(("C203D6", "0C", "CA03")))

    def answer(self, _client: int, request: Frame) -> Sequence[bytes]:
        """Do it and answer; what is for a group or everybody is not answered."""
        now, too_soon = self._clock.mono(), self._clock.mono() - self._heard_at < float(self._facts["packet_gap"])
        self._heard_at = now
        reply = self._null() if too_soon and _client != REMOTE else self._reply(request)
        return [reply.encode()] if request.to == address(self._id()) else []

    def refuse(self, request: Frame) -> Sequence[bytes]:
        """Return the NULL message."""
        return [self._null().encode()] if request.to == address(self._id()) else []

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Say nothing unasked."""
        return []

    def listens(self) -> bool:
        """Return whether the network is up: in standby only when its menu says so."""
        return bool(self._facts["power"] == _ON or self._facts["network_standby"])

    def restarts(self) -> float:
        """Never by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up lit, with the settings that were saved."""
        self._cells = dict(self._saved)
        self._facts["power"] = _ON

    def state(self) -> dict[str, object]:
        """Return the facts and every cell."""
        return {**self._facts, **{cell.name: self._cells[code] for code, cell in CELLS.items()}}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over facts and cells; raise KeyError for what a display has not, ValueError for what it cannot hold."""
        for name, value in state.items():
            if name in self._facts:
                self._facts[name] = type(self._facts[name])(value)  # type: ignore[arg-type]  # a fact keeps its type
            else:
                self._cells[CODES[name]] = int(str(value))
        self.idle = float(self._facts["idle"])

    def news(self) -> bytes:
        """Return the volume, as if asked."""
        return self._say("D", self._told("0062")).encode()

    def unknown(self) -> bytes:
        """Return the reply to a command that is in no manual."""
        return self._say("B", "CF990102").encode()

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame with a wrong check."""
        return frame[:-2] + bytes([frame[-2] ^ 0x5A, frame[-1]])

    def meddle(self) -> None:
        """Let somebody choose another input."""
        now = self._cells[CODES["input"]]
        self._cells[CODES["input"]] = self._chance.choice([code for code in (0x11, 0x12, 0x0F) if code != now])

    def tell(self, data: bytes) -> str:
        """Return the frames in words."""
        inbox = Inbox[Frame, str](Decoder(), lambda frame: [f"{frame.type} {frame.message} to {frame.to:02X}"])
        words, errors = drain(inbox.feed, data)
        return "; ".join(words + [str(error) for error in errors])[:400]

    def _id(self) -> int:
        return int(self._facts["id"])

    def _mine(self, frame: Frame) -> list[Frame]:
        group = str(self._facts["group"])
        places = {address(self._id()), EVERYBODY, *((FIRST_GROUP + ord(group) - ord("A"),) if group else ())}
        return [frame] if frame.to in places else []

    def _say(self, kind: str, message: str) -> Frame:
        return Frame(CONTROLLER, address(self._id()), kind, message)

    def _null(self) -> Frame:
        return self._say("B", NULL)

    def _reply(self, request: Frame) -> Frame:
        busy = self._clock.mono() < self._busy_until
        if request.type == "A" and not (busy and self.acts(request)):
            return self._command(request.message)
        if busy or self._facts["power"] != _ON:
            return self._null()
        if request.type == "C":
            return self._say("D", self._told(request.message))
        return self._parameter(request.message) if request.type == "E" else self._null()

    def _command(self, message: str) -> Frame:
        facts = self._facts
        told = {
            "01D6": f"0200D600{4:04X}{int(facts['power']):04X}",
            "C216": f"C316{str(facts['serial']).encode().hex().upper()}",
            "C217": f"C317{str(facts['model']).encode().hex().upper()}",
            "B1": f"A1{facts['diagnosis']}",
        }
        if message in told:
            return self._say("B", told[message])
        if message == "0C":
            self._saved = dict(self._cells)
            return self._say("B", "000C")
        if message.startswith("C203D6") and message[6:] in ("0001", "0004"):
            return self._switch(message)
        return self._null()

    def _switch(self, message: str) -> Frame:
        power = int(message[6:], 16)
        if power != self._facts["power"]:
            rest = float(self._facts["warm_up" if power == _ON else "cool_down"])
            self._busy_until = self._clock.mono() + rest
        self._facts["power"] = power
        return self._say("B", f"00{message}")

    def _told(self, code: str) -> str:
        cell = CELLS.get(code)
        if cell is None:
            return f"01{code[:4]:0<4}0000000000"
        return f"00{code}00{cell.most:04X}{self._cells[code]:04X}"

    def _parameter(self, message: str) -> Frame:
        code, digits = message[:4], message[4:]
        cell = CELLS.get(code)
        if cell is None or len(digits) != 4 or int(digits, 16) not in cell.allowed:
            return self._say("F", f"01{code[:4]:0<4}0000000000")
        self._cells[code] = int(digits, 16)
        return self._say("F", self._told(code))
