"""Notification as parts of the service: lanes follow the site's files, a modem's news reaches record and replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from drivers.model import Command, Outcome, Reading, Result
from gateway.app.notices import Notices
from gateway.audit.audit import Audit
from gateway.notify.delivery import DeliveryState
from gateway.notify.listing import Wanted
from gateway.notify.roster import Roster
from gateway.repairs import Repairs
from gateway.settings.difference import difference
from gateway.settings.site import Site, load_site
from gateway.supervisor import PartState, Supervisor
from tests.fakes import FakeClock
from tests.gateway.notify_rows import Rows
from tests.gateway.notify_world import FLOOD, HALL, MODEM, roster

SMS: Any = {"id": "sms", "kind": "sms", "device": MODEM.id}
PEOPLE: Any = [{"id": "ani", "name": "Ani", "role": "supervisor", "addresses": {"sms": "+6281100000001"}}]
LISTS: Any = [{"id": "siaga", "name": "Siaga", "entries": [{"person": "ani", "channels": ["sms"]}]}]


def by_sms(**changes: object) -> Roster:
    return roster(**{"channels": [SMS], "persons": PEOPLE, "lists": LISTS, **changes})


class Modem:
    """The one door, behind which a modem takes every message; its report may come before its answer."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.result = clock, Result.VERIFIED
        self.notices: Notices | None = None
        self.issued: list[Command] = []

    async def issue(self, command: Command, actor: Any) -> Outcome:
        self.issued.append(command)
        if self.notices is not None and self.result is Result.VERIFIED:
            tell(self.notices, self.clock, "delivered", message=command.args["message"], to="x", state="delivered")
        return Outcome(command.id, self.result, "no network", self.clock.now())


class Alarms:
    """One alarm, acknowledged by whoever does."""

    def __init__(self) -> None:
        self.by: list[str] = []

    def alarm(self, _alarm: str) -> Any:
        return FLOOD

    def acknowledge(self, _alarm: str, actor: Any, *_told: object, station: str) -> Any:
        self.by.append(f"{actor.name} over {station}")


def tell(notices: Notices, clock: FakeClock, what: str, **told: object) -> None:
    """Let the modem say something unasked."""
    now = clock.now()
    notices.on_readings([Reading(f"{MODEM.id}.{what}", json.dumps(told), now, now, clock.mono())])


class World:
    """The service around `notices`, as far as it matters."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.clock = FakeClock()
        self.site, self.modem, self.alarms = site, Modem(self.clock), Alarms()
        self.store = Rows(folder)
        self.supervisor = Supervisor(clock=self.clock, publish=lambda _: None)
        audit = Audit(self.store, self.clock)
        audit.load()
        self.notices = Notices(
            clock=self.clock, store=cast("Any", self.store), supervisor=self.supervisor, audit=audit,
            repairs=Repairs(clock=self.clock, publish=lambda _: None), commands=cast("Any", self.modem),
            alarms=cast("Any", self.alarms), roster=site.notify,
        )  # fmt: skip
        self.modem.notices = self.notices

    def parts(self) -> list[str]:
        return [part.name for part in self.supervisor.health() if part.state is PartState.RUNNING]

    def states(self) -> list[DeliveryState]:
        return [each.state for told in self.notices.listing.page(Wanted(), limit=9) for each in told.deliveries]

    async def until(self, *states: DeliveryState) -> None:
        async with asyncio.timeout(3600):
            while self.states() != list(states):
                await self.clock.sleep(0.5)


@asynccontextmanager
async def world(folder: Path, wanted: Roster) -> AsyncIterator[World]:
    (folder / "site.yaml").write_text("id: hall\nname: Hall\n")
    made = World(folder, replace(load_site(folder), notify=wanted))
    made.notices.start(made.site)
    yield made
    await made.supervisor.stop()
    made.store.close()


async def test_an_sms_is_sent_reported_and_answered(tmp_path: Path) -> None:
    async with world(tmp_path, by_sms(acknowledge_by_reply=True)) as hall:
        hall.notices.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
        await hall.until(DeliveryState.DELIVERED)
        tell(hall.notices, hall.clock, "received", sender="+6281100000001", text="SIAP", at=1)
        tell(hall.notices, hall.clock, "received", sender="+6281100000001", text="SIAP", at=1)
        assert hall.alarms.by == ["ani over sms"]
        (status,) = hall.notices.channels()
        assert dict(status.counters) == {"queued": 1, "sent": 1, "delivered": 1, "replies": 1}


async def test_what_is_no_word_of_a_modem_is_counted_and_harms_nobody(tmp_path: Path) -> None:
    async with world(tmp_path, by_sms()) as hall:
        now = hall.clock.now()
        for value in ("nonsense", 5, '{"sender": 1}'):
            hall.notices.on_readings([Reading(f"{MODEM.id}.received", value, now, now, 0.0)])
        tell(hall.notices, hall.clock, "delivered", message="", to="112", state="failed")
        (status,) = hall.notices.channels()
        assert dict(status.counters) == {"garbled": 3, "reported.failed": 1}


async def test_lanes_follow_the_site_and_what_waits_for_a_channel_that_is_gone_is_told_so(tmp_path: Path) -> None:
    async with world(tmp_path, by_sms()) as hall:
        hall.modem.result = Result.REFUSED
        hall.notices.notifier.notify(FLOOD, "siaga", step="s1", valid=6000)
        assert hall.parts() == ["notify/sms"]
        both = [SMS, {**SMS, "id": "sms2"}]
        await hall.notices.adopt(replace(hall.site, notify=by_sms(channels=both)))
        assert hall.parts() == ["notify/sms", "notify/sms2"]
        await hall.notices.adopt(replace(hall.site, notify=by_sms(channels=[{**SMS, "enabled": False}])))
        assert hall.parts() == []
        await hall.until(DeliveryState.FAILED)
        await hall.notices.adopt(replace(hall.site, notify=by_sms()))
        assert hall.parts() == ["notify/sms"]


async def test_a_stop_keeps_what_waits_for_the_next_start(tmp_path: Path) -> None:
    async with world(tmp_path, by_sms()) as hall:
        hall.modem.result = Result.FAILED
        hall.notices.notifier.notify(FLOOD, "siaga", step="s1", valid=6000)
        await hall.until(DeliveryState.WAITING)
        await hall.notices.stop()
        assert hall.parts() == []
    async with world(tmp_path, by_sms()) as hall:
        await hall.until(DeliveryState.DELIVERED)


def test_a_change_of_who_is_told_is_a_difference(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("id: hall\nname: Hall\n")
    old = load_site(tmp_path)
    changed = difference(replace(old, notify=roster()), replace(old, notify=roster(persons=HALL["persons"], lists=[])))
    assert changed.sentences() == ("notify: lists",)
