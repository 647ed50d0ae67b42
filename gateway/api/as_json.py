"""JSON for whatever the parts may hold: fast for what is usual, and never refused for what is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass

import orjson


def dumps(value: object) -> bytes:
    """Return `value` as JSON; NaN becomes null, half characters and integers of any size stay what they are."""
    try:
        return orjson.dumps(value)
    except TypeError:
        text = json.dumps(value, default=_plain)
        return json.dumps(json.loads(text, parse_constant=lambda _: None), separators=(",", ":")).encode("ascii")


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return dict(value) if isinstance(value, Mapping) else str(value)
