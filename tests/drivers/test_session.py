"""Commands and answers over a link in memory: what belongs together, what is only accepted, what is proved."""

from __future__ import annotations

import pytest

from drivers.model import DeviceState, Outcome, Priority, Reading, Result
from tests.drivers.toy import Toy, World, says, silence
from tests.fakes import EPOCH_NS


def result(outcome: Outcome) -> tuple[Result, str]:
    return outcome.result, outcome.detail


async def test_a_device_comes_up_step_by_step_and_its_state_is_published_with_our_time() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        assert world.states() == [
            DeviceState.DIALLING, DeviceState.IDENTIFYING, DeviceState.IDENTIFYING, DeviceState.UP,
        ]  # fmt: skip
        assert [item for item in world.published if isinstance(item, Reading)] == [
            Reading(f"toy.{name}", value, EPOCH_NS, EPOCH_NS, 0.0)
            for name, value in (("serial", "T1-7"), ("power", "off"), ("input", "hdmi1"))
        ]


async def test_on_an_idle_link_the_bytes_leave_before_the_asker_first_waits() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        asking = world.session.ask(world.command("power", True))
        waits_for = asking.send(None)
        assert world.tap.last("toy", 1)[0].data == b"!power on\n"
        assert waits_for is not None
        asking.close()


async def test_an_accepted_command_is_proved_by_what_the_device_says_next() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        outcome = await world.session.ask(world.command("power", True, id="c7"))
        assert outcome == Outcome("c7", Result.VERIFIED, "", world.clock.now())
        assert world.toy.lines()[-2:] == ["!power on", "?power"]


async def test_acceptance_is_not_state() -> None:
    toy = Toy(moods={"!power": [says("ok power on\n")]})
    async with World(toy).running() as world:
        await world.up()
        outcome = await world.session.ask(world.command("power", True))
        assert "on" not in world.readings("power")
        assert outcome.result is Result.FAILED
        assert outcome.detail == "the device did not act on it: power reads off and not on"


async def test_a_value_on_its_way_is_neither_proved_nor_refuted() -> None:
    toy = Toy(moods={"!power": [says("ok power on\n")]})
    async with World(toy).running() as world:
        await world.up()
        toy.values["power"] = "warming"
        outcome = await world.session.ask(world.command("power", True))
        assert result(outcome) == (Result.DONE, "accepted; power reads warming and not on")


async def test_a_device_that_acts_a_moment_later_is_looked_at_again() -> None:
    toy = Toy(moods={"!power": [says("ok power on\n")]})
    async with World(toy).running() as world:
        await world.up()
        asking = world.ask(world.command("power", True))
        await world.until(lambda: world.readings("power")[1:] == ["off"])
        toy.values["power"] = "on"
        assert (await asking).result is Result.VERIFIED


async def test_a_device_that_tells_changes_by_itself_is_not_asked() -> None:
    async def acts_and_tells(line: str) -> str:
        return f"{toy.obey(line)}power = on\n"

    toy = Toy(moods={"!power": [acts_and_tells]})
    async with World(toy, options={"pushes": True}).running() as world:
        await world.up()
        assert (await world.session.ask(world.command("power", True))).result is Result.VERIFIED
        assert toy.lines()[-1] == "!power on"


async def test_a_device_that_should_tell_and_does_not_is_asked_in_the_end() -> None:
    async with World(Toy(), options={"pushes": True}).running() as world:
        await world.up()
        assert (await world.session.ask(world.command("power", True))).result is Result.VERIFIED
        assert world.toy.lines()[-3:] == ["!power on", "?power", "?input"]


async def test_news_is_not_mistaken_for_the_answer() -> None:
    async def someone_presses_a_button(line: str) -> str:
        return f"input = hdmi2\npower = off\n{toy.obey(line)}"

    toy = Toy(moods={"!power": [someone_presses_a_button]})
    async with World(toy).running() as world:
        await world.up()
        outcome = await world.session.ask(world.command("power", True))
        assert outcome.result is Result.VERIFIED
        assert world.readings("input") == ["hdmi1", "hdmi2"]
        assert world.readings("power") == ["off", "off", "on"]


async def test_bytes_may_come_in_any_chopping() -> None:
    async def dribble(line: str) -> str:
        for letter in toy.obey(line):
            await toy.say(letter)
        return ""

    toy = Toy(moods={mood: [dribble] * 9 for mood in ("?power", "?input", "?serial", "!power")})
    async with World(toy).running() as world:
        await world.up()
        assert (await world.session.ask(world.command("power", True))).result is Result.VERIFIED
        assert world.session.counters["garbage"] == 0


async def test_a_lost_answer_is_unsure_and_the_state_is_read_at_once() -> None:
    async def acts_but_the_answer_is_lost(line: str) -> str:
        toy.obey(line)
        return ""

    toy = Toy(moods={"!power": [acts_but_the_answer_is_lost]})
    async with World(toy).running() as world:
        await world.up()
        asked_at = world.clock.mono()
        outcome = await world.session.ask(world.command("power", True))
        assert result(outcome) == (
            Result.UNSURE, "no answer about set power in 2 s; whether it has taken is being read",
        )  # fmt: skip
        await world.until(lambda: world.readings("power")[-1] == "on")
        assert world.clock.mono() - asked_at == pytest.approx(2.0)
        assert world.states()[-1] is DeviceState.DEGRADED
        await world.up()
        assert world.session.counters["timeouts"] == 1


