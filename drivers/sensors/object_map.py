"""What an SNMP agent's objects mean: which to ask for together, and how what it answers becomes a value."""

from __future__ import annotations

import math
import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from drivers.errors import ProtocolError
from drivers.model import Point, PointKind, Value
from drivers.sensors.source import BadPoint, address_in
from drivers.sensors.ups_mib import OBJECTS, Managed, Words

Oid = tuple[int, ...]
Raw = int | float | bytes | str
"""What comes: a number, octets, or the text of an address or of an object identifier."""

DOTTED = re.compile(r"\.?([0-2](?:\.\d{1,10}){1,127})", re.ASCII)
NAMED = re.compile(r"([A-Za-z]\w*)((?:\.\d{1,10})*)", re.ASCII)
MOST_SUB_ID = 2**32 - 1
DIGITS = 9
"""Scaled values are rounded to so many decimals: 2317 × 0.1 is 231.7."""
LONGEST_TEXT = 255
OPAQUE_FLOAT = b"\x9f\x78\x04"
"""How an IEEE 754 float begins inside an Opaque, which SNMP itself does not have (NET-SNMP-TC, type Float)."""


class SnmpAddress(BaseModel):
    """Where an SNMP agent keeps a point: a number's value is raw × `scale` + `offset`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    oid: Annotated[str, Field(min_length=3, max_length=600)]
    """A name of the UPS-MIB, with the row of a table (`upsOutputPercentLoad.1`), or numbers (`1.3.6.1.2.1.1.3.0`)."""
    scale: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """The value is raw × scale + offset; what the MIB says unless given."""
    offset: Annotated[float, Field(allow_inf_nan=False)] = 0
    """The value is raw × scale + offset."""
    on: Annotated[str, Field(max_length=200)] = ""
    """A flag is true for these numbers or words of the MIB, comma-separated; none: for all but 0."""
    bit: Annotated[int, Field(ge=0, le=2_039)] | None = None
    """A flag is this bit: of a number from the lowest, of octets from the first (BITS, RFC 2578 §7.1.4)."""
    words: Annotated[str, Field(max_length=500)] = ""
    """What the numbers of a text mean, as `1=normal, 2=low`; the MIB's own words unless given."""

    @field_validator("oid")
    @classmethod
    def _is_located(cls, oid: str) -> str:
        located(oid)
        return oid

    @field_validator("words")
    @classmethod
    def _are_words(cls, words: str) -> str:
        _words(words)
        return words


@dataclass(frozen=True, slots=True)
class Variable:
    """One point at an agent; `every` is seconds, `on` the numbers for which a flag is true (none: all but 0)."""

    point: str
    name: str
    oid: Oid
    kind: PointKind = PointKind.NUMBER
    every: float = 10.0
    scale: float = 1
    offset: float = 0
    on: frozenset[int] = frozenset()
    bit: int | None = None
    words: Words = field(default_factory=dict)
    low: float = -math.inf
    high: float = math.inf


def dotted(oid: Oid) -> str:
    """Return an object identifier as people write it."""
    return ".".join(map(str, oid))


def variable(point: Point, *, every: float) -> Variable:
    """Return where a point is kept, or raise BadPoint; `every` (seconds) is for points that do not say."""
    address = address_in(point, SnmpAddress)
    try:
        oid, known = located(address.oid)
        words = _words(address.words) or known.words
        on = _on(address, point.kind, words)
    except ValueError as error:
        raise BadPoint(point.id, "", str(error)) from None
    return Variable(
        point.id, address.oid, oid, point.kind, point.every or every,
        known.scale if address.scale is None else address.scale, address.offset, on, address.bit, words,
        -math.inf if point.low is None else point.low, math.inf if point.high is None else point.high,
    )  # fmt: skip


def located(text: str) -> tuple[Oid, Managed]:
    """Return the instance that `text` names, and what is known of its object; raise ValueError."""
    numbers = DOTTED.fullmatch(text)
    if numbers:
        oid = tuple(map(int, numbers[1].split(".")))
        return _checked(oid, text), _KNOWN.get(oid[:-1], Managed(oid, ""))
    named = NAMED.fullmatch(text)
    known = OBJECTS.get(named[1]) if named else None
    if named is None or known is None:
        raise ValueError(f"{text!r} is neither numbers nor a name of the UPS-MIB (RFC 1628), as upsBatteryStatus")
    row = tuple(map(int, named[2].split(".")[1:]))
    if known.column and not row:
        raise ValueError(f"{text} is a column of a table; name its row too, as {text}.1")
    if not known.column and row not in ((), (0,)):
        raise ValueError(f"{named[1]} is no table; leave {named[2]} out")
    return _checked((*known.oid, *(row or (0,))), text), known


