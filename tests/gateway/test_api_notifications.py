"""Notifications through the API: the record with its filter and pages, who is on call, tests, replies, and figures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway.api.notifications import masked
from gateway.api.server import Api
from gateway.notify.listing import Listing
from gateway.notify.notifier import Notifier
from gateway.notify.replies import Answer, Reply
from gateway.notify.status import ChannelStatus
from tests.gateway.api_fakes import Hall, serving
from tests.gateway.notify_world import FLOOD, World, roster
from tests.gateway.test_api_metrics import figures

pytestmark = pytest.mark.real


@dataclass
class Replies:
    """Knows one delivery."""

    heard: list[str] = field(default_factory=list)

    def to_delivery(self, delivery: str, text: str) -> Reply:
        if delivery != "d1":
            return Reply(Answer.UNKNOWN, "", "")
        self.heard.append(text)
        return Reply(Answer.ACKNOWLEDGED, delivery, "ani has acknowledged banjir")


class Notices:
    """The real queue and record, without channels."""

    def __init__(self, world: World) -> None:
        self.notifier: Notifier = world.notifier
        self.listing: Listing = world.listing
        self.replies = Replies()

    def channels(self) -> list[ChannelStatus]:
        return [ChannelStatus("email", "smtp", True, 2, "535 who are you", {"sent": 3, "failed.away": 1})]


async def hall_with_notices(folder: Path) -> tuple[Hall, World, Notices]:
    hall, world = Hall(), World(folder)
    notices = Notices(world)
    hall.gateway = replace(hall.gateway, notices=notices)
    hall.api = Api(hall.gateway, "127.0.0.1", 0)
    for number in range(3):
        world.notifier.notify(FLOOD, "siaga", step=f"s{number}/siaga", valid=600)
        world.clock.advance(1)
    return hall, world, notices


async def test_the_record_is_told_page_by_page_and_filtered_without_whole_addresses(tmp_path: Path) -> None:
    hall, world, _ = await hall_with_notices(tmp_path)
    async with serving(hall) as nobody:
        person = nobody.as_program("operator")
        page = (await person.ask("GET", "notifications?limit=2")).body
        assert ([one["id"] for one in page["items"]], page["next"]) == (["s2/siaga", "s1/siaga"], "s1/siaga")
        rest = (await person.ask("GET", "notifications?limit=2&after=s1/siaga")).body
        assert ([one["id"] for one in rest["items"]], rest["next"]) == (["s0/siaga"], None)
        deliveries = page["items"][0]["deliveries"]
        assert [(one["name"], one["channel"], one["address"], one["state"]) for one in deliveries] == [
            ("Ani", "email", "a…@bengkulu.example", "waiting"), ("Ani", "wa", "…0001", "waiting"),
            ("Budi", "email", "b…@bengkulu.example", "waiting"),
        ]  # fmt: skip
        wanted = {"state=sent": 0, "state=waiting": 3, "person=budi&channel=wa": 0, "alarm=banjir": 3, "channel=wa": 3}
        for query, count in wanted.items():
            assert len((await person.ask("GET", f"notifications?{query}")).body["items"]) == count, query
        assert (await person.ask("GET", "notifications?after=lost")).status == 422
        assert (await person.ask("GET", "notifications?state=lost")).status == 422
        one = (await person.ask("GET", "notifications/s0%2Fsiaga")).body
        assert [each["what"] for each in one["attempts"]] == ["waiting"] * 3
        assert (await person.ask("GET", "notifications/lost")).status == 404
    world.store.close()


async def test_who_is_on_call_and_how_channels_stand_is_told(tmp_path: Path) -> None:
    hall, world, _ = await hall_with_notices(tmp_path)
    world.notifier.roster = roster(
        lists=[{"id": "siang", "name": "Siang", "entries": [
            {"person": "ani", "channels": ["email"], "hours": [{"since": "06:00", "until": "18:00"}]}]}],
    )  # fmt: skip
    async with serving(hall) as nobody:
        person = nobody.as_program("leader")
        (listed,) = (await person.ask("GET", "call-lists")).body["items"]
        assert (listed["id"], listed["gaps"][0]) == ("siang", "Monday 00.00-06.00")
        (channel,) = (await person.ask("GET", "channels")).body["items"]
        assert (channel["waiting"], channel["reason"], channel["persons"]) == (2, "535 who are you", ["ani", "budi"])
        told = figures(await person.ask("GET", "/metrics"))
        assert told["semarak_notify_waiting", "email"] == 2
        assert told["semarak_notify_total", "email", "sent"] == 3
    world.store.close()


async def test_the_plant_tries_a_channel_out_and_nobody_else(tmp_path: Path) -> None:
    hall, world, _ = await hall_with_notices(tmp_path)
    async with serving(hall) as nobody:
        plant = nobody.as_program("technician")
        sent = await plant.ask("POST", "notifications/test", {"channel": "wa", "person": "ani"})
        assert (sent.status, sent.body["told"]) == (202, "a test: Ani (wa)")
        assert sent.body["id"] in {each.notification for each in world.queue.open("wa")}
        refused = await plant.ask("POST", "notifications/test", {"channel": "wa", "person": "budi"})
        assert (refused.status, "has no address for wa" in refused.body["detail"]) == (409, True)
        assert (await nobody.as_program("operator").ask("POST", "notifications/test", {"channel": "wa"})).status == 403
    world.store.close()


async def test_a_messaging_program_hands_in_replies(tmp_path: Path) -> None:
    hall, world, notices = await hall_with_notices(tmp_path)
    async with serving(hall) as nobody:
        program = nobody.as_program("technician")
        answer = await program.ask("POST", "notifications/d1/reply", {"text": "OK"})
        assert (answer.body["result"], notices.replies.heard) == ("acknowledged", ["OK"])
        assert (await program.ask("POST", "notifications/d2/reply", {"text": "OK"})).status == 404
        assert (await program.ask("POST", "notifications/d1/reply", {"text": ""})).status == 422
        assert (await nobody.ask("POST", "notifications/d1/reply", {"text": "OK"})).status == 401
    world.store.close()


async def test_a_gateway_that_tells_nobody_says_so() -> None:
    async with serving(Hall()) as nobody:
        assert (await nobody.as_program("operator").ask("GET", "notifications")).status == 404


@pytest.mark.parametrize(
    ("address", "shown"),
    [("+6281100000007", "…0007"), ("kepala@bpbd.example", "k…@bpbd.example"), ("112", "112"), ("", "")],
)
def test_an_address_shows_only_enough_to_tell_it_apart(address: str, shown: str) -> None:
    assert masked(address) == shown
