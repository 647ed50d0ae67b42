"""Columns as bytes: small and quick for the journal, as dense as it gets for chunks."""

from __future__ import annotations

import struct
import zlib

import msgspec
import numpy as np

from gateway.store.columns import Columns, with_own_texts
from gateway.store.errors import Garbled
from gateway.store.narrow import deflated, inflated, pack_floats, pack_ints, unpack_floats, unpack_ints

SMALL = 2048
"""Bytes below which the journal does not bother to deflate: a commit writes whole pages of 4 KiB."""
PLAIN, WHOLE, APART = b"p", b"z", b"c"
"""How a row is deflated: not at all, as a whole, or each column apart, so that one may be left alone."""


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
    return WHOLE + zlib.compress(plain, 1) if len(plain) > SMALL else PLAIN + plain


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
    """Return one series' readings as differences in the narrowest integers, each column deflated."""
    own = with_own_texts(columns)
    return APART + _encode(
        _Packed(
            b"",
            deflated(pack_ints(own.at)),
            deflated(pack_ints(own.received - own.at // 1_000_000)),
            deflated(pack_floats(own.number)),
            deflated(pack_ints(own.marks)),
            _texts(own),
        )
    )


def unpack_chunk(blob: bytes, checksum: int, series: int, *, arrivals: bool = True) -> Columns:
    """Return the readings of a chunk of `series`; raise Garbled when it is not what was written.

    Without `arrivals` the source times stand where the times of arrival belong: a third less to unpack.
    """
    try:
        packed = _decode(_checked(blob, checksum))
        column = inflated if blob[:1] == APART else bytes
        at = unpack_ints(column(packed.at))
        received = unpack_ints(column(packed.received)) + at // 1_000_000 if arrivals else at
        number, marks = unpack_floats(column(packed.number)), unpack_ints(column(packed.marks))
        texts = tuple(text.decode("utf-8", "surrogatepass") for text in packed.texts)
        return _whole(Columns(np.full(len(at), series, np.int64), at, received, number, marks, texts))
    except (ValueError, IndexError, struct.error, zlib.error, msgspec.DecodeError) as error:
        raise Garbled(f"a chunk of {len(blob)} bytes: {error}") from error


def _texts(columns: Columns) -> list[bytes]:
    return [text.encode("utf-8", "surrogatepass") for text in columns.texts]


def _checked(blob: bytes, checksum: int) -> bytes:
    if crc(blob) != checksum:
        raise Garbled(f"{len(blob)} bytes with the checksum {crc(blob):08x} instead of {checksum:08x}")
    return zlib.decompress(blob[1:]) if blob[:1] == WHOLE else blob[1:]


def _whole(columns: Columns) -> Columns:
    sizes = {len(columns.series), len(columns.at), len(columns.received), len(columns.number), len(columns.marks)}
    if len(sizes) != 1:
        raise Garbled(f"columns of unequal length: {sorted(sizes)}")
    return columns