def _checked(oid: Oid, text: str) -> Oid:
    # The first two numbers share one sub-identifier (X.690 §8.19.4).
    if max(oid) > MOST_SUB_ID or (oid[0] < 2 and oid[1] > 39):
        raise ValueError(f"{text!r} cannot be an object identifier")
    return oid


_KNOWN: Mapping[Oid, Managed] = {known.oid: known for known in OBJECTS.values()}


def _words(text: str) -> Words:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    try:
        return {int(number): word.strip() for number, _, word in pairs}
    except ValueError:
        raise ValueError(f"{text!r} is no list of numbers and words; write 1=normal, 2=low") from None


def _on(address: SnmpAddress, kind: PointKind, words: Words) -> frozenset[int]:
    if kind is not PointKind.FLAG:
        if address.on or address.bit is not None:
            raise ValueError(f"only a flag has `on` or `bit`; this is a {kind}")
        return frozenset()
    if address.on and address.bit is not None:
        raise ValueError("say either `on` or `bit`")
    if words and not address.on and address.bit is None:
        raise ValueError(f"say with `on` which of {', '.join(words.values())} make the flag true")
    numbers = {word: number for number, word in words.items()}
    return frozenset(_number(part.strip(), numbers) for part in address.on.split(",") if part.strip())


def _number(part: str, numbers: Mapping[str, int]) -> int:
    if part in numbers:
        return numbers[part]
    try:
        return int(part)
    except ValueError:
        known = f"; known are {', '.join(numbers)}" if numbers else ""
        raise ValueError(f"`on`: {part!r} is neither a number nor a word of it{known}") from None


def plan(variables: Iterable[Variable], *, most: int) -> list[tuple[Variable, ...]]:
    """Return the fewest questions: what has one rhythm is asked together, up to `most` objects at once."""
    rhythms: dict[float, list[Variable]] = defaultdict(list)
    for one in variables:
        rhythms[one.every].append(one)
    return [
        tuple(together[at : at + most])
        for _, together in sorted(rhythms.items())
        for at in range(0, len(together), most)
    ]


def decode(one: Variable, raw: Raw) -> Value:
    """Return the value of what an agent answered; raise ProtocolError for what is none of the point's kind."""
    if one.kind is PointKind.TEXT:
        return _text(raw, one.words)
    if one.kind is PointKind.FLAG:
        return _flag(one, raw)
    number = _numeric(one, raw) * one.scale + one.offset
    if not math.isfinite(number):
        raise ProtocolError(f"{one.name} answers {raw!r}, which is no number")
    return round(number, DIGITS)


def _numeric(one: Variable, raw: Raw) -> float:
    """Return a number, also one that is told as text: many agents tell temperatures as the text 23.5."""
    if isinstance(raw, bytes) and raw.startswith(OPAQUE_FLOAT) and len(raw) == 7:
        (number,) = struct.unpack(">f", raw[3:])
        return float(f"{number:.7g}")
    try:
        return float(raw.decode("ascii") if isinstance(raw, bytes) else raw)
    except (ValueError, OverflowError):
        raise ProtocolError(f"{one.name} answers {shown(raw)}, which is no number") from None


def _flag(one: Variable, raw: Raw) -> bool:
    if one.bit is not None and isinstance(raw, bytes):
        octet, place = divmod(one.bit, 8)
        return octet < len(raw) and bool(raw[octet] & 0x80 >> place)
    if not isinstance(raw, int):
        raise ProtocolError(f"{one.name} answers {shown(raw)}, which is no flag; say `bit` for octets")
    if one.bit is not None:
        return bool(raw >> one.bit & 1)
    return raw in one.on if one.on else raw != 0


def _text(raw: Raw, words: Words) -> str:
    if isinstance(raw, int):
        return words.get(raw, str(raw))
    return shown(raw)


def shown(raw: Raw) -> str:
    """Return what an agent answered as text; octets that are no text are told in hex."""
    if not isinstance(raw, bytes):
        return str(raw)[:LONGEST_TEXT]
    text = raw.rstrip(b"\0").decode("utf-8", "replace")
    return text[:LONGEST_TEXT] if text.isprintable() and "\ufffd" not in text else raw[:80].hex(" ")


def sentence(variables: Sequence[Variable]) -> str:
    """Return a question as the technician's log tells it."""
    return "GET " + " ".join(dotted(one.oid) for one in variables)
