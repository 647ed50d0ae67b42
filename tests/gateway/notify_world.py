"""A site with people in it and all that tells them: real tables, real audit, channels that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from drivers.model import Device, Name, Place
from gateway.alarms.alarm import Alarm
from gateway.alarms.lifecycle import Facts
from gateway.audit.audit import Audit
from gateway.audit.event import Event
from gateway.notify.compile import compile_notify
from gateway.notify.config import NotifyFile
from gateway.notify.delivery import Delivery, DeliveryState
from gateway.notify.lane import Lane
from gateway.notify.listing import Listing, Told, Wanted
from gateway.notify.notifier import Notifier
from gateway.notify.queue import Queue
from gateway.notify.roster import Roster
from gateway.repairs import Repairs
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.notify_rows import Rows

S = 1_000_000_000
RAISED = EPOCH_NS


def flood(**changes: Any) -> Alarm:
    """Return the alarm of a river that floods, with some of it changed."""
    told: dict[str, Any] = {
        "id": "banjir", "point": "tma", "name": Name("Sungai Air Bengkulu", "Air Bengkulu river"),
        "scale": "banjir_siaga", "scale_name": Name("Siaga banjir", "Flood level"), "unit": "cm",
        "place": Place(-3.771, 102.272), "facts": Facts(active=True), "since": RAISED, "occurrence": "banjir@1",
        "code": "SIAGA1", "label": Name("Siaga I", "Level I"), "severity": 4, "value": 455.5, "raised_at": RAISED,
    }  # fmt: skip
    return Alarm(**(told | changes))


FLOOD = flood()
MODEM = Device("modem", Name("Modem", "Modem"), "gsm_modem", "tcp://192.0.2.1:7000")
HALL: dict[str, object] = {
    "channels": [
        {"id": "email", "kind": "smtp", "host": "192.0.2.25", "sender": "hall@bengkulu.example"},
        {"id": "wa", "kind": "webhook", "url": "http://192.0.2.26/send"},
        {"id": "off", "kind": "webhook", "url": "http://192.0.2.27/send", "enabled": False},
    ],
    "persons": [
        {"id": "ani", "name": "Ani", "role": "supervisor",
         "addresses": {"email": "ani@bengkulu.example", "wa": "+6281100000001"}},
        {"id": "budi", "name": "Budi", "language": "en", "addresses": {"email": "budi@bengkulu.example"}},
    ],
    "lists": [
        {"id": "siaga", "name": "Siaga", "entries": [
            {"person": "ani", "channels": ["email", "wa"]}, {"person": "budi", "channels": ["email"]},
        ]},
    ],
}  # fmt: skip


def roster(**changes: object) -> Roster:
    """Return the hall's roster with some keys of its file replaced."""
    return compile_notify(NotifyFile.model_validate(HALL | changes), {MODEM.id: MODEM}, folder=Path("/nowhere"))


class Channel:
    """A channel that takes everything, until `says` has errors for it."""

    def __init__(self) -> None:
        self.says: list[Exception | None] = []
        self.for_ever: Exception | None = None
        self.sent: list[Delivery] = []
        self.hangs: asyncio.Event | None = None
        self.begun = asyncio.Event()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        yield

    async def send(self, delivery: Delivery) -> str:
        self.begun.set()
        if self.hangs is not None:
            await self.hangs.wait()
        error = self.says.pop(0) if self.says else self.for_ever
        if error is not None:
            raise error
        self.sent.append(delivery)
        return "taken"

    @property
    def to(self) -> list[str]:
        return [delivery.person for delivery in self.sent]


class World:
    """One process's notification on a store in `folder`; a second World there is the process after it."""

    def __init__(self, folder: Path, *, clock: FakeClock | None = None, roster_: Roster | None = None) -> None:
        self.clock = clock or FakeClock()
        self.store = Rows(folder)
        self.audit = Audit(self.store, self.clock)
        self.audit.load()
        self.repairs = Repairs(clock=self.clock, publish=lambda _: None)
        self.queue = Queue(self.store, self.clock)
        self.queue.restore()
        self.channels = {"email": Channel(), "wa": Channel()}
        self.over = asyncio.Event()
        self.lanes = {
            name: Lane(
                name, channel, queue=self.queue, clock=self.clock, audit=self.audit, repairs=self.repairs,
                random=Random(1), told=lambda _: self.over.set(),
            )
            for name, channel in self.channels.items()
        }  # fmt: skip
        self.notifier = Notifier(
            roster_ or roster(), queue=self.queue, clock=self.clock, audit=self.audit,
            stir=lambda name: self.lanes[name].stir(), code=lambda: "4711",
        )  # fmt: skip
        self.listing = Listing(self.store)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let the lanes work."""
        async with asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(lane.run()) for lane in self.lanes.values()]
            try:
                yield
            finally:
                for task in work:
                    task.cancel()

    async def until(self, condition: Callable[[], object], *, patience: float = 7200.0) -> None:
        """Wait, looking now and then: time is virtual here."""
        async with asyncio.timeout(patience):
            while not condition():
                await self.clock.sleep(0.2)

    async def done(self) -> None:
        """Wait until nothing is open."""
        await self.until(lambda: not self.queue.open())

    def told(self) -> list[Told]:
        """Return the record, with all attempts, the newest first."""
        page = self.listing.page(Wanted(), limit=50)
        found = [self.listing.one(told.notification.id) for told in page]
        return [told for told in found if told is not None]

    def states(self) -> list[tuple[str, str, DeliveryState]]:
        """Return (person, channel, state) of every delivery."""
        return [(each.person, each.channel, each.state) for told in self.told() for each in told.deliveries]

    def events(self, action: str) -> list[Event]:
        """Return what the audit has of an action."""
        return [event for event in self.audit.recent(100) if event.action == action]
