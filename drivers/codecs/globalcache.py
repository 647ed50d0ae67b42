"""Global Caché's line protocol (iTach, Flex, GC-100): infrared codes, relays and contacts, ended by CR."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.errors import ProtocolError

ERRORS: Mapping[str, str] = {
    "001": "it does not know this command", "002": "there is no such module", "003": "there is no such connector",
    "004": "a bad id", "005": "a bad frequency", "006": "a bad repeat count", "007": "a bad offset",
    "008": "a bad pulse count", "009": "bad pulse data", "010": "an uneven number of pulses",
    "011": "no carriage return", "012": "too many repeats", "013": "the connector is set up as an input",
    "014": "the connector is no blaster", "015": "the command is too long", "016": "no carriage return",
    "017": "bad syntax", "018": "the connector is no input", "019": "the infrared transmission has failed",
    "020": "too many pulses", "021": "an odd symbol", "022": "an undefined symbol", "023": "an unknown option",
    "024": "a bad baud rate", "025": "a bad flow control", "026": "a bad parity", "027": "its settings are locked",
}  # fmt: skip
"""What the codes mean (iTach API Specification 1.5, error codes)."""
LONGEST_CODE = 520
"""Numbers of pulses in one code: 260 pairs (iTach API Specification 1.5, sendir)."""
_LINE = re.compile(r"(completeir|busyIR|state|statechange|stopir),(\d+):(\d+)(?:,(\d+))?")
_ERROR = re.compile(r"ERR_?(?:\d+:\d+)?[, ]?(.*)")
_DEVICE = re.compile(r"device,(\d+),(\d+) (.+)")
_VERSION = re.compile(r"(?:version,\d+,)?(\d{3}-\d{4}-\d{2}\S*)")
_PRONTO_HZ = 4_145_146.0
"""The clock of learned Pronto codes: a carrier of N counts has 1 000 000 / (N x 0.241246) Hz."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line about one connector: `state`, `completeir`, `busyIR`; `number` is the state or the id of a code."""

    word: str
    module: int
    connector: int
    number: int = -1

    @property
    def topic(self) -> str:
        """Return what it answers: the state of a connector, or the code with an id."""
        if self.word in ("completeir", "busyIR"):
            return f"ir {self.module}:{self.connector} {self.number}"
        return f"{'state' if self.word == 'statechange' else self.word} {self.module}:{self.connector}"


@dataclass(frozen=True, slots=True)
class Module:
    """One line of the answer to getdevices; None as `kind` ends the list."""

    number: int
    connectors: int
    kind: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """The firmware's number."""

    text: str


@dataclass(frozen=True, slots=True)
class Error:
    """The device's own no."""

    code: str


Line = Said | Module | Version | Error


def read(line: str) -> Line:
    """Return what a line means; raise ProtocolError when it is none of the device's."""
    if found := _LINE.fullmatch(line):
        return Said(found[1], int(found[2]), int(found[3]), int(found[4] or -1))
    if line == "endlistdevices":
        return Module(0, 0, None)
    if found := _DEVICE.fullmatch(line):
        return Module(int(found[1]), int(found[2]), found[3].strip())
    if found := _VERSION.fullmatch(line):
        return Version(found[1])
    if line.startswith(("ERR", "unknowncommand")):
        error = _ERROR.fullmatch(line)
        return Error((error[1] if error else line.removeprefix("unknowncommand")).strip(" ,"))
    raise ProtocolError(f"no line of Global Caché's: {line[:60]!r}")


@dataclass(frozen=True, slots=True)
class Infrared:
    """One infrared code: `pulses` in periods of the carrier (Hz), `offset` where repeats begin (1: at the start)."""

    carrier: int
    repeat: int
    offset: int
    pulses: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """Return how long the burst lasts."""
        return sum(self.pulses) * self.repeat / self.carrier


def infrared(text: str) -> Infrared:
    """Return a code that is written as `38000,1,1,347,173,…` or in Pronto's hexadecimal; raise ValueError."""
    words = text.replace(",", " ").split()
    if words and words[0] == "0000":
        return _checked(_pronto([int(word, 16) for word in words]))
    numbers = [int(word) for word in words]
    if len(numbers) < 5:
        raise ValueError("a code is carrier, repeat, offset and pairs of pulses")
    return _checked(Infrared(numbers[0], numbers[1], numbers[2], tuple(numbers[3:])))


def _pronto(words: list[int]) -> Infrared:
    if len(words) < 6 or not words[1]:
        raise ValueError("a Pronto code is 0000, a carrier, two counts and their pairs of pulses")
    once, again = words[2], words[3]
    if len(words) != 4 + 2 * (once + again):
        raise ValueError(f"this Pronto code says that it has {once + again} pairs, and has {(len(words) - 4) / 2:g}")
    return Infrared(round(_PRONTO_HZ / words[1]), 1, 2 * once + 1 if again and once else 1, tuple(words[4:]))


def _checked(code: Infrared) -> Infrared:
    """Return the code when it is within the limits of sendir; raise ValueError with the one that it breaks."""
    if not 15_000 <= code.carrier <= 500_000:
        raise ValueError(f"a carrier of {code.carrier} Hz; it is 15000 to 500000")
    if not 1 <= code.repeat <= 50:
        raise ValueError(f"{code.repeat} repeats; they are 1 to 50")
    if not (code.offset % 2 == 1 and 1 <= code.offset < len(code.pulses)):
        raise ValueError(f"an offset of {code.offset}; it is odd, and within the code")
    if len(code.pulses) % 2 or not 2 <= len(code.pulses) <= LONGEST_CODE:
        raise ValueError(f"{len(code.pulses)} pulses; they are pairs, up to {LONGEST_CODE} pulses")
    if not all(1 <= pulse <= 65_535 for pulse in code.pulses):
        raise ValueError("a pulse is 1 to 65535 periods of the carrier")
    return code


def sendir(module: int, connector: int, number: int, code: Infrared) -> bytes:
    """Return the line that sends a code."""
    numbers = (number, code.carrier, code.repeat, code.offset, *code.pulses)
    return f"sendir,{module}:{connector},{','.join(map(str, numbers))}\r".encode()
