"""The keeper of the wall: from a claim to a verified wall, and back to what was there before."""

from __future__ import annotations

import pytest

from drivers.model import DeviceState, Priority
from tests.wall_controller.wall_world import MATRIX, alarm, base_state, panel, running
from wall_controller.claims import Claim, Kind
from wall_controller.config import LayoutConfig, read_layout
from wall_controller.errors import Conflict, NotAllowed, Unknown
from wall_controller.layout import Policy
from wall_controller.view import document

FLOOD_TILES = ["lfd-r1c3", "lfd-r1c4", "lfd-r2c3", "lfd-r2c4"]


async def test_an_alarm_sends_one_salvo_first_and_only_the_tiles_that_differ() -> None:
    async with running() as world:
        await world.verified()
        operation = world.keeper.claim(alarm("sungai"))
        view = await world.ended(operation)
        assert world.hall.sent() == [(MATRIX, "route"), *((device, "tile") for device in FLOOD_TILES)]
        salvo = world.hall.issued[0]
        assert salvo.args == {
            "routes": {"1": 2, "2": 2, "3": 4, "4": 4, "5": 2, "6": 2, "7": 4, "8": 4, "11": 5, "12": 12}
        }
        assert (salvo.priority, salvo.by, salvo.why) == (Priority.ALARM, "alarm:sungai", "scene banjir")
        assert salvo.deadline == pytest.approx(world.clock.mono() + 5.0, abs=0.2)
        assert view.operation is not None
        assert (view.operation.state, {step.result for step in view.operation.steps}) == ("done", {"ok"})
        assert {panel.state for panel in view.panels} == {"verified"}
        assert panel(view, "r1c3").reported == panel(view, "r1c3").desired
        assert panel(view, "r1c3").reported.source == "cctv-terdekat"


async def test_when_the_alarm_is_over_the_wall_gets_back_what_was_there_before() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.recall("asap", "sari")
        await world.verified()
        before = {device: dict(values) for device, values in world.hall.state.items()}
        world.keeper.claim(alarm("sungai"))
        await world.until(lambda view: view.regions[0].claim is not None and view.regions[0].claim.kind == "alarm")
        await world.verified()
        await world.clock.sleep(20)
        world.keeper.release("sungai")
        view = await world.until(lambda v: v.regions[0].claim is not None and v.regions[0].claim.scene == "asap")
        view = await world.verified()
        assert world.hall.state == before
        assert [claim.scene for claim in view.claims] == ["asap"]


async def test_an_alarm_that_is_over_at_once_still_stays_ten_seconds() -> None:
    async with running() as world:
        await world.verified()
        taken = world.clock.mono()
        world.keeper.claim(alarm("sungai"))
        world.keeper.release("sungai")
        view = await world.until(lambda v: v.regions[0].claim is not None)
        assert view.regions[0].until is not None
        await world.until(lambda v: v.regions[0].claim is None)
        assert world.clock.mono() - taken == pytest.approx(10.0, abs=0.1)
        await world.verified()
        assert world.hall.state == base_state()


async def test_two_alarms_take_turns_by_severity_then_age_and_the_queue_is_counted() -> None:
    async with running() as world:
        await world.verified()
        taken = world.clock.mono()
        world.keeper.claim(alarm("sungai", severity=3, since=1))
        world.keeper.claim(alarm("gempa", scene="gempa", severity=4, since=3))
        world.keeper.claim(alarm("asap", scene="asap", severity=4, since=2))
        view = await world.until(lambda v: v.regions[0].waiting == 2)
        assert view.regions[0].claim is not None
        assert view.regions[0].claim.id == "sungai"
        await world.until(lambda v: v.regions[0].claim is not None and v.regions[0].claim.id == "asap")
        assert world.clock.mono() - taken == pytest.approx(10.0, abs=0.1)
        world.keeper.release("asap")
        await world.until(lambda v: v.regions[0].claim is not None and v.regions[0].claim.id == "gempa")
        assert world.clock.mono() - taken == pytest.approx(20.0, abs=0.1)


async def test_a_hundred_alarms_in_ten_seconds_make_one_switch_in_a_dwell_and_none_is_lost() -> None:
    async with running() as world:
        await world.verified()
        for number in range(100):
            scene = ("banjir", "gempa", "asap", "tsunami")[number % 4]
            world.keeper.claim(alarm(f"a{number}", scene=scene, severity=3 + (number == 70), since=number))
            await world.clock.sleep(0.09)
        salvos = [command for command in world.hall.issued if command.verb == "route"]
        assert len(salvos) == 1
        view = await world.until(lambda v: v.regions[0].claim is not None and v.regions[0].claim.id == "a70")
        assert view.regions[0].waiting == 99
        await world.verified()


