"""How an emulated device hears HTTP: requests out of a stream, and a digest login for each connection."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.codecs.http_login import Challenge, digest
from drivers.emulators.emulator import REMOTE

_MOST = 262_144
_LINE = re.compile(rb"([A-Z]{3,7}) (\S+) HTTP/1\.[01]")
_FIELD = re.compile(r'(\w+)="?([^",]*)"?')
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


class HttpEars:
    """Requests from any chopping; what is none is passed over."""

    def __init__(self) -> None:
        self._buffer = b""

    def receive(self, data: bytes) -> None:
        """Take in bytes."""
        self._buffer = (self._buffer + data)[-_MOST:]

    def next(self) -> Asked | None:
        """Return the next request, or None."""
        start = _LINE.search(self._buffer)
        end = self._buffer.find(b"\r\n\r\n", start.end()) if start else -1
        if start is None or end < 0:
            return None
        lines = self._buffer[start.end() : end].decode("latin-1").split("\r\n")
        headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", "0") or 0)
        if len(self._buffer) < end + 4 + size:
            return None
        body = self._buffer[end + 4 : end + 4 + size]
        self._buffer = self._buffer[end + 4 + size :]
        return Asked(start[1].decode(), start[2].decode("latin-1"), headers, body)


def response(status: int, body: bytes = b"", *, kind: str = "application/xml", more: str = "") -> bytes:
    """Return a response that keeps the connection open; `more` is further header lines, each with its end."""
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}\r\n{more}"
    if body:
        head += f"Content-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class DigestDoor:
    """Who has shown the password on this connection (RFC 7616, MD5 and qop=auth); once in, a connection stays in."""

    def __init__(self, facts: Mapping[str, object], *, realm: str, seed: int) -> None:
        self._facts = facts
        self._realm = realm
        self._chance = random.Random(seed)
        self._nonces: dict[int, str] = {}
        self._inside: set[int] = {REMOTE}

    def forget(self, client: int) -> None:
        """Let a client go."""
        self._nonces.pop(client, None)
        self._inside.discard(client)

    def opens(self, client: int, asked: Asked) -> bool:
        """Return whether the request may pass."""
        if client in self._inside:
            return True
        fields = dict(_FIELD.findall(asked.headers.get("authorization", "").removeprefix("Digest ")))
        nonce = self._nonces.get(client)
        if nonce is None or fields.get("nonce") != nonce or fields.get("username") != self._facts["user"]:
            return False
        wanted = digest(
            Challenge("Digest", self._realm, nonce, qop=True), user=str(self._facts["user"]),
            password=str(self._facts["password"]), method=asked.method, uri=asked.target,
            count=int(fields.get("nc", "0"), 16), cnonce=fields.get("cnonce", ""),
        )  # fmt: skip
        if f'response="{fields.get("response")}"' not in wanted:
            return False
        self._inside.add(client)
        return True

    def challenge(self, client: int) -> bytes:
        """Return the answer that asks for a login."""
        self._nonces[client] = self._chance.randbytes(16).hex()
        more = f'WWW-Authenticate: Digest qop="auth", realm="{self._realm}", nonce="{self._nonces[client]}"\r\n'
        return response(401, more=more)
