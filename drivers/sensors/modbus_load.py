"""How much of a serial line's time its points ask for, so that a technician hears of too much before it is tried."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.sensors.modbus_frames import reading
from drivers.sensors.modbus_wire import Timing
from drivers.sensors.register_map import Block

QUESTION = 8
"""Bytes of a serial frame that asks (MODBUS over Serial Line V1.02, section 2.5.1)."""
MUCH = 0.8
"""Beyond this share commands wait, and one silent unit makes the others late."""


def share(blocks: Sequence[Block], timing: Timing) -> float:
    """Return the share of the line's time that polling takes at least, 1: all of it; 0 where the wire does not say."""
    return sum(_seconds(block, timing) / block.every for block in blocks)


def too_much(blocks: Sequence[Block], timing: Timing) -> str:
    """Return why these blocks are too much for the line; empty when they are not."""
    taken = share(blocks, timing)
    if taken <= MUCH:
        return ""
    late = "they come late" if taken > 1 else "commands wait, and one silent unit makes the others late"
    return f"its points ask for {taken:.0%} of the line's time, so that {late}; raise `every`, or the baud rate"


def _seconds(block: Block, timing: Timing) -> float:
    """Return how long a question and its answer take, units that think for no time at all supposed."""
    question = reading(block.unit, block.table, block.address, count=block.count)
    return timing.line_time(question, QUESTION) + 2 * timing.rest
