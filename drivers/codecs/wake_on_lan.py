"""The Magic Packet that wakes a computer: six times FF, sixteen times its address, a SecureOn password if any.

AMD publication 20213, Magic Packet Technology.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[0-9A-Fa-f]{2}([:-]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
SYNC = b"\xff" * 6
COPIES = 16


def address(text: str) -> bytes:
    """Return the six bytes of `00:11:22:33:44:55`, with colons, dashes or neither; raise ValueError."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no hardware address, as 00:11:22:33:44:55")
    return bytes.fromhex(text.replace(":", "").replace("-", ""))


def magic_packet(target: bytes, password: bytes = b"") -> bytes:
    """Return the packet for the card with these six bytes."""
    return SYNC + target * COPIES + password


def woken(packet: bytes) -> tuple[bytes, bytes] | None:
    """Return the address and the password of a packet that wakes; it may stand anywhere in a frame, as cards see it."""
    start = packet.find(SYNC)
    while start >= 0:
        body = packet[start + len(SYNC) :]
        if len(body) >= 6 * COPIES and body[: 6 * COPIES] == body[:6] * COPIES:
            return body[:6], body[6 * COPIES :]
        start = packet.find(SYNC, start + 1)
    return None
