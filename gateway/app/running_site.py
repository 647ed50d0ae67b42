"""The service of one site: every part made and joined here, readable from top to bottom."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from drivers.model import Command, Device, DeviceStatus, Reading
from gateway.actions.actions import Actions
from gateway.actions.foresight import Foresight
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.handling import Handling
from gateway.alarms.rule import by_point
from gateway.api.ports import Gateway, SiteName
from gateway.api.pushes import Pushes
from gateway.api.server import Api
from gateway.app.alarm_history import AlarmHistory
from gateway.app.alarm_repairs import AlarmRepairs
from gateway.app.configuration import Configuration, Source, standing_site
from gateway.app.doubts import Doubts
from gateway.app.field import Field
from gateway.app.floods import Floods
from gateway.app.notices import Notices
from gateway.app.sinks import Sinks
from gateway.app.upkeep import Upkeep
from gateway.app.walls import Walls
from gateway.archive.stamp import day_of
from gateway.audit.audit import Audit
from gateway.audit.chain import Verdict
from gateway.audit.verify import verify_file
from gateway.auth.accounts import Accounts
from gateway.auth.roles import SYSTEM, Role
from gateway.auth.sessions import Sessions
from gateway.auth.tokens import Tokens
from gateway.bus import Bus, Listener
from gateway.clock import SystemClock, clock_quality
from gateway.commands import Commands
from gateway.derive.derived_points import DerivedPoints
from gateway.errors import GatewayError
from gateway.interlocks import Interlocks
from gateway.plausibility.plausibility import Plausibility
from gateway.plausibility.repeats import Repeats
from gateway.rehearsal.desk import RuleDesk
from gateway.rehearsal.rehearsals import Rehearsals
from gateway.repairs import Repairs
from gateway.settings.approval import Approvals, NotApproved
from gateway.settings.difference import Difference
from gateway.settings.fault import SiteError
from gateway.settings.record_file import RecordFile
from gateway.settings.rule_drafts import RuleDrafts
from gateway.settings.site import Site, judging_texts
from gateway.store.store import Store
from gateway.supervisor import PartHealth, PartState, Supervisor
from gateway.watchdog import Watchdog, notify

log = structlog.get_logger()

STORE_FILE = "semarak.db"
STUCK_S = 5.0
"""How long readings wait for a commit before the disk is said to take nothing."""
FIRST_LOGIN_FILE = "first-login.txt"
START_PATIENCE_S = 15.0
CHAIN_AFTER_S = 0.005
"""How long an audit event waits for its hash: a salvo goes first, and a commit comes every 30 ms."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run is told from outside: the site's folder and how to read it, where its state lies, where it listens."""

    data: Path
    host: str
    port: int
    source: Source
    simulator: str | None = None


