"""Frames from the bytes of a serial line, in any chopping; what makes no frame is told, and the next one is found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from drivers.codecs.checksums import Seal

SAMPLE = 32
"""Bytes of what makes no frame that are shown."""
LINE_ENDS = b"\r\n\0"
_SENTENCE_EDGE = re.compile(rb"[\r\n$!]")
_SENTENCE = Seal("xor8", form="hex", end=-3)


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that make no frame: `checksum` (wrong), `oversize` (no end in sight) or `noise`; with the first of them."""

    word: Literal["checksum", "oversize", "noise"]
    sample: bytes


@dataclass(frozen=True, slots=True)
class Framing:
    """How frames are told apart; `delimiter`, or `length` with `sync`, or neither of them but NMEA 0183 sentences."""

    kind: Literal["delimiter", "fixed", "nmea"]
    delimiter: bytes = b"\r\n"
    length: int = 0
    sync: bytes = b""
    most: int = 1024
    """Bytes of a frame at most."""
    seal: Seal | None = None
    sealed: bool = True
    """NMEA: whether a sentence must have its checksum; one that is there must be right anyway."""


class Cutter(Protocol):
    """Cuts a stream into frames, with a bounded memory."""

    def feed(self, data: bytes) -> list[bytes | Damaged]:
        """Return the frames that `data` completes, and between them what makes none."""

    def clear(self) -> None:
        """Forget what has come: the next byte begins a frame."""


def cutter(framing: Framing, *, torn: bool) -> Cutter:
    """Return a cutter; `torn`: the first bytes may come from the middle of a frame."""
    if framing.kind == "delimiter":
        return _Delimited(framing, torn=torn)
    return _Fixed(framing, torn=torn) if framing.kind == "fixed" else _Sentences(framing, torn=torn)


class _Delimited:
    """Frames that end with a delimiter; it is not part of them, and empty ones are passed over."""

    def __init__(self, framing: Framing, *, torn: bool) -> None:
        self._framing = framing
        self._torn = torn
        self._buffer = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | Damaged]:
        self._buffer += data
        found: list[bytes | Damaged] = []
        end, most = self._framing.delimiter, self._framing.most
        while True:
            at = self._buffer.find(end)
            if not self._skipping and (at > most or (at < 0 and len(self._buffer) >= most + len(end))):
                found.append(Damaged("oversize", bytes(self._buffer[: min(most, SAMPLE)])))
                self._skipping = True
            if at < 0:
                break
            if not self._skipping:
                found += self._judged(bytes(self._buffer[:at]))
            del self._buffer[: at + len(end)]
            self._skipping = self._torn = False
        if self._skipping:
            del self._buffer[: max(0, len(self._buffer) - len(end) + 1)]
        return found

    def clear(self) -> None:
        self._buffer.clear()
        self._skipping = self._torn = False

    def _judged(self, frame: bytes) -> list[bytes | Damaged]:
        seal = self._framing.seal
        if not frame or (self._torn and not (seal and seal.holds(frame))):
            return []
        return [frame] if seal is None or seal.holds(frame) else [Damaged("checksum", frame[:SAMPLE])]


class _Fixed:
    """Frames of one length, found by their sync bytes, by their checksum, or by being the first after a question."""

    def __init__(self, framing: Framing, *, torn: bool) -> None:
        self._framing = framing
        self._torn = torn
        self._buffer = bytearray()
        self._noise = b""
        self._sliding = False

    def feed(self, data: bytes) -> list[bytes | Damaged]:
        self._buffer += data
        found: list[bytes | Damaged] = []
        length, seal = self._framing.length, self._framing.seal
        while self._at_sync() and len(self._buffer) >= length:
            frame = bytes(self._buffer[:length])
            good = seal is None or seal.holds(frame)
            if self._noise and not self._sliding and not self._torn:
                found.append(Damaged("noise", self._noise))
            if good or not (self._sliding or self._torn):
                found.append(frame if good else Damaged("checksum", frame[:SAMPLE]))
            self._noise, self._sliding = b"", not good
            self._torn = self._torn and not good
            del self._buffer[: length if good else 1]
        return found

    def clear(self) -> None:
        self._buffer.clear()
        self._noise, self._sliding, self._torn = b"", False, False

    def _at_sync(self) -> bool:
        """Drop what stands before the next sync bytes; return whether they are there."""
        sync = self._framing.sync
        at = self._buffer.find(sync)
        drop = at if at >= 0 else max(0, len(self._buffer) - len(sync) + 1)
        self._noise = (self._noise + self._buffer[:drop])[:SAMPLE]
        del self._buffer[:drop]
        return at >= 0


class _Sentences:
    """NMEA 0183 sentences: `$` or `!`, the text that is returned, `*` and two hex digits, CR LF."""

    def __init__(self, framing: Framing, *, torn: bool) -> None:
        self._framing = framing
        self._torn = torn
        self._buffer = bytearray()
        self._noise = b""

    def feed(self, data: bytes) -> list[bytes | Damaged]:
        self._buffer += data
        found: list[bytes | Damaged] = []
        while self._at_start():
            if self._noise and not self._torn:
                found.append(Damaged("noise", self._noise))
            self._noise, self._torn = b"", False
            edge = _SENTENCE_EDGE.search(self._buffer, 1, self._framing.most + 2)
            if edge is None and len(self._buffer) < self._framing.most + 2:
                break
            found.append(self._judged(edge))
            del self._buffer[: edge.start() if edge else 1]
        return found

    def clear(self) -> None:
        self._buffer.clear()
        self._noise, self._torn = b"", False

    def _at_start(self) -> bool:
        """Drop what stands before the next sentence; return whether one begins."""
        starts = [at for at in (self._buffer.find(b"$"), self._buffer.find(b"!")) if at >= 0]
        drop = min(starts, default=len(self._buffer))
        self._noise = (self._noise + self._buffer[:drop].translate(None, LINE_ENDS))[:SAMPLE]
        del self._buffer[:drop]
        return bool(starts)

    def _judged(self, edge: re.Match[bytes] | None) -> bytes | Damaged:
        if edge is None:
            return Damaged("oversize", bytes(self._buffer[: min(self._framing.most, SAMPLE)]))
        text = bytes(self._buffer[1 : edge.start()])
        if edge[0] in b"$!":
            return Damaged("noise", text[:SAMPLE])
        if b"*" not in text and not self._framing.sealed:
            return text
        if text[-3:-2] == b"*" and _SENTENCE.holds(text):
            return text[:-3]
        return Damaged("checksum", text[:SAMPLE])
