"""How a channel stands, for screens and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """`waiting` messages, `reason` why it takes none (empty: it does), `counters` by what became of messages."""

    id: str
    kind: str
    enabled: bool
    waiting: int
    reason: str
    counters: Mapping[str, int]
