"""PTZ cameras over Pelco-D on RS-485: movement, zoom, focus and presets, none of which is ever acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check, lasting, numbered, share
from drivers.codecs.pelco_d import (
    CALL_PRESET,
    DOWN,
    FAR,
    FULL_SPEED,
    LEFT,
    NEAR,
    RIGHT,
    SET_PRESET,
    TELE,
    UP,
    WIDE,
    Frame,
)
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Arg, Command


class Options(Strict):
    """Which camera of the line it is."""

    id: Annotated[int, Field(ge=1, le=254)] = 1
    """The address that its switches say."""
    presets: Annotated[int, Field(ge=1, le=255)] = 127
    """How many presets it has, counted from 1; beyond, makers hide their menus and tours."""


class PelcoD:
    """One camera; the line is one-way, so nothing is asked and nothing can be proved."""

    def __init__(self, options: Options) -> None:
        self._id = options.id
        self._presets = options.presets

    def hello(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def request(self, command: Command) -> Sequence[Request]:
        """Return the frame of a command; raise BadCommand for what Pelco-D cannot say."""
        check(command.verb, command.args)
        encode = _COMMANDS.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Pelco-D camera has no {command.verb}; it has {', '.join(_COMMANDS)}")
        frame = encode(self._id, command.args)
        if frame.second in (SET_PRESET, CALL_PRESET):
            numbered(command.args, 1, self._presets)
        return [Request(frame.encode(), command.verb, silent=True)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Return nothing: it stays unconfirmed."""
        return []

    def feed(self, _data: bytes) -> Sequence[Reply]:
        """Return nothing: what comes on a one-way line is an echo, or another controller."""
        return []


def _pick(part: float, less: int, more: int) -> int:
    return 0 if part == 0 else more if part > 0 else less


def _speed(part: float) -> int:
    return ceil(abs(part) * FULL_SPEED)


def _move(address: int, args: Mapping[str, Arg]) -> Frame:
    pan, tilt, zoom = (share(args, name) for name in ("pan", "tilt", "zoom"))
    lasting(args)
    ways = _pick(pan, LEFT, RIGHT) | _pick(tilt, DOWN, UP) | _pick(zoom, WIDE, TELE)
    return Frame(address, 0, ways, _speed(pan), _speed(tilt))


def _focus(address: int, args: Mapping[str, Arg]) -> Frame:
    drive = share(args, "drive")
    lasting(args)
    return Frame(address, _pick(drive, NEAR, 0), _pick(drive, 0, FAR))


def _preset(action: int) -> Callable[[int, Mapping[str, Arg]], Frame]:
    return lambda address, args: Frame(address, 0, action, 0, numbered(args, 1, 255))


_COMMANDS: Mapping[str, Callable[[int, Mapping[str, Arg]], Frame]] = {
    "move": _move,
    "stop": lambda address, _: Frame(address),
    "focus": _focus,
    "preset": _preset(CALL_PRESET),
    "save_preset": _preset(SET_PRESET),
}


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return ()


def _make(options: BaseModel) -> Driver:
    return PelcoD(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="pelco_d",
    maker="any (Pelco-D)",
    models=("domes and pan-tilt heads on RS-485",),
    port=4001,
    options=Options,
    points=_points,
    verbs=tuple(_COMMANDS),
    make=_make,
    gap=0.05,
    links={"serial": {"baud": "2400"}},
    sources={
        "frames, presets": "Minrray UV950A and Oxic XPM9A261A manuals; pyptzcontroller 0.1.2 (the same sums)",
        "2400 baud": "usual setting of the switches; makers also have 4800 and 9600",
        "gap 0.05 s, presets up to 127": "our own proposal; no limit is given in the documents read",
    },
)
