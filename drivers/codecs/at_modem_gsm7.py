"""The 7-bit alphabet of GSM and how it is packed (3GPP TS 23.038, clauses 6.1.2.1 and 6.2.1)."""

from __future__ import annotations

ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet in the order of its codes (clause 6.2.1)."""
ESCAPE = 0x1B
EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|",
             0x65: "€"}  # fmt: skip
"""What follows an escape (clause 6.2.1.1)."""
_CODES = {sign: bytes([code]) for code, sign in enumerate(ALPHABET) if code != ESCAPE} | {
    sign: bytes([ESCAPE, code]) for code, sign in EXTENSION.items()
}


def encodable(text: str) -> bool:
    """Return whether every sign of a text is in the alphabet."""
    return all(sign in _CODES for sign in text)


def septets(text: str) -> bytes:
    """Return a text as codes, one a byte; raise KeyError for a sign that the alphabet has not."""
    return b"".join(_CODES[sign] for sign in text)


def text_of(codes: bytes) -> str:
    """Return the text of codes; after an escape what the extension has not reads as in the alphabet (6.2.1.1)."""
    found: list[str] = []
    escaped = False
    for code in codes:
        if code == ESCAPE and not escaped:
            escaped = True
            continue
        found.append(EXTENSION.get(code, ALPHABET[code]) if escaped else ALPHABET[code])
        escaped = False
    return "".join(found)


def packed(codes: bytes, *, fill: int = 0) -> bytes:
    """Return codes packed to 7 bits each behind `fill` bits of nothing (6.1.2.1.1, and 23.040 9.2.3.24)."""
    bits = sum(code << (fill + 7 * place) for place, code in enumerate(codes))
    return bits.to_bytes((fill + 7 * len(codes) + 7) // 8, "little")


def unpacked(data: bytes, count: int, *, fill: int = 0) -> bytes:
    """Return the first `count` codes of packed data behind `fill` bits."""
    bits = int.from_bytes(data, "little") >> fill
    return bytes((bits >> (7 * place)) & 0x7F for place in range(count))