async def test_an_operators_claim_made_during_an_urgent_alarm_waits_and_is_what_comes_after_it() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.claim(alarm("sungai", severity=3))
        await world.verified()
        world.keeper.recall("asap", "sari")
        view = await world.verified()
        assert view.regions[0].claim is not None
        assert view.regions[0].claim.id == "sungai"
        await world.clock.sleep(11)
        world.keeper.release("sungai")
        view = await world.until(lambda v: v.regions[0].claim is not None and v.regions[0].claim.scene == "asap")
        await world.verified()


async def test_an_operator_is_not_disturbed_by_an_alarm_below_the_sites_severity() -> None:
    async with running(urgent=4) as world:
        await world.verified()
        world.keeper.recall("asap", "sari")
        await world.verified()
        count = len(world.hall.issued)
        world.keeper.claim(alarm("sungai", severity=3))
        view = await world.until(lambda v: v.regions[0].waiting == 1)
        assert view.regions[0].claim is not None
        assert view.regions[0].claim.scene == "asap"
        assert len(world.hall.issued) == count


async def test_an_alarm_does_not_enter_a_region_that_is_closed_to_it() -> None:
    async with running() as world:
        await world.verified()
        with pytest.raises(NotAllowed, match="informasi lets no alarm in"):
            world.keeper.claim(Claim("x", "utama", "informasi", "rutin", "alarm:x", Kind.ALARM, 0, 4))
        world.keeper.recall("tsunami", "alarm:x", kind=Kind.ALARM, priority=4, name="x")
        view = await world.until(lambda v: bool(v.claims))
        assert [claim.region for claim in view.claims] == ["tanggap"]
        world.keeper.release("x")
        assert world.keeper.view().claims == ()


async def test_a_claim_with_an_end_ends_by_itself() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.recall("asap", "sari", until=world.clock.now() + 60_000_000_000)
        await world.until(lambda v: v.regions[0].claim is not None)
        began = world.clock.mono()
        await world.until(lambda v: v.regions[0].claim is None)
        assert world.clock.mono() - began == pytest.approx(60, abs=1)
        assert world.keeper.view().claims == ()
        await world.verified()
        assert world.hall.state == base_state()


async def test_a_newer_wish_supersedes_what_was_not_sent_for_the_older() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.recall("malam", "sari")
        await world.verified()
        world.hall.issued.clear()
        older = world.keeper.recall("banjir", "sari")
        await world.ended(world.keeper.recall("malam", "sari"))
        results = {(step.device, step.verb): step.result for step in world.keeper.operation(older).steps}
        assert results[MATRIX, "route"] == "ok"
        assert results["lfd-r1c4", "power"] == "ok"
        assert results["lfd-r1c4", "tile"] == "superseded"
        await world.verified()


async def test_the_first_bytes_of_a_wish_have_left_when_it_is_taken() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.recall("banjir", "sari")
        assert world.hall.sent() == [(MATRIX, "route"), *((device, "tile") for device in FLOOD_TILES)]


async def test_a_wish_changed_while_its_salvo_is_under_way_is_followed_by_the_difference_at_once() -> None:
    async with running() as world:
        await world.verified()
        world.hall.pace[MATRIX] = 0.5
        world.keeper.recall("banjir", "sari")
        await world.clock.sleep(0.1)
        view = await world.ended(world.keeper.undo("tanggap", "sari"))
        salvos = [command for command in world.hall.issued if command.device == MATRIX]
        assert [command.priority for command in salvos] == [Priority.OPERATOR, Priority.OPERATOR]
        assert salvos[1].at - salvos[0].at < 200_000_000
        assert world.hall.state == base_state()
        assert view.operation is not None
        assert view.operation.state == "done"


async def test_a_person_ends_an_alarms_claim_at_once() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.claim(alarm("sungai"))
        await world.verified()
        world.keeper.release_region("tanggap", "sari")
        assert world.keeper.view().regions[0].claim is None
        assert world.keeper.view().claims == ()


async def test_undo_gives_a_region_its_last_claim_back_even_after_a_release() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.recall("asap", "sari")
        world.keeper.recall("banjir", "sari")
        world.keeper.release_region("tanggap", "sari")
        assert world.keeper.view().regions[0].claim.scene == "asap"  # type: ignore[union-attr]  # it has one
        world.keeper.undo("tanggap", "sari")
        assert world.keeper.view().regions[0].claim.scene == "banjir"  # type: ignore[union-attr]  # it has one
        world.keeper.undo("tanggap", "sari")
        world.keeper.undo("tanggap", "sari")
        assert world.keeper.view().regions[0].claim is None
        with pytest.raises(Unknown, match="nothing to undo"):
            world.keeper.undo("tanggap", "sari")
        with pytest.raises(Unknown, match="nobody claims"):
            world.keeper.release_region("tanggap", "sari")


