"""Publish readings, alarms and device states to a broker, retained, for whoever wants to know what we know."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from drivers.errors import BadConfig, DriverError, Refused, first_error
from drivers.model import Clock, DeviceStatus, Reading
from drivers.sensors.gateway_topics import STATUS_TEMPLATE
from drivers.sensors.mqtt_door import door_of, expiry, hint
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.presence import OFFLINE, ONLINE
from drivers.sensors.topic_template import fill
from gateway.forward.errors import NotNow, SinkError, TakesNothing
from gateway.forward.follow import Follower, Pace, SpoolPort
from gateway.forward.home_assistant import SiteLike
from gateway.forward.lag import Lag
from gateway.forward.mqtt_config import MqttSinkConfig
from gateway.forward.mqtt_states import point_of
from gateway.forward.notice_board import AlarmOf, NoticeBoard
from gateway.forward.outlet import WINDOW, Outlet
from gateway.forward.quarantine import Quarantine
from gateway.forward.replies import PROBE_S, Answer
from gateway.forward.retained import Retained
from gateway.forward.rows import settled, wanted
from gateway.forward.status import Replayed, SinkState, SinkStatus
from gateway.forward.stream import publish_all, replayed, set_aside
from gateway.forward.trouble import Trouble
from gateway.repairs import Repairs
from gateway.store.columns import to_readings
from gateway.store.spool import Spooled

READ = 1_000
"""Readings that are asked of the journal at a time: so many hold nobody else up."""
EVERY_S = 0.05
"""How often the journal is looked into: it commits at most some thirty times a second."""
TICK_S = 1.0
NAMED = 3
"""So many refused topics are named; of the others there is a count."""
REPAIRS: Mapping[Answer, str] = {
    Answer.CREDENTIALS: "broker.login",
    Answer.REFUSED: "broker.refuses",
    Answer.AWAY: "broker.away",
}


class LatestPort(Protocol):
    """The newest reading of every point."""

    def all(self) -> Sequence[Reading]: ...


class JournalPort(SpoolPort, Protocol):
    """The journal, and what it knows of every point."""

    @property
    def latest(self) -> LatestPort: ...

    async def flush(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing can be published now."""

    answer: Answer
    text: str
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A connection that stands, and what is on its way over it."""

    link: MqttLink
    outlet: Outlet


class Publisher:
    """`run` publishes for ever; it fails only when the journal cannot be read. `room` is the journal's, in bytes.

    `board` is where others put what has changed; `statuses` is live.
    """

    def __init__(
        self, config: MqttSinkConfig, site: SiteLike, *, journal: JournalPort, alarms: AlarmOf,
        statuses: Mapping[str, DeviceStatus], repairs: Repairs, clock: Clock, room: int,
    ) -> None:  # fmt: skip
        self.config = config
        self.quarantine = Quarantine(config.id, journal, clock=clock)
        self.counters: Counter[str] = Counter(published=0, acknowledged=0, refused=0, superseded=0, late=0, retried=0)
        self._site = site.id
        self._client_id = config.client_id or f"semarak-{site.id}-{config.id}"
        self._status_topic = fill(STATUS_TEMPLATE, {"site": site.id})
        self._journal, self._repairs, self._clock = journal, repairs, clock
        self._door = door_of(config.id, config.url, config)
        self._follower = Follower(
            config.id, journal, deliver=self._deliver, moved=self._look, clock=clock,
            pace=Pace(EVERY_S, config.backlog_rate, READ),
        )  # fmt: skip
        self._lag = Lag(config.id, journal, self._follower.positions, clock=clock, room=room)
        self._retained = Retained(config.id, journal)
        self.board = NoticeBoard(
            config, site, self._retained, alarms=alarms, statuses=statuses, counters=self.counters
        )  # fmt: skip
        self._trouble = Trouble(config.id, kinds=REPAIRS, repairs=repairs, clock=clock)
        self._outlet: Outlet | None = None
        self._doubts: Sequence[str] = ()
        self._takes_readings = False

    async def run(self) -> None:
        """Connect, tell how everything stands, and then whatever the journal brings."""
        self._follower.hold()
        while True:
            failure: Exception | None = None
            try:
                await self._converse()
            except* (DriverError, SinkError) as group:
                failure = first_error(group)
            if failure is not None:
                self.counters["retried"] += 1
                await self._trouble.rest(self._obstacle(failure))

    # ── one connection after the other ────────────────────────────────────────────────────────────────────────────

    async def _converse(self) -> None:
        """Publish over one connection until it ends, and raise why."""
        line, doubts = await self._door.enter(self._opened)
        self.counters["connections"] += 1
        self._doubts = [*doubts, *expiry(line.link, self._clock.now())]
        try:
            await self._catch_up()
            self._outlet = line.outlet
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch(line), name=f"forward/{self.config.id} watch")
                tasks.create_task(self._tell(line.outlet), name=f"forward/{self.config.id} states")
                await self._retained.drained()
                await self._say_online(line.outlet)
                self._well()
                await self._follower.follow()
        finally:
            self._outlet = None
            line.link.publish(self._status_topic, OFFLINE.encode(), retain=True)
            line.link.close()

    async def _opened(self, host: str, port: int, tls: ssl.SSLContext | None) -> Line:
        """Return a new client for every connection: an answer to the one before must not come over the next."""
        outlet = Outlet(self.counters, clock=self._clock)
        link = MqttLink(
            self._client_id, clean=True, username=self.config.username,
            password=self.config.password.get_secret_value(), will=(self._status_topic, OFFLINE.encode()),
            on_published=outlet.hear, v5=self.config.protocol == 5, window=WINDOW,
        )  # fmt: skip
        await link.open(host, port, keepalive=self.config.keepalive, tls=tls)
        outlet.opened(link)
        return Line(link, outlet)

    async def _say_online(self, outlet: Outlet) -> None:
        why = await (await outlet.send(self._status_topic, ONLINE.encode(), retain=True))
        if why:
            self._doubts = [*self._doubts, f"{self._status_topic}: {why}"]

    async def _catch_up(self) -> None:
        """Owe everything anew: others may have come to the broker, or it may have forgotten."""
        latest, upto = self._journal.latest.all(), self._journal.newest_seq
        await self._journal.flush()  # what is told is on the disk
        for reading in latest:
            if self.board.wants(reading.point):
                self.board.show(reading)
        if self.config.backlog == "latest":
            self._follower.skip(upto)
        self._takes_readings = False
        self._retained.renew()

    async def _watch(self, line: Line) -> None:
        """Ping the broker until the connection is lost, and raise why; now and then try again what it refused."""
        again, lost = self._clock.mono() + PROBE_S, line.link.lost
        while lost is not None and not lost.done():
            await asyncio.wait([lost], timeout=TICK_S)
            line.link.tick()
            line.outlet.check()
            if self._clock.mono() >= again:
                again = self._clock.mono() + PROBE_S
                self._retained.retry()
        if lost is not None:
            await lost

    async def _tell(self, outlet: Outlet) -> None:
        """Publish what topics should hold and do not."""
        while True:
            topic, payload = await self._retained.take()
            answer = await outlet.send(topic, payload, retain=True)
            answer.add_done_callback(partial(self._settled, topic, payload))

    def _settled(self, topic: str, payload: bytes, answer: asyncio.Future[str]) -> None:
        why = answer.result()
        self._retained.settled(topic, payload, why)
        self._takes_readings |= not why and point_of(topic, self._site) is not None

    async def _deliver(self, batch: Spooled) -> int:
        """Publish a batch of the journal, and return its rows once the broker has them."""
        rows = settled(wanted(batch.columns, batch.points, self.config.points))
        readings = to_readings(rows, batch.points, mono_zero=0.0)
        if self.config.backlog == "all":
            await self._publish_all(readings)
        else:
            for reading in readings:
                self.board.show(reading)
            await self._retained.drained()
        return len(rows)

    async def _publish_all(self, readings: Sequence[Reading]) -> None:
        sent, refused = await publish_all(readings, self._connected(), board=self.board)
        self._takes_readings |= len(refused) < sent
        if refused:
            set_aside(refused, self.quarantine, takes_others=self._takes_readings)
            self._look_at_quarantine()

    def _connected(self) -> Outlet:
        if self._outlet is None:
            raise NotNow(f"{self.config.id}: there is no connection to the broker: {self._trouble.reason}")
        return self._outlet

    def _obstacle(self, error: Exception) -> Obstacle:
        """Return what an error means, with what to look at."""
        if isinstance(error, TakesNothing):
            return Obstacle(Answer.REFUSED, str(error))
        if isinstance(error, Refused):
            return Obstacle(Answer.CREDENTIALS, f"{error}; {hint(error, self._client_id)}")
        return Obstacle(Answer.CREDENTIALS if isinstance(error, BadConfig) else Answer.AWAY, str(error))

    # ── for people ────────────────────────────────────────────────────────────────────────────────────────────────

    def status(self) -> SinkStatus:
        """Return how the sink stands now."""
        lag, trouble = self._lag.now(), self._trouble
        return SinkStatus(
            self.config.id, self.config.kind, self.config.url, trouble.state, trouble.since, trouble.reason,
            rows=lag.rows, bytes=lag.bytes, age=lag.age, time_to_full=lag.time_to_full, batch=WINDOW,
            quarantined=self.quarantine.rows,
            counters={**self.counters, "quarantine_dropped": self.quarantine.dropped},
        )  # fmt: skip

    def watch(self) -> None:
        """Look at what waits, now and then, and raise or clear the repairs about it."""
        self._lag.sample()
        lag, name = self._lag.now(), self.config.id
        owes = self.config.backlog == "all"
        self._repairs.settle("broker.behind", name, lag.sentence() if owes and lag.is_long else None)
        self._repairs.settle("sink.filling", name, lag.sentence() if owes and lag.is_filling else None)
        self._look_at_quarantine()
        self._look()

    def _look(self) -> None:
        if self._outlet is not None:
            self._well()

    def _well(self) -> None:
        """Show that the connection stands, and which topics the broker does not take."""
        refused = _sentence(self._retained.refused)
        if refused:
            self._trouble.partly(Answer.REFUSED, refused)
            return
        self._trouble.over()
        behind = SinkState.BEHIND if self._follower.positions.behind else SinkState.WRITING
        self._trouble.stands(behind, "; ".join(self._doubts))

    def _look_at_quarantine(self) -> None:
        entries = self.quarantine.entries()
        told = f"{self.quarantine.rows:,} readings; {entries[-1].why}" if entries else None
        self._repairs.settle("broker.quarantine", self.config.id, told)

    async def replay(self) -> Replayed:
        """Publish what the broker refused again; what it refuses again stays. Raise NotNow without a connection."""
        outlet = self._connected()
        self._retained.retry()
        taken = await replayed(self.quarantine, outlet)
        self.counters["replayed"] += taken
        self.watch()
        return Replayed(taken, self.quarantine.rows)

    def discard(self) -> int:
        """Throw away what is in quarantine, and return how many readings that was."""
        rows = self.quarantine.rows
        self.quarantine.forget()
        self._look_at_quarantine()
        return rows

    async def create(self) -> None:
        """Raise NotNow: on a broker nothing has to be created."""
        raise NotNow(f"{self.config.id} is a broker: there is no bucket to create")

    def forget(self) -> None:
        """Let go of everything kept for this sink: it is taken out of the site's files."""
        self._follower.forget()
        self._retained.forget()
        self.quarantine.forget()
        for family in ("sink", "broker"):
            self._repairs.forget(family, self.config.id)


def _sentence(refused: Mapping[str, str]) -> str:
    """Return which topics the broker does not take, and why; empty when it takes all."""
    named = "; ".join(f"{topic}: {why}" for topic, why in list(refused.items())[:NAMED])
    return f"{named} and {len(refused) - NAMED:,} more" if len(refused) > NAMED else named
