"""What sensors say that do not follow the site's contract: JSON by path, CSV by column, a plain number or word."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from drivers.model import PointKind, Quality, Reading, Reason, Value
from drivers.sensors.bad_payload import BadPayload, shown
from drivers.sensors.json_path import compile_path, find
from drivers.sensors.json_text import MOST_BYTES, decoded
from drivers.sensors.payload import OUT_OF_RANGE, QUALITIES
from drivers.sensors.target import Target, value_of
from drivers.sensors.time_stamp import NUMBER, Stamped

Decode = Callable[[bytes], Sequence[object]]
"""Cuts a payload into documents: one of JSON, one a line of CSV."""
Find = Callable[[object, str], object]
"""Finds one thing in a document; raises BadPayload, counted under the word, when it is not there."""

WORDS: Mapping[str, bool] = {
    "true": True, "on": True, "open": True, "yes": True, "1": True,
    "false": False, "off": False, "closed": False, "no": False, "0": False,
}  # fmt: skip
"""What a flag may be called in text, in any case."""

_ANY = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Pick:
    """One point's part of a message: where its value stands, and where its time and its quality do, if they come."""

    target: Target
    value: Find
    time: Find | None = None
    quality: Find | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """A topic whose messages bring one point or several, in a format of the sensor's own; decoded once for all."""

    decode: Decode
    picks: tuple[Pick, ...]

    def read(self, payload: bytes, *, retained: bool, now: int, mono: float) -> Sequence[Reading | BadPayload]:
        """Return a reading of every point, or why there is none; one that is not there harms no other."""
        try:
            documents = self.decode(payload)
        except BadPayload as error:
            return [error]
        return [
            _picked(pick, document, retained=retained, now=now, mono=mono)
            for document in documents
            for pick in self.picks
        ]


def _picked(pick: Pick, document: object, *, retained: bool, now: int, mono: float) -> Reading | BadPayload:
    target = pick.target
    try:
        value = _value(target.kind, pick.value(document, "value"))
        at = now if pick.time is None else target.stamp(_stamped(pick.time(document, "ts")), now)
        quality, reason = _doubt("good" if pick.quality is None else pick.quality(document, "quality"))
    except BadPayload as error:
        return error
    if quality is Quality.GOOD and not isinstance(value, str) and not target.low <= value <= target.high:
        quality, reason = OUT_OF_RANGE
    return Reading(target.point, value, at, now, mono, quality, reason, retained)


def _doubt(said: object) -> tuple[Quality, Reason]:
    """Return the quality of a sensor's own word about its value; raise BadPayload for a word that is none."""
    word = str(said).lower()
    if word not in QUALITIES:
        raise BadPayload("quality", f"{shown(said)} is none of {', '.join(QUALITIES)}")
    return QUALITIES[word]


def _value(kind: PointKind, raw: object) -> Value:
    """Return what stands there as its point's kind; numbers and flags may be written as text."""
    if isinstance(raw, str) and kind is not PointKind.TEXT:
        return _written(kind, raw.strip())
    if isinstance(raw, bool | int | float | str):
        return value_of(kind, raw)
    raise BadPayload("value", f"{shown(raw)} is no {kind}")


def _written(kind: PointKind, text: str) -> Value:
    if kind is PointKind.FLAG and text.lower() in WORDS:
        return WORDS[text.lower()]
    if kind is PointKind.NUMBER and NUMBER.fullmatch(text):
        return value_of(kind, float(text))
    raise BadPayload("value", f"{shown(text)} is no {kind}")


def _stamped(raw: object) -> Stamped:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise BadPayload("ts", f"{shown(raw)} is no time stamp")
    return raw


def json_documents(payload: bytes) -> Sequence[object]:
    """Return the one document of a JSON payload; raise BadPayload."""
    return [decoded(_ANY, payload)]


def text_documents(payload: bytes) -> Sequence[object]:
    """Return a payload's text, without the white space around it; raise BadPayload."""
    if len(payload) > MOST_BYTES:
        raise BadPayload("oversize", f"more than {MOST_BYTES} bytes")
    try:
        return [payload.decode("utf-8-sig").strip()]
    except UnicodeDecodeError:
        raise BadPayload("text", f"{payload[:16].hex(' ')} is no UTF-8") from None


def csv_documents(separator: str, payload: bytes) -> Sequence[object]:
    """Return the lines of a CSV payload (RFC 4180), each a list of columns; raise BadPayload."""
    [text] = text_documents(payload)
    try:
        rows = [row for row in csv.reader(str(text).splitlines(), delimiter=separator, strict=True) if row]
    except csv.Error as error:
        raise BadPayload("csv", str(error)) from None
    if not rows:
        raise BadPayload("csv", "the message is empty")
    return rows


def whole(document: object, word: str) -> object:  # noqa: ARG001 - the shape of Find
    """Find all of a document."""
    return document


def column(number: int, document: object, word: str) -> object:
    """Find a column of a line of CSV, the first is 1."""
    row = document if isinstance(document, list) else []
    if len(row) < number:
        raise BadPayload(word, f"there is no column {number}: the line has {len(row)}")
    return row[number - 1].strip()


def finder(format: str, place: str | int) -> Find:  # noqa: A002 - the word of the site files
    """Return what finds a place in documents of a format; raise ValueError where the format has no such place."""
    if format == "csv":
        if isinstance(place, str) or place < 1:
            raise ValueError(f"{place!r} is no column of CSV; write its number, the first is 1")
        return partial(column, place)
    if format != "json" or isinstance(place, int):
        raise ValueError(f"{place!r} is no place in a {format} message; json has paths, as $.data[0].temp, csv columns")
    steps = compile_path(place)
    return lambda document, word: find(document, steps, word)


def decoder_of(format: str, separator: str) -> Decode:  # noqa: A002 - the word of the site files
    """Return what cuts a payload of a format into documents."""
    decoders: Mapping[str, Decode] = {
        "json": json_documents,
        "plain": text_documents,
        "csv": partial(csv_documents, separator),
    }
    return decoders[format]
