"""Q-SYS Remote Control: JSON-RPC 2.0 objects, each ended by NUL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.errors import ProtocolError

LOGON_REQUIRED = 10
ERRORS: Mapping[int, str] = {
    2: "an invalid page request", 3: "a bad page request", 4: "a file is missing", 5: "it has no change group left",
    6: "it does not know this change group", 7: "it has no component of this name", 8: "it has no control of this name",
    9: "it has no mixer channel of this number", LOGON_REQUIRED: "it wants a logon",
}  # fmt: skip
"""What the codes of its own mean (Q-SYS help, QRC; the table as Beckhoff TF6310 repeats it)."""
_LIMIT = 65_536
"""Bytes of one object."""


@dataclass(frozen=True, slots=True)
class Call:
    """A method with its parameters; `id` None is a notification, which nobody answers."""

    method: str
    params: Any
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to the call with this id: its result, or its error's code and words."""

    id: int | None
    result: Any = None
    code: int = 0
    words: str = field(default="")

    @property
    def failed(self) -> bool:
        """Return whether it is an error."""
        return self.code != 0


Message = Call | Result


def encode(message: Message) -> bytes:
    """Return the object with its NUL."""
    body: dict[str, Any] = {"jsonrpc": "2.0"}
    if message.id is not None:
        body["id"] = message.id
    if isinstance(message, Call):
        body |= {"method": message.method, "params": message.params}
    elif message.failed:
        body["error"] = {"code": message.code, "message": message.words}
    else:
        body["result"] = message.result
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\0"


def read(raw: bytes) -> Message:
    """Return what an object means; raise ProtocolError for what is no JSON-RPC."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ProtocolError(f"no JSON: {raw[:60]!r}") from None
    if not isinstance(body, dict):
        raise ProtocolError(f"no JSON object: {raw[:60]!r}")
    number = body.get("id")
    number = number if isinstance(number, int) and not isinstance(number, bool) else None
    if isinstance(body.get("method"), str):
        return Call(body["method"], body.get("params"), number)
    error = body.get("error")
    if isinstance(error, dict) and isinstance(error.get("code"), int):
        return Result(number, code=error["code"] or -1, words=str(error.get("message", "")))
    if "result" not in body:
        raise ProtocolError(f"neither a call nor a result: {raw[:60]!r}")
    return Result(number, body["result"])


class Decoder:
    """Objects from any chopping of the stream; line ends between them are ignored."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; raise ProtocolError when more than 64 KiB wait for their NUL, which drops them all."""
        self._buffer += data
        if len(self._buffer) > _LIMIT and b"\0" not in self._buffer[:_LIMIT]:
            start = bytes(self._buffer[:32])
            self._buffer.clear()
            raise ProtocolError(f"an object of more than {_LIMIT} bytes, which starts with {start!r}; dropped")

    def next(self) -> Message | None:
        """Return the next message or None; raise ProtocolError for an object that is none."""
        while (end := self._buffer.find(b"\0")) >= 0:
            raw = bytes(self._buffer[:end]).strip()
            del self._buffer[: end + 1]
            if raw:
                return read(raw)
        return None
