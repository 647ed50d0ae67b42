"""Short messages as their PDUs (3GPP TS 23.040): submitting in parts, what comes in, and reports of delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from drivers.codecs.at_modem_gsm7 import encodable, packed, septets, text_of, unpacked
from drivers.errors import ProtocolError

DELIVER, SUBMIT, STATUS_REPORT = 0, 1, 2
"""TP-MTI (clause 9.2.3.1); towards the network 1 is submit, from it 2 is a status report."""
USER_DATA_HEADER, REPORT_REQUEST, RELATIVE_VALIDITY = 0x40, 0x20, 0x10
GSM7, EIGHT_BIT, UCS2 = 0, 1, 2
MOST_SEPTETS, MOST_OCTETS = 160, 140
PART_SEPTETS, PART_UNITS = 153, 67
"""What a part holds behind its header of 6 octets: septets, or UTF-16 units."""
MOST_PARTS = 6
CONCATENATED_8, CONCATENATED_16 = 0x00, 0x08
"""Information elements that number the parts (clauses 9.2.3.24.1 and .8)."""
INTERNATIONAL, UNKNOWN_NUMBER, ALPHANUMERIC = 0x91, 0x81, 0xD0
QUARTER = timedelta(minutes=15)
_DIGITS = "0123456789*#abc"


@dataclass(frozen=True, slots=True)
class Part:
    """Which of how many, of the message that its sender numbered so."""

    reference: int
    number: int
    total: int


WHOLE = Part(0, 1, 1)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message, or a part of one, that came; `at` is the network's time in seconds since 1970."""

    sender: str
    text: str
    at: int
    part: Part = WHOLE


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of the message that the modem numbered `reference`: `status` is TP-ST (clause 9.2.3.15)."""

    reference: int
    to: str
    status: int

    @property
    def state(self) -> str:
        """Return delivered, trying (the network still tries) or failed."""
        return "delivered" if self.status < 0x20 else "trying" if self.status < 0x40 else "failed"


@dataclass(frozen=True, slots=True)
class Submission:
    """An SMS-SUBMIT as a modem has it."""

    reference: int
    to: str
    text: str
    report: bool
    part: Part = WHOLE


def segments(text: str) -> Sequence[str]:
    """Return a text as the parts that it is sent in: 160 or 153 signs of GSM, else 70 or 67 of UCS-2."""
    plain = encodable(text)
    whole, part = (MOST_SEPTETS, PART_SEPTETS) if plain else (MOST_OCTETS // 2, PART_UNITS)
    if _size(text, plain=plain) <= whole:
        return [text]
    found, rest = [], text
    while rest:
        size = next(n for n in range(min(len(rest), part), 0, -1) if _size(rest[:n], plain=plain) <= part)
        found.append(rest[:size])
        rest = rest[size:]
    return found


def submits(to: str, text: str, *, reference: int, valid: int) -> Sequence[bytes]:
    """Return the TPDUs of a text, numbered `reference` (0-255) when there are several, for `valid` minutes.

    Raises ValueError for a number that is none and for a text of more than MOST_PARTS parts.
    """
    parts = segments(text)
    if len(parts) > MOST_PARTS:
        raise ValueError(f"the text takes {len(parts)} messages; {MOST_PARTS} are the most")
    if len(parts) == 1:
        return [_submit(to, text, header=b"", valid=valid)]
    return [
        _submit(
            to, part, header=bytes([5, CONCATENATED_8, 3, reference, len(parts), number]), valid=valid
        )
        for number, part in enumerate(parts, 1)
    ]  # fmt: skip


def incoming(pdu: bytes) -> Incoming | StatusReport:
    """Return what a PDU from the network says, its service centre in front; raise ProtocolError for what is none."""
    try:
        body = pdu[1 + pdu[0] :]
        kind = body[0] & 0x03
        if kind == DELIVER:
            return _deliver(body)
        if kind == STATUS_REPORT:
            return _report(body)
    except (IndexError, ValueError, UnicodeError, OverflowError) as error:
        raise ProtocolError(f"no PDU of 3GPP TS 23.040: {pdu.hex()[:80] or 'nothing'}") from error
    raise ProtocolError(f"a PDU of another kind: {pdu.hex()[:80]}")


def submission(body: bytes) -> Submission:
    """Return what a TPDU that is to be sent says; raise ProtocolError for what is none."""
    if not body or body[0] & 0x03 != SUBMIT:
        raise ProtocolError(f"no SMS-SUBMIT: {body.hex()[:80] or 'nothing'}")
    try:
        first, reference = body[0], body[1]
        to, at = _address(body, 2)
        at += 2 + (1 if first & 0x18 == RELATIVE_VALIDITY else 7 if first & 0x18 else 0)
        text, part = _user_data(body[at:], scheme=body[at - (2 if first & 0x18 == RELATIVE_VALIDITY else 1)],
                                header=bool(first & USER_DATA_HEADER))  # fmt: skip
    except (IndexError, ValueError, UnicodeError) as error:
        raise ProtocolError(f"no SMS-SUBMIT: {body.hex()[:80] or 'nothing'}") from error
    return Submission(reference, to, text, bool(first & REPORT_REQUEST), part)


def deliver(sender: str, text: str, *, at: int, part: Part = WHOLE, plain: bool | None = None) -> bytes:
    """Return an SMS-DELIVER as the network hands it over at `at` (seconds), for an emulator."""
    plain = encodable(text) if plain is None else plain
    header = b"" if part.total == 1 else bytes([5, CONCATENATED_8, 3, part.reference, part.total, part.number])
    first = 0x04 | (USER_DATA_HEADER if header else 0)
    coding = 0x00 if plain else 0x08
    return bytes([0, first]) + number_field(sender) + bytes([0, coding]) + _stamp(at) + _data(text, header, plain=plain)


def report(reference: int, to: str, *, at: int, status: int) -> bytes:
    """Return an SMS-STATUS-REPORT as the network hands it over at `at` (seconds), for an emulator."""
    return bytes([0, 0x06, reference]) + number_field(to) + _stamp(at) * 2 + bytes([status])


def validity(minutes: int) -> int:
    """Return the TP-VP after which the network drops a message, never less than `minutes` (clause 9.2.3.12.1)."""
    if minutes <= 12 * 60:
        return max(0, -(-minutes // 5) - 1)
    if minutes <= 24 * 60:
        return 143 - (-(minutes - 12 * 60) // 30)
    return min(166 - (-minutes // (24 * 60)), 196)


def number_field(number: str) -> bytes:
    """Return a telephone number as an address field (clause 9.1.2.5); raise ValueError for what is none."""
    international = number.startswith("+")
    digits = number.removeprefix("+")
    if not digits or len(digits) > 20 or not set(digits) <= set(_DIGITS):
        raise ValueError(f"{number!r} is no telephone number")
    kind = INTERNATIONAL if international else UNKNOWN_NUMBER
    return bytes([len(digits), kind]) + _swapped(digits)


def _size(text: str, *, plain: bool) -> int:
    return len(septets(text)) if plain else len(text.encode("utf-16-be")) // 2


def _submit(to: str, text: str, *, header: bytes, valid: int) -> bytes:
    plain = encodable(text)
    first = SUBMIT | RELATIVE_VALIDITY | REPORT_REQUEST | (USER_DATA_HEADER if header else 0)
    coding = 0x00 if plain else 0x08
    data = _data(text, header, plain=plain)
    return bytes([first, 0]) + number_field(to) + bytes([0, coding, validity(valid)]) + data


def _data(text: str, header: bytes, *, plain: bool) -> bytes:
    if not plain:
        data = header + text.encode("utf-16-be")
        return bytes([len(data)]) + data
    fill = -len(header) * 8 % 7
    codes = septets(text)
    length = (len(header) * 8 + fill) // 7 + len(codes)
    return bytes([length]) + header + packed(codes, fill=fill)


def _deliver(body: bytes) -> Incoming:
    sender, at = _address(body, 1)
    stamp = _instant(body[at + 2 : at + 9])
    text, part = _user_data(body[at + 9 :], scheme=body[at + 1], header=bool(body[0] & USER_DATA_HEADER))
    return Incoming(sender, text, stamp, part)


def _report(body: bytes) -> StatusReport:
    to, at = _address(body, 2)
    _instant(body[at : at + 7])
    return StatusReport(body[1], to, body[at + 14])


def _user_data(data: bytes, *, scheme: int, header: bool) -> tuple[str, Part]:
    length, content = data[0], data[1:]
    coding = _coding(scheme)
    head = content[: content[0] + 1] if header else b""
    part = _numbered(head)
    if coding == GSM7:
        fill = -len(head) * 8 % 7
        count = length - (len(head) * 8 + fill) // 7
        if count < 0 or len(content) * 7 < 0 or len(content) * 8 < length * 7:
            raise ValueError(length)
        return text_of(unpacked(content[len(head) :], count, fill=fill)), part
    if len(content) < length:
        raise ValueError(length)
    rest = content[len(head) : length]
    return rest.decode("utf-16-be" if coding == UCS2 else "latin-1"), part


def _coding(scheme: int) -> int:
    """Return the alphabet of a TP-DCS (3GPP TS 23.038, clause 4)."""
    if scheme & 0xC0 == 0x00 and scheme & 0x0C in (0x04, 0x08):
        return (scheme & 0x0C) >> 2
    if scheme & 0xF4 == 0xF4:
        return EIGHT_BIT
    return UCS2 if scheme & 0xF0 == 0xE0 else GSM7


def _numbered(header: bytes) -> Part:
    """Return which part it is, from the information elements of a user data header (clause 9.2.3.24)."""
    rest = header[1:]
    while len(rest) >= 2:
        kind, size = rest[0], rest[1]
        element, rest = rest[2 : 2 + size], rest[2 + size :]
        if len(element) != size:
            raise ValueError(kind)
        found = _ELEMENTS.get((kind, size))
        if found is not None:
            part = Part(int.from_bytes(element[:found], "big"), element[found + 1], element[found])
            if not 1 <= part.number <= part.total:
                raise ValueError(part)
            return part
    return WHOLE


_ELEMENTS: Mapping[tuple[int, int], int] = {(CONCATENATED_8, 3): 1, (CONCATENATED_16, 4): 2}
"""By element and size: how many octets its reference has."""


def _address(body: bytes, at: int) -> tuple[str, int]:
    """Return an address field's number and where what follows begins (clause 9.1.2.5)."""
    count, kind = body[at], body[at + 1]
    size = (count + 1) // 2
    raw = body[at + 2 : at + 2 + size]
    if len(raw) != size or count > 22:
        raise ValueError(count)
    if kind & 0xF0 == ALPHANUMERIC:
        return text_of(unpacked(raw, count * 4 // 7)), at + 2 + size
    digits = "".join(_DIGITS[nibble] for byte in raw for nibble in (byte & 15, byte >> 4) if nibble != 15)
    return ("+" if kind == INTERNATIONAL else "") + digits[:count], at + 2 + size


def _swapped(digits: str) -> bytes:
    """Return digits as semi-octets, the first one low, filled up with ones (clause 9.1.2.3)."""
    codes = [_DIGITS.index(digit) for digit in digits] + [15] * (len(digits) % 2)
    return bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))


def _instant(stamp: bytes) -> int:
    """Return a time stamp in seconds since 1970 (clause 9.2.3.11); its last octet is the zone in quarters."""
    year, month, day, hour, minute, second = (_two(byte) for byte in stamp[:6])
    quarters = _two(stamp[6] & 0xF7) * (-1 if stamp[6] & 0x08 else 1)
    local = datetime(2000 + year - (100 if year >= 90 else 0), month, day, hour, minute, second, tzinfo=UTC)
    return round((local - quarters * QUARTER).timestamp())


def _stamp(at: int) -> bytes:
    each = datetime.fromtimestamp(at, UTC)
    numbers = (each.year % 100, each.month, each.day, each.hour, each.minute, each.second, 0)
    return bytes(number % 10 << 4 | number // 10 for number in numbers)


def _two(byte: int) -> int:
    low, high = byte & 15, byte >> 4
    if low > 9 or high > 9:
        raise ValueError(byte)
    return low * 10 + high
