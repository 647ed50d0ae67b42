"""The live hub by itself, in virtual time: what is told when, and to whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import orjson

from drivers.model import Reading
from drivers.sensors.source import Rejected
from gateway.api.live import MOST_PLACES
from gateway.api.outbox import CHANGED, SIGNED_OUT, Outbox
from gateway.auth.roles import Actor, Role
from gateway.supervisor import PartHealth, PartState
from tests.fakes import FakeClock
from tests.gateway.api_fakes import RIVER, Hall

VIEWER = Actor("sari", frozenset({Role.LEADER}), "session", "1")


def drain(outbox: Outbox) -> list[dict[str, Any]]:
    found = []
    while (frame := outbox.take()) is not None:
        found.append(orjson.loads(frame))
    return found


def pass_time(hall: Hall, clock: FakeClock, *, ticks: int) -> None:
    for _ in range(ticks):
        clock.advance(0.2)
        hall.api.hub.tick()


def test_readings_are_told_at_every_tick_devices_and_health_each_second() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    outbox = hall.api.hub.join(VIEWER)
    drain(outbox)
    counted: Counter[str] = Counter()
    for n in range(24):
        hall.read("river", float(n))
        hall.read("matrix.route.1", n)
        pass_time(hall, clock, ticks=1)
        counted.update(message["kind"] for message in drain(outbox))
    assert counted == {"readings": 24, "device": 5, "health": 5}


def test_a_part_s_news_is_told_at_the_next_tick() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    outbox = hall.api.hub.join(VIEWER)
    pass_time(hall, clock, ticks=1)
    drain(outbox)
    hall.bus.publish([PartHealth("store", PartState.RESTARTING, 0)])
    pass_time(hall, clock, ticks=1)
    assert [message["kind"] for message in drain(outbox)] == ["health"]


def test_a_late_reading_is_told_as_the_newest_that_it_is_not() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    outbox = hall.api.hub.join(VIEWER)
    hall.read("river", 2.0)
    hall.read("river", 1.0, at=clock.now() - 10**9)
    pass_time(hall, clock, ticks=1)
    told = [message["data"] for message in drain(outbox) if message["kind"] == "readings"]
    assert [[reading["value"] for reading in batch] for batch in told] == [[2.0]]


def test_without_clients_nothing_is_kept_for_them() -> None:
    hall = Hall(clock=FakeClock())
    hall.read("river", 2.0)
    assert hall.api.hub._fresh == set()


def test_a_session_that_is_over_and_a_right_that_is_lost_end_the_connection() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    gauge = hall.tokens.find("token-auditor")
    assert gauge is not None
    gone, kept = hall.api.hub.join(VIEWER), hall.api.hub.join(gauge)
    narrowed = hall.api.hub.join(Actor(gauge.name, frozenset({Role.OPERATOR}), "token", gauge.id))
    pass_time(hall, clock, ticks=1)
    assert (gone.ending, kept.ending, narrowed.ending) == (SIGNED_OUT, None, CHANGED)


def test_a_site_that_has_changed_ends_every_connection_for_a_fresh_snapshot() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    auditor = hall.tokens.find("token-auditor")
    assert auditor is not None
    outbox = hall.api.hub.join(auditor)
    pass_time(hall, clock, ticks=30)
    assert outbox.ending is None
    hall.points["river"] = replace(RIVER, every=60.0)
    pass_time(hall, clock, ticks=30)
    assert outbox.ending is CHANGED


def test_the_places_of_garbage_are_bounded() -> None:
    hall = Hall(clock=FakeClock())
    for n in range(MOST_PLACES + 5):
        hall.bus.publish([Rejected("broker", f"topic/{n}", "not JSON", b"", 0)])
    assert len(hall.api.hub.rejected) == MOST_PLACES
    assert len(hall.api.hub._garbage) == MOST_PLACES


def test_a_value_of_strange_characters_reaches_the_screens_and_breaks_nothing() -> None:
    clock = FakeClock()
    hall = Hall(clock=clock)
    outbox = hall.api.hub.join(VIEWER)
    hall.bus.publish([Reading("sign", "half \ud800", clock.now(), clock.now(), 0.0)])
    hall.bus.publish([Reading("river", 2**70, clock.now(), clock.now(), 0.0)])
    hall.bus.publish([Reading("door", float("nan"), clock.now(), clock.now(), 0.0)])
    pass_time(hall, clock, ticks=1)
    assert b"half \\ud800" in b"".join(iter(lambda: outbox.take() or b"", b""))
