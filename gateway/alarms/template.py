"""One rule over many points becomes a rule for each of them, with limits of its own where some are given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TypeVar

from drivers.model import Point, PointKind
from gateway.alarms.config import AlarmRuleConfig, Limit, PointChoiceConfig
from gateway.alarms.limits import BadLimit, table
from gateway.alarms.rule import KeyPath, RuleError

T = TypeVar("T")
ReadText = Callable[[str], str]
"""Returns the text of a file of the site by its name; raises OSError or UnicodeDecodeError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule for one point (none: a composite, or a whole device), with its limits and where they stand."""

    id: str
    written: AlarmRuleConfig
    point: Point | None
    levels: Mapping[str, Limit]
    path: KeyPath
    levels_at: KeyPath


def known(name: str, things: Mapping[str, T], path: KeyPath, what: str) -> T:
    """Return what has that name; raise RuleError, saying what may have been meant."""
    if name not in things:
        raise RuleError(path, f"there is no {what} {name!r}", did_you_mean(name, things))
    return things[name]


def did_you_mean(name: str, things: Collection[str]) -> str:
    """Return the hint for a name that nobody has."""
    close = get_close_matches(name, things, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(sorted(things)[:10])}" if things else "none is configured"


def entries(written: AlarmRuleConfig, path: KeyPath, points: Mapping[str, Point], read: ReadText) -> Iterable[Entry]:
    """Return the rules that one entry of the file stands for; raise RuleError."""
    _check_subject(written, path)
    if written.points is None:
        for key in ("limits", "table"):
            if getattr(written, key):
                raise RuleError((*path, key), f"`{key}` is for a rule over many points", "write `points`, or `levels`")
        point = known(written.point, points, (*path, "point"), "point") if written.point else None
        return [Entry(written.id, written, point, written.levels, path, (*path, "levels"))]
    chosen = [point for point in points.values() if _chosen(point, written.points)]
    if not chosen:
        raise RuleError(
            (*path, "points"), f"rule {written.id}: no point fits", "look at the ids and tags in points.yaml"
        )
    return _each(written, path, chosen, _table(written, path, read))


def _check_subject(written: AlarmRuleConfig, path: KeyPath) -> None:
    """Refuse a rule about nothing, or about two things."""
    given = [key for key in ("point", "points", "device") if getattr(written, key) is not None]
    if len(given) > 1:
        raise RuleError((*path, given[1]), f"rule {written.id}: {' and '.join(given)} are given", "keep one of them")
    if written.kind == "composite":
        if given == ["points"]:
            raise RuleError((*path, "points"), "a composite is one rule, not one a point", "take `points` out")
    elif not given:
        raise RuleError((*path, "id"), f"rule {written.id}: nothing says what is judged", "write `point` or `points`")


def _chosen(point: Point, choice: PointChoiceConfig) -> bool:
    return (
        any(fnmatchcase(point.id, pattern) for pattern in choice.ids)
        and not any(fnmatchcase(point.id, pattern) for pattern in choice.but)
        and set(choice.tags) <= set(point.tags)
        and (choice.kind is None or point.kind is PointKind(choice.kind))
        and (choice.device is None or point.device == choice.device)
    )


def _table(written: AlarmRuleConfig, path: KeyPath, read: ReadText) -> Mapping[str, Mapping[str, Limit]]:
    if written.table is None:
        return {}
    try:
        return table(read(written.table))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        message = f"{written.table} cannot be read: {why}"
        raise RuleError((*path, "table"), message, "put it beside alarms.yaml") from None
    except BadLimit as error:
        raise RuleError((*path, "table"), f"{written.table}: {error.message}", error.hint) from None


def _each(
    written: AlarmRuleConfig, path: KeyPath, chosen: Iterable[Point], tabled: Mapping[str, Mapping[str, Limit]]
) -> list[Entry]:
    points = {point.id: point for point in chosen}
    for key, limits in (("limits", written.limits), ("table", tabled)):
        for id_ in limits:
            at = (*path, "limits", id_) if key == "limits" else (*path, key)
            known(id_, points, at, f"point of rule {written.id}:")
    found = []
    for point in points.values():
        ways: list[tuple[Mapping[str, Limit], KeyPath]] = [
            (written.limits.get(point.id, {}), ("limits", point.id)),
            (tabled.get(point.id, {}), ("table",)),
            (written.levels, ("levels",)),
        ]
        levels, at = next((way for way in ways if way[0]), ways[-1])
        found.append(Entry(f"{written.id}.{point.id}", written, point, levels, path, (*path, *at)))
    return found
