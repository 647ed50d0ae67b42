"""What a scene asks of the devices of a room beside the wall: a projector, a display, a route to either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.capability import check
from drivers.errors import BadCommand
from drivers.model import Arg, Value


@dataclass(frozen=True, slots=True)
class RoomStep:
    """What a device's points must read once the step has taken, as `{"power": "on"}`."""

    device: str
    effects: Mapping[str, Value]


def room_step(device: str, verb: str, args: Mapping[str, Arg]) -> RoomStep:
    """Return the step that `verb` with `args` stands for; raise BadCommand when there is no such verb."""
    known = check(verb, args)
    effects = known.effects(args)
    if not effects:
        raise BadCommand(f"{verb} leaves nothing that could be read back")
    return RoomStep(device, effects)
