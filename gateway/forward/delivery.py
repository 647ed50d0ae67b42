"""Bring a batch to the server: in pieces that it takes, and around the rows that it will not have."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np

from gateway.forward.errors import Held
from gateway.forward.quarantine import RefusedRow
from gateway.forward.replies import TEXT_SHOWN, Answer, Reply
from gateway.store.columns import Columns

FIRST_MOST = 5_000
"""Rows in a request until the server finds that too large (InfluxDB's advice: 10,000 lines at most)."""
MOST_SUSPECTS = 100
MOST_ALIKE = 8
"""So many bad rows of one series, and the rest of that series in the piece is set aside unasked."""
SAMPLES = 32
HOPES = 64
"""Series, then pieces of a batch, that are asked about without any being taken before the search is given up."""


@dataclass(frozen=True, slots=True)
class Body:
    """What one write carries: lines as they are, and gzipped."""

    lines: bytes
    packed: bytes


def packed(lines: bytes) -> Body:
    """Return lines ready to be sent; level 1 is a third of the work of level 6 for a fifth more bytes."""
    return Body(lines, gzip.compress(lines, 1))


Encode = Callable[[Columns], Awaitable[Body]]
Write = Callable[[bytes], Awaitable[Reply]]


@dataclass(slots=True)
class Delivered:
    """What became of a batch: rows stored, rows that the server dropped as too old, rows that it refused."""

    stored: int = 0
    old: int = 0
    refused: list[RefusedRow] = field(default_factory=list)


class Delivery:
    """Knows what one server takes; `encode` gives a piece's body, `write` sends its packed bytes.

    Rows that come to it are in the order of their series. Raises Held when rows have to wait; then none is set aside.
    It does so too when all rows of several series are refused: then it is not the rows that are wrong.
    """

    def __init__(self, *, encode: Encode, write: Write) -> None:
        self._encode = encode
        self._write = write
        self.most = FIRST_MOST
        """Rows in a request: what the server has been found to take."""

    async def deliver(self, rows: Columns) -> Delivered:
        """Write all rows and return what became of them."""
        done = Delivered()
        begin, ready = 0, None
        while begin < len(rows):
            piece = rows.take(slice(begin, begin + self.most))
            body = ready or await self._encode(piece)
            reply, ready = await self._sent(body, rows.take(slice(begin + self.most, begin + 2 * self.most)))
            if reply.answer is Answer.TOO_LARGE:
                self._too_large(piece, body, reply, done)
                begin, ready = begin + (len(piece) == 1), None
                continue
            if reply.answer is Answer.REFUSED:
                await _Search(self._encode, self._write, done).through(piece, reply, body)
            else:
                _take(reply, len(piece), done)
            begin += len(piece)
        if done.refused and not done.stored + done.old and len(np.unique(rows.series)) > 1:
            raise Held(reply)
        return done

    async def _sent(self, body: Body, following: Columns) -> tuple[Reply, Body | None]:
        """Return the reply to a body, and the body of the rows that follow, made while the server was busy."""
        async with asyncio.TaskGroup() as tasks:
            ahead = tasks.create_task(self._prepared(following), name="encode ahead")
            reply = await self._write(body.packed)
        return reply, ahead.result()

    async def _prepared(self, rows: Columns) -> Body | None:
        return await self._encode(rows) if len(rows) else None

    def _too_large(self, piece: Columns, body: Body, reply: Reply, done: Delivered) -> None:
        """Learn to send less; a single row that is too large is set aside."""
        if len(piece) == 1:
            done.refused.append(RefusedRow(body.lines.rstrip(b"\n"), reply.text[:TEXT_SHOWN]))
        self.most = max(1, len(piece) // 2)


def _take(reply: Reply, rows: int, done: Delivered) -> None:
    """Count what was stored; raise Held when it was not."""
    if reply.answer not in (Answer.STORED, Answer.OLD):
        raise Held(reply)
    done.stored += rows - reply.old
    done.old += reply.old


class _Search:
    """One search for the bad rows of a piece; good ones are stored on the way, perhaps twice, which is harmless."""

    def __init__(self, encode: Encode, write: Write, done: Delivered) -> None:
        self._encode = encode
        self._write = write
        self._done = done
        self._alike: Counter[int] = Counter()
        self._hopes = HOPES

    async def through(self, piece: Columns, reply: Reply, body: Body) -> None:
        """Find every bad row of a piece that was refused with `reply`."""
        await self._sample(piece)
        suspects = [row for row in reply.suspects(body.lines) if row < len(piece)][:MOST_SUSPECTS]
        for row in suspects:
            await self._ask(piece.take([row]))
        rest = piece.take(np.delete(np.arange(len(piece)), suspects))
        if len(rest) > 1 and not suspects:
            await self._halve(rest, reply)
        elif len(rest):
            await self._ask(rest)

    async def _sample(self, piece: Columns) -> None:
        """Look for a series that is taken: the bad ones may all lie together at the beginning."""
        _, begins = np.unique(piece.series, return_index=True)
        for row in begins[:: -(-len(begins) // SAMPLES)].tolist():
            if self._done.stored:
                return
            one = piece.take([row])
            reply = await self._write((await self._encode(one)).packed)
            if reply.answer in (Answer.STORED, Answer.OLD):
                self._hopes += 3 * len(piece)
                return
            if reply.answer not in (Answer.REFUSED, Answer.TOO_LARGE):
                raise Held(reply)

    async def _ask(self, rows: Columns) -> None:
        """Write some rows, and look closer when they are refused."""
        body = await self._encode(rows)
        reply = await self._write(body.packed)
        self._hopes -= 1
        if self._hopes < 0 and not self._done.stored:
            raise Held(reply)
        if reply.answer not in (Answer.REFUSED, Answer.TOO_LARGE):
            _take(reply, len(rows), self._done)
        elif len(rows) == 1:
            self._set_aside(rows, body, reply)
        else:
            await self._halve(rows, reply)

    async def _halve(self, rows: Columns, reply: Reply) -> None:
        """Ask about both halves, cut between two series when there are several."""
        names, begins = np.unique(rows.series, return_index=True)
        if len(names) == 1 and self._alike[int(names[0])] >= MOST_ALIKE:
            for row in range(len(rows)):
                one = rows.take([row])
                self._set_aside(one, await self._encode(one), reply)
            return
        middle = int(begins[len(names) // 2]) if len(names) > 1 else len(rows) // 2
        await self._ask(rows.take(slice(0, middle)))
        await self._ask(rows.take(slice(middle, None)))

    def _set_aside(self, row: Columns, body: Body, reply: Reply) -> None:
        self._alike[int(row.series[0])] += 1
        self._done.refused.append(RefusedRow(body.lines.rstrip(b"\n"), reply.text[:TEXT_SHOWN]))
