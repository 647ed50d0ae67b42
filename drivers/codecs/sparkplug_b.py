"""The payloads of Sparkplug B: metrics to bytes and back, by the protobuf schema of Sparkplug 3.0, section 6.4.1.

What a site can read are the plain data types; DataSets, Templates, bytes and arrays are passed over with their name.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.codecs.protobuf import (
    FIXED32,
    FIXED64,
    LENGTH,
    VARINT,
    bytes_field,
    double_field,
    fields,
    float_field,
    key,
    number_field,
)
from drivers.codecs.sparkplug_values import DataType, Opaque, Raw, Whole
from drivers.errors import ProtocolError

MOST_BYTES = 1024 * 1024
MOST_METRICS = 10_000
"""A payload with more bytes or metrics is refused whole: a loop that reads it would do nothing else meanwhile."""


GOOD, STALE, BAD = 192, 500, 0
"""The codes of a metric's quality (section 6.4.9.1)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: `timestamp` is ms UTC; a birth gives it a name, an alias and a data type, data only the alias."""

    name: str = ""
    alias: int | None = None
    timestamp: int | None = None
    datatype: int = DataType.UNKNOWN
    historical: bool = False
    transient: bool = False
    null: bool = False
    quality: int = GOOD
    raw: Raw | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """One message: `timestamp` is ms UTC, `seq` counts 0 to 255."""

    timestamp: int | None = None
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None


# Numbers of fields: in a Payload, a Metric, a PropertySet and a PropertyValue.
TIMESTAMP, METRICS, SEQ = 1, 2, 3
NAME, ALIAS, AT, DATATYPE, HISTORICAL, TRANSIENT, NULL, PROPERTIES = 1, 2, 3, 4, 5, 6, 7, 9
INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING = 10, 11, 12, 13, 14, 15
KEYS, VALUES = 1, 2
PROPERTY_TYPE, PROPERTY_INT = 1, 3
QUALITY = "Quality"

# Keys of the fields that every message has.
METRICS_KEY, NAME_KEY, PROPERTIES_KEY = key(METRICS, LENGTH), key(NAME, LENGTH), key(PROPERTIES, LENGTH)
KEYS_KEY, VALUES_KEY = key(KEYS, LENGTH), key(VALUES, LENGTH)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ProtocolError(f"a text of Sparkplug is no UTF-8: {data[:16].hex(' ')}") from None


def _float(data: bytes) -> float:
    return float(struct.unpack("<f", data)[0])


def _double(data: bytes) -> float:
    return float(struct.unpack("<d", data)[0])


NUMBERS: Mapping[int, Callable[[int], Raw]] = {
    key(INT, VARINT): Whole,
    key(LONG, VARINT): Whole,
    key(BOOLEAN, VARINT): bool,
}
PARTS: Mapping[int, Callable[[bytes], Raw]] = {
    key(FLOAT, FIXED32): _float,
    key(DOUBLE, FIXED64): _double,
    key(STRING, LENGTH): _text,
    **{key(number, LENGTH): lambda data: Opaque(len(data)) for number in (16, 17, 18, 19)},
}


def decode(data: bytes) -> Payload:
    """Return a payload; raise ProtocolError for what is none, and for one that is too large."""
    if len(data) > MOST_BYTES:
        raise ProtocolError(f"the payload is larger than {MOST_BYTES} bytes")
    numbers: dict[int, int] = {}
    metrics: list[Metric] = []
    for found, number, part in fields(data):
        if found == METRICS_KEY:
            metrics.append(_metric(part))
            if len(metrics) > MOST_METRICS:
                raise ProtocolError(f"the payload has more than {MOST_METRICS} metrics")
        else:
            numbers[found] = number
    return Payload(numbers.get(key(TIMESTAMP, VARINT)), tuple(metrics), numbers.get(key(SEQ, VARINT)))


def _metric(data: bytes) -> Metric:
    numbers: dict[int, int] = {}
    parts: dict[int, bytes] = {}
    raws: dict[int, Raw] = {}
    for found, number, part in fields(data):
        if found in NUMBERS:
            raws[found] = NUMBERS[found](number)
        elif found in PARTS:
            raws[found] = PARTS[found](part)
        elif found & 7 == VARINT:
            numbers[found >> 3] = number
        else:
            parts[found] = part
    if len(raws) > 1:
        raise ProtocolError(f"a metric has {len(raws)} values")
    return Metric(
        _text(parts.get(NAME_KEY, b"")),
        numbers.get(ALIAS),
        numbers.get(AT),
        numbers.get(DATATYPE, 0),
        bool(numbers.get(HISTORICAL)),
        bool(numbers.get(TRANSIENT)),
        bool(numbers.get(NULL)),
        _quality(parts[PROPERTIES_KEY]) if PROPERTIES_KEY in parts else GOOD,
        next(iter(raws.values()), None),
    )


def _quality(properties: bytes) -> int:
    """Return the code of the property Quality; without one a value is good."""
    names: list[bytes] = []
    values: list[bytes] = []
    for found, _, part in fields(properties):
        if found == KEYS_KEY:
            names.append(part)
        elif found == VALUES_KEY:
            values.append(part)
    told = dict(zip(names, values, strict=False)).get(QUALITY.encode())
    if told is None:
        return GOOD
    numbers = {found: number for found, number, _ in fields(told)}
    return numbers.get(key(PROPERTY_INT, VARINT), GOOD)


def encode(payload: Payload) -> bytes:
    """Return the bytes of a payload."""
    written = [] if payload.timestamp is None else [number_field(TIMESTAMP, payload.timestamp)]
    written += [bytes_field(METRICS, _written(metric)) for metric in payload.metrics]
    if payload.seq is not None:
        written.append(number_field(SEQ, payload.seq))
    return b"".join(written)


def _written(metric: Metric) -> bytes:
    written = [bytes_field(NAME, metric.name.encode())] if metric.name else []
    numbers = {ALIAS: metric.alias, AT: metric.timestamp, DATATYPE: metric.datatype or None}
    numbers |= {HISTORICAL: metric.historical or None, TRANSIENT: metric.transient or None, NULL: metric.null or None}
    written += [number_field(number, value) for number, value in numbers.items() if value is not None]
    if metric.quality != GOOD:
        told = number_field(PROPERTY_TYPE, DataType.INT32) + number_field(PROPERTY_INT, metric.quality)
        written.append(bytes_field(PROPERTIES, bytes_field(KEYS, QUALITY.encode()) + bytes_field(VALUES, told)))
    return b"".join([*written, _value(metric)])


LONGS = (DataType.INT64, DataType.UINT32, DataType.UINT64, DataType.DATE_TIME)


def _value(metric: Metric) -> bytes:
    raw = metric.raw
    if isinstance(raw, Whole):
        return number_field(LONG if metric.datatype in LONGS or raw.bits >= 1 << 32 else INT, raw.bits)
    if isinstance(raw, bool):
        return number_field(BOOLEAN, raw)
    if isinstance(raw, float):
        return float_field(FLOAT, raw) if metric.datatype == DataType.FLOAT else double_field(DOUBLE, raw)
    return bytes_field(STRING, raw.encode()) if isinstance(raw, str) else b""
