"""Replies: found by who sent them and by their code, written down, and an acknowledgement only where all agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.alarms.alarm import Alarm, Disposition
from gateway.alarms.lifecycle import NotAllowed
from gateway.auth.roles import Actor
from gateway.notify.replies import Answer, Replies, same_address
from gateway.notify.roster import Roster
from tests.gateway.notify_world import FLOOD, World, flood, roster

ANI, BUDI = "+6281100000001", "budi@bengkulu.example"


class Alarms:
    """One alarm, and who has acknowledged it."""

    def __init__(self) -> None:
        self.stands = FLOOD
        self.acked: list[tuple[str, str, str]] = []

    def alarm(self, alarm: str) -> Alarm:
        assert alarm == FLOOD.id
        return self.stands

    def acknowledge(self, alarm: str, actor: Actor, note: str, disposition: Disposition, *, station: str) -> Alarm:
        if self.acked:
            raise NotAllowed(f"{alarm} is acknowledged already")
        self.acked.append((actor.name, note, station))
        return self.stands


async def sent(folder: Path, roster_: Roster, *, step: str = "s1") -> tuple[World, Alarms, Replies]:
    """Return a world in which everybody was told."""
    world, alarms = World(folder, roster_=roster_), Alarms()
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step=step, valid=600)
        await world.done()
    replies = Replies(
        world.notifier, queue=world.queue, rows=world.store, alarms=alarms, clock=world.clock, audit=world.audit
    )  # fmt: skip
    return world, alarms, replies


@pytest.mark.parametrize("text", ["OK 4711", "ok 4711", "SIAP", "1", "Siap, 4711", "oke"])
async def test_a_yes_of_somebody_who_may_acknowledges(text: str, tmp_path: Path) -> None:
    world, alarms, replies = await sent(tmp_path, roster(acknowledge_by_reply=True))
    reply = replies.from_address("wa", "0811-0000-0001", text)
    assert (reply.answer, alarms.acked) == (Answer.ACKNOWLEDGED, [("ani", text, "wa")])
    (told,) = world.told()
    assert [(each.person, each.reply) for each in told.deliveries if each.channel == "wa"] == [("ani", text)]
    assert ("reply", text) in [(each.what, each.detail) for each in told.attempts]
    (event,) = world.events("notify.reply")
    assert (event.subject, event.outcome) == ("s1", "acknowledged")
    world.store.close()


@pytest.mark.parametrize(
    ("channel", "address", "text", "why"),
    [
        ("wa", ANI, "sedang di jalan", "neither OK nor SIAP"),
        ("email", BUDI, "OK 4711", "may not acknowledge"),
    ],
)
async def test_every_other_reply_is_recorded_and_changes_nothing(
    channel: str, address: str, text: str, why: str, tmp_path: Path
) -> None:
    world, alarms, replies = await sent(tmp_path, roster(acknowledge_by_reply=True))
    reply = replies.from_address(channel, address, text)
    assert (reply.answer, why in reply.detail, alarms.acked) == (Answer.RECORDED, True, [])
    assert world.queue.counters[channel, "replies"] == 1
    world.store.close()


@pytest.mark.parametrize(
    ("channel", "address", "text"),
    [("wa", "+6289999999999", "OK 4711"), ("wa", ANI, "OK 9999"), ("sms", ANI, "OK 4711")],
)
async def test_a_stranger_and_an_unknown_code_answer_nothing(
    channel: str, address: str, text: str, tmp_path: Path
) -> None:
    world, alarms, replies = await sent(tmp_path, roster(acknowledge_by_reply=True))
    assert replies.from_address(channel, address, text).answer is Answer.UNKNOWN
    assert alarms.acked == []
    assert [event.outcome for event in world.events("notify.reply")] == ["unknown"]
    world.store.close()


async def test_a_site_that_does_not_ask_for_it_is_not_acknowledged_by_replies(tmp_path: Path) -> None:
    world, alarms, replies = await sent(tmp_path, roster())
    assert replies.from_address("wa", ANI, "OK 4711").answer is Answer.RECORDED
    assert alarms.acked == []
    world.store.close()


async def test_a_reply_to_what_is_over_or_acknowledged_already_is_only_recorded(tmp_path: Path) -> None:
    world, alarms, replies = await sent(tmp_path, roster(acknowledge_by_reply=True))
    alarms.stands = flood(occurrence="banjir@2")
    assert replies.from_address("wa", ANI, "OK").detail == "the alarm that it tells of is over"
    alarms.stands = FLOOD
    assert replies.from_address("wa", ANI, "OK").answer is Answer.ACKNOWLEDGED
    again = replies.from_address("wa", ANI, "OK")
    assert (again.answer, "acknowledged already" in again.detail) == (Answer.RECORDED, True)
    world.store.close()


async def test_a_program_answers_by_the_delivery_that_it_was_given(tmp_path: Path) -> None:
    world, _, replies = await sent(tmp_path, roster(acknowledge_by_reply=True))
    (delivery,) = world.channels["wa"].sent
    assert replies.to_delivery(delivery.id, "OK").answer is Answer.ACKNOWLEDGED
    assert replies.to_delivery("nothing", "OK").answer is Answer.UNKNOWN
    world.store.close()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+6281100000001", "081100000001", True),
        ("+62 811-0000-0001", "6281100000001", True),
        ("+6281100000001", "+6281100000002", False),
        ("112", "112", True),
        ("112", "0112", False),
        ("a@b", "a@b", True),
        ("Telkom", "+6281100000001", False),
    ],
)
def test_numbers_are_the_same_however_the_network_writes_them(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same
