"""One connection of a Modbus line: one question at a time, silence between frames, patience, what refusals mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.errors import LinkError, ProtocolError, Refused
from drivers.links import Link
from drivers.model import Clock
from drivers.sensors.modbus_frames import BIT_READS, READ, Answer, Framing, Question
from drivers.sensors.modbus_line import Absent, IllegalAddress, IllegalFunction, IllegalValue, Silent
from drivers.sensors.register_map import Table, Words

SILENT_CHARACTERS = 3.5
SHORTEST_SILENCE_S = 0.00175
"""Characters, and least seconds, that a line is silent between frames (MODBUS over Serial Line V1.02, 2.5.1.1)."""
FRAME = 8
"""Bytes of a serial frame beside the data of an answer, generously."""

ABSENT = (10, 11)
"""Exceptions of a gateway: no path to the unit, no answer from it."""
MEANINGS: Mapping[int, tuple[type[Refused], str]] = {
    1: (IllegalFunction, "it does not know this function"),
    2: (IllegalAddress, "the device has no such address; check the register map"),
    3: (IllegalValue, "it cannot take this value, or not so many at once"),
    4: (Refused, "it reports a failure of its own"),
    5: (Refused, "it has begun, and needs more time"),
    6: (Refused, "it is busy"),
    8: (Refused, "its memory has a parity error"),
}
"""What the exceptions mean (MODBUS Application Protocol V1.1b3, section 7)."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: for an answer, between it and the next question, after connecting, for one character (0: no line)."""

    timeout: float
    pause: float = 0.0
    settle: float = 0.0
    character: float = 0.0

    @property
    def rest(self) -> float:
        """How long the line is left alone between an answer and the next question."""
        silence = max(SILENT_CHARACTERS * self.character, SHORTEST_SILENCE_S) if self.character else 0.0
        return max(self.pause, silence)

    def patience(self, question: Question, sent: int) -> float:
        """Return how long the answer may take: on a line its bytes and the question's need their time too."""
        return self.timeout + self.line_time(question, sent)

    def line_time(self, question: Question, sent: int) -> float:
        """Return how long a question of `sent` bytes and its answer are on the line."""
        bits = question.function in BIT_READS
        told = (question.count + 7) // 8 if bits else 2 * question.count
        return self.character * (sent + FRAME + told)


class ModbusWire:
    """Made anew for every connection; `listen` runs beside whoever asks."""

    def __init__(
        self,
        link: Link,
        framing: Framing,
        *,
        timing: Timing,
        clock: Clock,
        where: str,
        seen: Callable[[str, bytes], None],
    ) -> None:
        self._link, self._framing, self._timing, self._clock = link, framing, timing, clock
        self._where, self._seen = where, seen
        self._answer: asyncio.Future[Answer] | None = None
        self._free_at = clock.mono() + timing.settle

    async def listen(self) -> None:
        """Take in what comes until the link fails, or brings what cannot be read; raise LinkError."""
        while True:
            data = await self._link.receive()
            self._seen("received", data)
            self._free_at = max(self._free_at, self._clock.mono() + self._timing.rest)
            try:
                answer = self._framing.feed(data)
            except ProtocolError as error:
                raise LinkError(f"{self._where}: {error}") from error
            if answer is not None and self._answer is not None and not self._answer.done():
                self._answer.set_result(answer)

    async def ask(self, question: Question) -> Words:
        """Return the words of the answer; raise Silent, IllegalAddress, Refused or LinkError."""
        while (pause := self._free_at - self._clock.mono()) > 0:
            await self._clock.sleep(pause)
        data = self._framing.ask(question)
        self._answer = asyncio.get_running_loop().create_future()
        self._seen("sent", data)
        await self._link.send(data)
        answer = await self._wait(self._answer, question, self._timing.patience(question, len(data)))
        if answer.exception:
            raise refusal(place(question), answer.exception)
        return answer.words

    async def _wait(self, coming: asyncio.Future[Answer], question: Question, patience: float) -> Answer:
        try:
            async with asyncio.timeout(patience):
                return await coming
        except TimeoutError:
            self._framing.forget()
            told = f"; {self._framing.remark}" if self._framing.remark else ""
            raise Silent(f"{place(question)} on {self._where} did not answer within {patience:.3g} s{told}") from None
        finally:
            self._answer = None


def refusal(where: str, code: int) -> Silent | Refused:
    """Return what an exception reply means."""
    if code in ABSENT:
        return Absent(f"{where}: the gateway says that the unit does not answer")
    kind, meaning = MEANINGS.get(code, (Refused, f"exception {code}"))
    return kind(f"{where}: {meaning}")


def place(question: Question) -> str:
    """Return what is asked, for people."""
    tables: Mapping[int, Table] = {function: table for table, function in READ.items()}
    table = tables.get(question.function, "co" if question.function in (5, 15) else "hr")
    return f"unit {question.unit} {table} {question.address}+{question.count}"
