"""Columns as bytes: small and quick for the journal, as dense as it gets for chunks."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import msgspec
import numpy as np

from gateway.store.columns import Columns, Floats, Ints, with_own_texts
from gateway.store.errors import Garbled

WIDTHS: tuple[type[np.signedinteger[Any]], ...] = (np.int8, np.int16, np.int32, np.int64)
UNITS = (1_000_000_000, 1_000_000, 1_000, 1)
DECIMALS = (0, 1, 2, 3, 4)
EXACT = 2**53
BITS = 255
"""Marks a float column that is kept bit by bit, not as scaled integers."""
SMALL = 2048
"""Bytes below which the journal does not bother to deflate: a commit writes whole pages of 4 KiB."""


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    series: bytes
    at: bytes
    received: bytes
    number: bytes
    marks: bytes
    texts: list[bytes]


_decode = msgspec.msgpack.Decoder(_Packed).decode
_encode = msgspec.msgpack.Encoder().encode


def crc(blob: bytes) -> int:
    """Return the checksum that is kept beside a packed row."""
    return zlib.crc32(blob)


def pack_commit(columns: Columns) -> bytes:
    """Return a journal row: the columns as they are, deflated lightly when that saves a page."""
    plain = _encode(
        _Packed(
            columns.series.astype(np.uint32).tobytes(),
            columns.at.tobytes(),
            columns.received.tobytes(),
            columns.number.tobytes(),
            columns.marks.astype(np.uint16).tobytes(),
            _texts(columns),
        )
    )
    return b"z" + zlib.compress(plain, 1) if len(plain) > SMALL else b"p" + plain


def unpack_commit(blob: bytes, checksum: int) -> Columns:
    """Return the readings of a journal row; raise Garbled when it is not what was written."""
    try:
        packed = _decode(_checked(blob, checksum))
        return _whole(
            Columns(
                np.frombuffer(packed.series, np.uint32).astype(np.int64),
                np.frombuffer(packed.at, np.int64),
                np.frombuffer(packed.received, np.int64),
                np.frombuffer(packed.number, np.float64),
                np.frombuffer(packed.marks, np.uint16).astype(np.int64),
                tuple(text.decode("utf-8", "surrogatepass") for text in packed.texts),
            )
        )
    except (ValueError, zlib.error, msgspec.DecodeError) as error:
        raise Garbled(f"a journal row of {len(blob)} bytes: {error}") from error


def pack_chunk(columns: Columns) -> bytes:
    """Return one series' readings as differences in the narrowest integers, deflated."""
    own = with_own_texts(columns)
    return b"z" + zlib.compress(
        _encode(
            _Packed(
                b"",
                _pack_ints(own.at),
                _pack_ints(own.received - own.at // 1_000_000),
                _pack_floats(own.number),
                _pack_ints(own.marks),
                _texts(own),
            )
        ),
        6,
    )


def unpack_chunk(blob: bytes, checksum: int, series: int) -> Columns:
    """Return the readings of a chunk of `series`; raise Garbled when it is not what was written."""
    try:
        packed = _decode(_checked(blob, checksum))
        at = _unpack_ints(packed.at)
        return _whole(
            Columns(
                np.full(len(at), series, np.int64),
                at,
                _unpack_ints(packed.received) + at // 1_000_000,
                _unpack_floats(packed.number),
                _unpack_ints(packed.marks),
                tuple(text.decode("utf-8", "surrogatepass") for text in packed.texts),
            )
        )
    except (ValueError, IndexError, struct.error, zlib.error, msgspec.DecodeError) as error:
        raise Garbled(f"a chunk of {len(blob)} bytes: {error}") from error


def _texts(columns: Columns) -> list[bytes]:
    return [text.encode("utf-8", "surrogatepass") for text in columns.texts]


def _checked(blob: bytes, checksum: int) -> bytes:
    if crc(blob) != checksum:
        raise Garbled(f"{len(blob)} bytes with the checksum {crc(blob):08x} instead of {checksum:08x}")
    return zlib.decompress(blob[1:]) if blob[:1] == b"z" else blob[1:]


def _whole(columns: Columns) -> Columns:
    sizes = {len(columns.series), len(columns.at), len(columns.received), len(columns.number), len(columns.marks)}
    if len(sizes) != 1:
        raise Garbled(f"columns of unequal length: {sorted(sizes)}")
    return columns


def _pack_ints(values: Ints) -> bytes:
    """Return first value, usual step and unit, then what each step differs from the usual one, in units."""
    if not len(values):
        return b""
    steps = np.diff(values)
    usual = int(np.partition(steps, len(steps) // 2)[len(steps) // 2]) if len(steps) else 0
    rest = steps - usual
    if not rest.any():
        return struct.pack("<Bqqqq", 0, int(values[0]), usual, 0, len(values))
    unit = next(unit for unit in UNITS if not (rest % unit).any())
    rest //= unit
    width = _narrowest(rest)
    head = struct.pack("<Bqqqq", 1 + width, int(values[0]), usual, unit, len(values))
    return head + _planes(rest.astype(WIDTHS[width]))


def _unpack_ints(packed: bytes) -> Ints:
    if not packed:
        return np.empty(0, np.int64)
    width, first, usual, unit, n = struct.unpack_from("<Bqqqq", packed)
    values = np.empty(n, np.int64)
    values[0] = first
    if width:
        rest: Any = _joined_planes(packed[33:], np.dtype(WIDTHS[width - 1]))
        np.multiply(rest, unit, out=values[1:], dtype=np.int64)
        values[1:] += usual
    else:
        values[1:] = usual
    return np.cumsum(values)


def _narrowest(values: Ints) -> int:
    low, high = int(values.min()), int(values.max())
    return next(width for width, kind in enumerate(WIDTHS) if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)


def _planes(values: Any) -> bytes:
    """Return all first bytes, then all second bytes, …: alike bytes side by side deflate better."""
    return np.ascontiguousarray(values.view(np.uint8).reshape(len(values), -1).T).tobytes()


def _joined_planes(packed: bytes, kind: np.dtype[Any]) -> Any:
    planes = np.frombuffer(packed, np.uint8).reshape(kind.itemsize, -1)
    return np.ascontiguousarray(planes.T).view(kind).reshape(-1)


def _pack_floats(values: Floats) -> bytes:
    """Return decimals as integers when every bit comes back, else the bits that changed since the value before."""
    for places in DECIMALS:
        scaled = _scaled(values, places)
        if scaled is not None:
            return bytes([places]) + _pack_ints(scaled)
    bits = values.view(np.uint64)
    changed = bits.copy()
    changed[1:] ^= bits[:-1]
    return bytes([BITS]) + _planes(changed)


def _scaled(values: Floats, places: int) -> Ints | None:
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(values * 10**places)
    if not (np.abs(scaled) < EXACT).all():
        return None
    integers = scaled.astype(np.int64)
    same = (integers / 10**places).view(np.int64) == values.view(np.int64)
    return integers if same.all() else None


def _unpack_floats(packed: bytes) -> Floats:
    places, body = packed[0], packed[1:]
    if places != BITS:
        floats: Floats = _unpack_ints(body) / 10**places
        return floats
    changed = _joined_planes(body, np.dtype(np.uint64))
    bits: Floats = np.bitwise_xor.accumulate(changed).view(np.float64)
    return bits
