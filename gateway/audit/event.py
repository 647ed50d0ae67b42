"""What an audit event is, and the one way in which it becomes bytes and a hash."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = bool | int | float | str | None | Sequence["Json"] | Mapping[str, "Json"]

GENESIS = "0" * 64
"""What stands for the hash before the first event."""
COLUMNS = "seq, at, actor, action, subject, before, after, outcome, why, request, clock_quality, prev, hash"


@dataclass(frozen=True, slots=True)
class Event:
    """Who did what to what and how it ended; `at` is UTC ns, `clock_quality` says how far it may be trusted."""

    seq: int
    at: int
    actor: str
    action: str
    subject: str
    before: Json
    after: Json
    outcome: str
    why: str
    request: str
    clock_quality: str
    prev: str
    hash: str


def canonical(value: Json) -> str:
    """Return JSON that is one text for one value: keys sorted, no blanks, ASCII; NaN and infinities as text."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _plain(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def storable(text: str) -> str:
    """Return the text without what UTF-8 cannot say, so that no event is refused for its spelling."""
    return text.encode("utf-8", "replace").decode("utf-8")


def digest(row: Sequence[int | str]) -> str:
    """Return the hash of an event's columns, `hash` left out, as they are kept: text in, so that no type can drift."""
    packed = json.dumps(list(row), separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(packed.encode("ascii")).hexdigest()


def event_of(row: Sequence[Any]) -> Event:
    """Return the event that a row of the table `audit` holds."""
    seq, at, actor, action, subject, before, after, *rest = row
    return Event(seq, at, actor, action, subject, json.loads(before), json.loads(after), *rest)
