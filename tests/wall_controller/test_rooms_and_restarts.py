"""What a scene does once in the rooms, and what a restart of the service takes up."""

from __future__ import annotations

import pytest

from tests.wall_controller.wall_world import MATRIX, PROJECTOR, Memory, Mood, alarm, running
from wall_controller.claims import Kind
from wall_controller.config import LayoutConfig, read_layout


async def test_a_scene_runs_its_room_steps_once_and_a_projector_that_warms_up_is_tried_again() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods[PROJECTOR] = Mood.REFUSES
        operation = world.keeper.recall("undang-forkopimda", "pimpinan", kind=Kind.LEADER)
        await world.ended(operation)
        assert len([c for c in world.hall.issued if c.verb == "route"]) == 1
        assert world.hall.state[MATRIX]["route.13"] == 16
        results = {(step.device, step.verb): step.result for step in world.keeper.operation(operation).steps}
        assert results[PROJECTOR, "power"] == "refused"
        assert results[PROJECTOR, "input"] == "failed"
        world.hall.moods[PROJECTOR] = Mood.WILLING
        await world.until(lambda v: v.operation is not None and v.operation.state == "done")
        assert world.hall.state[PROJECTOR] == {"power": "on", "input": "digital1"}
        count = len(world.hall.issued)
        world.hall.press(PROJECTOR, power="off")
        await world.clock.sleep(30)
        assert len(world.hall.issued) == count


async def test_a_room_step_for_a_device_that_is_away_is_not_sent_when_it_comes_back() -> None:
    async with running() as world:
        await world.verified()
        world.hall.cut(PROJECTOR)
        operation = world.keeper.recall("undang-forkopimda", "pimpinan")
        view = await world.ended(operation)
        assert view.operation is not None
        assert view.operation.state == "partial"
        world.hall.connect(PROJECTOR)
        await world.clock.sleep(30)
        assert world.hall.sent(PROJECTOR) == []
        await world.ended(world.keeper.retry(operation, "sari"))
        assert world.hall.sent(PROJECTOR) == [(PROJECTOR, "power"), (PROJECTOR, "input")]


async def test_an_alarm_that_gets_worse_renews_its_claim_and_leaves_the_room_alone() -> None:
    async with running() as world:
        await world.verified()
        for severity in (3, 4):
            world.keeper.recall("tsunami", "alarm:x", kind=Kind.ALARM, priority=severity, name="x")
            await world.until(lambda v: v.operation is not None and v.operation.state == "done")
            world.hall.press(PROJECTOR, power="off")
        await world.clock.sleep(10)
        assert world.hall.sent(PROJECTOR) == [(PROJECTOR, "power"), (PROJECTOR, "input")]
        assert [claim.priority for claim in world.keeper.view().claims] == [4]


async def test_a_room_step_that_waits_is_forgotten_when_its_device_goes_away() -> None:
    async with running() as world:
        await world.verified()
        world.hall.moods[PROJECTOR] = Mood.REFUSES
        await world.ended(world.keeper.recall("undang-forkopimda", "pimpinan"))
        world.hall.cut(PROJECTOR)
        count = len(world.hall.issued)
        world.hall.connect(PROJECTOR)
        await world.clock.sleep(60)
        assert len(world.hall.issued) == count


async def test_a_restart_takes_up_the_claims_and_reads_the_wall_before_it_sends_anything() -> None:
    memory = Memory()
    async with running(memory=memory) as world:
        await world.verified()
        world.keeper.recall("malam", "budi")
        world.keeper.claim(alarm("sungai", since=5))
        await world.verified()
        drawn = LayoutConfig.model_validate({"windows": [{"source": "cuaca", "panels": ["r3c1", "r3c2"]}]})
        world.keeper.take(world.keeper.layout_wish(read_layout(drawn, world.keeper.wall), "sari"))
        view = await world.verified()
        state, claims, revision = world.hall.state, view.claims, view.revision
    async with running(memory=memory, state=state, connected=False) as again:
        assert again.keeper.view().claims == claims
        assert again.keeper.view().revision >= revision
        again.hall.connect()
        view = await again.verified()
        await again.clock.sleep(30)
        assert again.hall.issued == []
        assert view.regions[0].claim is not None
        assert view.regions[0].claim.id == "sungai"
        assert view.regions[1].claim is not None
        assert [window.source for window in view.windows if window.region == "informasi"] == ["cuaca"]


