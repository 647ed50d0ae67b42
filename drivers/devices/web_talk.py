"""The talk of a device that speaks HTTP: every request is signed as it leaves, and sent again when asked to log in."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

from drivers.codecs.http import Response, Responses, request
from drivers.codecs.http_login import Login
from drivers.driver import Reply, Request
from drivers.errors import ProtocolError

_UNAUTHORISED = 401


def call(
    method: str, target: str, *, topic: str, body: bytes = b"", kind: str = "application/xml", patience: float = 3.0
) -> Request:
    """Return a request that is not signed yet; `kind` is the body's media type."""
    headers = {"Content-Type": kind} if body else {}
    return Request(request(method, target, host="device", headers=headers, body=body), topic, patience=patience)


class WebTalk:
    """One connection; `read` makes replies of a response that is no call for a login."""

    def __init__(self, user: str, password: str, read: Callable[[Response], Sequence[Reply]]) -> None:
        self._login = Login(user, password, cnonce=lambda: secrets.token_hex(8))
        self._read = read
        self._responses = Responses()
        self._payload = b""
        self._ready: list[Reply] = []

    def leaving(self, request: Request) -> bytes:
        """Return the request's bytes with the login that counts now."""
        self._payload = request.payload
        return self._signed()

    def feed(self, data: bytes) -> list[Reply]:
        """Return the replies that `data` completes; after a ProtocolError what was good comes with the next call."""
        self._responses.receive(data)
        while (response := self._responses.next()) is not None:
            self._ready += self._answered(response)
        return self._taken()

    def hung_up(self) -> list[Reply]:
        """Return the reply that only the end of the connection completes; what makes no sense is forgotten with it."""
        response = self._responses.hung_up()
        with suppress(ProtocolError):
            self._ready += self._answered(response) if response is not None else []
        return self._taken()

    def _taken(self) -> list[Reply]:
        ready, self._ready = self._ready, []
        return ready

    def _answered(self, response: Response) -> Sequence[Reply]:
        if response.status != _UNAUTHORISED:
            return self._read(response)
        if not self._payload:
            return []
        if not self._login.learn(response.all("WWW-Authenticate")):
            return [Reply("login", denied="it refuses the login; see the options user and password")]
        return [Reply("login", back=self._signed())]

    def _signed(self) -> bytes:
        line, end, rest = self._payload.partition(b"\r\n")
        method, target, _ = line.decode("latin-1").split(" ")
        self._responses.asked(method)
        fields = self._login.header(method, target)
        signed = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return line + end + signed.encode() + rest
