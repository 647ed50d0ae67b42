"""The site's walls as alarms see them: the nearest camera, its least time, and a preview that does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from gateway.actions.response import Show
from gateway.alarms.alarm import Alarm, level_fields, resting
from gateway.alarms.lifecycle import Facts
from gateway.app.walls import Walls
from gateway.bus import Bus
from gateway.settings.site import load_site
from tests.fakes import FakeClock
from tests.gateway.actions_world import Door
from tests.gateway.alarm_world import Audit, Store
from wall_controller.errors import Unknown
from wall_controller.view import RegionView

SITE = load_site(Path(__file__).parents[2] / "config" / "balai-raya")
GAUGE = "awlr-air-bengkulu-rawamakmur"
RULE = next(rule for rule in SITE.rules if rule.id == GAUGE)


def rung(rank: int) -> Alarm:
    alarm = resting(RULE, SITE.points[GAUGE], since=0)
    return structs.replace(alarm, **level_fields(RULE, rank), facts=Facts(active=True, acked=False))


def flood() -> Show:
    show = SITE.responses.plans[GAUGE][0].show
    assert show is not None
    return show


class Parts:
    """Keeps the parts, for the test to run."""

    def __init__(self) -> None:
        self.runs: list[Callable[[], Coroutine[Any, Any, None]]] = []

    def add(self, _name: str, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.runs.append(run)


@asynccontextmanager
async def hall() -> AsyncIterator[tuple[Walls, FakeClock]]:
    """Run the walls of the demo, with devices that never answer."""
    clock, parts = FakeClock(), Parts()
    fakes: Any = {"store": Store(), "commands": Door(), "audit": Audit(), "supervisor": parts}
    walls = Walls(clock=clock, bus=Bus(), statuses={}, **fakes)
    walls.start(SITE, ["utama"])
    walls.expect(SITE.rules, SITE.responses.plans)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(run(), name="wall") for run in parts.runs]
        await clock.sleep(0)
        yield walls, clock
        for task in running:
            task.cancel()


def response(walls: Walls) -> RegionView:
    return next(region for region in walls.keepers["utama"].view().regions if region.id == "tanggap")


def sources(walls: Walls) -> set[str]:
    return {window.source for window in walls.keepers["utama"].view().windows if window.region == "tanggap"}


async def test_the_scene_is_claimed_with_the_nearest_camera_in_it() -> None:
    async with hall() as (walls, _clock):
        walls.claim_for_alarm(rung(2), flood(), claim="one")
        claim = response(walls).claim
        assert claim is not None
        assert (claim.scene, claim.priority) == ("banjir", 3)
        assert {"cam-rawa-makmur", "peta-banjir"} <= sources(walls)
        assert "cctv-terdekat" not in sources(walls)
        walls.claim_for_alarm(rung(3), flood(), claim="one")
        claim = response(walls).claim
        assert claim is not None
        assert claim.priority == 4


@pytest.mark.parametrize(("dwell", "stays"), [(0.0, 10.0), (60.0, 60.0)])
async def test_what_an_alarm_showed_stays_its_least_time_after_the_alarm_is_over(dwell: float, stays: float) -> None:
    async with hall() as (walls, clock):
        walls.claim_for_alarm(rung(2), replace(flood(), dwell=dwell), claim="one")
        walls.release("one")
        await clock.sleep(stays - 1)
        assert response(walls).claim is not None
        await clock.sleep(2)
        assert response(walls).claim is None


async def test_a_preview_tells_the_windows_and_changes_nothing() -> None:
    async with hall() as (walls, _clock):
        before = walls.keepers["utama"].view()
        (layout,), _plan = walls.preview(rung(2), flood(), claim="one")
        assert ("cam-rawa-makmur", ("r1c3", "r1c4", "r2c3", "r2c4")) in [(w.source, w.panels) for w in layout.windows]
        assert walls.keepers["utama"].view() == before
        with pytest.raises(Unknown):
            walls.preview(rung(2), replace(flood(), wall="dua"), claim="one")


async def test_a_layout_that_is_no_scene_is_claimed_and_given_back() -> None:
    async with hall() as (walls, clock):
        layout = SITE.scenes["asap"].layouts["tanggap"]
        walls.claim_for_alarm(rung(2), Show("utama", "", "tanggap", layout), claim="drawn")
        assert (sources(walls), response(walls).claim is None) == ({"peta", "cuaca", "alarm", "sop-linimasa"}, False)
        walls.release("drawn")
        await clock.sleep(11)
        assert response(walls).claim is None