async def test_what_can_be_taken_back_survives_a_restart_region_by_region() -> None:
    memory = Memory()
    async with running(memory=memory) as world:
        await world.verified()
        drawn = LayoutConfig.model_validate({"windows": [{"source": "cuaca", "panels": ["r3c1", "r3c2"]}]})
        world.keeper.recall("asap", "sari", regions=["tanggap"])
        world.keeper.recall("banjir", "sari")
        world.keeper.take(world.keeper.layout_wish(read_layout(drawn, world.keeper.wall), "sari"))
        world.keeper.release_region("informasi", "sari")
        undo = {region.id: region.undo for region in world.keeper.view().regions}
        assert (undo["tanggap"], undo["informasi"]) == (2, 2)
    async with running(memory=memory) as again:
        assert {region.id: region.undo for region in again.keeper.view().regions} == undo
        again.keeper.undo("informasi", "budi")
        assert "cuaca" in [window.source for window in again.keeper.view().windows if window.region == "informasi"]
        again.keeper.undo("tanggap", "budi")
        tanggap = again.keeper.view().regions[0]
        assert tanggap.claim is not None
        assert (tanggap.claim.scene, tanggap.undo) == ("asap", 1)
    async with running(memory=memory) as third:
        assert [region.undo for region in third.keeper.view().regions if region.id == "informasi"] == [1]


async def test_a_way_back_to_a_scene_that_is_gone_leads_to_what_is_left_of_it() -> None:
    memory = Memory()
    gone, known = (
        {"id": f"{scene}/tanggap", "region": "tanggap", "scene": scene, "kind": "operator"}
        for scene in ("dulu", "asap")
    )
    memory.keep("wall.undo", "utama/tanggap", {"wall": "utama", "region": "tanggap", "steps": [[gone, known], [gone]]})
    memory.keep("wall.undo", "lain/tanggap", {"wall": "lain", "region": "tanggap", "steps": [[known]]})
    async with running(memory=memory) as world:
        assert world.keeper.view().regions[0].undo == 2
        world.keeper.undo("tanggap", "sari")
        assert world.keeper.view().claims == ()
        world.keeper.undo("tanggap", "sari")
        assert [claim.scene for claim in world.keeper.view().claims] == ["asap"]
        assert list(memory.kept("wall.undo")) == ["lain/tanggap"]


async def test_a_kept_claim_for_a_scene_that_is_gone_is_let_go() -> None:
    memory = Memory()
    memory.keep(
        "wall.claim",
        "operator:dulu/tanggap",
        {"wall": "utama", "region": "tanggap", "scene": "dulu", "kind": "operator"},
    )
    memory.keep("wall.claim", "lain", {"wall": "lain", "region": "tanggap", "scene": "dulu", "kind": "operator"})
    async with running(memory=memory) as world:
        await world.verified()
        assert world.keeper.view().claims == ()
        assert list(memory.kept("wall.claim")) == ["lain"]


@pytest.mark.parametrize("panels", [["r3c1", "r3c2", "r3c3"], ["r3c1", "r9c9"], ["r3c1"]])
async def test_a_kept_drawing_that_fits_the_wall_no_more_is_let_go(panels: list[str]) -> None:
    memory = Memory()
    window = {"id": "w", "source": "peta", "panels": panels, "label": ""}
    doc = {"wall": "utama", "region": "informasi", "scene": "", "kind": "operator", "windows": [window]}
    memory.keep("wall.claim", "operator:1/informasi", doc)
    async with running(memory=memory) as world:
        await world.verified()
        assert world.keeper.view().claims == ()
