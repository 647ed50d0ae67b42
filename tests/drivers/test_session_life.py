"""How a talk with a device begins, how it goes wrong, what is shown of it, and how it begins again."""

from __future__ import annotations

import asyncio

import pytest

from drivers.conversation import Garbled, LoginRefused, Unanswered
from drivers.errors import BadConfig, LinkError, WrongDevice
from drivers.model import DeviceState, DeviceStatus, Result
from tests.drivers.toy import Toy, World, says, silence, spec


async def test_polls_take_no_more_than_a_fifth_of_the_links_time() -> None:
    async with World(Toy(slow=0.5), spec=spec(poll_every=1.0)).running() as world:
        await world.up()
        began, before = world.clock.mono(), len(world.toy.heard)
        await world.until(lambda: len(world.toy.heard) >= before + 20)
        busy = 0.5 * (len(world.toy.heard) - before)
        assert busy / (world.clock.mono() - began) <= 0.21


async def test_a_quick_device_is_polled_as_often_as_its_driver_says() -> None:
    async with World(Toy()).running() as world:
        await world.until(lambda: len(world.readings("power")) == 4)
        assert [at for at, line in world.toy.heard if line == "?power"] == pytest.approx([0.0, 5.0, 10.0, 15.0])


async def test_a_question_that_is_never_answered_costs_no_more_than_the_share_of_polls() -> None:
    toy = Toy(moods={"?input": [silence] * 99})
    async with World(toy).running() as world:
        await world.until(lambda: world.clock.mono() > 200.0)
        unanswered = 2.0 * toy.lines().count("?input")
        assert unanswered / world.clock.mono() <= 0.22
        assert world.session.status.state is DeviceState.DEGRADED
        assert world.session.status.reason == "no answer about input in 2 s"
        assert world.error is None


async def test_a_device_that_falls_silent_is_shown_within_ten_seconds_and_dialled_again() -> None:
    toy = Toy()
    async with World(toy).running() as world:
        await world.up()
        toy.moods = {"?power": [silence] * 9, "?input": [silence] * 9}
        since = world.clock.mono()
        error = await world.ended()
        assert isinstance(error, Unanswered)
        assert world.clock.mono() - since < 10.0
        assert world.session.status.state is DeviceState.SILENT
        assert world.session.status.reason == "no answer about input in 2 s"
        toy.moods = {}
        await world.again()
        await world.up()
        assert world.states()[-3:] == [DeviceState.DEGRADED, DeviceState.SILENT, DeviceState.UP]
        assert world.session.counters["reconnects"] == 1


async def test_after_an_outage_nothing_is_replayed() -> None:
    toy = Toy(slow=1.0)
    async with World(toy).running() as world:
        await world.up()
        flying = world.ask(world.command("power", True, id="flying"))
        waiting = world.ask(world.command("input", "hdmi2", id="waiting"))
        toy.moved.clear()
        await toy.moved.wait()
        await world.far[-1].close()
        outcomes = [await flying, await waiting]
        assert [outcome.result for outcome in outcomes] == [Result.UNSURE, Result.FAILED]
        assert outcomes[1].detail == "the connection to toy ended: the other end closed the link"
        while_down = await world.session.ask(world.command("volume", 9))
        assert while_down.result is Result.FAILED
        assert while_down.detail == "toy is not connected (dialling: the other end closed the link)"
        toy.heard.clear()
        await world.again()
        await world.up()
        await world.until(lambda: world.clock.mono() > 60.0)
        assert toy.commands() == []


async def test_a_command_before_the_state_is_known_is_refused_at_once() -> None:
    async with World(Toy(slow=1.0)).running() as world:
        await world.until(lambda: world.session.status.state is DeviceState.IDENTIFYING)
        outcome = await world.session.ask(world.command("power", True))
        assert (outcome.result, outcome.detail) == (Result.FAILED, "toy is not connected (identifying)")
        assert world.toy.commands() == []


async def test_a_device_that_speaks_first_is_heard_before_it_is_asked() -> None:
    async with World(Toy(greets=True), spec=spec(speaks_first=True)).running() as world:
        await world.up()
        assert world.states()[:3] == [DeviceState.DIALLING, DeviceState.AUTHENTICATING, DeviceState.IDENTIFYING]


async def test_a_device_that_should_greet_and_does_not_is_silent() -> None:
    async with World(Toy(), spec=spec(speaks_first=True)).running() as world:
        assert isinstance(await world.ended(), Unanswered)
        assert world.session.status.state is DeviceState.SILENT
        assert world.session.status.reason == "connected, but no greeting came in 3 s"
        assert world.toy.lines() == []


async def test_a_refused_login_says_what_to_correct_and_that_hammering_is_no_use() -> None:
    async with World(Toy(moods={"?serial": [says("denied\n")]})).running() as world:
        error = await world.ended()
        assert isinstance(error, LoginRefused)
        assert error.permanent
        assert world.session.status == DeviceStatus(
            "toy", DeviceState.REFUSED, world.clock.now(), "the toy refuses the password",
            "correct the login in the device's options; the next attempt comes late",
        )  # fmt: skip


async def test_a_wrong_device_is_told_nothing_and_nothing_it_says_is_published() -> None:
    async with World(Toy(), options={"expect_serial": "T1-8"}).running() as world:
        assert isinstance(await world.ended(), WrongDevice)
        assert world.session.status.state is DeviceState.WRONG_DEVICE
        assert "says that its serial is T1-7; the site file expects T1-8" in world.session.status.reason
        assert (await world.session.ask(world.command("power", True))).result is Result.FAILED
        assert world.toy.lines() == ["?serial"]
        assert world.readings("serial") == []