class RunningSite:
    """One run; `run` ends when it is cancelled, with everything committed and let go."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        files = setting.source.load(None)
        self._clock = SystemClock()
        self._bus = Bus()
        self._supervisor = Supervisor(clock=self._clock, publish=self._bus.publish)
        self._store = Store.open(setting.data / STORE_FILE, clock=self._clock, limits=files.store)
        self._audit = Audit(
            self._store, self._clock, publish=self._bus.publish, clock_quality=clock_quality, later=_soon
        )
        self._audit.load()
        self._approvals = Approvals(
            clock=self._clock, store=self._store, audit=self._audit, new_id=partial(secrets.token_hex, 4)
        )
        self._site, self._unapproved = standing_site(files, setting.source, self._approvals)
        self._accounts = Accounts(self._store, self._clock)
        self._join()

    def _join(self) -> None:
        """Make every part; alarms hear a reading first, so that the wall answers before anything is stored."""
        clock, bus, store, audit, site = self._clock, self._bus, self._store, self._audit, self._site
        self._plausibility = Plausibility(site.points.values(), store=store)
        self._repeats = Repeats(site.points.values(), last=store.last)
        bus.judge(Reading, lambda batch: self._plausibility.judged(self._repeats.judged(batch)))
        self._join_alarms(site)
        self._derived = DerivedPoints(
            site.derived.values(), points=site.points, clock=clock, history=store, publish=bus.publish
        )
        self._guarded("derived").subscribe(Reading, self._derived.on_readings)
        self._field = Field(clock=clock, bus=self._guarded("devices"), store=store, supervisor=self._supervisor)
        self._interlocks = self._make_interlocks(site)
        self._commands = Commands(
            self._field.sessions, devices=self._field.devices, audit=audit, interlocks=self, clock=clock,
            publish=bus.publish,
        )  # fmt: skip
        self._walls = Walls(
            clock=clock, bus=self._guarded("walls"), store=store, commands=self._commands, audit=audit,
            supervisor=self._supervisor, statuses=self._field.statuses,
        )  # fmt: skip
        self._repairs = Repairs(clock=clock, publish=bus.publish)
        self._join_actions(site)
        self._guarded("store").subscribe(Reading, store.on_readings)
        self._join_upkeep()
        self._configuration = Configuration(
            site, self._setting.source, adopt=self._adopt, approvals=self._approvals,
            today=lambda: day_of(clock.now()),
        )  # fmt: skip
        self._desk = self._rule_desk()
        self._points, self._rules = dict(site.points), dict(by_point(site.rules))
        self._history = AlarmHistory(
            store, clock=clock, bus=self._guarded("occurrences"), points=self._points, devices=self._field.devices,
            keep_days=site.store.occurrence_days,
        )  # fmt: skip
        self._api = Api(self._gateway(), self._setting.host, self._setting.port)

    def _join_alarms(self, site: Site) -> None:
        """Make the engine, and what persons and rules do with its alarms: that hears a reading first, to be in time."""
        clock, store, audit, publish = self._clock, self._store, self._audit, self._bus.publish
        self.engine = AlarmEngine(
            site.rules, points=site.points.values(), clock=clock, store=store, publish=publish, audit=audit,
            pace=site.pace,
        )  # fmt: skip
        self._handling = Handling(
            self.engine, site.handling, points=site.points.values(), clock=clock, store=store, publish=publish,
            audit=audit, pace=site.pace,
        )  # fmt: skip
        self._guarded("handling").subscribe(Reading, self._handling.on_readings)
        self._guarded("alarms").subscribe(Reading, self.engine.on_readings)

    def _join_actions(self, site: Site) -> None:
        """Make what tells people of alarms, and what alarms set in motion."""
        clock, store, audit = self._clock, self._store, self._audit
        self._notices = Notices(
            clock=clock, store=store, supervisor=self._supervisor, repairs=self._repairs, audit=audit,
            commands=self._commands, alarms=self.engine, roster=site.notify,
        )  # fmt: skip
        self._guarded("notify").subscribe(Reading, self._notices.on_readings)
        self._actions = Actions(
            site.responses.plans, scenes=self._walls, commands=self._commands, notify=self._notices.notifier,
            clock=clock, store=store, audit=audit, pace=site.pace,
        )  # fmt: skip
        self._guarded("actions").subscribe(AlarmChange, self._actions.on_changes)
        self._foresight = Foresight(
            lambda: self._site.responses, walls=self._walls, commands=self._commands, notify=self._notices.notifier,
            clock=clock,
        )  # fmt: skip

    def _join_upkeep(self) -> None:
        """Make what serves other systems, and what tells a technician where to look."""
        clock, store, site = self._clock, self._store, self._site
        self._sinks = Sinks(
            clock=clock, store=store, supervisor=self._supervisor, repairs=self._repairs, room=site.store.spool_bytes,
            alarms=self.engine.alarm, statuses=self._field.statuses,
        )  # fmt: skip
        self._guarded("sinks").subscribe(AlarmChange, self._sinks.on_alarms)
        self._guarded("sinks").subscribe(DeviceStatus, self._sinks.on_statuses)
        self._upkeep = Upkeep(
            self._repairs, clock=clock, statuses=self._field.statuses, store=lambda: store.counters,
            field=self._field.counters, unwritable=self._store_refuses,
            others=[
                self._sinks.watch, Doubts(self._plausibility, self._repairs).watch, Floods(store, self._repairs).watch,
                AlarmRepairs(self.engine, self._approvals, self._repairs).watch,
            ],
        )  # fmt: skip

    def _gateway(self) -> Gateway:
        return Gateway(
            site=SiteName(self._site.id, self._site.name), version=version("semarak"), points=self._points,
            rules=self._rules, devices=self._field.devices, verbs=self._field.verbs, statuses=self._field.statuses,
            counters=self._field.counters, tap=self._field.tap, store=self._store, alarms=self.engine,
            handling=self._handling, actions=self._actions, foresight=self._foresight,
            commands=self._commands, walls=self._walls.keepers, scenes=self._walls.scenes,
            audit=self._audit, prove=self._prove, accounts=self._accounts, sessions=Sessions(self._store, self._clock),
            tokens=Tokens(self._store, self._clock), pushes=Pushes(self._field.pushed, self._audit),
            judged=self._plausibility.counters, derived=self._derived.counters,
            config=self._configuration, desk=self._desk, parts=self._supervisor.health,
            records=lambda: self._configuration.site.records, record_file=self._record_file(),
            occurrences=self._history.book, written_down=lambda: self._history.recorder.counters, notices=self._notices,
            repairs=self._repairs, sinks=self._sinks.running, older=self._sinks,
            raw_days=lambda: self._site.store.raw_days,
            bus=self._guarded("api"), clock=self._clock, pace=self._site.pace, simulator=self._setting.simulator,
        )  # fmt: skip

    def _record_file(self) -> RecordFile:
        folder, load = self._setting.source.folder, self._setting.source.load
        return RecordFile(folder, lambda texts: load({**judging_texts(folder), **texts}))

    def _rule_desk(self) -> RuleDesk:
        """Make the place where rules are written and rehearsed."""
        source, configuration = self._setting.source, self._configuration
        configuration.hold(judging_texts(source.folder))
        return RuleDesk(
            RuleDrafts(source.folder, source.load, running=lambda: configuration.site),
            Rehearsals(new_id=partial(secrets.token_hex, 4)), database=self._store.path, clock=self._clock,
            pace=self._site.pace, in_force=configuration.in_force, flush=self._store.flush,
        )  # fmt: skip

    def _guarded(self, part: str) -> Bus:
        def guard(listener: Listener[Any]) -> Listener[Any]:
            return self._supervisor.guard(part, listener)

        return self._bus.guarded(guard)

    @property
    def url(self) -> str:
        """Return the address of the screens."""
        return self._api.url

    @property
    def accounts(self) -> Accounts:
        """Return who may log in."""
        return self._accounts

    def forbids(self, command: Command, device: Device) -> str:
        """Return why an interlock forbids a command now; empty: none does."""
        return self._interlocks.forbids(command, device)

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until cancelled; call `ready` once the screens can be opened. Raise GatewayError at a bad start."""
        try:
            await self._first_login()
            self._start()
            await self._listening()
            vital = {"store": self._store.flush, "alarms": self._alarms_answer, "api": self._api_answers}
            self._supervisor.add("watchdog", Watchdog(vital, clock=self._clock).run)
            self._audit.record("system", "service.start", self._site.id, after={"version": version("semarak")})
            notify("READY=1")
            ready()
            await asyncio.Event().wait()
        finally:
            notify("STOPPING=1")
            await self._stop()

    async def reload(self) -> None:
        """Make the running site follow its files; a broken file changes nothing and is logged."""
        notify("RELOADING=1")
        try:
            told, outcome = list((await self._configuration.apply(SYSTEM)).changes), "done"
        except (SiteError, NotApproved) as error:
            told, outcome = str(error).splitlines(), "refused"
            log.warning("the site's files cannot be used; the running site stays", faults=told)
        self._audit.record("system", "config.apply", self._site.id, after=told, outcome=outcome, why="SIGHUP")
        notify("READY=1")

    def _start(self) -> None:
        add, site = self._supervisor.add, self._site
        add("store", self._store.run)
        self._store.adopt(site.store, points=site.points.values())
        latest = self._store.latest.all()
        self._plausibility.restore(latest)
        self._derived.restore(latest)
        self.engine.restore(latest)
        self._handling.restore()
        self._history.recorder.restore(self.engine.every(), self._handling.flood)
        self._walls.start(site, list(site.walls))
        self._walls.expect(site.rules, site.responses.plans)
        self._notices.start(site)
        self._actions.restore(self.engine.alarms())
        add("alarms", self.engine.run)
        add("handling", self._handling.run)
        add("occurrences", self._history.recorder.run)
        add("derived", self._derived.run)
        add("actions", self._actions.run)
        add("rehearsals", self._desk.rehearsals.run)
        add("api", self._api.run)
        self._repairs.settle("config.unapproved", site.id, self._unapproved or None)
        add("upkeep", self._upkeep.run)
        self._field.start(site, list(site.devices))
        self._sinks.start(site, list(site.sinks))

    async def _alarms_answer(self) -> None:
        self.engine.tick()

    async def _api_answers(self) -> None:
        _, writer = await asyncio.open_connection(*self._api.address)
        writer.close()
        await writer.wait_closed()

    async def _listening(self) -> None:
        failed, reasons = asyncio.Event(), ["it does not listen; look at the log"]

        def hear(batch: Sequence[PartHealth]) -> None:
            for part in batch:
                if part.name == "api" and part.state is PartState.RESTARTING:
                    reasons.append(part.reason)
                    failed.set()

        self._bus.subscribe(PartHealth, hear)
        async with asyncio.TaskGroup() as tasks:
            waits = [tasks.create_task(event.wait()) for event in (self._api.listening, failed)]
            await asyncio.wait(waits, timeout=START_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        if not self._api.listening.is_set():
            raise GatewayError(f"the API: {reasons[-1]}")

    async def _first_login(self) -> None:
        """Make the first administrator when there is nobody, and leave the password where only the owner reads it."""
        if not self._accounts.is_empty():
            return
        password = secrets.token_urlsafe(12)
        await self._accounts.add("admin", password, [Role.ADMINISTRATOR])
        path = self._setting.data / FIRST_LOGIN_FILE
        path.touch(mode=0o600)
        path.write_text(f"name: admin\npassword: {password}\nLog in, change it, and remove this file.\n")
        log.info("the first administrator is admin; the password stands in a file", file=str(path))

    async def _stop(self) -> None:
        """Refuse new commands, stop what talks, drain, commit, close; about ten seconds in all."""
        self._commands.close()
        await self._supervisor.remove("actions")
        await self._notices.stop()
        await self._field.stop(list(self._field.devices))
        await self._supervisor.stop(within=6.0)
        self._audit.record("system", "service.stop", self._site.id)
        self._audit.settle()
        self._history.recorder.close()
        await self._store.close()

    async def _adopt(self, new: Site, changed: Difference) -> None:
        """Make the running parts follow `new`: only what differs is stopped and started."""
        self._site = new
        self._repairs.done("config.unapproved", new.id)
        self._store.adopt(new.store, points=new.points.values())
        self._history.recorder.retention.keep_days = new.store.occurrence_days
        await self._field.stop(changed.devices)
        await self._walls.stop(changed.walls)
        await self._sinks.stop([name for name in changed.sinks if name in new.sinks])
        await self._sinks.stop([name for name in changed.sinks if name not in new.sinks], for_good=True)
        await self._notices.adopt(new)
        self._points.clear()
        self._points.update(new.points)
        self._rules.clear()
        self._rules.update(by_point(new.rules))
        self._interlocks = self._make_interlocks(new)
        self._walls.start(new, [name for name in changed.walls if name in new.walls])
        self._plausibility.adopt(new.points.values())
        self._repeats.adopt(new.points.values())
        self._handling.adopt(new.rules, new.handling, points=list(new.points.values()))
        self._derived.adopt(new.derived.values(), points=new.points)
        self._walls.expect(new.rules, new.responses.plans)
        self._actions.adopt(new.responses.plans, self.engine.alarms())
        self._field.start(new, [name for name in changed.devices if name in new.devices])
        self._sinks.start(new, [name for name in changed.sinks if name in new.sinks])

    def _make_interlocks(self, site: Site) -> Interlocks:
        return Interlocks(site.interlocks, points=site.points.values(), latest=self._store.latest, clock=self._clock)

    def _store_refuses(self) -> str:
        """Return why the disk takes nothing; empty while it does."""
        stuck = self._store.pending > 0 and self._clock.mono() - self._store.last_commit_mono > STUCK_S
        return next((part.reason for part in self._supervisor.health() if stuck and part.name == "store"), "")

    async def _prove(self) -> Verdict:
        self._audit.settle()
        await self._store.flush()
        return await asyncio.to_thread(partial(verify_file, self._store.path))


def _soon(work: Callable[[], None]) -> None:
    """Do `work` after what is urgent now, and before the next commit."""
    asyncio.get_running_loop().call_later(CHAIN_AFTER_S, work)
