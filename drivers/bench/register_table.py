"""Registers as a technician reads them: each address in both notations, and all that could begin there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from drivers.sensors.decode_lens import Sight, sights
from drivers.sensors.register_map import BIT_TABLES, Table, modicon

LONGEST = 4
"""Registers of the longest number."""


def lines(
    found: Mapping[int, int], table: Table, wanted: range, *, low: float = -math.inf, high: float = math.inf
) -> Iterator[str]:
    """Yield the lines about these addresses; `*` marks what lies in the range, a value that stands alone is whole."""
    for at in wanted:
        head = f"{table} {at:<6} {modicon(table, at):>6}"
        if at not in found:
            yield f"{head}  no such address"
        elif table in BIT_TABLES:
            yield f"{head}  {'on' if found[at] else 'off'}"
        else:
            yield f"{head}  {found[at]:04x}  {_letters(found[at])}"
            yield from _numbers(sights(_words(found, at, LONGEST), low=low, high=high))
    if table not in BIT_TABLES:
        yield from _texts(sights(_words(found, wanted.start, len(wanted))))


def _words(found: Mapping[int, int], start: int, most: int) -> Sequence[int]:
    """Return the registers from `start` on up to the first hole."""
    return [found[at] for at in takewhile(found.__contains__, range(start, start + most))]


def _numbers(seen: Sequence[Sight]) -> Iterator[str]:
    """Yield one line a type, its orders side by side."""
    numbers = [sight for sight in seen if sight.type != "text"]
    for kind in dict.fromkeys(sight.type for sight in numbers):
        told = (f"{'*' if one.inside else ' '}{one.order} {one.value}" for one in numbers if one.type == kind)
        yield f"      {kind:6}{'  '.join(told)}"


def _letters(word: int) -> str:
    """Return a register as the two letters that it may be."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in word.to_bytes(2, "big"))


def _texts(seen: Sequence[Sight]) -> Iterator[str]:
    for sight in seen:
        if sight.type == "text" and str(sight.value).strip():
            yield f"text {sight.order}: {sight.value!r}"