async def test_a_device_that_hides_what_it_should_be_known_by_is_not_commanded() -> None:
    toy = Toy(moods={"?serial": [says("serial -\n")]})
    async with World(toy, options={"expect_serial": "T1-7"}).running() as world:
        error = await world.ended()
        assert isinstance(error, WrongDevice)
        assert "does not tell its serial" in str(error)


async def test_options_that_cannot_be_are_named_without_their_value() -> None:
    async with World(Toy(), options={"settle": "hunter2"}).running() as world:
        error = await world.ended()
        assert isinstance(error, BadConfig)
        assert world.session.status.state is DeviceState.BAD_CONFIG
        assert world.session.status.reason == "toy: option settle: Input should be a valid number"
        assert world.far == []


async def test_a_little_garbage_is_counted_and_shown_and_does_no_harm() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        await world.toy.say("%%%\ninput = hdmi2\n")
        await world.until(lambda: world.readings("input")[-1] == "hdmi2")
        assert world.clock.mono() == 0.0
        assert world.session.status.state is DeviceState.DEGRADED
        assert world.session.status.reason == "it sent what its protocol does not allow: no such line: '%%%'"
        assert (await world.session.ask(world.command("power", True))).result is Result.VERIFIED
        await world.up()
        assert world.session.counters["garbage"] == 1


async def test_garbage_that_repeats_comes_with_a_hint() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        await world.toy.say("%%%\n")
        await world.toy.say("%%%\n")
        await world.until(lambda: world.session.status.hint.startswith("check driver and model"))
        assert world.session.status.reason == "it keeps sending what its protocol does not allow"


async def test_only_garbage_leads_to_a_new_connection_with_a_clean_driver() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        for _ in range(5):
            await world.toy.say("%%%\n")
        assert isinstance(await world.ended(), Garbled)
        await world.again()
        await world.up()
        assert world.session.counters["garbage"] == 5


async def test_garbage_between_good_answers_does_not_break_the_talk() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        for number in range(8):
            await world.toy.say(f"%%%\ninput = {number}\n")
        await world.until(lambda: world.readings("input")[-1] == 7)
        assert world.session.counters["garbage"] == 8
        assert world.error is None


async def test_silence_that_begins_with_the_last_question_of_a_round_is_found_as_fast() -> None:
    async def falls_silent(_line: str) -> str:
        toy.moods["?power"] = [silence] * 9
        return ""

    toy = Toy()
    async with World(toy).running() as world:
        await world.up()
        toy.moods["?input"] = [falls_silent]
        await world.until(lambda: world.states()[-1] is DeviceState.DEGRADED)
        noticed = world.clock.mono()
        assert isinstance(await world.ended(), Unanswered)
        assert world.clock.mono() - noticed == pytest.approx(2.0)


async def test_another_device_after_an_outage_does_not_live_on_the_first_ones_name() -> None:
    toy = Toy()
    async with World(toy, options={"expect_serial": "T1-7"}).running() as world:
        await world.up()
        await world.far[-1].close()
        await world.ended()
        toy.moods["?serial"] = [says("serial -\n")]
        await world.again()
        assert isinstance(await world.ended(), WrongDevice)


async def test_each_status_is_told_once() -> None:
    async with World(Toy()).running() as world:
        await world.until(lambda: world.clock.mono() > 100.0)
        told = [item for item in world.published if isinstance(item, DeviceStatus)]
        assert len(told) == len({(item.state, item.reason) for item in told}) == 4


async def test_a_failure_stays_on_show_until_the_device_is_up_again() -> None:
    async with World(Toy()).running() as world:
        await world.up()
        await world.far[-1].close()
        assert isinstance(await world.ended(), LinkError)
        assert world.session.status.state is DeviceState.DIALLING
        await world.again()
        await world.up()
        assert world.states()[-2:] == [DeviceState.DIALLING, DeviceState.UP]


async def test_a_device_that_is_switched_off_in_the_site_file_is_not_dialled() -> None:
    world = World(Toy(), enabled=False)
    async with world.running():
        await world.until(lambda: world.states() == [DeviceState.DISABLED])
        assert world.far == []


async def test_stopping_ends_what_waits_and_closes_the_link() -> None:
    world = World(Toy(slow=1.0))
    async with asyncio.timeout(20), world.running():
        await world.up()
        asked = world.ask(world.command("power", True))
        world.toy.moved.clear()
        await world.toy.moved.wait()
    assert asked.result().result is Result.UNSURE
    with pytest.raises(LinkError):
        await world.far[-1].receive()


@pytest.mark.parametrize(
    ("link", "dialled"),
    [
        ("tcp://192.0.2.7", "tcp://192.0.2.7:7"),
        ("tcp://[2001:db8::7]", "tcp://[2001:db8::7]:7"),
        ("tcp://192.0.2.7:99", "tcp://192.0.2.7:99"),
        ("serial:///dev/ttyS0", "serial:///dev/ttyS0"),
    ],
)
async def test_a_link_without_a_port_gets_the_drivers(link: str, dialled: str) -> None:
    async with World(Toy(), link=link).running() as world:
        await world.up()
        assert world.dialled == [dialled]
