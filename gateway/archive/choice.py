"""Which points are meant: ids and patterns, separated by commas."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

from gateway.archive.errors import NoSuchPoints

SIGNS = frozenset("*?[")


def chosen(wanted: str, known: Collection[str]) -> list[str]:
    """Return the points that `river.level,rain.*` names, each once, in the order of `known` within a pattern.

    Raises NoSuchPoints for a word that names none.
    """
    found: dict[str, None] = {}
    for word in filter(None, (part.strip() for part in wanted.split(","))):
        if SIGNS.isdisjoint(word):
            named = [word] if word in known else []
        else:
            named = [point for point in known if fnmatchcase(point, word)]
        if not named:
            raise NoSuchPoints(f"there is no point {word[:100]!r}; a pattern is written as 'river.*'")
        found |= dict.fromkeys(named)
    if not found:
        raise NoSuchPoints("no point is named; name some, as 'river.level,rain.*'")
    return list(found)
