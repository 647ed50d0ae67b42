"""What the frames of a serial instrument say of each point: its place is looked up, its text made a value."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from drivers.model import Point, PointKind, Quality, Reading, Reason, Value
from drivers.sensors.bad_payload import BadPayload, shown
from drivers.sensors.serial_options import FORMATS, LineAddress, SerialLinesOptions, bytes_of
from drivers.sensors.source import BadPoint, address_in
from drivers.sensors.time_stamp import stamp_of, zone_of

DIGITS = 9
"""Scaled values are rounded to so many decimals: 2317 × 0.1 is 231.7."""
FLOAT_DIGITS = 7
"""A 32-bit float has no more significant digits than these."""
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_MOST_DIGITS = 40
EMPTY = "empty"
"""The word for a value that the instrument says it has not (a null field of NMEA 0183)."""
TALKER = 2
"""Letters of an NMEA sentence's name that say who talks."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a frame says of a point: a number or text, and, where it says them, unit, quality and time."""

    value: float | str
    unit: str | None = None
    quality: str | None = None
    time: str | None = None


Find = Callable[[bytes], Said | None]
"""Looks a point up in a frame; None: the frame is none of its own. Raises BadPayload."""


@dataclass(frozen=True, slots=True)
class Place:
    """One point, how it is found in a frame, and the question that brings that frame (none: it comes by itself)."""

    point: Point
    address: LineAddress
    find: Find
    ask: bytes
    every: float
    stamp: Callable[[str, int], int]

    def read(self, frame: bytes, *, now: int, mono: float) -> Reading | None:
        """Return the reading in a frame, or None when it is not this point's; raise BadPayload for a spoilt one."""
        said = self.find(frame)
        if said is None:
            return None
        self._check_unit(said.unit)
        value = self._value(said.value)
        quality, reason = self._judged(value, said.quality)
        at = self.stamp(said.time, now) if said.time else now
        return Reading(self.point.id, value, at, now, mono, quality, reason)

    def _check_unit(self, unit: str | None) -> None:
        expected = self.address.unit or self.point.unit
        if unit is not None and expected and unit != expected:
            raise BadPayload("unit", f"{shown(unit)} came where {self.point.id} is in {expected!r}")

    def _value(self, raw: float | str) -> Value:
        if raw == "":
            raise BadPayload(EMPTY, f"the place of {self.point.id} is empty: the instrument has no value")
        if self.point.kind is PointKind.NUMBER:
            return self._scaled(raw)
        text = f"{raw:.15g}" if isinstance(raw, float) else raw
        if self.point.kind is PointKind.TEXT:
            return text
        if text not in (self.address.on, self.address.off):
            raise BadPayload("value", f"{shown(raw)} is neither {self.address.on!r} nor {self.address.off!r}")
        return text == self.address.on

    def _scaled(self, raw: float | str) -> float:
        if isinstance(raw, str) and (len(raw) > _MOST_DIGITS or not _NUMBER.fullmatch(raw)):
            raise BadPayload("value", f"{shown(raw)} is no number")
        number = float(raw) * self.address.scale + self.address.offset
        if not math.isfinite(number):
            raise BadPayload("value", f"{shown(raw)} is no number that {self.point.id} can have")
        return round(number, DIGITS)

    def _judged(self, value: Value, quality: str | None) -> tuple[Quality, Reason]:
        if quality is not None and quality != self.address.good:
            return Quality.BAD, Reason.SOURCE
        low = -math.inf if self.point.low is None else self.point.low
        high = math.inf if self.point.high is None else self.point.high
        if isinstance(value, str) or low <= value <= high:
            return Quality.GOOD, Reason.NONE
        return Quality.UNCERTAIN, Reason.RANGE


def place(point: Point, options: SerialLinesOptions) -> Place:
    """Return where a point stands, or raise BadPoint."""
    address = address_in(point, LineAddress)
    if address.sentence and options.framing != "nmea":
        raise BadPoint(point.id, "sentence", "only NMEA has sentences: write framing: nmea in the options")
    if address.at is not None and options.framing == "fixed":
        end = address.at + struct.calcsize(FORMATS[address.type])
        if end > options.length:
            raise BadPoint(point.id, "at", f"{address.type} ends at byte {end}, and a frame has {options.length}")
    ask = bytes_of(address.ask or options.ask)
    return Place(point, address, _find(address, options), ask, point.every or options.every, _stamp(options))


def _stamp(options: SerialLinesOptions) -> Callable[[str, int], int]:
    usual, form, zone = stamp_of("auto", options.time_zone), options.time_format, zone_of(options.time_zone)

    def stamp(text: str, now: int) -> int:
        if not form:
            return usual(text, now)
        try:
            return usual(datetime.strptime(text, form).replace(tzinfo=zone), now)
        except ValueError:
            raise BadPayload("ts", f"{shown(text)} is no time written as {form}") from None

    return stamp


def _find(address: LineAddress, options: SerialLinesOptions) -> Find:
    """Return the way to a point's value, through the filter that its frames must pass."""
    find = _in_bytes(address)
    if address.pattern:
        find = _by_pattern(address)
    elif address.column:
        find = _in_columns(address, options)
    if not address.match:
        return find
    match = re.compile(address.match)
    return lambda frame: find(frame) if match.search(frame.decode("latin-1")) else None


def _in_columns(address: LineAddress, options: SerialLinesOptions) -> Find:
    sentences = options.framing == "nmea"
    separator = None if options.separator.isspace() and options.separator != "\t" else options.separator

    def find(frame: bytes) -> Said | None:
        columns = [each.strip() for each in frame.decode("latin-1").split(separator)]
        if sentences and not _speaks(columns[0], address.sentence):
            return None
        if not sentences:
            columns.insert(0, "")
        last = max(address.column, address.unit_column, address.quality_column, address.time_column)
        if last >= len(columns):
            raise BadPayload("columns", f"column {last} is wanted of {len(columns) - 1} in {shown(frame)}")
        others = (address.unit_column, address.quality_column, address.time_column)
        return Said(columns[address.column], *(columns[each] if each else None for each in others))

    return find


def _speaks(name: str, sentence: str) -> bool:
    """Return whether a sentence of this name is meant; one without its talker's letters stands for all talkers."""
    return not sentence or name == sentence or (len(sentence) == 3 and name[TALKER:] == sentence)


def _by_pattern(address: LineAddress) -> Find:
    pattern = re.compile(address.pattern)

    def find(frame: bytes) -> Said | None:
        found = pattern.search(frame.decode("latin-1"))
        if found is None:
            return None
        groups: Mapping[str, str | None] = found.groupdict()
        return Said((groups["value"] or "").strip(), groups.get("unit"), groups.get("quality"), groups.get("time"))

    return find


def _in_bytes(address: LineAddress) -> Find:
    form = struct.Struct((">" if address.order == "big" else "<") + FORMATS[address.type])
    at = address.at or 0

    def find(frame: bytes) -> Said | None:
        if len(frame) < at + form.size:
            raise BadPayload("columns", f"byte {at + form.size} is wanted of {len(frame)} in {shown(frame.hex(' '))}")
        (number,) = form.unpack_from(frame, at)
        if address.type == "f32":
            number = float(f"{number:.{FLOAT_DIGITS}g}")
        return Said(float(number))

    return find
