"""NovaStar H series splicers by datagrams: presets, freeze, black and brightness; they answer nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check, whole
from drivers.device_config import Strict
from drivers.devices.crosspoints import preset_number
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Arg, Command

_PRESETS, _SCREENS = 128, 40
PRESET, FREEZE, BLACK, BRIGHTNESS = "W0605", "W040A", "W0409", "W0410"


class Options(Strict):
    """Which screen of the splicer this is."""

    screen: Annotated[int, Field(ge=1, le=_SCREENS)] = 1
    """The screen, from 1 as its own page counts; give a device for each."""
    unit: Annotated[int, Field(ge=1, le=64)] = 1
    """The splicer among those that are cascaded, from 1."""


class Splicer:
    """Sends and hears nothing; what has become of a command nobody can tell."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], tuple[str, dict[str, int]]]] = {
            "preset": lambda args: (PRESET, {"presetId": preset_number(args["preset"], _PRESETS) - 1}),
            "freeze": lambda args: (FREEZE, {"enable": int(bool(args["on"]))}),
            "picture_mute": lambda args: (BLACK, {"type": int(not args["on"])}),
            "brightness": lambda args: (BRIGHTNESS, {"brightness": _level(args["level"])}),
        }

    def hello(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def request(self, command: Command) -> Sequence[Request]:
        """Return the datagram of a command; raise BadCommand for what a splicer has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"an H series splicer has no {command.verb}; it has {', '.join(self._commands)}")
        code, values = encode(command.args)
        wish = {**values, "screenId": self._options.screen - 1, "cmd": code, "deviceId": self._options.unit - 1}
        return [Request(json.dumps([wish], separators=(",", ":")).encode(), code, silent=True)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def feed(self, _data: bytes) -> Sequence[Reply]:
        """Make nothing of what comes: its answers are not in the facts that we have."""
        return []


def _level(arg: Arg) -> int:
    level = whole(arg)
    if not 0 <= level <= 100:
        raise BadCommand(f"brightness is 0 to 100 percent, not {level}")
    return level


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return ()


def _make(options: BaseModel) -> Driver:
    return Splicer(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="novastar_h",
    maker="NovaStar",
    models=("H2", "H5", "H9", "H15"),
    port=6000,
    options=Options,
    points=_points,
    verbs=("preset", "freeze", "picture_mute", "brightness"),
    make=_make,
    poll_every=60.0,
    sources={"datagrams": "bitfocus companion-module-novastar-h-series; open-avc openavc-drivers, novastar_h_series"},
)
