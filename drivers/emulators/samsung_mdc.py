"""An emulated Samsung panel: every MDC command of the table, with its refusals."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.samsung_mdc import ACK, EVERYBODY, REPLY, Banner, Decoder, Frame, accept, refuse
from drivers.devices.samsung_mdc import Options, SamsungMdc
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.emulators.mdc_cells import CELLS, CODES, SUB_COMMANDS, TEXTS, Cell, Key
from drivers.model import Clock

STATUS, HEALTH = 0x00, 0x0D
_REBOOT_SECONDS = 5.0
_WALL_ONLY = ("wall_mode", "geometry")
_NOT_IN_WALL = ("picture_size",)
_KEYS: Mapping[int, tuple[str, Callable[[int], int]]] = {
    0x02: ("power", lambda on: 1 - on),
    0x07: ("volume", lambda level: min(level + 1, 100)),
    0x0B: ("volume", lambda level: max(level - 1, 0)),
    0x0F: ("mute", lambda on: 1 - on),
    0x98: ("power", lambda _: 0),
}


class Panel:
    """One panel; what it remembers is its cells, by name: numbers for single bytes, text, or hexadecimal digits."""

    family = "samsung_mdc"
    most_clients = 5
    idle = 0.0
    ending = b""

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self._began = clock.mono()
        self._cells = {key: cell.default for key, cell in CELLS.items()}
        self._facts: dict[str, float | str | bool] = {
            "id": 1, "warm_up": 0.0, "cool_down": 0.0, "temperature": 36 + self._chance.randrange(6), "lamp_error": 0,
            "temperature_error": 0, "light_sensor": 2, "sync": 0, "fan": 0, "password": "", "blocked": False,
        }  # fmt: skip
        self._busy_until = -math.inf
        self._restarts = 0.0
        self.expelled: set[int] = set()
        self._inboxes: dict[int, Inbox[Frame | Banner, Frame]] = {}
        self.load(options)
        self.remote: Driver = SamsungMdc(Options(id=int(self._facts["id"])))
        self.stranger: Mapping[str, object] = {"model": "QM75R", "serial": "0STRANGER0999", "source": 0x25}

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing: a panel waits to be asked."""
        self._inboxes[client] = Inbox[Frame | Banner, Frame](Decoder(), self._mine)
        return []

    def leave(self, client: int) -> None:
        """Forget what a client had half said."""
        self._inboxes.pop(client, None)

    def hear(self, client: int, data: bytes) -> Sequence[Frame]:
        """Return the frames for this panel or for everybody."""
        inbox = self._inboxes.get(client) or Inbox[Frame | Banner, Frame](Decoder(), self._mine)
        return drain(inbox.feed, data)[0]

    def _mine(self, message: Frame | Banner) -> list[Frame]:
        mine = isinstance(message, Frame) and message.id in (self._facts["id"], EVERYBODY)
        return [message] if isinstance(message, Frame) and mine else []

    def acts(self, request: Frame) -> bool:
        """Return whether it is more than a question."""
        return len(request.data) > (1 if request.command in SUB_COMMANDS else 0)

    def answer(self, client: int, request: Frame) -> Sequence[bytes]:
        """Do it and acknowledge, or refuse; a frame for everybody is obeyed and never acknowledged."""
        if client == REMOTE and not self._cells[CODES["remote_control"]][0]:
            return []
        reply = self._reply(request)
        return [] if request.id == EVERYBODY else [reply]

    def refuse(self, request: Frame) -> Sequence[bytes]:
        """Return a NAK."""
        return [] if request.id == EVERYBODY else [refuse(request.command, self._id())]

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Say nothing unasked."""
        return []

    def listens(self) -> bool:
        """Return whether the network is up: in standby only when network standby is on."""
        return bool(self._number("power") or self._number("network_standby"))

    def restarts(self) -> float:
        """Return, once, how long the restart takes that power 2 has asked for."""
        seconds, self._restarts = self._restarts, 0.0
        return seconds

    def restart(self) -> None:
        """Come up lit, on the first input, with no overlay."""
        self.load({"power": 1, "source": 0x21, "panel_dark": 0, "screen_mute": 255, "mute": 0})

    def state(self) -> dict[str, object]:
        """Return the facts and every cell that can be asked for."""
        told = {cell.name: self._told(key, cell) for key, cell in CELLS.items() if cell.asks}
        return {**self._facts, **told}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over facts and cells; raise KeyError for what a panel has not, ValueError for what it cannot hold."""
        for name, value in state.items():
            if name in self._facts:
                self._facts[name] = type(self._facts[name])(value)  # type: ignore[arg-type]  # a fact keeps its type
            else:
                self._cells[CODES[name]] = _bytes(name, value)

    def news(self) -> bytes:
        """Return the acknowledgement of a volume that nobody has set here."""
        return accept(0x12, self._id(), self._cells[CODES["volume"]])

    def unknown(self) -> bytes:
        """Return the acknowledgement of a command that is in no manual."""
        return accept(0xE9, self._id(), b"\1\2\3")

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame with a wrong checksum."""
        return frame[:-1] + bytes([frame[-1] ^ 0x5A])

    def meddle(self) -> None:
        """Let somebody choose another input."""
        now = self._number("source")
        self._cells[CODES["source"]] = bytes(
            [self._chance.choice([code for code in (0x21, 0x23, 0x25) if code != now])]
        )

    def tell(self, data: bytes) -> str:
        """Return the frames in words."""
        decoder = Inbox[Frame | Banner, str](Decoder(), lambda message: [_words(message)])
        words, errors = drain(decoder.feed, data)
        return "; ".join(words + [str(error) for error in errors])

    def pin(self) -> str:
        """Return the PIN of the secured mode; empty: it is off."""
        return str(self._facts["password"])

    def blocked(self) -> bool:
        """Return whether the PIN is blocked."""
        return bool(self._facts["blocked"])

    def _id(self) -> int:
        return int(self._facts["id"])

    def _number(self, name: str) -> int:
        return self._cells[CODES[name]][0]

    def _reply(self, request: Frame) -> bytes:
        command, data = request.command, request.data
        if command in (STATUS, HEALTH):
            told = self._status() if command == STATUS else self._health()
            return refuse(command, self._id()) if data else accept(command, self._id(), told)
        sub = data[0] if command in SUB_COMMANDS and data else None
        key, rest = (command, sub), data if sub is None else data[1:]
        cell = CELLS.get(key)
        if cell is None or not self._take(key, cell, rest):
            return refuse(command, self._id())
        told = rest if rest and cell.name != "osd_types" else self._ask(key)
        return accept(command, self._id(), (b"" if sub is None else bytes([sub])) + told)

    def _take(self, key: Key, cell: Cell, data: bytes) -> bool:
        """Return whether the question or the setting is allowed; a setting has then been made."""
        if not data and cell.asks:
            return cell.name not in _WALL_ONLY or bool(self._number("wall"))
        if not cell.sets or len(data) not in cell.sizes or (data and data[0] not in cell.allowed):
            return False
        if not self._may(cell) or (cell.name == "geometry" and not _is_geometry(data)):
            return False
        self._set(key, cell, data)
        return True

    def _may(self, cell: Cell) -> bool:
        wall = self._number("wall")
        if cell.name in (_NOT_IN_WALL if wall else _WALL_ONLY):
            return False
        if self._clock.mono() < self._busy_until:
            return False
        return cell.asleep or bool(self._number("power"))

    def _set(self, key: Key, cell: Cell, data: bytes) -> None:
        action = {"power": self._switch, "remote_key": self._key, "volume_step": self._step, "osd_types": self._osd}
        if cell.name in action:
            action[cell.name](data)
            return
        if cell.asks:
            self._cells[key] = data

    def _switch(self, data: bytes) -> None:
        if data[0] == 2:
            self._restarts = _REBOOT_SECONDS
            return
        if data[0] != self._number("power"):
            self._busy_until = self._clock.mono() + float(self._facts["warm_up" if data[0] else "cool_down"])
        self._cells[CODES["power"]] = data

    def _key(self, data: bytes) -> None:
        if data[0] in _KEYS and self._number("remote_control"):
            name, change = _KEYS[data[0]]
            self._cells[CODES[name]] = bytes([change(self._number(name))])

    def _step(self, data: bytes) -> None:
        self._key(b"\x0b" if data[0] else b"\x07")

    def _osd(self, data: bytes) -> None:
        bit, old = 1 << (data[0] & 7), self._number("osd_types")
        self._cells[CODES["osd_types"]] = bytes([old | bit if data[1] else old & ~bit])

    def _ask(self, key: Key) -> bytes:
        if key == CODES["hours"]:
            lit = (self._clock.mono() - self._began) / 600 if self._number("power") else 0
            return (int.from_bytes(self._cells[key], "big") + int(lit)).to_bytes(len(self._cells[key]), "big")
        return self._cells[key]

    def _status(self) -> bytes:
        waking = self._clock.mono() < self._busy_until
        power = self._number("power") ^ waking
        return bytes([power, *(self._number(name) for name in ("volume", "mute", "source", "picture_size")), 0, 0])

    def _health(self) -> bytes:
        names = ("lamp_error", "temperature_error", "light_sensor", "sync", "temperature", "fan")
        return bytes(int(self._facts[name]) & 255 for name in names)

    def _told(self, key: Key, cell: Cell) -> object:
        value = self._ask(key)
        if cell.name in TEXTS:
            return value.decode("utf-8", "replace")
        return value[0] if len(value) == 1 else value.hex()


def _bytes(name: str, value: object) -> bytes:
    if isinstance(value, int):
        return bytes([value])
    if isinstance(value, str):
        return value.encode() if name in TEXTS else bytes.fromhex(value)
    raise ValueError(f"{name} holds a byte, hexadecimal digits or text, not {value!r}")


def _is_geometry(data: bytes) -> bool:
    return 1 <= data[1] <= min((data[0] >> 4) * (data[0] & 15), 100)


def _words(message: Frame | Banner) -> str:
    if isinstance(message, Banner):
        return message.text
    if message.command == REPLY and len(message.data) > 1:
        verdict = "ACK" if message.data[0] == ACK else "NAK"
        return f"{verdict} {_name(message.data[1])} {message.data[2:].hex(' ')}".rstrip()
    return f"{_name(message.command)} {message.data.hex(' ') or '?'} (id {message.id})"


def _name(command: int) -> str:
    names = {STATUS: "status", HEALTH: "health"} | {key[0]: cell.name for key, cell in CELLS.items() if key[1] is None}
    return names.get(command, f"{command:02x}")
