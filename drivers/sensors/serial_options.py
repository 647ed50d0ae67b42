"""How an instrument on a serial line is described in a site's files: its frames (text, NMEA 0183, bytes) and points."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from drivers.codecs.checksums import CHECKSUMS, Order, Seal
from drivers.codecs.serial_frames import Framing
from drivers.sensors.time_stamp import zone_of

FORMATS: Mapping[str, str] = {
    "u8": "B", "s8": "b", "u16": "H", "s16": "h", "u32": "I", "s32": "i", "f32": "f", "f64": "d",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([rnt0\\]))")
_LETTERS = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_STRONG = frozenset(name for name, check in CHECKSUMS.items() if check.width > 1)
Text = Annotated[str, Field(max_length=200)]


def bytes_of(text: str) -> bytes:
    r"""Return what `text` stands for, with the escapes \r \n \t \0 \\ \xHH; raise ValueError for what is no byte."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _LETTERS[found[2]], text)
    try:
        return plain.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} has letters of more than one byte; write bytes as \\xHH") from None


class SerialLinesOptions(BaseModel):
    """The options of a serial instrument; text may have the escapes `\\r`, `\\n`, `\\t`, `\\0`, `\\\\` and `\\xHH`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    framing: Literal["delimiter", "fixed", "nmea"] = "delimiter"
    """What ends a frame: a delimiter, a fixed length, or what NMEA 0183 says."""
    delimiter: Text = "\\r\\n"
    """What stands between frames."""
    length: Annotated[int, Field(ge=0, le=4096)] = 0
    """Bytes of a fixed frame, the sync bytes and the checksum among them."""
    sync: Text = ""
    """What a fixed frame begins with."""
    longest: Annotated[int, Field(ge=1, le=65_536)] = 1024
    """Bytes of a frame at most; what goes on is thrown away up to the next frame."""
    checksum: Literal["", "none", "xor8", "sum8", "crc16-modbus", "crc16-ccitt", "crc16-xmodem"] = ""
    """Which checksum a frame carries; left out: NMEA's own for NMEA, none otherwise."""
    checksum_form: Literal["binary", "hex"] = "binary"
    """Whether it is bytes or hex digits."""
    checksum_order: Literal["", "big", "little"] = ""
    """Which byte of a binary one comes first; left out: as is usual for it."""
    checksum_from: int = 0
    """The first byte that it covers; negative places count from the end of the frame."""
    checksum_to: int = 0
    """The byte after the last that it covers; 0: where the checksum itself stands."""
    checksum_at: int = 0
    """Where it stands; 0: at the end of the frame."""
    separator: Annotated[str, Field(min_length=1, max_length=8)] = ","
    """What stands between columns; a space is any run of blanks."""
    ask: Text = ""
    """What is sent to get an answer; nothing: the instrument speaks by itself."""
    every: Annotated[float, Field(gt=0, le=86_400)] = 5.0
    """Seconds between questions, or between frames of their own, for points that do not say."""
    timeout: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Seconds to wait for an answer."""
    settle: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Seconds between opening the port and the first question: some instruments start anew when it opens."""
    time_zone: str = ""
    """The zone of times without one, as `+07:00` or `Asia/Jakarta`; left out: UTC."""
    time_format: str = ""
    """How times are written, as `%d/%m/%Y %H:%M:%S`; left out: ISO 8601, or seconds since 1970."""

    @field_validator("delimiter", "sync", "ask")
    @classmethod
    def _is_bytes(cls, text: str) -> str:
        bytes_of(text)
        return text

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        zone_of(name)
        return name

    @field_validator("time_format")
    @classmethod
    def _is_format(cls, text: str) -> str:
        day = datetime(2026, 1, 17, tzinfo=UTC)
        try:
            told = datetime.strptime(day.strftime(text), text or "").replace(tzinfo=UTC)
        except ValueError as error:
            raise ValueError(f"{text!r} is no format of a time: {error}") from None
        if text and told != day:
            raise ValueError(f"{text!r} must say year, month and day, as %d/%m/%Y %H:%M:%S")
        return text

    @model_validator(mode="after")
    def _frames_can_be_found(self) -> SerialLinesOptions:
        if self.framing == "delimiter" and not self.delimiter:
            raise ValueError("delimiter: it is empty; name what ends a frame, as \\r\\n")
        if self.framing == "nmea" and self.checksum not in ("", "none", "xor8"):
            raise ValueError("checksum: NMEA 0183 has xor8; write none for an instrument that leaves it out")
        if self.framing != "fixed":
            return self
        if self.length <= len(bytes_of(self.sync)):
            raise ValueError("length: say how many bytes a fixed frame has, the sync bytes among them")
        if not self.sync and not self.ask and self.checksum not in _STRONG:
            raise ValueError("sync: without it, a crc16 or a question nobody can tell where a fixed frame begins")
        return self

    def cut(self) -> Framing:
        """Return how frames are cut."""
        seal = None
        if self.checksum not in ("", "none") and self.framing != "nmea":
            order: Order | None = self.checksum_order or None
            places = (self.checksum_from, self.checksum_to, self.checksum_at)
            seal = Seal(self.checksum, self.checksum_form, *places, order)
        sync, end = bytes_of(self.sync), bytes_of(self.delimiter)
        return Framing(self.framing, end, self.length, sync, self.longest, seal, sealed=self.checksum != "none")


