"""Emulated VISCA cameras on one chain: two sockets each, movements that take their time and end at a limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.codecs.visca import (
    ADDRESS_SET,
    BUFFER_FULL,
    CANCELLED,
    EVERYBODY,
    NETWORK_CHANGE,
    NO_SOCKET,
    NOT_EXECUTABLE,
    Decoder,
    Packet,
    back,
    nibbles,
    signed,
)
from drivers.devices.visca import DRIVE_SPEEDS, MOST_PRESETS, PAN_SPEEDS, TILT_SPEEDS, Options, Visca
from drivers.emulators.emulator import REMOTE
from drivers.emulators.plain import Plain
from drivers.model import Clock

_SYNTAX = 0x02
_SOCKETS = (1, 2)
_LIMITS = {"pan": (-2448, 2448), "tilt": (-432, 1296), "zoom": (0, 0x4000), "focus": (0x1000, 0xF000)}
_STEPS = {"pan": 20.0, "tilt": 20.0, "zoom": 700.0, "focus": 2000.0}
"""Steps a second at each unit of speed."""
_DRIVES = (b"\x04\x07", b"\x04\x08")


@dataclass(slots=True)
class Axis:
    """One thing that moves: its place changes with the clock until a limit."""

    low: float
    high: float
    place: float = 0.0
    speed: float = 0.0
    since: float = 0.0

    def at(self, now: float) -> int:
        """Return where it is."""
        return round(min(max(self.place + self.speed * (now - self.since), self.low), self.high))

    def go(self, speed: float, now: float) -> None:
        """Move on from here with another speed."""
        self.place, self.speed, self.since = self.at(now), speed, now


class Camera:
    """One camera: requests in, answers out; what takes time is completed by `finished`."""

    def __init__(self, number: int, clock: Clock) -> None:
        self.number = number
        self._clock = clock
        self.power, self.autofocus = True, True
        self.presets: dict[int, tuple[int, int, int]] = {}
        self.axes = {name: Axis(*limits, place=max(limits[0], 0)) for name, limits in _LIMITS.items()}
        self.travel: dict[int, tuple[float, tuple[int, int, int] | None]] = {}
        """By socket: when what it does is completed, and where a journey ends."""
        self.travel_s = 0.0
        self._target: tuple[int, int, int] | None = None
        self.version = b"\0\x20\x04\x67\x01\x02\x02"

    def place(self, name: str) -> int:
        """Return where one of its axes is now."""
        return self.axes[name].at(self._clock.mono())

    def obey(self, body: bytes) -> list[bytes]:
        """Return the answers that come at once."""
        if body[:1] == b"\x09":
            told = self._told(body)
            return [self._say(b"\x50" + told if told else bytes([0x60, _SYNTAX]))]
        if len(body) == 1 and body[0] >> 4 == 2:
            return [self._cancel(body[0] & 15)]
        if body == b"\x01\x00\x01":
            self._halt()
            self.travel.clear()
            return [self._say(b"\x50")]
        act = self._act(body)
        if isinstance(act, int):
            return [self._say(bytes([0x60 if act in (_SYNTAX, BUFFER_FULL) else 0x61, act]))]
        return act()

    def finished(self) -> list[bytes]:
        """Return, once, the completions of journeys that have ended."""
        now = self._clock.mono()
        ended = [socket for socket, (end, _) in self.travel.items() if end <= now]
        for socket in ended:
            target = self.travel.pop(socket)[1]
            if target is not None:
                self._arrive(target)
        return [self._say(bytes([0x50 | socket])) for socket in ended]

    def due(self) -> float:
        """Return the second at which something ends, or infinity."""
        return min((end for end, _ in self.travel.values()), default=math.inf)

    def _say(self, body: bytes) -> bytes:
        return back(self.number, body)

    def _told(self, body: bytes) -> bytes:
        asked: Mapping[bytes, Callable[[], bytes]] = {
            b"\x04\x00": lambda: b"\x02" if self.power else b"\x03",
            b"\x04\x38": lambda: b"\x02" if self.autofocus else b"\x03",
            b"\x04\x47": lambda: nibbles(self.place("zoom")),
            b"\x04\x48": lambda: nibbles(self.place("focus")),
            b"\x06\x12": lambda: nibbles(self.place("pan")) + nibbles(self.place("tilt")),
            b"\x00\x02": lambda: self.version,
        }
        ask = asked.get(body[1:])
        return ask() if ask else b""

    def _cancel(self, socket: int) -> bytes:
        if self.travel.pop(socket, None) is None:
            return self._say(bytes([0x60 | socket, NO_SOCKET]))
        self._halt()
        return self._say(bytes([0x60 | socket, CANCELLED]))

    def _act(self, body: bytes) -> Callable[[], list[bytes]] | int:
        """Return what the command does, or why it cannot."""
        command, data = body[1:3], body[3:]
        table: Mapping[bytes, Callable[[bytes], Callable[[], None] | int]] = {
            b"\x04\x00": self._switch, b"\x04\x38": self._focus_mode, b"\x04\x07": self._zoom, b"\x04\x08": self._focus,
            b"\x06\x01": self._move, b"\x04\x3f": self._memory, b"\x06\x04": self._home, b"\x06\x02": self._absolute,
            b"\x04\x47": self._direct_zoom,
        }  # fmt: skip
        prepare = table.get(command)
        if prepare is None or body[:1] != b"\x01":
            return _SYNTAX
        if not self.power and command != b"\x04\x00":
            return NOT_EXECUTABLE
        act = prepare(data)
        if isinstance(act, int):
            return act
        free = [socket for socket in _SOCKETS if socket not in self.travel]
        return BUFFER_FULL if not free else lambda: self._run(free[0], act)

    def _run(self, socket: int, act: Callable[[], None]) -> list[bytes]:
        self._target = None
        act()
        lasts = self.travel_s if self._target else 0.0
        self.travel[socket] = (self._clock.mono() + lasts, self._target)
        return [self._say(bytes([0x40 | socket]))]

    def _switch(self, data: bytes) -> Callable[[], None] | int:
        return (lambda: setattr(self, "power", data == b"\x02")) if data in (b"\x02", b"\x03") else _SYNTAX

    def _focus_mode(self, data: bytes) -> Callable[[], None] | int:
        if data == b"\x10":
            return lambda: setattr(self, "autofocus", not self.autofocus)
        return (lambda: setattr(self, "autofocus", data == b"\x02")) if data in (b"\x02", b"\x03") else _SYNTAX

    def _zoom(self, data: bytes) -> Callable[[], None] | int:
        return self._drive("zoom", data)

    def _focus(self, data: bytes) -> Callable[[], None] | int:
        return NOT_EXECUTABLE if self.autofocus and data != b"\0" else self._drive("focus", data)

    def _drive(self, name: str, data: bytes) -> Callable[[], None] | int:
        if len(data) != 1 or data[0] not in (0, 2, 3, *range(0x20, 0x28), *range(0x30, 0x38)):
            return _SYNTAX
        kind, speed = (data[0], 3) if data[0] < 4 else (data[0] >> 4, data[0] & DRIVE_SPEEDS)
        way = {0: 0, 2: 1, 3: -1}[kind]
        return lambda: self.axes[name].go(way * (speed + 1) * _STEPS[name], self._clock.mono())

    def _move(self, data: bytes) -> Callable[[], None] | int:
        if len(data) != 4 or not {data[2], data[3]} <= {1, 2, 3} or data[0] > PAN_SPEEDS or data[1] > TILT_SPEEDS:
            return _SYNTAX
        ways = {3: 0, 1: -1, 2: 1}

        def move() -> None:
            now = self._clock.mono()
            self.travel.clear()
            self.axes["pan"].go(ways[data[2]] * data[0] * _STEPS["pan"], now)
            self.axes["tilt"].go(-ways[data[3]] * data[1] * _STEPS["tilt"], now)

        return move

    def _memory(self, data: bytes) -> Callable[[], None] | int:
        if len(data) != 2 or data[0] > 2 or data[1] > MOST_PRESETS:
            return _SYNTAX
        action, place = data
        if action == 2:
            return lambda: self._go(self.presets.get(place, (0, 0, 0)))
        if action == 1:
            here = (self.place("pan"), self.place("tilt"), self.place("zoom"))
            return lambda: self.presets.__setitem__(place, here)
        return lambda: void(self.presets.pop(place, None))

    def _home(self, data: bytes) -> Callable[[], None] | int:
        return _SYNTAX if data else lambda: self._go((0, 0, self.place("zoom")))

    def _absolute(self, data: bytes) -> Callable[[], None] | int:
        if len(data) != 10:
            return _SYNTAX
        target = (signed(data[2:6]), signed(data[6:10]), self.place("zoom"))
        return lambda: self._go(target)

    def _direct_zoom(self, data: bytes) -> Callable[[], None] | int:
        if len(data) != 4:
            return _SYNTAX
        target = (self.place("pan"), self.place("tilt"), signed(data))
        return lambda: self._go(target)

    def _go(self, target: tuple[int, int, int]) -> None:
        self._halt()
        self._target = target

    def _arrive(self, target: tuple[int, int, int]) -> None:
        now = self._clock.mono()
        for name, place in zip(("pan", "tilt", "zoom"), target, strict=True):
            axis = self.axes[name]
            axis.place, axis.speed, axis.since = min(max(place, axis.low), axis.high), 0.0, now

    def _halt(self) -> None:
        for axis in self.axes.values():
            axis.go(0.0, self._clock.mono())


def void(_value: object) -> None:
    """Do nothing with it."""


class Chain(Plain[Packet]):
    """The cameras of one chain, counted from 1; the facts of camera 1 are the machine's own."""

    family = "visca"
    most_clients = 4
    ending = b"\xff"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        super().__init__(
            {"cameras": 1, "model": "0020/0467", "travel": 0.0, "power": 1, "autofocus": 1, "id": 1},
            decoder=lambda: Decoder(answers=False),
            seed=seed,
        )
        self._clock = clock
        self.units = {number: Camera(number, clock) for number in range(1, 8)}
        self._owners: dict[tuple[int, int], int] = {}
        self.load(options)
        self.remote = Visca(Options(id=int(self.number("id")), chain=False))
        self.stranger = {"model": "0020/0511"}

    def acts(self, request: Packet) -> bool:
        """Return whether it is more than a question."""
        return request.body[:1] == b"\x01" and request.body != b"\x01\x00\x01"

    def answer(self, client: int, request: Packet) -> Sequence[bytes]:
        """Let the camera that is meant answer; what goes to everybody goes round the chain."""
        if request.header == EVERYBODY:
            return self._round(request)
        camera = self._camera(request)
        answers = camera.obey(request.body) if camera else []
        if camera is not None and client != REMOTE:
            self._owners.update({(camera.number, socket): client for socket in camera.travel})
        return answers

    def refuse(self, request: Packet) -> Sequence[bytes]:
        """Say that it cannot be done now."""
        camera = self._camera(request)
        return [back(camera.number, bytes([0x60, NOT_EXECUTABLE]))] if camera else []

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return, once, the completions of what has ended."""
        for camera in self.units.values():
            running = list(camera.travel)
            done = camera.finished()
            ended = [socket for socket in running if socket not in camera.travel]
            for socket, message in zip(ended, done, strict=False):
                owner = self._owners.pop((camera.number, socket), None)
                self.spread(message, [] if owner is None else [owner])
        return super().pushes()

    def due(self) -> float:
        """Return the seconds until something ends by itself."""
        return min(camera.due() for camera in self.units.values()) - self._clock.mono()

    def state(self) -> dict[str, object]:
        """Return the facts, and where camera 1 is."""
        first = self._first()
        told = {"power": int(first.power), "autofocus": int(first.autofocus)}
        places = {name: first.place(name) for name in ("pan", "tilt", "zoom")}
        presets = {str(number): list(place) for number, place in first.presets.items()}
        return {**self.facts, **told, **places, "presets": presets, "moving": int(self._moves(first))}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError for what is no state of a chain."""
        places = {"pan", "tilt", "zoom", "presets", "moving"}
        super().load({key: value for key, value in state.items() if key not in places})
        first = self._first()
        first.power, first.autofocus = bool(self.facts["power"]), bool(self.facts["autofocus"])
        for camera in self.units.values():
            camera.travel_s = self.number("travel")
            camera.version = bytes.fromhex(self.text("model").replace("/", "")) + b"\x01\x02\x02"
        self._place(first, state)

    def news(self) -> bytes:
        """Return a completion of nothing that is known."""
        return back(int(self.number("id")), b"\x52")

    def unknown(self) -> bytes:
        """Return an answer of a length that no inquiry has."""
        return back(int(self.number("id")), b"\x50\1\2\3\4\5\6\7\1\2\3\4")

    def meddle(self) -> None:
        """Let somebody turn the autofocus."""
        first = self._first()
        first.autofocus = not first.autofocus

    def tell(self, data: bytes) -> str:
        """Return it in hexadecimal."""
        return data[:64].hex(" ")

    def join(self) -> bytes:
        """Return what a camera says that was just plugged into the chain."""
        return back(int(self.number("id")), NETWORK_CHANGE)

    def _first(self) -> Camera:
        return self.units[int(self.number("id"))]

    def _moves(self, camera: Camera) -> bool:
        return bool(camera.travel) or any(axis.speed for axis in camera.axes.values())

    def _place(self, camera: Camera, state: Mapping[str, object]) -> None:
        now = self._clock.mono()
        for name in ("pan", "tilt", "zoom"):
            if name in state:
                axis = camera.axes[name]
                axis.place, axis.since = float(str(state[name])), now
        presets = state.get("presets")
        if isinstance(presets, Mapping):
            camera.presets = {int(number): (place[0], place[1], place[2]) for number, place in presets.items()}
        if not state.get("moving", 1):
            camera.travel.clear()
            for axis in camera.axes.values():
                axis.go(0.0, now)

    def _camera(self, request: Packet) -> Camera | None:
        number = request.header & 7
        there = number == int(self.number("id")) or number <= int(self.number("cameras"))
        return self.units[number] if there else None

    def _round(self, request: Packet) -> list[bytes]:
        if request.encode() == ADDRESS_SET:
            return [bytes([EVERYBODY, 0x30, int(self.number("cameras")) + 1, 0xFF])]
        if request.body == b"\x01\x00\x01":
            for camera in self.units.values():
                camera.obey(request.body)
            return [request.encode()]
        return []
