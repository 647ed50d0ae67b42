"""How an emulated camera judges a UsernameToken: the digest, the age by its own clock, and a nonce that comes again."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from drivers.codecs import onvif
from drivers.codecs.plain_xml import child, parse, text

OLDEST = timedelta(seconds=5)
"""How far a token's time may be from the camera's own, either way."""


class TokenDoor:
    """Lets in messages with a good token (WSS UsernameToken Profile 1.0)."""

    def __init__(self, facts: Mapping[str, object], now: Callable[[], datetime]) -> None:
        self._facts = facts
        self._now = now
        self._seen: set[bytes] = set()

    def opens(self, document: bytes) -> bool:
        """Return whether the message carries a token that is right, fresh and new."""
        token = child(parse(document), "Header", "Security", "UsernameToken")
        if token is None or text(token, "Username") != self._facts["user"]:
            return False
        created = text(token, "Created")
        try:
            nonce = b64decode(text(token, "Nonce"), validate=True)
            moment = datetime.fromisoformat(created).astimezone(UTC)
        except (Error, ValueError):
            return False
        wanted = onvif.password_digest(nonce, created, str(self._facts["password"]))
        good = text(token, "Password") == wanted and abs(self._now() - moment) <= OLDEST and nonce not in self._seen
        self._seen.add(nonce)
        return good
