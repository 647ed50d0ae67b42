"""Columns of numbers in the fewest bytes: differences in the narrowest integers, deflated the way that suits them."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.store.columns import EXACT, Floats, Ints

WIDTHS: tuple[type[np.signedinteger[Any]], ...] = (np.int8, np.int16, np.int32, np.int64)
UNITS = (1_000_000_000, 1_000_000, 1_000, 1)
DECIMALS = (0, 1, 2, 3, 4)
MOST_PLACES = DECIMALS[-1]
POWERS = (10_000, 1_000, 100, 10, 1)
BITS = 255
"""Marks a float column that is kept bit by bit, not as scaled integers."""
PATCHED, ODD = 254, 64
"""Marks scaled integers with notes on at most one value in so many that is none."""
HEAD = struct.Struct("<Bqqqq")
LEVELS = 8
"""Marks integers kept as their distance from a straight line, not as differing steps: better for a jittering clock."""
REACH = 2**62
"""Values beyond this are not laid along a line: their distances would not fit."""
PLAIN, DEFLATED = b"p", b"d"
TINY, SHORT = 48, 4_096


def deflated(raw: bytes) -> bytes:
    """Return `raw` in the shortest form: noise suits bare Huffman codes, patterns the search for repeats.

    What is short will be packed again with what follows it, and is not searched.
    """
    forms = [PLAIN + raw]
    for strategy, least in ((zlib.Z_RLE, TINY), (zlib.Z_DEFAULT_STRATEGY, SHORT)):
        if len(raw) >= least:
            packer = zlib.compressobj(6, zlib.DEFLATED, -15, 9, strategy)
            forms.append(DEFLATED + packer.compress(raw) + packer.flush())
    return min(forms, key=len)


def inflated(packed: bytes) -> bytes:
    """Return what was deflated; raise zlib.error when it is not whole."""
    return zlib.decompress(packed[1:], -15) if packed[:1] == DEFLATED else packed[1:]


def pack_ints(values: Ints) -> bytes:
    """Return first value, usual step and unit, then what each step differs from the usual one, in units.

    Or first value, rise and unit, then how far each value is from a straight line: whichever varies less.
    """
    if not len(values):
        return b""
    n, first, steps = len(values), int(values[0]), np.diff(values)
    usual = int(np.partition(steps, len(steps) // 2)[len(steps) // 2]) if len(steps) else 0
    rest = steps - usual
    if not rest.any():
        return HEAD.pack(0, first, usual, 0, n)
    unit = _common(rest, UNITS)
    mode, form = 1, (usual, rest // unit)
    level = _level(values, unit) if usual % unit == 0 else None
    if level is not None and _spread(level[1]) < _spread(form[1]):
        mode, form = LEVELS + 1, level
    width = narrowest(form[1])
    return HEAD.pack(mode + width, first, form[0], unit, n) + planes(form[1].astype(WIDTHS[width]))


def _level(values: Ints, unit: int) -> tuple[int, Ints] | None:
    """Return by how much the best line rises, in units, and how far the values are from it.

    A regular clock keeps to whole units a step, a drifting one to the line between its ends.
    """
    n, rise = len(values), (int(values[-1]) - int(values[0])) // unit
    if abs(rise) >= EXACT or int(values.min()) < -REACH or int(values.max()) > REACH:
        return None
    heights = (values - values[0]) // unit
    forms = [(total, heights - _line(total, n)) for total in {round(rise / (n - 1)) * (n - 1), rise}]
    return min(forms, key=lambda form: _spread(form[1]))


def _spread(values: Ints) -> float:
    """Return how far the values vary: what follows codes by."""
    numbers = values.astype(np.float64)
    return float(numbers @ numbers) - float(numbers.sum()) ** 2 / len(numbers)


def _common(values: Ints, factors: Sequence[int]) -> int:
    """Return the first of `factors` (the last is 1) that divides all values."""
    of_some = math.gcd(*values[:16].tolist())
    return next(by for by in factors if by == 1 or (of_some % by == 0 and not (values % by).any()))


def unpack_ints(packed: bytes) -> Ints:
    """Return the integers again; raise ValueError, IndexError or struct.error when it is not what was packed."""
    if not packed:
        return np.empty(0, np.int64)
    mode, first, usual, unit, n = HEAD.unpack_from(packed)
    if not mode and not usual:
        return np.full(n, first, np.int64)
    if not mode:
        line: Ints = first + usual * np.arange(n, dtype=np.int64)
        return line
    rest: Any = joined_planes(packed[HEAD.size :], np.dtype(WIDTHS[(mode & 7) - 1]))
    if mode & LEVELS:
        values: Ints = (_line(usual, n) + rest) * unit + first
        return values
    values = np.empty(n, np.int64)
    values[0] = first
    np.multiply(rest, unit, out=values[1:], dtype=np.int64)
    values[1:] += usual
    return np.cumsum(values, out=values)


def _line(rise: int, n: int) -> Ints:
    """Return the n whole numbers nearest to a straight line from 0 to `rise`."""
    line: Ints = np.rint(np.arange(n) * (rise / max(n - 1, 1))).astype(np.int64)
    return line


def narrowest(values: Ints) -> int:
    """Return which of `WIDTHS` holds all values."""
    low, high = int(values.min()), int(values.max())
    return next(width for width, kind in enumerate(WIDTHS) if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)


def planes(values: Any) -> bytes:
    """Return all first bytes, then all second bytes, …: alike bytes side by side deflate better."""
    return np.ascontiguousarray(values.view(np.uint8).reshape(len(values), -1).T).tobytes()


def joined_planes(packed: bytes, kind: np.dtype[Any]) -> Any:
    """Return the values whose `planes` these are."""
    if kind.itemsize == 1:
        return np.frombuffer(packed, kind)
    split = np.frombuffer(packed, np.uint8).reshape(kind.itemsize, -1)
    values = np.empty((split.shape[1], kind.itemsize), np.uint8)
    for place, plane in enumerate(split):
        values[:, place] = plane  # quicker than a transposed copy
    return values.reshape(-1).view(kind)


def pack_floats(values: Floats) -> bytes:
    """Return decimals as integers when every bit comes back, else the bits that changed since the value before.

    A few odd ones (a NaN, a minus zero) are noted beside the integers.
    """
    if not len(values):
        return bytes([0])
    for places in (MOST_PLACES, 0):
        integers, same = _rounded(values, places)
        odd = np.flatnonzero(~same)
        if len(odd) <= len(values) // ODD:
            integers[odd] = integers[same][0]
            factor = _common(integers, POWERS[MOST_PLACES - places :])
            places -= POWERS[::-1].index(factor)
            body = pack_ints(integers // factor)
            if not len(odd):
                return bytes([places]) + body
            notes = odd.astype("<u4").tobytes() + values[odd].tobytes()
            return bytes([PATCHED, places]) + len(odd).to_bytes(4, "little") + notes + body
    bits = values.view(np.uint64)
    changed = bits.copy()
    changed[1:] ^= bits[:-1]
    return bytes([BITS]) + planes(changed)


def unpack_floats(packed: bytes) -> Floats:
    """Return the numbers again, to the last bit."""
    places, body = packed[0], packed[1:]
    if places == PATCHED:
        return _patched(body)
    if places != BITS:
        decimals: Floats = unpack_ints(body) / 10**places
        return decimals
    changed = joined_planes(body, np.dtype(np.uint64))
    bits: Floats = np.bitwise_xor.accumulate(changed).view(np.float64)
    return bits


def scaled(values: Floats, places: int) -> Ints | None:
    """Return decimals as integers, when that gives every bit of them back."""
    integers, same = _rounded(values, places)
    return integers if same.all() else None


def _rounded(values: Floats, places: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Return decimals as integers, and which of them come back to the last bit."""
    with np.errstate(invalid="ignore", over="ignore"):
        rounded = np.rint(values * 10**places)
        integers = np.where(np.abs(rounded) < EXACT, rounded, 0.0).astype(np.int64)
    return integers, (integers / 10**places).view(np.int64) == values.view(np.int64)


def _patched(body: bytes) -> Floats:
    n = int.from_bytes(body[1:5], "little")
    odd, values = np.frombuffer(body, "<u4", n, 5), np.frombuffer(body, np.float64, n, 5 + 4 * n)
    numbers: Floats = unpack_ints(body[5 + 12 * n :]) / 10 ** body[0]
    numbers[odd] = values
    return numbers
