"""An emulated LG signage set: the commands of its RS-232C table, with what it refuses."""

from __future__ import annotations

import math
import random
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.lg_signage import EVERYBODY, READ, Answer, Request, read_request
from drivers.codecs.lines import Lines
from drivers.devices.lg_signage import INPUTS, PC_LABELS, LgSignage, Options
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.model import Clock


@dataclass(frozen=True, slots=True)
class Cell:
    """One command: the value it holds, what it may be set to (nothing: it is only told), whether standby knows it."""

    name: str
    default: int
    allowed: Container[int] = ()
    asleep: bool = False
    digits: int = 2


_SWITCH = range(2)
_LEVEL = range(101)
_TILES = frozenset({0x00, 0x01, 0x10, 0x11}) | {c << 4 | r for c in range(1, 16) for r in range(1, 16)}
CELLS: Mapping[str, Cell] = {
    "ka": Cell("power", 1, _SWITCH, asleep=True),
    "kc": Cell("aspect", 2, {1, 2, 4, 6, 9, *range(0x10, 0x20)}),
    "kd": Cell("screen_mute", 0, _SWITCH),
    "ke": Cell("sound", 1, _SWITCH),
    "kf": Cell("volume", 10, _LEVEL),
    "kg": Cell("contrast", 70, _LEVEL),
    "kh": Cell("brightness", 70, _LEVEL),
    "ki": Cell("colour", 50, _LEVEL),
    "kj": Cell("tint", 50, _LEVEL),
    "kk": Cell("sharpness", 50, _LEVEL),
    "km": Cell("key_lock", 0, _SWITCH),
    "kz": Cell("abnormal", 0),
    "to": Cell("local_keys", 0, range(3)),
    "xb": Cell("input", 0x90, frozenset(INPUTS.values()) | frozenset(PC_LABELS)),
    "dd": Cell("tile_mode", 0, _TILES),
    "di": Cell("tile_id", 1, range(1, 226)),
    "dj": Cell("natural", 0, _SWITCH),
    "de": Cell("tile_h_position", 50, _LEVEL),
    "df": Cell("tile_v_position", 50, _LEVEL),
    "dg": Cell("tile_h_size", 50, _LEVEL),
    "dh": Cell("tile_v_size", 50, _LEVEL),
    "dl": Cell("hours", 5000, asleep=True, digits=4),
    "dn": Cell("temperature", 38),
    "dp": Cell("lamp", 1),
    "fw": Cell("wake_on_lan", 1, _SWITCH, asleep=True),
}
CODES = {cell.name: code for code, cell in CELLS.items()}
_MANUAL_TILE = ("de", "df", "dg", "dh")
"""What can be set only while natural mode is off."""


