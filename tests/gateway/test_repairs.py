"""Repairs: raised once, cleared once, whatever a part says how often; and who raises those that no part raises."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from drivers.model import DeviceState, DeviceStatus
from gateway.app.upkeep import Upkeep
from gateway.repairs import KINDS, Repair, Repairs
from tests.fakes import FakeClock


class House:
    """A registry, and what was told of it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.told: list[tuple[str, str, bool]] = []
        self.repairs = Repairs(clock=self.clock, publish=self._hear)
        self.statuses: dict[str, DeviceStatus] = {}
        self.counters: dict[str, int] = {}
        self.field: dict[str, dict[str, int]] = {}
        self.refusal = ""
        self.upkeep = Upkeep(
            self.repairs, clock=self.clock, statuses=self.statuses, store=lambda: self.counters, field=self.field,
            unwritable=lambda: self.refusal,
        )  # fmt: skip

    def _hear(self, batch: Sequence[object]) -> None:
        self.told += [(one.id, one.detail, one.over) for one in batch if isinstance(one, Repair)]

    @property
    def open(self) -> list[str]:
        return [repair.id for repair in self.repairs.open()]

    def look(self, seconds: float = 5.0) -> list[str]:
        self.clock.advance(seconds)
        self.upkeep.look()
        return self.open


def test_a_repair_is_told_when_it_begins_when_it_changes_and_when_it_is_over() -> None:
    house = House()
    for detail in ("a", "a", "b"):
        house.repairs.needed("sink.away", "influx", detail)
        house.clock.advance(1.0)
    since = house.repairs.open()[0].since
    house.repairs.done("sink.away", "influx")
    house.repairs.done("sink.away", "influx")
    assert since == FakeClock().now()
    assert house.told == [
        ("sink.away:influx", "a", False),
        ("sink.away:influx", "b", False),
        ("sink.away:influx", "b", True),
    ]


def test_the_worst_stands_first_then_the_oldest() -> None:
    house = House()
    for kind in ("sink.away", "sink.behind", "sink.credentials"):
        house.repairs.needed(kind, "influx")
        house.clock.advance(1.0)
    assert house.open == ["sink.credentials:influx", "sink.away:influx", "sink.behind:influx"]


def test_what_is_no_more_needs_no_repair() -> None:
    house = House()
    for kind, subject in (("sink.away", "a"), ("sink.old", "a"), ("sink.away", "b"), ("device.refused", "a")):
        house.repairs.needed(kind, subject)
    house.repairs.forget("sink", "a")
    assert sorted(house.open) == ["device.refused:a", "sink.away:b"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_repair_is_told_in_both_languages_and_a_button_knows_where_to_go(kind: str) -> None:
    about = KINDS[kind]
    assert all((about.title.id, about.title.en, about.hint.id, about.hint.en))
    assert bool(about.act) == bool(about.action)
    assert "{" not in Repair(kind, "x", 0).action


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (DeviceState.REFUSED, "device.refused"),
        (DeviceState.WRONG_DEVICE, "device.wrong"),
        (DeviceState.BAD_CONFIG, "device.config"),
    ],
)
def test_a_device_that_a_person_must_mend_is_told_after_a_minute(state: DeviceState, kind: str) -> None:
    house = House()
    house.statuses["lfd"] = DeviceStatus("lfd", state, house.clock.now(), "because")
    assert house.look(59.0) == []
    assert house.look(1.0) == [f"{kind}:lfd"]
    assert house.repairs.open()[0].detail == "because"
    house.statuses["lfd"] = DeviceStatus("lfd", DeviceState.UP, house.clock.now())
    assert house.look() == []


def test_a_device_that_is_gone_takes_its_repair_with_it() -> None:
    house = House()
    house.statuses["lfd"] = DeviceStatus("lfd", DeviceState.REFUSED, house.clock.now(), "because")
    house.look(60.0)
    house.statuses.clear()
    assert house.look() == []


def test_a_silent_device_is_no_repair_of_its_own() -> None:
    house = House()
    house.statuses["lfd"] = DeviceStatus("lfd", DeviceState.SILENT, house.clock.now())
    assert house.look(3600.0) == []


def test_what_is_lost_is_told_and_forgotten_an_hour_after_the_last_of_it() -> None:
    house = House()
    house.counters = {"dropped": 0, "quarantined": 0, "rows": 7}
    house.field["mqtt"] = {"messages": 5, "dropped": 0}
    assert house.look() == []
    house.counters["dropped"] = 1_500
    house.field["mqtt"]["dropped"] = 3
    house.counters["spool.expired"] = 7
    assert sorted(house.look()) == ["device.dropped:mqtt", "store.dropped:store", "store.unsent:store"]
    assert {repair.detail for repair in house.repairs.open()} == {
        "1,500 readings since the service started", "3 since the service started",
        "7 readings since the service started",
    }  # fmt: skip
    house.look(1800.0)
    house.counters["dropped"] += 1
    assert len(house.look(1800.0)) == 1
    assert house.look(3600.0) == []


def test_a_disk_that_takes_nothing_is_told_and_over_when_it_does() -> None:
    house = House()
    house.refusal = "database or disk is full"
    assert house.look() == ["store.unwritable:store"]
    assert house.repairs.open()[0].detail == "database or disk is full"
    house.refusal = ""
    assert house.look() == []
