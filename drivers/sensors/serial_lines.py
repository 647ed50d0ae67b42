"""The source of serial instruments: frames that come by themselves, or as answers, become readings."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from drivers.codecs.serial_frames import Damaged
from drivers.errors import BadConfig, LinkError
from drivers.links import Link, Unreachable
from drivers.links.dial import dial, opening
from drivers.model import Clock, Device, DeviceState, Point, Reading, Reason
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.last_values import LastValues
from drivers.sensors.serial_ear import Ear, Piece
from drivers.sensors.serial_map import EMPTY, Place, place
from drivers.sensors.serial_options import LineAddress, SerialLinesOptions
from drivers.sensors.serial_verdict import Verdict
from drivers.sensors.source import Durable, Log, Publish, Rejected, Source, SourceSpec, Standing, options_of

SILENT_PERIODS = 3
"""A line on which nothing useful comes for so many periods is silent."""
UNPLUGGED = "look at the cable and the adapter's power; the gateway opens the port again by itself"


class SerialLinesSource:
    """One line: dials, listens or asks, publishes; a line that is lost is for the supervisor to open again."""

    def __init__(
        self,
        device: Device,
        points: Sequence[Point],
        *,
        clock: Clock,
        publish: Publish,
        tap: Log,
        dial: Callable[[str], Awaitable[Link]] = dial,
    ) -> None:
        self._options, self._places = line_of(device, points)
        self._device, self._clock, self._publish, self._tap, self._dial = device, clock, publish, tap, dial
        self._counters: Counter[str] = Counter()
        self._standing = Standing(device, clock, publish)
        self._last = LastValues(clock, publish)
        self._verdict = Verdict(self._standing, self._counters)

    @property
    def counters(self) -> Mapping[str, int]:
        """Bytes, frames, readings, and what was of no use, by its reason: checksum, noise, value, unmatched …"""
        return self._counters

    async def run(self) -> None:
        """Listen, or ask, until the line is lost; raise LinkError, or BadConfig for a line that cannot work."""
        self._standing.dialling()
        try:
            await self._connect()
        except BadConfig as error:
            self._standing.show(DeviceState.BAD_CONFIG, str(error), "correct the site's files")
            raise
        except LinkError as error:
            hint = error.hint if isinstance(error, Unreachable) else UNPLUGGED
            self._standing.show(DeviceState.SILENT, str(error), hint)
            self._doubt(self._places, Reason.COMM)
            raise

    async def _connect(self) -> None:
        if not self._places:
            raise BadConfig(f"{self._device.id}: no point is read from this line; give it points, or remove it")
        link = await self._dial(self._device.link)
        try:
            self._counters["connections"] += 1
            self._verdict.begin()
            questions = _questions(self._places)
            ear = Ear(
                link, self._options.cut(), torn=not questions, clock=self._clock, counters=self._counters,
                seen=self._seen,
            )  # fmt: skip
            await (self._interview(ear, questions) if questions else self._listen(ear))
        finally:
            await link.close()

    async def _listen(self, ear: Ear) -> None:
        """Take what the instrument says by itself, for ever."""
        patience = SILENT_PERIODS * min(place.every for place in self._places)
        deadline = self._clock.mono() + patience
        while True:
            before = self._verdict.useful
            self._take(await ear.pieces(deadline), self._places)
            if self._verdict.useful == before and self._clock.mono() < deadline:
                continue
            if self._verdict.useful == before:
                self._verdict.silent(f"for {patience:g} s")
                self._doubt(self._places, Reason.COMM)
            deadline = self._clock.mono() + patience

    async def _interview(self, ear: Ear, questions: Mapping[bytes, Sequence[Place]]) -> None:
        """Ask every question at its rhythm, for ever; what comes between answers is no answer."""
        await ear.hush(self._clock.mono() + self._options.settle)
        start = self._clock.mono()
        agenda = [(start, order, question) for order, question in enumerate(questions)]
        while True:
            due, order, question = heapq.heappop(agenda)
            await ear.hush(due)
            await self._question(ear, question, questions)
            following = due + min(place.every for place in questions[question])
            if following < self._clock.mono():
                self._counters["overruns"] += 1
                following = self._clock.mono()
            heapq.heappush(agenda, (following, order, question))

    async def _question(self, ear: Ear, question: bytes, questions: Mapping[bytes, Sequence[Place]]) -> None:
        await ear.ask(question)
        wanted = {place.point.id: place for place in questions[question]}
        deadline = self._clock.mono() + self._options.timeout
        while wanted and self._clock.mono() < deadline:
            pieces = [piece for piece in await ear.pieces(deadline) if piece != question.strip()]
            for name in self._take(pieces, list(wanted.values())):
                wanted.pop(name)
        if not wanted:
            self._verdict.answered(question)
            return
        self._counters["timeouts"] += 1
        # A late answer must not pass for the answer to the next question.
        await ear.hush(self._clock.mono() + self._options.timeout)
        self._verdict.missed(question, of=len(questions))
        if question in self._verdict.dead:
            self._doubt(wanted.values(), Reason.COMM)

    def _take(self, pieces: Sequence[Piece], places: Sequence[Place]) -> set[str]:
        """Publish what these pieces say; return the points about which they say anything, be it spoilt."""
        told: set[str] = set()
        for piece in pieces:
            if isinstance(piece, Damaged):
                self._reject("line", piece.word, piece.sample)
            else:
                told |= self._frame(piece, places)
        return told

    def _frame(self, frame: bytes, places: Sequence[Place]) -> set[str]:
        self._verdict.seen(frame)
        now, mono = self._clock.now(), self._clock.mono()
        readings: list[Reading] = []
        without: dict[str, str] = {}
        for one in places:
            try:
                reading = one.read(frame, now=now, mono=mono)
            except BadPayload as error:
                without[one.point.id] = error.word
                self._spoilt(one, error, frame)
                continue
            if reading is not None:
                readings.append(reading)
        self._counters["readings"] += len(readings)
        self._counters["unmatched"] += not (readings or without)
        self._last.publish(readings)
        self._last.doubt(without, Reason.SOURCE)
        if readings or EMPTY in without.values():
            self._verdict.sound()
        return {one.point for one in readings} | set(without)

    def _spoilt(self, one: Place, error: BadPayload, frame: bytes) -> None:
        """Count a value that is none; an instrument that says that it has none is not at fault."""
        self._counters[error.word] += 1
        if error.word != EMPTY:
            self._reject(one.point.id, str(error), frame)

    def _doubt(self, places: Iterable[Place], reason: Reason) -> None:
        self._last.doubt([one.point.id for one in places], reason)

    def _reject(self, where: str, why: str, sample: bytes) -> None:
        self._counters["rejected"] += 1
        self._verdict.spoilt(why)
        self._publish([Rejected(self._device.id, where, why, sample[:64], self._clock.now())])

    def _seen(self, direction: str, data: bytes) -> None:
        self._tap.seen(self._device.id, direction, data)


def _questions(places: Sequence[Place]) -> Mapping[bytes, Sequence[Place]]:
    """Return the questions with the points that each brings."""
    found: dict[bytes, list[Place]] = defaultdict(list)
    for one in places:
        if one.ask:
            found[one.ask].append(one)
    return found


def line_of(device: Device, points: Sequence[Point]) -> tuple[SerialLinesOptions, Sequence[Place]]:
    """Return a line's options and the places of its points; raise BadConfig for what cannot work together."""
    options = options_of(device, SerialLinesOptions)
    opening(device.link)
    places = [place(point, options) for point in points]
    unasked = [one.point.id for one in places if not one.ask]
    if unasked and len(unasked) < len(places):
        raise BadConfig(
            f"{device.id}: {unasked[0]} is not asked for and others are; give it `ask`, or a line of its own"
        )
    return options, places


def check(device: Device, points: Sequence[Point]) -> None:
    """Raise BadConfig for a line that cannot be read so."""
    line_of(device, points)


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a line; what is not acknowledged needs no journal, so `durable` is not asked."""
    del durable
    return SerialLinesSource(device, points, clock=clock, publish=publish, tap=tap)


SPEC = SourceSpec("serial_lines", SerialLinesOptions, LineAddress, make, check)