class LineAddress(BaseModel):
    """Where a point stands in a frame: in a `column`, in what a `pattern` finds, or in the bytes `at` a place."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    match: str = ""
    """A regular expression that is found in this point's frames and in no others."""
    sentence: str = ""
    """The NMEA sentence: `WIMDA`, or `MDA` from whatever talker."""
    column: Annotated[int, Field(ge=0)] = 0
    """From 1; of an NMEA sentence 1 is the first after its name."""
    pattern: str = ""
    """A regular expression with a group `value`; groups `unit`, `quality` and `time` are used when they are there."""
    at: Annotated[int, Field(ge=0)] | None = None
    """Where the value's first byte stands, from 0."""
    type: Literal["u8", "s8", "u16", "s16", "u32", "s32", "f32", "f64"] = "u16"
    """How the bytes at that place are read."""
    order: Order = "big"
    """Which of those bytes comes first."""
    scale: float = 1
    """The value is raw × scale + offset."""
    offset: float = 0
    """The value is raw × scale + offset."""
    on: str = "1"
    """The text that means true."""
    off: str = "0"
    """The text that means false."""
    unit: str = ""
    """The unit as the instrument writes it; another one is refused. Left out: the point's own."""
    unit_column: Annotated[int, Field(ge=0)] = 0
    """The column with the unit."""
    good: str = "A"
    """What a quality says when the value is good; with any other the reading is BAD."""
    quality_column: Annotated[int, Field(ge=0)] = 0
    """The column with the quality."""
    time_column: Annotated[int, Field(ge=0)] = 0
    """The column with the time of the measurement."""
    ask: Text = ""
    """The question whose answer brings this point; left out: the source's."""

    @field_validator("match", "pattern")
    @classmethod
    def _is_pattern(cls, text: str) -> str:
        try:
            re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"{text!r} is no regular expression: {error}") from None
        return text

    @field_validator("ask")
    @classmethod
    def _is_bytes(cls, text: str) -> str:
        bytes_of(text)
        return text

    @model_validator(mode="after")
    def _one_place(self) -> LineAddress:
        places = [name for name, given in self._places().items() if given]
        if len(places) != 1:
            told = " and ".join(places) or "nothing"
            raise ValueError(f"one of column, pattern and at says where the value stands; here {told} does")
        if self.pattern and "value" not in re.compile(self.pattern).groupindex:
            raise ValueError("pattern: it needs a group called value, as TEMP=(?P<value>[-\\d.]+)")
        if not self.column and (self.sentence or self.unit_column or self.quality_column or self.time_column):
            raise ValueError("column: sentence and the columns of unit, quality and time go with a column")
        if self.on == self.off:
            raise ValueError("off: on and off are the same text")
        if self.scale == 0:
            raise ValueError("scale: 0 would make every value the same")
        return self

    def _places(self) -> Mapping[str, bool]:
        return {"column": self.column > 0, "pattern": self.pattern != "", "at": self.at is not None}
