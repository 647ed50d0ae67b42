"""R11, R17, R18, R22: floods, backlogs and wrong clocks come in over a real broker; nothing of it goes unsaid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.model import Reading
from gateway.app.floods import Floods
from gateway.app.upkeep import FIELD, STORE, Upkeep
from gateway.bus import Bus
from gateway.repairs import KINDS, Repair, Repairs
from gateway.store.limits import Limits
from gateway.store.store import Store
from gateway.supervisor import Supervisor
from tests.drivers.telemetry_world import Heard, publisher, running, serving, source
from tests.drivers.telemetry_world import gauge as on_the_broker
from tests.journeys.world import Hall, Person
from tests.reliability.world import CLOCK, S, SmallHall, broker, gauge, said, topic

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

POINTS = ("clock", "backlog")
FLOOD = 3_000
NO_LOSS = {
    "rows", "commits", "compactions", "pending",
    "duplicates", "late", "ahead", "spool.owed",  # kept all the same
    "unreported", "expired",  # as the site wishes
    "unacknowledged",  # comes again
    "lost",  # goes with a chunk that is set aside, and counted as such
}  # fmt: skip
"""What the store counts and is no loss."""
BY_POINT = {"thinned": "point.flood"}
"""Losses that are told for each point."""


@asynccontextmanager
async def a_hall(folder: Path) -> AsyncIterator[tuple[Hall, Person, int]]:
    async with serving("mosquitto", folder) as (port, _):
        points = [gauge(name) for name in POINTS]
        with SmallHall(folder, devices=[broker(port)], points=points) as hall:
            async with Person(hall, "admin") as person:
                await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up")
                yield hall, person, port


async def test_r17_times_in_any_unit_are_right_and_those_that_cannot_be_are_refused_with_their_reason(
    tmp_path: Path,
) -> None:
    at = CLOCK.now() // S - 100
    stamps = [at, at * 1_000 + 1, at * 1_000_000 + 2_000, at * S + 3_000_000, _iso(at, 4), at * 1_000 + 4]
    impossible = [_iso(at + 86_400), at + 86_400, 1, "kemarin"]
    async with a_hall(tmp_path) as (_, person, port):
        sensor = await publisher(port)
        for number, ts in enumerate([*stamps, *impossible]):
            sensor.publish(topic("clock"), said(number, ts=ts))
        refused = len(impossible)
        await person.until(lambda: max((each["count"] for each in person.screen.rejected), default=0) == refused)
        items = (await person.get("points/clock/readings")).body["items"]
        counters = (await person.get("devices/broker")).body["counters"]
        sensor.close()
    expected = [_iso(at, ms).replace("+00:00", "Z") for ms in range(5)]
    assert [(one["source_at"], one["value"]) for one in items] == [
        *zip(expected, range(5), strict=True), (expected[4], 5),
    ]  # fmt: skip
    assert (counters["rejected.future"], counters["rejected.ts"]) == (2, 2)


def _iso(second: int, millisecond: int = 0) -> str:
    return datetime.fromtimestamp(second + millisecond / 1_000, UTC).isoformat(timespec="milliseconds")


async def test_r18_a_backlog_that_comes_after_newer_data_is_kept_and_never_becomes_the_latest(tmp_path: Path) -> None:
    now = CLOCK.now() // S
    async with a_hall(tmp_path) as (hall, person, port):
        sensor = await publisher(port)
        sensor.publish(topic("backlog"), said(500, ts=now))
        for n in range(500):
            sensor.publish(topic("backlog"), said(n, ts=now - 500 + n))
        sensor.publish(topic("clock"), said(1))
        await person.until(lambda: "clock" in person.screen.readings, what="the last message")
        assert person.screen.readings["backlog"]["value"] == 500
        items = (await person.get("points/backlog/readings?since=2020-01-01T00:00:00Z&limit=1000")).body["items"]
        assert [one["value"] for one in items] == list(range(501))
        hall.kill()
        hall.start()
        async with Person(hall, "admin") as again:
            assert again.screen.readings["backlog"]["value"] == 500
        sensor.close()


class House:
    """A store, what it and a source count, and the repairs that follow."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.told: list[Repair] = []
        self.field: dict[str, dict[str, int]] = {"broker": {}}
        self.counted: dict[str, int] = {}
        self.bus, self.heard = Bus(), Heard()
        self.store = Store.open(folder / "semarak.db", clock=CLOCK, limits=limits)
        self.bus.subscribe(Reading, self.heard.publish)
        self.bus.subscribe(Reading, self.store.on_readings)
        self.repairs = Repairs(clock=CLOCK, publish=lambda _: None)
        self.upkeep = Upkeep(
            self.repairs, clock=CLOCK, statuses={}, store=lambda: {**self.store.counters, **self.counted},
            field=self.field, unwritable=str, others=[Floods(self.store, self.repairs).watch],
        )  # fmt: skip

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it is true; looked at after every commit."""
        async with asyncio.timeout(20):
            while not true():
                committed = asyncio.Event()
                self.store.when_durable(committed.set)
                await committed.wait()
                await CLOCK.sleep(0.01)

    def look(self) -> list[tuple[str, str]]:
        """Return what a person is told to mend."""
        self.upkeep.look()
        return [(repair.kind, repair.subject) for repair in self.repairs.open()]


async def test_r11_whatever_is_lost_is_counted_by_its_reason_and_told_as_a_repair(tmp_path: Path) -> None:
    house = House(tmp_path, Limits(pending_rows=10))
    counters = house.store.counters
    assert set(counters) == NO_LOSS | set(STORE) | set(BY_POINT), "a new counter is a loss, or it is not"
    assert {kind for kind, _ in [*STORE.values(), *FIELD.values()]} | set(BY_POINT.values()) <= set(KINDS)
    assert house.look() == []
    for what, (kind, _) in STORE.items():
        house.counted = {what: 1}
        assert (kind, "store") in house.look(), what
    for what, (kind, _) in FIELD.items():
        house.field["broker"][what] = 1
        assert (kind, "broker") in house.look(), what
    await house.store.close()


async def test_r22_a_flood_of_one_sensor_is_thinned_in_the_history_and_told_and_nothing_stops(tmp_path: Path) -> None:
    house = House(tmp_path, Limits(flood_rows=1_000))
    at, store, supervisor = CLOCK.now() // 1_000_000 - FLOOD, house.store, Supervisor(clock=CLOCK, publish=print)
    supervisor.add("store", store.run)
    async with serving("mosquitto", tmp_path) as (port, _):
        part = source(port, [on_the_broker("mad"), on_the_broker("sane")], house.heard, house.store)  # type: ignore[arg-type]
        part._publish = house.bus.publish
        sensor = await publisher(port)
        async with running(part, house.heard):
            for n in range(FLOOD):
                sensor.publish("bkl/v1/bpbd/mad/telemetry", said(n % 2, ts=at + n))
            sensor.publish("bkl/v1/bpbd/sane/telemetry", said(7))
            await house.heard.until(lambda: house.heard.values("sane") == [7])
            await house.until(lambda: part.counters["acknowledged"] == FLOOD + 1)
        sensor.close()
    await supervisor.stop()
    assert len(house.heard.values("mad")) == FLOOD, "alarms and screens see all of it"
    kept = await store.readings("mad", since=0, until=2**62, limit=FLOOD)
    assert 1_000 <= len(kept) <= 1_000 + FLOOD // 1_000 + 1
    assert len(kept) + store.counters["thinned"] == FLOOD
    assert len(await store.readings("sane", since=0, until=2**62, limit=9)) == 1
    assert house.look() == [("point.flood", "mad")]
    await store.close()