async def test_a_take_on_an_old_view_of_the_wall_is_a_conflict_for_the_regions_that_moved() -> None:
    async with running() as world:
        await world.verified()
        seen = world.keeper.view().revision
        world.keeper.recall("asap", "budi")
        with pytest.raises(Conflict) as caught:
            world.keeper.recall("malam", "sari", base_revision=seen)
        assert caught.value.regions == ("tanggap",)
        world.keeper.recall("malam", "sari", base_revision=world.keeper.view().revision)


async def test_a_dry_run_returns_the_plan_and_changes_nothing() -> None:
    async with running() as world:
        await world.verified()
        before = world.keeper.view()
        made = world.keeper.preview(world.keeper.scene_wish("banjir", "sari"))
        assert [(step.device, step.verb) for step in made.steps] == [
            (MATRIX, "route"),
            *((d, "tile") for d in FLOOD_TILES),
        ]
        assert made.estimate > 0
        assert world.keeper.view() == before
        assert world.hall.issued == []


async def test_a_drawn_layout_is_taken_like_a_scene() -> None:
    async with running() as world:
        await world.verified()
        drawn = LayoutConfig.model_validate({"windows": [{"source": "cuaca", "panels": ["r3c1", "r3c2"]}]})
        layouts = read_layout(drawn, world.keeper.wall)
        await world.ended(world.keeper.take(world.keeper.layout_wish(layouts, "sari")))
        view = await world.verified()
        assert panel(view, "r3c2").reported == panel(view, "r3c2").desired
        assert (panel(view, "r3c2").reported.source, panel(view, "r3c2").reported.tile) == ("cuaca", "1x2:2")


async def test_sleeping_panels_are_woken_before_their_tiles_and_a_slow_one_does_not_delay_the_salvo() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.recall("malam", "sari")
        await world.verified()
        assert world.hall.state["lfd-r1c4"]["power"] == "off"
        world.hall.issued.clear()
        world.hall.pace["lfd-r1c4"] = 4.0
        world.keeper.claim(alarm("sungai"))
        sent = world.clock.mono()
        await world.until(lambda v: panel(v, "r1c2").state == "verified")
        assert world.clock.mono() - sent < 1.0
        assert world.hall.state[MATRIX]["route.1"] == 2
        assert ("lfd-r1c4", "power") in world.hall.sent()
        await world.verified()
        assert world.hall.sent("lfd-r1c4") == [("lfd-r1c4", "power"), ("lfd-r1c4", "tile")]


async def test_nothing_is_sent_to_a_device_that_was_never_read() -> None:
    async with running(connected=False) as world:
        world.hall.up.add("lfd-r1c3")
        world.hall.tell("lfd-r1c3", DeviceState.UP)
        operation = world.keeper.claim(alarm("sungai"))
        view = await world.ended(operation)
        assert world.hall.issued == []
        assert view.operation is not None
        assert {step.result for step in view.operation.steps} == {"unreachable"}
        assert panel(view, "r1c3").detail.startswith("what it shows is not known: matriks-1")
        world.hall.connect()
        await world.verified()
        assert {step.result for step in world.keeper.operation(operation).steps} == {"late"}


async def test_the_view_is_told_in_the_words_of_the_api() -> None:
    async with running() as world:
        await world.verified()
        world.keeper.claim(alarm("sungai", since=world.clock.now()))
        doc = document(await world.verified())
        assert doc["width"], doc["height"] == (4843.8, 2044.8)
        claim = doc["claims"][0]  # type: ignore[index]  # a document of lists
        assert claim["since"].startswith("2026-01-17T00:00:")
        assert claim["since"].endswith("Z")
        assert claim["until"] is None
        assert {"source", "power", "tile"} == set(doc["panels"][0]["desired"])  # type: ignore[index]  # a document


async def test_what_does_not_exist_is_named() -> None:
    async with running(policy=Policy.RESTORE) as world:
        for wrong in ("hilang", "rutinn"):
            with pytest.raises(Unknown, match=wrong):
                world.keeper.recall(wrong, "sari")
        with pytest.raises(Unknown, match="does not fill region informasi"):
            world.keeper.recall("banjir", "sari", regions=["informasi"])
        with pytest.raises(Unknown, match="no operation"):
            world.keeper.operation("x")
        with pytest.raises(Unknown, match="asks nothing"):
            world.keeper.answer("lfd-r1c1", Policy.ADOPT)
