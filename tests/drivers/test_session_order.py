"""The order in which a session lets its requests out: who goes first, what must rest, what is never sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from drivers.model import Outcome, Priority, Result
from tests.drivers.toy import Toy, World, says, silence, spec


def result(outcome: Outcome) -> tuple[Result, str]:
    return outcome.result, outcome.detail


async def test_the_doubt_is_cleared_up_before_the_next_command() -> None:
    async with World(Toy(moods={"!power": [silence]})).running() as world:
        await world.up()
        asked = [world.ask(world.command("power", True, id="a")), world.ask(world.command("volume", 5, id="b"))]
        await asyncio.gather(*asked)
        after = world.toy.lines()[world.toy.lines().index("!power on") + 1 :]
        assert after[0] == "?power"


async def test_a_busy_device_is_asked_again_a_little_later() -> None:
    async with World(Toy(moods={"!power": [says("busy power warming up\n")] * 2})).running() as world:
        await world.up()
        assert (await world.session.ask(world.command("power", True))).result is Result.VERIFIED
        assert [at for at, line in world.toy.heard if line == "!power on"] == pytest.approx([0.0, 0.5, 1.5])


async def test_a_device_that_stays_busy_has_refused() -> None:
    async with World(Toy(moods={"!power": [says("busy power warming up\n")] * 9})).running() as world:
        await world.up()
        outcome = await world.session.ask(world.command("power", True, within=1.0))
        assert result(outcome) == (Result.REFUSED, "warming up")
        assert world.toy.commands() == ["!power on"] * 2


async def test_a_wish_that_waits_for_a_busy_device_gives_way_to_a_newer_one() -> None:
    async with World(Toy(moods={"!power": [says("busy power warming up\n")]})).running() as world:
        await world.up()
        older = world.ask(world.command("power", True, id="older"))
        world.toy.moved.clear()
        await world.toy.moved.wait()
        newer = await world.session.ask(world.command("power", False, id="newer"))
        assert ((await older).result, newer.result) == (Result.SUPERSEDED, Result.VERIFIED)
        assert world.toy.commands() == ["!power on", "!power off"]


async def test_the_line_rests_after_a_command_that_needs_it() -> None:
    async with World(Toy(), options={"settle": 3.0}).running() as world:
        await world.up()
        power = world.ask(world.command("power", True, id="a"))
        world.toy.moved.clear()
        await world.toy.moved.wait()
        assert (await world.session.ask(world.command("input", "hdmi2", id="b"))).result is Result.VERIFIED
        assert (await power).result is Result.VERIFIED
        sent = {line: at for at, line in world.toy.heard}
        assert sent["!input hdmi2"] - sent["!power on"] == pytest.approx(3.0)


async def test_the_gap_between_an_answer_and_the_next_request_is_kept() -> None:
    async with World(Toy(), spec=spec(gap=0.05)).running() as world:
        await world.up()
        await world.session.ask(world.command("power", True))
        times = [at for at, _ in world.toy.heard]
        assert all(later - sooner >= 0.05 - 1e-6 for sooner, later in pairwise(times))


async def test_the_asker_may_go_away_and_the_answer_still_finds_its_request() -> None:
    async with World(Toy(slow=1.0)).running() as world:
        await world.up()
        asking = world.ask(world.command("power", True, id="gone"))
        world.toy.moved.clear()
        await world.toy.moved.wait()
        asking.cancel()
        assert (await world.session.ask(world.command("input", "hdmi2"))).result is Result.VERIFIED
        assert world.session.counters["timeouts"] == 0


async def test_urgent_commands_pass_waiting_ones_but_never_the_one_in_flight() -> None:
    async with World(Toy(slow=0.5)).running() as world:
        await world.up()
        asked = [
            world.ask(world.command("volume", 5, id="flying", priority=Priority.RECONCILE)),
            world.ask(world.command("input", "hdmi2", id="scene", priority=Priority.SCENE)),
            world.ask(world.command("power", True, id="alarm", priority=Priority.ALARM)),
        ]
        await asyncio.gather(*asked)
        assert world.toy.commands() == ["!volume 5", "!power on", "!input hdmi2"]


async def test_of_many_quick_wishes_only_the_first_and_the_last_are_sent() -> None:
    async with World(Toy(slow=0.5)).running() as world:
        await world.up()
        asked = [world.ask(world.command("volume", level, id=str(level))) for level in range(1, 6)]
        outcomes = await asyncio.gather(*asked)
        assert world.toy.commands() == ["!volume 1", "!volume 5"]
        assert [outcome.result for outcome in outcomes] == [Result.DONE, *[Result.SUPERSEDED] * 3, Result.VERIFIED]
        assert world.session.counters["superseded"] == 3


async def test_what_waits_past_its_deadline_is_reported_and_never_sent() -> None:
    async with World(Toy(slow=1.5)).running() as world:
        await world.up()
        flying = world.ask(world.command("volume", 5, id="flying"))
        late = world.ask(world.command("power", True, id="late", within=1.0))
        assert (await late).result is Result.EXPIRED
        await flying
        assert world.toy.commands() == ["!volume 5"]
        assert world.session.counters["expired"] == 1


TILE = {"rows": 2, "columns": 2, "position": 3}


async def test_a_command_of_several_requests_keeps_the_order_and_the_rest_between_them() -> None:
    async with World(Toy(), options={"settle": 1.0}).running() as world:
        await world.up()
        outcome = await world.session.ask(replace(world.command("power", True), verb="tile", args=TILE))
        assert outcome.result is Result.VERIFIED
        assert world.toy.heard[-3:] == [(0.0, "!wall on"), (1.0, "!tile 2x2:3"), (1.0, "?tile")]


async def test_a_refused_first_step_stops_the_command_and_the_line_need_not_rest() -> None:
    toy = Toy(moods={"!wall": [says("no wall locked\n")]})
    async with World(toy, options={"settle": 1.0}).running() as world:
        await world.up()
        outcome = await world.session.ask(replace(world.command("power", True), verb="tile", args=TILE))
        assert result(outcome) == (Result.REFUSED, "locked")
        assert toy.commands() == ["!wall on"]


async def test_a_refused_command_needs_no_rest() -> None:
    toy = Toy(moods={"!power": [says("no power locked\n")]})
    async with World(toy, options={"settle": 1.0}).running() as world:
        await world.up()
        await world.session.ask(world.command("power", True))
        await world.session.ask(world.command("volume", 5))
        assert [at for at, line in toy.heard if line.startswith("!")] == [0.0, 0.0]


async def test_a_question_that_already_waits_goes_first_when_the_state_is_in_doubt() -> None:
    async with World(Toy(moods={"!power": [silence]})).running() as world:
        await world.up()
        await world.clock.sleep(4.0)
        lost = world.ask(world.command("power", True, id="lost"))
        await world.clock.sleep(1.5)
        next_one = world.ask(world.command("volume", 5, id="next"))
        await asyncio.gather(lost, next_one)
        after = world.toy.lines()[world.toy.lines().index("!power on") + 1 :]
        assert after[0] == "?power"


async def test_the_gap_is_kept_after_a_lost_answer_too() -> None:
    async with World(Toy(moods={"!power": [silence]}), spec=spec(gap=0.05)).running() as world:
        await world.up()
        await world.session.ask(world.command("power", True))
        await world.up()
        sent = next(place for place, (_, line) in enumerate(world.toy.heard) if line == "!power on")
        assert world.toy.heard[sent + 1][0] - world.toy.heard[sent][0] >= 2.05 - 1e-6
