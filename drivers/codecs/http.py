"""HTTP/1.1 messages (RFC 9112): a request's bytes, and responses from any chopping of a stream."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.errors import ProtocolError

MOST_HEAD = 16_384
"""Bytes of a response before its body."""
MOST_BODY = 1_048_576
"""Bytes of a response's body."""
_END = b"\r\n\r\n"
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-9]\d\d)(?: .*)?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")
_BODILESS = (204, 304)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; `headers` as they came, in order."""

    status: int
    headers: Headers
    body: bytes
    keeps: bool
    """The server keeps the connection open for the next request."""

    def header(self, name: str) -> str:
        """Return the first header of that name in any case, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Return every header of that name, in order: a server may offer several logins."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self) -> str:
        """Return the body as text; bad UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


def request(
    method: str, target: str, *, host: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Return a request; raise ValueError for a target or a header that would break out of its line."""
    fields = {"Host": host, **(headers or {})}
    if body or method in ("POST", "PUT"):
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    if any(set(line) & {"\r", "\n", "\0"} for line in lines) or " " in target or not target:
        raise ValueError(f"no target or header of HTTP: {target!r}, {dict(fields)!r}")
    return "\r\n".join((*lines, "", "")).encode() + body


class Responses:
    """Responses out of a stream; informational ones (1xx) are passed over."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: tuple[int, Headers, bool] | None = None
        self._left: int | None = 0
        """Bytes of the body still to come; None: it ends when the server hangs up."""
        self._chunked = False
        self._body = bytearray()
        self._headless: list[bool] = []

    def asked(self, method: str) -> None:
        """Note a request: the answer to HEAD has no body, whatever it says."""
        self._headless.append(method == "HEAD")

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError, and forget everything, when more waits than any response may have."""
        self._buffer += data
        if len(self._buffer) > MOST_HEAD + MOST_BODY:
            raise self._spoilt(f"more than {MOST_BODY} bytes of an answer")

    def next(self) -> Response | None:
        """Return the next response, or None for "need more"; raise ProtocolError for what is none."""
        while True:
            if self._head is None and not self._read_head():
                return None
            if not self._read_body():
                return None
            response = self._done()
            if response.status >= 200:
                return response

    def hung_up(self) -> Response | None:
        """Return the response that only the end of the connection completes; what was half said is forgotten."""
        whole = self._head is not None and self._left is None and not self._chunked
        response = None
        if whole:
            self._body += self._buffer
            response = self._done()
        self._forget()
        return response

    def _read_head(self) -> bool:
        while self._buffer[:2] == b"\r\n":  # a stray line end before an answer is passed over (RFC 9112, 2.2)
            del self._buffer[:2]
        end = self._buffer.find(_END)
        if end < 0:
            if len(self._buffer) > MOST_HEAD or not b"HTTP/1."[: len(self._buffer)] == self._buffer[:7]:
                raise self._spoilt("no answer of HTTP")
            return False
        status, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        found = _STATUS.fullmatch(status)
        if found is None:
            raise self._spoilt("no status line of HTTP")
        headers = [self._field(line) for line in lines]
        del self._buffer[: end + len(_END)]
        self._begin(int(found[2]), headers, modern=found[1] == "1")
        return True

    def _field(self, line: str) -> tuple[str, str]:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise self._spoilt(f"no header of HTTP: {line[:40]!r}")
        return name, value.strip(" \t")

    def _begin(self, status: int, headers: Headers, *, modern: bool) -> None:
        told = {name.lower(): value.lower() for name, value in headers}
        connection = told.get("connection", "")
        keeps = "close" not in connection and (modern or "keep-alive" in connection)
        headless = bool(self._headless) and self._headless[0]
        self._chunked = "chunked" in told.get("transfer-encoding", "")
        length = told.get("content-length")
        if status < 200 or status in _BODILESS or headless:
            self._chunked, self._left = False, 0
        elif self._chunked:
            self._left = 0
        elif length is None:
            self._left = None
        elif length.isascii() and length.isdigit() and int(length) <= MOST_BODY:
            self._left = int(length)
        else:
            raise self._spoilt(f"a body of {length[:20]!r} bytes")
        self._head = (status, headers, keeps and self._left is not None)

    def _read_body(self) -> bool:
        if self._chunked:
            return self._read_chunks()
        if self._left is None:
            self._take(len(self._buffer))
            return False
        self._left -= self._take(self._left)
        return self._left == 0

    def _read_chunks(self) -> bool:
        """Return whether the last chunk and what trails it have come (RFC 9112, 7.1)."""
        while (end := self._buffer.find(b"\r\n")) >= 0:
            found = _SIZE.fullmatch(self._buffer[:end])
            size = int(found[1], 16) if found else -1
            if not 0 <= size <= MOST_BODY:
                raise self._spoilt("no chunk of HTTP")
            if size == 0:
                return self._read_trailer(end)
            if len(self._buffer) < end + size + 4:
                return False
            if self._buffer[end + 2 + size : end + size + 4] != b"\r\n":
                raise self._spoilt("a chunk without its end")
            del self._buffer[: end + 2]
            self._take(size)
            del self._buffer[:2]
        if len(self._buffer) > MOST_HEAD:
            raise self._spoilt("no chunk of HTTP")
        return False

    def _read_trailer(self, end: int) -> bool:
        if self._buffer[end + 2 : end + 4] == b"\r\n":
            del self._buffer[: end + 4]
            return True
        over = self._buffer.find(_END, end)
        if over < 0:
            return False
        del self._buffer[: over + len(_END)]
        return True

    def _take(self, most: int) -> int:
        """Move up to `most` bytes into the body; return how many."""
        piece = self._buffer[:most]
        if len(self._body) + len(piece) > MOST_BODY:
            raise self._spoilt(f"a body of more than {MOST_BODY} bytes")
        self._body += piece
        del self._buffer[: len(piece)]
        return len(piece)

    def _done(self) -> Response:
        status, headers, keeps = self._head or (0, (), False)
        response = Response(status, tuple(headers), bytes(self._body), keeps)
        self._head, self._left, self._chunked = None, 0, False
        self._body.clear()
        if status >= 200 and self._headless:
            self._headless.pop(0)
        return response

    def _forget(self) -> None:
        self._buffer.clear()
        self._body.clear()
        self._headless.clear()
        self._head, self._left, self._chunked = None, 0, False

    def _spoilt(self, what: str) -> ProtocolError:
        """Forget everything: in a stream of HTTP nothing tells where the next answer would begin."""
        start = bytes(self._buffer[:32])
        self._forget()
        return ProtocolError(f"{what}; it starts with {start!r}")
