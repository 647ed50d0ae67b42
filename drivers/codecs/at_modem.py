"""What a modem says on its line, and what is asked of it: AT commands (3GPP TS 27.007, 27.005; ITU-T V.250)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.errors import ProtocolError

LONGEST = 1_024
PROMPT = b"> "
SEND, CANCEL = b"\x1a", b"\x1b"
"""What ends a PDU that is being entered, and what breaks it off (27.005, 3.5.1)."""
_CODE = re.compile(r"\+CM([SE]) ERROR: *(.+)")
_HEAD = re.compile(r"([+*^&$%#][A-Z0-9]+): ?(.*)")
_PDU = re.compile(r"(?:[0-9A-Fa-f]{2}){8,176}")
_IMEI = re.compile(r"\d{15}")


@dataclass(frozen=True, slots=True)
class Final:
    """The end of an answer: `error` is empty for OK; `network` errors are +CMS ERROR, the others the modem's own."""

    error: str = ""
    code: int | None = None
    network: bool = False


@dataclass(frozen=True, slots=True)
class Info:
    """A line `+NAME: text`, in an answer or unasked."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Pdu:
    """A line of hexadecimal digits, which belongs to the line before it."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Plain:
    """A line without a name: a serial number, or what a modem says of itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem waits for a PDU."""


Word = Final | Info | Pdu | Plain | Prompt

CMS_ERRORS: Mapping[int, str] = {
    1: "unassigned number", 8: "operator determined barring", 10: "call barred", 21: "short message transfer rejected",
    27: "destination out of service", 28: "unidentified subscriber", 29: "facility rejected",
    30: "unknown subscriber", 38: "network out of order", 41: "temporary failure", 42: "congestion",
    47: "resources unavailable", 50: "facility not subscribed", 69: "facility not implemented",
    300: "failure of the modem", 301: "SMS service reserved", 302: "operation not allowed",
    303: "operation not supported", 304: "invalid PDU", 305: "invalid text", 310: "no SIM",
    311: "the SIM wants its PIN",
    312: "the SIM wants PIN 2", 313: "failure of the SIM", 314: "the SIM is busy", 315: "the SIM is wrong",
    316: "the SIM wants its PUK", 320: "failure of the memory", 321: "invalid place in the memory",
    322: "the memory is full", 330: "the service centre's number is not known", 331: "no network",
    332: "the network did not answer in time", 340: "no acknowledgement was awaited", 500: "unknown error",
}  # fmt: skip
"""3GPP TS 27.005, clause 3.2.5, and for 0-127 3GPP TS 24.011, annex E-2."""
CME_ERRORS: Mapping[int, str] = {
    3: "operation not allowed", 4: "operation not supported", 10: "no SIM", 11: "the SIM wants its PIN",
    12: "the SIM wants its PUK", 13: "failure of the SIM", 14: "the SIM is busy", 15: "the SIM is wrong",
    16: "wrong PIN", 20: "the memory is full", 30: "no network", 31: "the network did not answer in time",
    100: "unknown error",
}  # fmt: skip
"""3GPP TS 27.007, clause 9.2."""
BUSY_CODES = frozenset({301, 314, 332, 41, 42, 47, 38, 331})
"""Errors that mean "not now"."""


class Decoder:
    """Lines that end with CR or LF, and the prompt, which does not end at all; an echo of ours is passed over."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than LONGEST wait for their end, which drops them all."""
        self._buffer += data.replace(b"\n", b"\r").replace(b"\0", b"")
        if len(self._buffer) > LONGEST and b"\r" not in self._buffer[:LONGEST]:
            start = bytes(self._buffer[:32])
            self._buffer.clear()
            raise ProtocolError(f"a line of more than {LONGEST} bytes, which starts with {start!r}; dropped")

    def next(self) -> Word | None:
        """Return the next word, or None; raise ProtocolError for a line that no modem says, which is then gone."""
        while self._buffer:
            if self._buffer.startswith(PROMPT):
                del self._buffer[: len(PROMPT)]
                return Prompt()
            end = self._buffer.find(b"\r")
            if end < 0:
                return None
            line = bytes(self._buffer[:end]).decode("utf-8", "replace").strip(" \x1a\x1b")
            del self._buffer[: end + 1]
            if line and not line.upper().startswith("AT"):
                return word(line)
        return None


def word(line: str) -> Word:
    """Return what a line means; raise ProtocolError for bytes that are no text."""
    if line == "OK":
        return Final()
    if line in ("ERROR", "COMMAND NOT SUPPORT", "TOO MANY PARAMETERS"):
        return Final("the modem does not know this command (ERROR)")
    code = _CODE.fullmatch(line)
    if code is not None:
        return _error(code[2], network=code[1] == "S")
    head = _HEAD.fullmatch(line)
    if head is not None:
        return Info(head[1], head[2])
    if _IMEI.fullmatch(line):
        return Plain(line)
    if _PDU.fullmatch(line):
        return Pdu(bytes.fromhex(line))
    if not line.isprintable() or "\ufffd" in line:
        raise ProtocolError(f"no line of a modem: {line[:60]!r}")
    return Plain(line)


def fields(text: str) -> list[str]:
    """Return the comma-separated values of an information line, without their quotes."""
    return [part.strip().strip('"') for part in text.split(",")]


def number(values: list[str], place: int) -> int:
    """Return one of the values as a whole number; raise ProtocolError when it is none."""
    try:
        return int(values[place])
    except (IndexError, ValueError):
        raise ProtocolError(f"a number was awaited at place {place + 1} of {','.join(values)[:60]!r}") from None


def _error(text: str, *, network: bool) -> Final:
    known = CMS_ERRORS if network else CME_ERRORS
    kind = "CMS" if network else "CME"
    if not text.isdecimal() or len(text) > 5:
        return Final(f"{text[:80]} (+{kind} ERROR)", network=network)
    code = int(text)
    return Final(f"{known.get(code, 'no known reason')} (+{kind} ERROR {code})", code, network)
