"""One end of an instrument's line: what is heard is cut into frames, counted, and shown to the technician."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from drivers.codecs.serial_frames import Damaged, Framing, cutter
from drivers.links import Link
from drivers.model import Clock

Piece = bytes | Damaged
QUIET_S = 0.02
"""Seconds without a question before each: what was said before is no answer to it."""
Seen = Callable[[str, bytes], None]


class Ear:
    """An open line; `torn`: the first bytes may come from the middle of a frame."""

    def __init__(
        self, link: Link, framing: Framing, *, torn: bool, clock: Clock, counters: Counter[str], seen: Seen
    ) -> None:
        self._link = link
        self._cutter = cutter(framing, torn=torn)
        self._clock, self._counters, self._seen = clock, counters, seen

    async def ask(self, question: bytes) -> None:
        """Send a question; the next byte begins its answer. Raises LinkError."""
        self._cutter.clear()
        self._counters["questions"] += 1
        self._seen("sent", question)
        await self._link.send(question)

    async def pieces(self, until: float) -> Sequence[Piece]:
        """Return what comes next, perhaps no whole frame; nothing once it is `until` (monotonic). Raises LinkError."""
        data = await self._bytes(until)
        found = self._cutter.feed(data) if data else []
        for piece in found:
            self._counters["frames" if isinstance(piece, bytes) else piece.word] += 1
        return found

    async def hush(self, until: float) -> None:
        """Throw away whatever comes until then, for a moment at least. Raises LinkError."""
        until = max(until, self._clock.mono() + QUIET_S)
        while self._clock.mono() < until:
            self._counters["unasked_bytes"] += len(await self._bytes(until))

    async def _bytes(self, until: float) -> bytes:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - self._clock.mono())):
                data = await self._link.receive()
                self._counters["bytes"] += len(data)
                self._seen("received", data)
                return data
        return b""
