"""The CSV source: files dropped into a folder become readings, and are put aside once those are safe on the disk."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from drivers.errors import LinkError
from drivers.model import Clock, Device, DeviceState, Point, Reading
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.csv_options import CsvAddress, CsvOptions, check, columns_of, folder_of
from drivers.sensors.csv_sheet import BadSheet, Sheet
from drivers.sensors.drop_folder import DONE, REJECTED, DropFolder, Found, Lines, Stuck
from drivers.sensors.source import Durable, Log, Publish, Rejected, Source, SourceSpec, Standing, options_of

T = TypeVar("T")
PORTION = 2_000
"""About so many readings are published at once, and committed before the next: the rest of the file can wait."""
PATIENCE_S = 30.0
MOST_REPORTED = 1_000
"""So many reasons of one file are written down; the others are counted."""
TOLD = 3
"""So many reasons of one file are shown at once."""
SAMPLE = 96


@dataclass(slots=True)
class _Taking:
    """One file while it is taken."""

    found: Found
    lines: Lines
    sheet: Sheet
    begun: bool = False
    fresh: bool = False
    """A reading of it tells of now."""
    rejected: int = 0
    report: list[str] = field(default_factory=list)

    def refuse(self, number: int, error: BadPayload, line: bytes) -> None:
        """Write down why a line, or a cell of it, cannot be used."""
        self.rejected += 1
        if self.rejected <= MOST_REPORTED:
            text = line[:SAMPLE].decode("utf-8", "backslashreplace").rstrip("\r\n")
            self.report.append(f"line {number}: {error}: {text}")

    def reasons(self) -> list[str]:
        """Return the report as it is written."""
        more = self.rejected - MOST_REPORTED
        return [*self.report, f"and {more} more"] if more > 0 else self.report


class CsvSource:
    """One folder: looks, takes what rests in portions, and moves a file only when all of it is durable."""

    def __init__(
        self, device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
    ) -> None:
        options = options_of(device, CsvOptions)
        self._points = columns_of(device, points)
        self._form, self._every = options.form(), options.every
        self._folder = DropFolder(folder_of(device), options.pattern)
        self._device, self._clock, self._publish = device, clock, publish
        self._durable, self._tap = durable, tap
        self._patience = min((point.stale_after for point in points if point.stale_after), default=math.inf)
        self._heard = clock.mono()
        self._standing = Standing(device, clock, publish)
        self._counters: Counter[str] = Counter()
        self._worry = ("", "")
        self._missing: set[str] = set()
        self._thread: ThreadPoolExecutor | None = None

    @property
    def counters(self) -> Mapping[str, int]:
        """Files, lines, readings, history, links; rejected in all and by reason."""
        return self._counters

    async def run(self) -> None:
        """Look and take until cancelled; raise LinkError when the folder cannot be read, or nothing is committed."""
        self._standing.dialling()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"csv-{self._device.id}")
        try:
            while True:
                for found in await self._do(self._folder.look):
                    await self._take(found)
                self._show()
                await self._clock.sleep(self._every)
        except LinkError as error:
            hint = "is the folder there, may this service read and write it, and is its disk mounted?"
            self._standing.show(DeviceState.SILENT, str(error), hint)
            raise
        finally:
            self._thread.shutdown(wait=False)

    async def _do(self, work: Callable[..., T], *args: object) -> T:
        """Do what may block in this source's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def _take(self, found: Found) -> None:
        """Publish a file in portions, each safe on the disk before the next, then put the file aside."""
        self._note(f"{found.name}: {found.size} bytes")
        try:
            taking = _Taking(found, await self._do(self._folder.open, found), Sheet(self._form, self._points))
        except LinkError:
            return  # It is being written again: the next look finds it anew.
        except Stuck as error:
            self._worry = (str(error), "may this service read it? It is left alone until it changes")
            return
        folder = DONE
        try:
            await self._publish_all(taking)
        except BadSheet as error:
            folder = REJECTED
            taking.refuse(1, error, b"")
            self._counters[f"rejected.{error.word}"] += 1
        finally:
            # After what the thread may still be doing with it.
            self._close(taking.lines)
        await self._put_aside(taking, folder)

    def _close(self, lines: Lines) -> None:
        if self._thread is not None:
            self._thread.submit(lines.close)

    async def _publish_all(self, taking: _Taking) -> None:
        while True:
            now, mono = self._clock.now(), self._clock.mono()
            count, readings = await self._do(self._portion, taking, now, mono)
            if not count:
                return
            self._counters["lines"] += count
            self._counters["readings"] += len(readings)
            fresh = sum(1 for reading in readings if not reading.retained)
            self._counters["history"] += len(readings) - fresh
            taking.fresh = taking.fresh or fresh > 0
            if readings:
                self._publish(readings)
                await self._safe()

    def _portion(self, taking: _Taking, now: int, mono: float) -> tuple[int, list[Reading]]:
        """Read the next lines; return how many there were, and their readings."""
        wide = len(self._points) if self._form.layout == "wide" else 1
        lines = taking.lines.portion(max(1, PORTION // max(1, wide)))
        readings: list[Reading] = []
        for number, line in lines:
            if line is None:
                self._refuse(taking, number, BadPayload("row", "the line is too long"), b"")
            elif line.strip() and not line.startswith(b"#"):
                readings += self._line(taking, number, line, now=now, mono=mono)
        return len(lines), readings

    def _line(self, taking: _Taking, number: int, line: bytes, *, now: int, mono: float) -> list[Reading]:
        if not taking.begun:
            taking.begun = True
            if taking.sheet.begin(line):
                return []
        readings, faults = taking.sheet.read(line, now=now, mono=mono)
        for fault in faults:
            self._refuse(taking, number, fault, line)
        return readings

    def _refuse(self, taking: _Taking, number: int, error: BadPayload, line: bytes) -> None:
        self._counters[f"rejected.{error.word}"] += 1
        taking.refuse(number, error, line)

    async def _safe(self) -> None:
        """Wait until all that was published is on the disk; raise LinkError when that does not happen."""
        committed = asyncio.Event()
        self._durable.when_durable(committed.set)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await committed.wait()
        except TimeoutError:
            raise LinkError(f"nothing was committed for {PATIENCE_S:g} s; the file stays and is taken again") from None

    async def _put_aside(self, taking: _Taking, folder: str) -> None:
        name, report = taking.found.name, taking.reasons()
        self._worry = ("", "")
        try:
            await self._do(lambda: self._folder.put_aside(taking.found, folder, report=report))
        except Stuck as error:
            self._worry = (
                str(error),
                "may this service write into the folder? The file is left alone until it changes",
            )
        except LinkError as error:
            self._worry = (str(error), "let the sender write under another name and rename the file when it is done")
        self._counters["files"] += 1
        self._counters["rejected"] += taking.rejected
        self._heard = self._clock.mono()
        now = self._clock.now()
        told = [Rejected(self._device.id, name, why, b"", now) for why in report[:TOLD]]
        if told:
            self._publish(told)
        self._tell_missing(taking)
        self._note(f"{name}: {folder}, {taking.rejected} rejected")
        if folder == DONE and not self._worry[0]:
            self._standing.show(DeviceState.UP, *self._age(taking, now))

    def _tell_missing(self, taking: _Taking) -> None:
        """Say once of every point that a file has no column for it: another file of the folder may have."""
        missing = [point for point in taking.sheet.missing if point not in self._missing]
        self._missing.update(missing)
        if missing:
            why = f"column: there is none for {', '.join(missing)[:SAMPLE]}"
            self._publish([Rejected(self._device.id, taking.found.name, why, b"", self._clock.now())])

    def _age(self, taking: _Taking, now: int) -> tuple[str, str]:
        """Return the word of a file that told nothing of now."""
        if taking.fresh or not taking.sheet.newest:
            return "", ""
        hours = (now - taking.sheet.newest) / 3.6e12
        reason = f"{taking.found.name}: its newest row is {hours:.1f} h old, so that it rings nothing"
        return reason, "if that is no history: are the logger's clock and the option zone right?"

    def _show(self) -> None:
        """Show how the folder stands after a look."""
        silent = self._clock.mono() - self._heard
        if self._folder.refused:
            self._counters["links"] += 1
            names = ", ".join(self._folder.refused)[:120]
            self._standing.show(DeviceState.DEGRADED, f"not a plain file: {names}", "links are not followed; copy it")
        elif self._worry[0]:
            self._standing.show(DeviceState.DEGRADED, *self._worry)
        elif silent > self._patience:
            reason = f"no file came for {self._patience:g} s"
            self._standing.show(DeviceState.SILENT, reason, f"does the sender still write to {self._folder.path}?")
        elif self._standing.status.state is not DeviceState.UP:
            self._standing.show(DeviceState.UP)

    def _note(self, text: str) -> None:
        self._tap.seen(self._device.id, "received", text.encode())


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a folder; raise BadConfig for options, points or a link that cannot work."""
    check(device, points)
    return CsvSource(device, points, clock=clock, publish=publish, durable=durable, tap=tap)


SPEC = SourceSpec("csv", CsvOptions, CsvAddress, make, check)