class Panel:
    """One set; what it remembers is its cells, by name."""

    family = "lg_signage"
    most_clients = 1
    ending = b"x"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self._cells = {code: cell.default for code, cell in CELLS.items()}
        self._facts: dict[str, float | str | bool] = {
            "id": 1, "warm_up": 0.0, "cool_down": 0.0, "serial": "401KCAB0A001", "signal": 1, "fan": 1, "pm_mode": 3,
            "network_standby": 1, "collides": False, "idle": 0.0,
        }  # fmt: skip
        self._busy_until = -math.inf
        self.expelled: set[int] = set()
        self._inboxes: dict[int, Inbox[str, Request]] = {}
        self.load(options)
        self.remote: Driver = LgSignage(Options(id=int(self._facts["id"])))
        self.stranger: Mapping[str, object] = {"serial": "999STRANGER0", "input": 0xC0, "volume": 77}

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing: a set waits to be asked."""
        self._inboxes[client] = self._inbox()
        return []

    def leave(self, client: int) -> None:
        """Forget what a client had half said."""
        self._inboxes.pop(client, None)

    def hear(self, client: int, data: bytes) -> Sequence[Request]:
        """Return the lines for this set or for everybody."""
        return drain((self._inboxes.get(client) or self._inbox()).feed, data)[0]

    def acts(self, request: Request) -> bool:
        """Return whether it is more than a question."""
        return request.data[-1] != READ

    def answer(self, client: int, request: Request) -> Sequence[bytes]:
        """Do it and say OK, or NG; to what is sent to everybody come no answers, or several at once."""
        if client == REMOTE and self._cells["km"]:
            return []
        reply = self._reply(request)
        if request.id != EVERYBODY:
            return [reply.encode()]
        return [_collision(reply)] if self._facts["collides"] else []

    def refuse(self, request: Request) -> Sequence[bytes]:
        """Return NG."""
        return [] if request.id == EVERYBODY else [self._no(request).encode()]

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Say nothing unasked."""
        return []

    def listens(self) -> bool:
        """Return whether the network is up: in standby only when power management keeps it."""
        return bool(self._cells["ka"] or self._facts["network_standby"])

    def restarts(self) -> float:
        """Never by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up lit, on the first input, with picture and sound."""
        self.load({"power": 1, "input": 0x90, "screen_mute": 0, "sound": 1})

    def state(self) -> dict[str, object]:
        """Return the facts and every cell."""
        return {**self._facts, **{cell.name: self._cells[code] for code, cell in CELLS.items()}}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over facts and cells; raise KeyError for what a set has not, ValueError for what it cannot hold."""
        for name, value in state.items():
            if name in self._facts:
                self._facts[name] = type(self._facts[name])(value)  # type: ignore[arg-type]  # a fact keeps its type
            else:
                self._cells[CODES[name]] = int(str(value))
        self.idle = float(self._facts["idle"])

    def news(self) -> bytes:
        """Return the volume, as if asked."""
        return Answer("f", self._id(), good=True, data=f"{self._cells['kf']:02X}").encode()

    def unknown(self) -> bytes:
        """Return the answer to a command that is in no manual."""
        return Answer("q", self._id(), good=True, data="0102").encode()

    def spoil(self, frame: bytes) -> bytes:
        """Return it as it is: text has no checksum."""
        return frame

    def meddle(self) -> None:
        """Let somebody choose another input."""
        self._cells["xb"] = self._chance.choice([code for code in (0x90, 0x91, 0xC0) if code != self._cells["xb"]])

    def tell(self, data: bytes) -> str:
        """Return the lines."""
        return data.decode("latin-1").strip().replace("\r", " | ")[:400]

    def _inbox(self) -> Inbox[str, Request]:
        return Inbox[str, Request](Lines(), self._mine)

    def _mine(self, line: str) -> list[Request]:
        request = read_request(line)
        return [request] if request is not None and request.id in (self._facts["id"], EVERYBODY) else []

    def _id(self) -> int:
        return int(self._facts["id"])

    def _reply(self, request: Request) -> Answer:
        cell = CELLS.get(request.command)
        asleep = not self._cells["ka"] or self._clock.mono() < self._busy_until
        if asleep and not (cell and cell.asleep) and request.command not in ("sn", "fy"):
            return self._no(request)
        special = {"dz": self._tile_check, "sv": self._status, "sn": self._standby, "fy": self._serial}
        if request.command in special:
            return special[request.command](request)
        if cell is None or len(request.data) != 1:
            return self._no(request)
        if self.acts(request) and not self._set(request.command, cell, request.data[0]):
            return self._no(request)
        return self._yes(request, f"{self._cells[request.command]:0{cell.digits}X}")

    def _set(self, code: str, cell: Cell, digits: str) -> bool:
        value = int(digits, 16)
        if value not in cell.allowed or (code in _MANUAL_TILE and self._cells["dj"]):
            return False
        columns, rows = divmod(self._cells["dd"], 16)
        if code == "di" and value > columns * rows:
            return False
        if code == "ka" and value != self._cells["ka"]:
            rest = float(self._facts["warm_up" if value else "cool_down"])
            self._busy_until = self._clock.mono() + rest
        self._cells[code] = value
        return True

    def _tile_check(self, request: Request) -> Answer:
        columns, rows = divmod(self._cells["dd"], 16)
        tiled = columns * rows > 1
        return self._yes(request, f"01{rows:02X}{columns:02X}" if tiled else "000000")

    def _status(self, request: Request) -> Answer:
        told = {"02": self._facts["signal"], "07": self._cells["dn"], "09": self._facts["fan"], "10": 7}
        if len(request.data) != 2 or request.data[0] not in told or self.acts(request):
            return self._no(request)
        return self._yes(request, f"{request.data[0]}{int(told[request.data[0]]):02X}")

    def _standby(self, request: Request) -> Answer:
        if len(request.data) != 2 or request.data[0] != "0C":
            return self._no(request)
        if self.acts(request):
            self._facts["pm_mode"] = int(request.data[1], 16)
        return self._yes(request, f"0C{int(self._facts['pm_mode']):02X}")

    def _serial(self, request: Request) -> Answer:
        return self._no(request) if self.acts(request) else self._yes(request, str(self._facts["serial"]))

    def _yes(self, request: Request, data: str) -> Answer:
        return Answer(request.command[1], self._id(), good=True, data=data)

    def _no(self, request: Request) -> Answer:
        return Answer(request.command[1], self._id(), good=False, data=request.data[-1])


def _collision(reply: Answer) -> bytes:
    """Return what is left of two answers on one wire at once."""
    first, second = reply.encode(), Answer(reply.letter, reply.id + 1, reply.good, reply.data).encode()
    return bytes(one | other for one, other in zip(first, b" " + second, strict=False))
