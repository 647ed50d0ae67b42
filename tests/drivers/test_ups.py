"""The emulated UPS ages as a UPS does: on the mains it charges, without them it empties, and its alarms come and go."""

from __future__ import annotations

import pytest

from drivers.emulators.ups import Held, Ups
from drivers.sensors.object_map import located
from drivers.sensors.ups_mib import UPS_OBJECTS
from tests.fakes import FakeClock


def told(ups: Ups, name: str) -> Held:
    return ups.objects()[located(name)[0]][1]


def alarms(ups: Ups) -> set[int]:
    """Return the well-known conditions in its alarm table."""
    rows = {oid: held for oid, (_, held) in ups.objects().items() if oid[:-1] == (*UPS_OBJECTS, 6, 2, 1, 2)}
    return {held[-1] for held in rows.values() if isinstance(held, tuple)}


def test_without_mains_it_lives_on_its_battery_until_that_is_empty() -> None:
    clock = FakeClock()
    ups = Ups(clock=clock)
    assert [told(ups, name) for name in ("upsOutputSource", "upsBatteryStatus", "upsAlarmsPresent")] == [3, 2, 0]
    ups.load({"mains": False, "load": 50})
    clock.advance(600)
    assert (told(ups, "upsOutputSource"), told(ups, "upsSecondsOnBattery"), alarms(ups)) == (5, 600, {2})
    assert 55 < int(str(told(ups, "upsEstimatedChargeRemaining"))) < 70
    clock.advance(700)
    assert (told(ups, "upsBatteryStatus"), alarms(ups)) == (3, {2, 3})
    clock.advance(600)
    assert (told(ups, "upsBatteryStatus"), told(ups, "upsEstimatedChargeRemaining"), told(ups, "upsOutputSource")) == (
        4, 0, 2,
    )  # fmt: skip
    assert told(ups, "upsEstimatedMinutesRemaining") == 1
    ups.load({"mains": True})
    clock.advance(4 * 3_600)
    assert (told(ups, "upsEstimatedChargeRemaining"), told(ups, "upsSecondsOnBattery"), alarms(ups)) == (100, 0, set())
    assert told(ups, "upsInputLineBads") == 1


def test_its_card_counts_from_its_own_restart() -> None:
    clock = FakeClock()
    ups = Ups(clock=clock)
    clock.advance(100)
    ups.load({"mains": False})
    clock.advance(50)
    ups.restart()
    clock.advance(5)
    assert (told(ups, "sysUpTime"), told(ups, "upsSecondsOnBattery")) == (500, 5)


def test_what_is_no_state_is_refused() -> None:
    ups = Ups(clock=FakeClock())
    with pytest.raises(KeyError, match="a UPS has no 'pet'"):
        ups.load({"pet": 1})
    with pytest.raises(ValueError, match="mains is a bool, not 1"):
        ups.load({"mains": 1})
