"""JSON bytes to the value that a decoder is for, or the word for why not."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

from drivers.sensors.bad_payload import BadPayload

MOST_BYTES = 64 * 1024
S = TypeVar("S")
FIELD = re.compile(r"(?:at `\$\.|missing required field `)(\w+)`")
"""How msgspec names the field that is to blame."""


def decoded(decoder: msgspec.json.Decoder[S], payload: bytes) -> S:
    """Return the decoded payload, or raise BadPayload with the field that is to blame."""
    if len(payload) > MOST_BYTES:
        raise BadPayload("oversize", f"more than {MOST_BYTES} bytes")
    try:
        return decoder.decode(payload)
    except RecursionError:
        raise BadPayload("json", "nested too deeply") from None
    except ValueError as error:
        blamed = FIELD.search(str(error))
        raise BadPayload(blamed[1] if blamed else "json", str(error)) from None
