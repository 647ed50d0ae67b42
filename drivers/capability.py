"""The verbs that rooms are written in, so that a room names what a device can do and never a brand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import get_args

from drivers.errors import BadCommand
from drivers.model import NOTHING, Arg, Value

Effects = Mapping[str, Value]
"""What a device's points must read once a command has truly taken."""

LONGEST_MOVE = 30
"""Seconds after which a movement ends at the latest, unless it is wished again."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing a device can be asked to do, with the type of every argument; all verbs are idempotent."""

    name: str
    args: Mapping[str, type | UnionType]
    effects: Callable[[Mapping[str, Arg]], Effects]
    which: tuple[str, ...] = ()
    """The arguments that say which part of the device is meant: commands about different parts all count."""
    replaces: tuple[str, ...] = ()
    """Other verbs whose commands no longer count, unless they have left, once this one is wished."""
    urgent: bool = False
    """It goes before everything that waits, whoever wishes it."""
    lasts: str = ""
    """It goes on for its argument `seconds`; then, by itself, the verb of this name ends it."""


def plain(arg: Arg) -> Value:
    """Return the argument as one value; raise BadCommand for a salvo."""
    if isinstance(arg, Mapping):
        raise BadCommand(f"one value is wanted, not the mapping {dict(arg)}")
    return arg


def whole(arg: Arg) -> int:
    """Return the argument as a whole number; raise BadCommand for anything else."""
    if not isinstance(arg, int) or isinstance(arg, bool):
        raise BadCommand(f"a whole number is wanted, not {arg!r}")
    return arg