async def test_a_late_answer_cannot_complete_the_next_request() -> None:
    async def late(line: str) -> str:
        await world.clock.sleep(2.5)
        return toy.obey(line)

    toy = Toy(moods={"!input": [late, says("no input locked\n")]})
    async with World(toy).running() as world:
        await world.up()
        first = world.ask(world.command("input", "hdmi2", id="first"))
        await world.until(lambda: world.session.counters["timeouts"] == 1)
        second = await world.session.ask(world.command("input", "hdmi3", id="second", priority=Priority.ALARM))
        assert (await first).result is Result.UNSURE
        assert result(second) == (Result.REFUSED, "locked")


async def test_a_late_bare_answer_cannot_complete_the_next_request_either() -> None:
    async def late(line: str) -> str:
        await world.clock.sleep(2.5)
        toy.obey(line)
        return "ACK\n"

    async def never(line: str) -> str:
        return ""

    toy = Toy(moods={"!input": [late, never]})
    async with World(toy).running() as world:
        await world.up()
        first = world.ask(world.command("input", "hdmi2", id="first"))
        await world.until(lambda: world.session.counters["timeouts"] == 1)
        second = await world.session.ask(world.command("input", "hdmi3", id="second", priority=Priority.ALARM))
        assert (await first).result is Result.UNSURE
        assert second.result is Result.UNSURE


async def test_a_refusal_says_why_and_is_counted() -> None:
    async with World(Toy(moods={"!power": [says("no power locked by the remote\n")]})).running() as world:
        await world.up()
        assert result(await world.session.ask(world.command("power", True))) == (Result.REFUSED, "locked by the remote")
        assert world.session.counters["refused"] == 1
        assert world.states()[-1] is DeviceState.UP


async def test_what_the_device_cannot_do_is_said_and_not_sent() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        command = world.command("power", True)
        unknown = type(command)("c", "toy", "freeze", {"on": True}, "ani", "test", 0, command.deadline)
        badly = type(command)("c", "toy", "power", {"on": "yes"}, "ani", "test", 0, command.deadline)
        assert result(await world.session.ask(unknown)) == (Result.FAILED, "a toy has no freeze")
        assert result(await world.session.ask(badly)) == (Result.FAILED, "power: on must be bool, not 'yes'")
        assert world.toy.commands() == []


async def test_what_was_already_so_is_not_proved_by_what_was_said_before() -> None:
    toy = Toy(moods={"?power": [says("power = on\n"), *[says("power -\n")] * 9]})
    async with World(toy).running() as world:
        await world.up()
        outcome = await world.session.ask(world.command("power", True))
        assert result(outcome) == (Result.DONE, "accepted; it could not be read back")


async def test_a_command_that_a_newer_one_has_undone_has_not_failed() -> None:
    toy = Toy(moods={"!power": [says("ok power on\n")]})
    async with World(toy).running() as world:
        await world.up()
        older = world.ask(world.command("power", True, id="older"))
        await world.until(lambda: world.readings("power") == ["off", "off"])
        newer = await world.session.ask(world.command("power", False, id="newer"))
        assert newer.result is Result.VERIFIED
        assert result(await older) == (Result.DONE, "accepted; it could not be read back before what came next")


async def test_a_command_that_was_accepted_before_the_line_broke_is_done_and_not_proved() -> None:
    async def accepts_and_goes(line: str) -> str:
        await toy.say(toy.obey(line))
        await world.far[-1].close()
        return ""

    toy = Toy(moods={"!power": [accepts_and_goes]})
    async with World(toy).running() as world:
        await world.up()
        outcome = await world.session.ask(world.command("power", True))
        assert result(outcome) == (Result.DONE, "accepted; the connection ended before it could be read back")
        assert world.clock.mono() == 0.0


async def test_a_device_that_tells_nothing_more_has_not_refuted_the_command() -> None:
    toy = Toy(moods={"?power": [says("power = off\n"), *[says("power -\n")] * 9]})
    async with World(toy).running() as world:
        await world.up()
        outcome = await world.session.ask(world.command("power", True))
        assert result(outcome) == (Result.DONE, "accepted; it could not be read back")


async def test_a_line_that_breaks_while_the_proof_is_read_ends_the_wait() -> None:
    async def goes(_line: str) -> str:
        await world.far[-1].close()
        return ""

    toy = Toy()
    async with World(toy, options={"pushes": True}).running() as world:
        await world.up()
        toy.moods["?power"] = [goes]
        outcome = await world.session.ask(world.command("power", True))
        assert result(outcome) == (Result.DONE, "accepted; the connection ended before it could be read back")


async def test_after_a_lost_answer_the_next_command_of_its_kind_is_answered_as_ever() -> None:
    async with World(Toy(moods={"!input": [silence]})).running() as world:
        await world.up()
        assert (await world.session.ask(world.command("input", "hdmi2", id="lost"))).result is Result.UNSURE
        await world.up()
        assert (await world.session.ask(world.command("input", "hdmi3", id="next"))).result is Result.VERIFIED


async def test_a_broadcast_counts_only_when_it_is_read_back() -> None:
    async def acts_silently(line: str) -> str:
        toy.obey(line)
        return ""

    toy = Toy(moods={"!power": [acts_silently, acts_silently], "!input": [silence]})
    async with World(toy, options={"broadcast": True}).running() as world:
        await world.up()
        assert (await world.session.ask(world.command("power", True))).result is Result.VERIFIED
        assert (await world.session.ask(world.command("input", "hdmi2"))).result is Result.FAILED
        toy.moods["?power"] = [says("power -\n")] * 9
        outcome = await world.session.ask(world.command("power", False))
        assert result(outcome) == (Result.UNSURE, "sent to a device that acknowledges nothing; nothing proves it")
        assert world.session.counters["timeouts"] == 0
