"""The verbs that rooms are written in, so that a room names what a device can do and never a brand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType

from drivers.errors import BadCommand
from drivers.model import Arg, Value

Effects = Mapping[str, Value]
"""What a device's points must read once a command has truly taken."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing a device can be asked to do, with the type of every argument; all verbs are idempotent."""

    name: str
    args: Mapping[str, type | UnionType]
    effects: Callable[[Mapping[str, Arg]], Effects]


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


def _written(args: Mapping[str, Arg]) -> Effects:
    return {str(args["point"]): plain(args["value"])}


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
        Verb("lock_output", {"output": int, "on": bool}, _lock),
        Verb("write", {"point": str, "value": Value}, _written),
    )
}


def kind_name(kind: type | UnionType) -> str:
    """Return what an argument's type is called."""
    return kind.__name__ if isinstance(kind, type) else "a flag, a number or a text"


def check(verb: str, args: Mapping[str, Arg]) -> Verb:
    """Return the verb of that name, or raise BadCommand when it or an argument is not as declared."""
    known = VERBS.get(verb)
    if known is None:
        raise BadCommand(f"there is no verb {verb!r}; the verbs are {', '.join(sorted(VERBS))}")
    if set(args) != set(known.args):
        raise BadCommand(f"{verb} takes {', '.join(known.args)}; it got {', '.join(sorted(args)) or 'nothing'}")
    for name, kind in known.args.items():
        value = args[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise BadCommand(f"{verb}: {name} must be {kind_name(kind)}, not {value!r}")
    return known