def bounded(args: Mapping[str, Arg], name: str, least: int, most: int) -> int:
    """Return the argument of that name as a whole number from `least` to `most`, or raise BadCommand."""
    value = args[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadCommand(f"{name} must be {least} to {most}, not {value!r}")
    return value


def share(args: Mapping[str, Arg], name: str) -> float:
    """Return the argument of that name as a signed part of full speed, -1 to 1, or raise BadCommand."""
    value = args[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise BadCommand(f"{name} must be -1 to 1, a part of full speed, not {value!r}")
    return value


def lasting(args: Mapping[str, Arg]) -> float:
    """Return how many seconds a movement may last, 0.1 to 30, or raise BadCommand."""
    value = args["seconds"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= LONGEST_MOVE:
        raise BadCommand(f"seconds must be 0.1 to {LONGEST_MOVE}, for nothing may turn for ever; it is {value!r}")
    return value


def numbered(args: Mapping[str, Arg], least: int, most: int) -> int:
    """Return the preset as a number from `least` to `most`, for devices that number theirs, or raise BadCommand."""
    text = str(args["preset"])
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise BadCommand(f"a preset of this device is a number from {least} to {most}, not {text!r}")
    return int(text)


def routes_of(args: Mapping[str, Arg]) -> Mapping[str, Value]:
    """Return the output → input mapping of a `route` command; raise BadCommand when it is none."""
    routes = args["routes"]
    if not isinstance(routes, Mapping):
        raise BadCommand(f"routes must map outputs to inputs, not {routes!r}")
    return routes


def tile_text(rows: int, columns: int, position: int) -> str:
    """Return the reading of a panel's tile: `off` for a panel on its own, else `ROWSxCOLUMNS:POSITION`."""
    return "off" if rows * columns == 1 else f"{rows}x{columns}:{position}"


def _switch(point: str) -> Callable[[Mapping[str, Arg]], Effects]:
    return lambda args: {point: "on" if args["on"] else "off"}


def _same(arg: str, point: str) -> Callable[[Mapping[str, Arg]], Effects]:
    return lambda args: {point: plain(args[arg])}


def _routes(args: Mapping[str, Arg]) -> Effects:
    return {f"route.{output}": source for output, source in routes_of(args).items()}


def _tile(args: Mapping[str, Arg]) -> Effects:
    return {"tile": tile_text(whole(args["rows"]), whole(args["columns"]), whole(args["position"]))}


def _lock(args: Mapping[str, Arg]) -> Effects:
    return {f"lock.{args['output']}": "own" if args["on"] else "free"}


def _each(point: str, which: str) -> Callable[[Mapping[str, Arg]], Effects]:
    return lambda args: {f"{point}.{args[which]}": "on" if args["on"] else "off"}


def _level(args: Mapping[str, Arg]) -> Effects:
    return {f"level.{args['channel']}": plain(args["level"])}


def levels_of(args: Mapping[str, Arg]) -> Mapping[str, float]:
    """Return the zone → percent mapping of a `light` command; raise BadCommand when it is none."""
    levels = args["levels"]
    if not isinstance(levels, Mapping) or not levels:
        raise BadCommand(f"levels must map zones to percent, as {{'podium': 80}}, not {levels!r}")
    found: dict[str, float] = {}
    for zone, level in levels.items():
        if isinstance(level, bool) or not isinstance(level, int | float) or not 0 <= level <= 100:
            raise BadCommand(f"light: {zone} must be 0 to 100 percent, not {level!r}")
        found[zone] = level
    return found


def _lights(args: Mapping[str, Arg]) -> Effects:
    return {f"light.{zone}": level for zone, level in levels_of(args).items()}


def place_text(x: int, y: int, width: int, height: int) -> str:
    """Return the reading of a window's place: `x,y,width,height` in the processor's own units, from the top left."""
    return f"{x},{y},{width},{height}"


def _place(args: Mapping[str, Arg]) -> Effects:
    place = place_text(whole(args["x"]), whole(args["y"]), whole(args["width"]), whole(args["height"]))
    return {f"place.{args['window']}": place}


def _nothing(_args: Mapping[str, Arg]) -> Effects:
    return NOTHING


def _written(args: Mapping[str, Arg]) -> Effects:
    return {str(args["point"]): plain(args["value"])}


NUMBER = int | float
VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("power", {"on": bool}, _switch("power")),
        Verb("input", {"source": str}, _same("source", "input")),
        Verb("route", {"routes": Mapping}, _routes),
        Verb("tile", {"rows": int, "columns": int, "position": int}, _tile),
        Verb("volume", {"level": int}, _same("level", "volume")),
        Verb("mute", {"on": bool}, _switch("mute")),
        Verb("picture_mute", {"on": bool}, _switch("picture_mute")),
        Verb("freeze", {"on": bool}, _switch("freeze")),
        Verb("brightness", {"level": int}, _same("level", "brightness")),
        Verb("lock_output", {"output": int, "on": bool}, _lock, which=("output",)),
        Verb("write", {"point": str, "value": Value}, _written, which=("point",)),
        Verb("level", {"channel": str, "level": int | float}, _level, which=("channel",)),
        Verb("mute_channel", {"channel": str, "on": bool}, _each("mute", "channel"), which=("channel",)),
        Verb("preset", {"preset": str}, _same("preset", "preset"), replaces=("move", "home")),
        Verb("mute_output", {"output": int, "on": bool}, _each("muted", "output"), which=("output",)),
        Verb("panel_lock", {"on": bool}, _switch("panel_lock")),
        Verb(
            "place",
            {"window": int, "x": int, "y": int, "width": int, "height": int},
            _place,
            which=("window",),
        ),
        Verb(
            "sms",
            {"message": str, "to": str, "text": str, "valid": int},
            _same("message", "sent"),
            which=("message",),
        ),
        Verb("announce", {"message": str}, _nothing, which=("message",)),
        Verb("relay", {"output": int, "on": bool}, _each("relay", "output"), which=("output",)),
        Verb("outlet", {"output": int, "on": bool}, _each("outlet", "output"), which=("output",)),
        Verb("cycle_outlet", {"output": int}, _nothing, which=("output",)),
        Verb("infrared", {"output": int, "code": str}, _nothing, which=("output", "code")),
        Verb("text", {"text": str}, _same("text", "text")),
        Verb("light", {"levels": Mapping, "seconds": int | float}, _lights),
        Verb("wake", {"machine": str}, _nothing, which=("machine",)),
        Verb(
            "move",
            {"pan": NUMBER, "tilt": NUMBER, "zoom": NUMBER, "seconds": NUMBER},
            _nothing,
            replaces=("home", "preset"),
            lasts="stop",
        ),
        Verb("focus", {"drive": NUMBER, "seconds": NUMBER}, _nothing, lasts="stop"),
        Verb("stop", {}, _nothing, replaces=("move", "focus", "home", "preset"), urgent=True),
        Verb("autofocus", {"on": bool}, _switch("autofocus")),
        Verb("home", {}, _nothing, replaces=("move", "preset")),
        Verb("save_preset", {"preset": str}, _nothing, which=("preset",)),
    )
}


def kind_name(kind: type | UnionType) -> str:
    """Return what an argument's type is called."""
    if isinstance(kind, type):
        return kind.__name__
    return "a flag, a number or a text" if bool in get_args(kind) else "a number"


def _fits(value: Arg, kind: type | UnionType) -> bool:
    """Return whether the value is of that type; a flag is no number."""
    if isinstance(value, bool):
        return kind is bool or bool in get_args(kind)
    return isinstance(value, kind)


def check(verb: str, args: Mapping[str, Arg]) -> Verb:
    """Return the verb of that name, or raise BadCommand when it or an argument is not as declared."""
    known = VERBS.get(verb)
    if known is None:
        raise BadCommand(f"there is no verb {verb!r}; the verbs are {', '.join(sorted(VERBS))}")
    if set(args) != set(known.args):
        raise BadCommand(
            f"{verb} takes {', '.join(known.args) or 'nothing'}; it got {', '.join(sorted(args)) or 'nothing'}"
        )
    for name, kind in known.args.items():
        value = args[name]
        if not _fits(value, kind):
            raise BadCommand(f"{verb}: {name} must be {kind_name(kind)}, not {value!r}")
    return known
