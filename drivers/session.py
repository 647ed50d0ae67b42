"""The talk with one device: connect, identify, poll, and let commands through; written once for every driver."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from drivers.capability import Effects, check
from drivers.channel import Channel
from drivers.conversation import Conversation
from drivers.deadman import ENDS, Deadman
from drivers.driver import Driver, DriverSpec, Request
from drivers.errors import BadCommand, BadConfig, DriverError, WrongDevice, first_error
from drivers.links import Link, Unreachable, host_of
from drivers.links.hints import Hints
from drivers.links.shared import SharedLink
from drivers.links.tap import Tap
from drivers.model import Clock, Command, Device, DeviceState, DeviceStatus, Outcome, Priority, Result, Value
from drivers.report import Report
from drivers.turn import Ending, Job, poll_pause, scope
from drivers.wire import Wire

COUNTED = ("sent", "received", "timeouts", "garbage", "refused", "reconnects", "superseded", "expired", "dropped")
GREETING_PATIENCE = 3.0
PROOF_PAUSES = (0.0, 0.3, 0.6)
"""Seconds before each look at whether an accepted command has taken."""
HINT_PAUSE = 1.0
"""Seconds between two readings that a device has hinted at: a flood of hints must not keep us from commanding it."""
HALT_PATIENCE = 5.0
"""Seconds in which a stop that we send by ourselves must have left; then it is sent anew."""
PUSH_PATIENCE = 0.5
"""Seconds that a device which tells changes by itself gets to do so, before it is asked."""


class Session:
    """One device's part of the gateway: `run` raises DriverError and may be run again, `ask` never raises it."""

    def __init__(
        self,
        device: Device,
        spec: DriverSpec,
        *,
        dial: Callable[[str], Awaitable[Link]],
        clock: Clock,
        publish: Callable[[Sequence[object]], None],
        tap: Tap | None = None,
        hints: Hints | None = None,
    ) -> None:
        self._device = device
        self._spec = spec
        self._dial = dial
        self._clock = clock
        self._tap = tap
        self._hints = hints
        self._counters = Counter(dict.fromkeys(COUNTED, 0))
        self._report = Report(device.id, clock=clock, publish=publish)
        self._deadman = Deadman(clock)
        self._wire: Wire | None = None
        self._ready = False
        self._ran = False
        self._newest: dict[tuple[object, ...], str] = {}

    @property
    def status(self) -> DeviceStatus:
        """Return how the talk stands."""
        return self._report.status

    @property
    def counters(self) -> Mapping[str, int]:
        """Return the counts since the start of the process, by the names in COUNTED."""
        return self._counters

    async def run(self) -> None:
        """Connect and work until it fails; raise DriverError, `permanent` when trying again soon is no use."""
        if not self._device.enabled:
            self._report.show(DeviceState.DISABLED)
            return
        self._counters["reconnects"] += self._ran
        self._ran = True
        trouble: DriverError | None = None
        try:
            await self._connect()
        except* DriverError as group:
            trouble = first_error(group)
        finally:
            self._let_go(f"the connection to {self._device.id} ended: {trouble or 'the session was stopped'}")
        if trouble is not None:
            self._report.fail(trouble)
            raise trouble

    async def ask(self, command: Command) -> Outcome:
        """Return what became of the command; on an idle link its bytes leave before the first wait."""
        try:
            verb = check(command.verb, command.args)
        except BadCommand as error:
            return self._outcome(command, Ending(Result.FAILED, str(error)))
        wire = self._wire
        if wire is None or not self._ready:
            return self._outcome(command, Ending(Result.FAILED, self._why_not()))
        effects_of = verb.effects
        self._newest[scope(command)] = command.id
        job = wire.command(replace(command, priority=Priority.ALARM) if verb.urgent else command)
        moves = self._deadman.begin(command)
        await wire.begin(job)
        before = {name: self._report.last(name) for name in effects_of(command.args)}
        ending = await job.end
        self._deadman.end(job, ending.result, moves)
        if ending.result is Result.DONE and job.command is not None:
            ending = await self._prove(wire, job, job.command, effects_of(job.command.args), before)
        return self._outcome(command, ending)

    def _outcome(self, command: Command, ending: Ending) -> Outcome:
        return Outcome(command.id, ending.result, ending.detail, self._clock.now())

    def _why_not(self) -> str:
        status = self._report.status
        return f"{self._device.id} is not connected ({status.state}{': ' if status.reason else ''}{status.reason})"

    async def _connect(self) -> None:
        options = self._options()
        self._report.begin()
        self._report.step(DeviceState.DIALLING)
        link = await self._dial(self._url())
        try:
            channel = link.channel if isinstance(link, SharedLink) else Channel()
            tapped = self._tap.on(link, self._device.id, _secrets(options)) if self._tap else link
            await self._converse(tapped, self._spec.make(options), channel)
        finally:
            await link.close()

    async def _converse(self, link: Link, driver: Driver, channel: Channel) -> None:
        report, counters, clock = self._report, self._counters, self._clock
        talk = Conversation(link, driver, counters=counters, heard=report.hear, garbled=report.garbage)
        wire = Wire(
            talk, clock=clock, gap=self._spec.gap, counters=counters, place=lambda: report.heard, missed=report.missed,
            channel=channel,
        )  # fmt: skip
        self._wire = wire
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk.listen(), name=f"{self._device.id}: listen")
            tasks.create_task(wire.work(), name=f"{self._device.id}: work")
            known = asyncio.Event()
            tasks.create_task(self._attend(talk, wire, known), name=f"{self._device.id}: attend")
            tasks.create_task(self._guard(wire, known), name=f"{self._device.id}: guard")
            if self._hints is not None and self._spec.hints:
                tasks.create_task(self._heed(self._hints, wire), name=f"{self._device.id}: heed")

    def _let_go(self, detail: str) -> None:
        self._ready = False
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.end(detail)

    def _options(self) -> BaseModel:
        try:
            return self._spec.options.model_validate(dict(self._device.options))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "options"
            raise BadConfig(f"{self._device.id}: option {where}: {first['msg']}") from None

    def _url(self) -> str:
        """Return where the device is, with its protocol's usual port and settings when the site file gives none."""
        parts = urlsplit(self._device.link)
        where = self._device.link.partition("?")[0]
        if host_of(self._device.link) and ":" not in parts.netloc.rpartition("]")[2]:
            where = parts._replace(netloc=f"{parts.netloc}:{self._spec.port}", query="").geturl()
        usual = self._spec.links.get(parts.scheme, {})
        chosen = {**usual, **dict(parse_qsl(parts.query, keep_blank_values=True))}
        if self._spec.speaks_first and chosen.get("mode") == "exchange":
            raise BadConfig(f"{self._device.id}: {self._spec.name} greets on every connection: mode=exchange cannot be")
        query = urlencode(chosen) if usual else parts.query
        return f"{where}?{query}" if query else where

    async def _guard(self, wire: Wire, known: asyncio.Event) -> None:
        """Stop what has moved for long enough, once it is `known` that this is the right device."""
        stops = ENDS & {*self._spec.verbs}
        await known.wait()
        while stops:
            await self._deadman.due()
            for verb in stops:
                await self._halt(wire, verb)

    async def _heed(self, hints: Hints, wire: Wire) -> None:
        """Read the state at once when the device tells that it has changed; what it tells may be wrong or forged."""
        try:
            async with hints.of(host_of(self._device.link), self._spec.hints) as hint:
                while True:
                    await hint.wait()
                    hint.clear()
                    wire.doubt.set()
                    await self._clock.sleep(HINT_PAUSE)
        except Unreachable as error:
            self._report.worry(str(error), error.hint)

    async def _halt(self, wire: Wire, verb: str) -> None:
        now, latest = self._clock.now(), self._clock.mono() + HALT_PATIENCE
        command = Command(f"{verb} by itself", self._device.id, verb, {}, "semarak", "its time is over", now, latest)
        job = wire.command(replace(command, priority=Priority.ALARM))
        moves = self._deadman.begin(command)
        ending = await wire.do(job)
        self._deadman.end(job, ending.result, moves)

    async def _attend(self, talk: Conversation, wire: Wire, known: asyncio.Event) -> None:
        """Greet, identify, read the whole state, and go on reading it."""
        if self._spec.speaks_first and host_of(self._device.link):
            self._report.step(DeviceState.AUTHENTICATING)
            await talk.greeting(GREETING_PATIENCE)
        self._report.step(DeviceState.IDENTIFYING)
        await self._round(wire, talk.driver.hello(), Priority.OPERATOR)
        self._identify()
        known.set()
        self._report.trust()
        self._report.step(DeviceState.IDENTIFYING, "reading its whole state")
        priority = Priority.OPERATOR
        while True:
            began = self._clock.mono()
            wire.doubt.clear()
            owed = await self._round(wire, talk.driver.poll(), priority)
            self._ready = True
            self._report.settle()
            await _pause(wire, max(owed, began + self._spec.poll_every - self._clock.mono()))
            priority = Priority.ALARM if wire.doubt.is_set() else Priority.POLL

    def _identify(self) -> None:
        for name in self._spec.identity:
            expected = self._device.options.get(f"expect_{name}")
            found = self._report.last(name)
            if expected and found != expected:
                told = f"says that its {name} is {found}" if found is not None else f"does not tell its {name}"
                raise WrongDevice(f"the device at {self._device.link} {told}; the site file expects {expected}")

    async def _round(self, wire: Wire, questions: Sequence[Request], priority: Priority) -> float:
        """Ask every question; return the seconds that polls must then leave the wire alone.

        Polls pause between questions; a missed answer is followed at once by a question that tells whether all is lost.
        """
        owed, missed = 0.0, False
        for question in questions:
            ending = await wire.do(wire.question(question, priority))
            owed += poll_pause(ending.took, users=wire.users)
            missed = ending.result is Result.UNSURE
            if priority is Priority.POLL and not missed:
                await _pause(wire, owed)
                owed = 0.0
            if priority is Priority.POLL and wire.doubt.is_set():
                return 0.0
        if missed:
            owed += poll_pause((await wire.do(wire.question(questions[0], priority))).took, users=wire.users)
        return owed

    async def _prove(
        self, wire: Wire, job: Job, command: Command, effects: Effects, before: Mapping[str, Value | None]
    ) -> Ending:
        """Return VERIFIED once the device tells the effects; a command without any can only be accepted."""
        for pause in PROOF_PAUSES if effects else ():
            await self._clock.sleep(pause)
            if await self._shows(wire, job, command, effects):
                return Ending(Result.VERIFIED)
            if self._wire is not wire:
                return Ending(Result.DONE, "accepted; the connection ended before it could be read back")
            if self._newest.get(scope(command)) != command.id:
                return Ending(Result.DONE, "accepted; it could not be read back before what came next")
        return self._verdict(job, effects, before)

    async def _shows(self, wire: Wire, job: Job, command: Command, effects: Effects) -> bool:
        """Return whether the device, by itself or when asked, tells what the command should have brought about."""
        questions = wire.driver.verify(command)
        if not questions:
            if await self._report.proof(effects, since=job.mark, patience=PUSH_PATIENCE):
                return True
            questions = wire.driver.poll()
        for question in questions:
            await wire.do(wire.question(question, job.priority))
        return self._report.proves(effects, since=job.mark)

    def _verdict(self, job: Job, effects: Effects, before: Mapping[str, Value | None]) -> Ending:
        """Return FAILED when something has not moved at all, UNSURE for a broadcast, and DONE for what is under way."""
        told = {name: self._report.last(name, since=job.mark) for name in effects}
        wrong = [name for name, value in effects.items() if told[name] is not None and told[name] != value]
        reads = ", ".join(f"{name} reads {told[name]} and not {effects[name]}" for name in wrong)
        if any(told[name] == before.get(name) for name in wrong):
            return Ending(Result.FAILED, f"the device did not act on it: {reads}")
        if all(request.silent for request in job.requests):
            return Ending(Result.UNSURE, f"sent to a device that acknowledges nothing; {reads or 'nothing proves it'}")
        return Ending(Result.DONE, f"accepted; {reads or 'it could not be read back'}")


def _secrets(options: BaseModel) -> list[bytes]:
    """Return the passwords among a device's options, as they may appear on the wire."""
    found = (value for _, value in options if isinstance(value, SecretStr))
    return [value.get_secret_value().encode() for value in found if value.get_secret_value()]


async def _pause(wire: Wire, seconds: float) -> None:
    """Wait, but no longer than until there is a doubt to be cleared up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0.0)):
            await wire.doubt.wait()
