"""A point that floods is thinned to one reading a second, by its own clock, and by nothing else."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from drivers.model import Reading
from gateway.app.floods import Floods
from gateway.repairs import Repairs
from gateway.store.limits import Limits
from gateway.store.rate_guard import RateGuard
from gateway.store.store import Store
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.stores import S, reading, told

MOST = 10
SPAN_S = 600


def thinned(*seconds: float) -> list[float]:
    """Return which readings of a point are left."""
    guard, waiting = RateGuard(), list[Reading]()
    for second in seconds:
        waiting.append(reading(second))
        guard.thin(waiting, len(waiting) - 1, most=MOST)
    assert guard.thinned == len(seconds) - len(waiting)
    return [(one.source_at - EPOCH_NS) / S for one in waiting]


def test_up_to_its_measure_everything_is_kept_and_beyond_it_one_a_second() -> None:
    flood = [n / 10 for n in range(40)]
    assert thinned(*flood) == [*flood[:MOST], 1.9, 2.9, 3.9]


def test_the_next_ten_minutes_begin_anew_and_a_backlog_is_no_flood() -> None:
    assert thinned(*(n * SPAN_S for n in range(100))) == [n * SPAN_S for n in range(100)]
    flood = [SPAN_S + n / 100 for n in range(MOST + 5)]
    assert thinned(*flood, 1.0, 1.001, 2 * SPAN_S) == [*flood[:MOST], 1.0, 1.001, 2 * SPAN_S]


def test_history_that_somebody_gives_us_is_no_flood() -> None:
    guard, waiting = RateGuard(), list[Reading]()
    for n in range(3 * MOST):
        waiting.append(structs.replace(reading(n / 100), retained=True))
        guard.thin(waiting, len(waiting) - 1, most=MOST)
    assert (len(waiting), guard.thinned) == (3 * MOST, 0)


async def test_a_flood_is_told_by_its_point_until_it_is_over_and_other_points_keep_all(tmp_path: Path) -> None:
    clock = FakeClock()
    store = Store.open(tmp_path / "semarak.db", clock=clock, limits=Limits(flood_rows=MOST))
    repairs = Repairs(clock=clock, publish=lambda _: None)
    floods = Floods(store, repairs)
    store.on_readings([reading(n / 100, point=name) for n in range(20) for name in ("mad", f"p{n}")])
    await store.flush()
    floods.watch()
    assert [(one.id, one.detail) for one in repairs.open()] == [
        ("point.flood:mad", "10 readings of these ten minutes are not stored")
    ]
    assert (len(await told(store, "mad")), len(await told(store, "p19"))) == (MOST, 1)
    clock.advance(2 * SPAN_S)
    floods.watch()
    assert repairs.open() == []
    await store.close()
