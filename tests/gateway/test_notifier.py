"""Notification: whoever is on call is told once, in time or not at all, whatever the channels and the process do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.errors import NotifyError
from gateway.notify import queue as queues
from gateway.notify.delivery import DeliveryState
from gateway.notify.errors import ChannelAway, ChannelRefuses, Undeliverable
from gateway.notify.listing import Wanted
from tests.gateway.notify_world import FLOOD, World, roster

SENT, EXPIRED = DeliveryState.SENT, DeliveryState.EXPIRED


async def test_everybody_on_the_list_is_told_over_every_channel_of_theirs(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.running():
        told = world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
        await world.done()
    assert told == "Ani (email and wa), Budi (email)"
    assert world.states() == [("ani", "email", SENT), ("ani", "wa", SENT), ("budi", "email", SENT)]
    assert [each.message.language for each in world.channels["email"].sent] == ["id", "en"]
    assert [(event.outcome, event.subject) for event in world.events("notify.delivery")] == [("sent", "s1")] * 3
    world.store.close()


async def test_asking_twice_is_asking_once_before_and_after_the_commit_and_after_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
    assert world.notifier.notify(FLOOD, "siaga", step="s1", valid=600) == first
    world.store.close()
    again = World(tmp_path, clock=world.clock)
    assert again.notifier.notify(FLOOD, "siaga", step="s1", valid=600) == first
    async with again.running():
        await again.done()
    assert again.channels["email"].to == ["ani", "budi"]
    again.store.close()


async def test_what_is_stale_is_never_sent_and_is_recorded_as_expired(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["email"].for_ever = ChannelAway("down")
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=300)
        await world.done()
        world.channels["email"].for_ever = None
        world.notifier.notify(FLOOD, "siaga", step="s2", valid=300)
        await world.done()
    assert [each.notification for each in world.channels["email"].sent] == ["s2", "s2"]
    page = world.listing.page(Wanted(state="expired"), limit=9)
    assert [(told.notification.id, [d.state for d in told.deliveries]) for told in page] == [
        ("s1", [EXPIRED, SENT, EXPIRED])
    ]
    assert "down" in page[0].deliveries[0].detail
    assert world.queue.counters["email", "expired"] == 2
    assert [event.outcome for event in world.events("notify.delivery")].count("expired") == 2
    world.store.close()


async def test_a_process_that_was_away_too_long_sends_nothing_of_what_it_finds(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.notifier.notify(FLOOD, "siaga", step="s1", valid=300)
    world.store.close()
    world.clock.advance(301)
    again = World(tmp_path, clock=world.clock)
    async with again.running():
        await again.done()
    assert (again.channels["email"].sent, again.channels["wa"].sent) == ([], [])
    assert {state for *_, state in again.states()} == {EXPIRED}
    again.store.close()


async def test_one_dead_channel_does_not_hold_the_others_and_a_person_hears_of_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["email"].for_ever = ChannelAway("connection refused")
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=3000)
        await world.until(lambda: world.channels["wa"].sent)
        await world.until(lambda: world.repairs.open())
        (repair,) = world.repairs.open()
        assert (repair.id, repair.detail) == ("notify.channel:email", "connection refused")
        world.channels["email"].for_ever = None
        await world.done()
    assert world.repairs.open() == []
    assert world.channels["email"].to == ["ani", "budi"] or world.channels["email"].to == ["budi", "ani"]
    world.store.close()


async def test_a_refused_login_rests_for_a_minute_and_nothing_is_lost(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["wa"].says = [ChannelRefuses("bad token")]
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=3000)
        await world.until(lambda: world.repairs.open())
        at = world.clock.mono()
        await world.done()
    assert world.clock.mono() - at >= 59
    assert world.channels["wa"].to == ["ani"]
    world.store.close()


async def test_an_address_that_is_refused_fails_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["email"].says = [Undeliverable("550 no such user")]
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
        await world.done()
    assert world.channels["email"].to == ["budi"]
    assert ("ani", "email", DeliveryState.FAILED) in world.states()
    assert world.repairs.open() == []
    world.store.close()


async def test_a_message_that_the_channel_chokes_on_does_not_stand_before_the_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["email"].says = [ChannelAway("451 try later"), None, ChannelAway("451 try later"), None]
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
        await world.done()
    assert world.channels["email"].to == ["budi", "ani"]
    world.store.close()


async def test_the_pauses_of_a_channel_that_is_away_grow(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["wa"].for_ever = ChannelAway("down")
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=4 * 3600)
        await world.clock.sleep(3600)
        (waiting,) = world.queue.open("wa")
    assert 3600 / 302 < waiting.tries < 60
    world.store.close()


async def test_what_is_withdrawn_is_not_sent(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["email"].for_ever = ChannelAway("down")
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
        await world.until(lambda: world.channels["wa"].sent)
        world.notifier.withdraw("s1", why="acknowledged by ani")
        world.notifier.withdraw("s1", why="again")
        await world.done()
    (told,) = world.told()
    assert told.notification.withdrawn == "acknowledged by ani"
    assert [each.state for each in told.deliveries] == [DeliveryState.WITHDRAWN, SENT, DeliveryState.WITHDRAWN]
    assert [event.outcome for event in world.events("notify.withdraw")] == ["withdrawn"]
    world.store.close()


async def test_what_was_being_sent_when_the_process_ended_is_sent_again_and_says_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["wa"].hangs = asyncio.Event()
    async with world.running():
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
        await world.until(lambda: world.channels["wa"].begun.is_set() and len(world.channels["email"].sent) == 2)
        rows = world.store.query("SELECT channel, state FROM delivery ORDER BY place")
        assert rows == [("email", "sent"), ("wa", "sending"), ("email", "sent")]
        [(doubtful,)] = world.store.query("SELECT id FROM delivery WHERE channel = 'wa'")
    world.store.submit("UPDATE delivery SET state = 'sending' WHERE id = ?", (doubtful,))  # as a kill leaves it
    world.store.close()
    again = World(tmp_path, clock=world.clock)
    assert again.queue.counters["wa", "doubtful"] == 1
    async with again.running():
        await again.done()
    assert (again.channels["email"].sent, again.channels["wa"].to) == ([], ["ani"])
    (told,) = again.told()
    assert any("cut off while sending" in each.detail for each in told.attempts)
    again.store.close()


async def test_nobody_on_call_an_unknown_list_and_a_full_queue_are_told_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "MOST_OPEN", 30)
    hours = [{"days": ["sun"], "since": "01:00", "until": "02:00"}]
    lists = [{"id": "siaga", "name": "x", "entries": [{"person": "ani", "channels": ["email"], "hours": hours}]}]
    world = World(tmp_path, roster_=roster(lists=lists))
    with pytest.raises(NotifyError, match="nobody of call list siaga"):
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
    with pytest.raises(NotifyError, match="no call list 'other'"):
        world.notifier.notify(FLOOD, "other", step="s2", valid=600)
    world.notifier.roster = roster()
    for n in range(10):
        world.notifier.notify(FLOOD, "siaga", step=f"n{n}", valid=600)
    with pytest.raises(NotifyError, match="wait already"):
        world.notifier.notify(FLOOD, "siaga", step="s3", valid=600)
    assert world.queue.counters["wa", "overflow"] == 1
    assert [event.outcome for event in world.events("notify.queue")][-1] == "failed"
    world.store.close()


async def test_a_test_goes_to_one_person_and_is_marked_as_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.running():
        made = world.notifier.test(person="ani", channel="wa", by="teknisi")
        await world.done()
    (delivery,) = world.channels["wa"].sent
    assert (delivery.notification, delivery.message.subject) == (made.id, "[LATIHAN] Uji pemberitahuan")
    assert world.events("notify.queue")[-1].actor == "teknisi"
    for person, channel in (("ani", "off"), ("budi", "wa"), ("nobody", "email")):
        with pytest.raises(NotifyError, match=r"notify\.yaml"):
            world.notifier.test(person=person, channel=channel, by="teknisi")
    world.store.close()


async def test_who_would_be_told_is_known_without_telling(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert list(world.notifier.would_notify("siaga", world.clock.now())) == ["Ani (email and wa)", "Budi (email)"]
    assert world.queue.open() == []
    world.store.close()


async def test_two_of_one_name_are_two_and_a_horn_is_named_by_its_channel(tmp_path: Path) -> None:
    persons = [{"id": each, "name": "Nama Contoh", "addresses": {"email": f"{each}@bengkulu.example"}} for each in "ab"]
    entries = [*({"person": each, "channels": ["email"]} for each in "ab"), {"channels": ["wa"]}]
    world = World(tmp_path, roster_=roster(persons=persons, lists=[{"id": "siaga", "name": "x", "entries": entries}]))
    told = world.notifier.notify(FLOOD, "siaga", step="s1", valid=600)
    assert told == "Nama Contoh (email), Nama Contoh (email), wa"
    world.store.close()


async def test_a_channel_that_hangs_is_given_up_when_the_news_is_stale(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.channels["wa"].hangs = asyncio.Event()
    async with world.running():
        began = world.clock.mono()
        world.notifier.notify(FLOOD, "siaga", step="s1", valid=30)
        await world.done()
    assert world.clock.mono() - began < 31
    assert ("ani", "wa", EXPIRED) in world.states()
    world.store.close()
