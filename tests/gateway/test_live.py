"""The live socket: a snapshot, then every change with the next number, to those who may see it."""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from msgspec import structs

from drivers.model import DeviceState, DeviceStatus
from drivers.sensors.source import Rejected
from gateway.api import live_socket, outbox, server
from gateway.auth.roles import Role
from gateway.supervisor import PartHealth, PartState
from tests.gateway.api_fakes import SCENES, Hall, Visitor, serving

pytestmark = pytest.mark.real


class Screen:
    """A page that listens."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.n = 0

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """Return the next message of one of these kinds (any, when none is named); every number must be the next."""
        while True:
            message: dict[str, Any] = await self.socket.receive_json(timeout=10)
            self.n += 1
            assert message["n"] == self.n
            assert message["at"].endswith("Z")
            if not kinds or message["kind"] in kinds:
                return message

    async def closed(self) -> int | None:
        """Hear on until the socket is closed; return the code."""
        async for message in self.socket:
            assert message.type is WSMsgType.TEXT
        return self.socket.close_code


@asynccontextmanager
async def looking(visitor: Visitor, **headers: str) -> AsyncIterator[Screen]:
    url = f"{visitor.url}/api/v1/live"
    async with visitor.http.ws_connect(url, headers={**visitor.headers, **headers}, max_msg_size=0) as socket:
        yield Screen(socket)


async def test_the_snapshot_holds_everything_and_the_changes_follow_it() -> None:
    hall = Hall()
    hall.read("river", 100.0)
    async with serving(hall) as nobody, looking(nobody.as_program("auditor")) as screen:
        first = await screen.hear()
        assert (first["n"], first["kind"]) == (1, "snapshot")
        data = first["data"]
        known = {"me", "site", "points", "alarms", "flood", "devices", "walls", "scenes", "health", "audit", "repairs"}
        assert set(data) == known
        assert data["me"]["permissions"] == ["view", "config.read", "audit.read"]
        assert [point["latest"] and point["latest"]["value"] for point in data["points"]] == [100.0, None, None]
        hall.read("river", 360.0)
        assert (await screen.hear("audit"))["data"]["action"] == "alarm.raise"
        alarm = await screen.hear("alarm")
        assert (alarm["data"]["id"], alarm["data"]["state"], alarm["data"]["severity"]) == ("flood", "UNACK", 3)
        readings = (await screen.hear("readings"))["data"]
        assert [(reading["point"], reading["value"]) for reading in readings] == [("river", 360.0)]
        hall.bus.publish([DeviceStatus("matrix", DeviceState.SILENT, 0, "no answer in 3 s", "look at the cable")])
        assert (await screen.hear("device"))["data"]["id"] == "matrix"
        hall.keeper.recall("flood", "sari")
        hall.bus.publish([hall.keeper.view()])
        wall = (await screen.hear("wall"))["data"]
        assert [claim["scene"] for claim in wall["claims"]] == ["flood"]
        assert (await screen.hear("scene"))["data"] == {
            "id": "flood", "name": {"id": "Flood", "en": "Flood"}, "wall": "main", "regions": ["right"],
            "permission": SCENES["flood"].permission, "confirm": False, "active": True,
        }  # fmt: skip


async def test_a_part_that_fails_is_told() -> None:
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("leader")) as screen:
        await screen.hear("health")
        hall.bus.publish([PartHealth("store", PartState.RESTARTING, 0)])
        assert (await screen.hear("health"))["data"]["parts"][0]["name"] == "store"


async def test_a_fast_point_is_told_at_most_five_times_a_second_and_the_last_value_arrives() -> None:
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("leader")) as screen:
        await screen.hear("snapshot")
        start = hall.clock.mono()
        for n in range(200):
            hall.read("river", float(n % 200))
        told = [reading["value"] for reading in (await screen.hear("readings"))["data"]]
        while told[-1] != 199.0:
            told += [reading["value"] for reading in (await screen.hear("readings"))["data"]]
        assert len(told) <= 1 + (hall.clock.mono() - start) / 0.2


async def test_what_a_device_says_is_told_with_the_device() -> None:
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("technician")) as screen:
        await screen.hear("snapshot")
        hall.read("matrix.route.1", 2)
        told = (await screen.hear("device"))["data"]
        assert (told["values"]["route.1"]["value"], len(told["log"])) == (2, 2)


async def test_the_audit_and_the_bytes_are_only_for_those_who_may_see_them() -> None:
    hall = Hall()
    hall.audit.record("sari", "login", "sari")
    async with serving(hall) as nobody:
        leader, tech, auditor = (nobody.as_program(role) for role in ("leader", "technician", "auditor"))
        async with looking(leader) as one, looking(tech) as two, looking(auditor) as three:
            snapshots = [(await each.hear())["data"] for each in (one, two, three)]
            assert [len(data["audit"]) for data in snapshots] == [0, 0, 1]
            assert [len(data["devices"][1]["log"]) for data in snapshots] == [0, 2, 0]
            hall.audit.record("sari", "logout", "sari")
            hall.bus.publish([DeviceStatus("matrix", DeviceState.UP, 0)])
            heard = [await each.hear("audit", "device") for each in (one, two, three)]
            assert [message["kind"] for message in heard] == ["device", "device", "audit"]
            assert [len(message["data"].get("log", [])) for message in heard] == [0, 2, 0]


async def test_garbage_is_counted_by_place_and_told_once_a_second() -> None:
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("operator")) as screen:
        await screen.hear("snapshot")
        for _ in range(50):
            hall.bus.publish([Rejected("broker", "bkl/v1/x", "not JSON", b"{", hall.clock.now())])
        told = (await screen.hear("rejected"))["data"]
        assert (told["device"], told["where"], told["why"], told["count"]) == ("broker", "bkl/v1/x", "not JSON", 50)


async def test_a_thousand_alarms_at_once_all_arrive_in_order() -> None:
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("operator")) as screen:
        await screen.hear("snapshot")
        hall.read("river", 260.0)
        change = hall.changes[-1]
        hall.bus.publish(
            [structs.replace(change, alarm=structs.replace(change.alarm, note=str(n))) for n in range(1000)]
        )
        notes = [(await screen.hear("alarm"))["data"]["note"] for _ in range(1001)]
        assert notes[1:] == [str(n) for n in range(1000)]


async def test_a_client_that_does_not_read_is_told_to_start_anew_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_socket, "SEND_S", 0.2)
    monkeypatch.setattr(live_socket, "CLOSE_S", 0.2)
    monkeypatch.setattr(outbox, "MOST_WAITING", 64)
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("auditor")) as screen:
        await screen.hear("snapshot")
        host, port = nobody.url.removeprefix("http://").split(":")
        deaf = sockets.create_connection((host, int(port)))
        deaf.sendall(
            f"GET /api/v1/live HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer token-auditor\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        while len(hall.api.hub.clients) < 2:
            await screen.hear("health", "readings")
        written = 0
        while hall.api.hub.counters["resyncs"] == 0:
            hall.audit.record("sari", "flood", "x" * 500_000)
            written += 1
            await screen.hear("audit")
        assert written < 2000
        assert len(hall.api.hub.clients) == 1
        deaf.close()


async def test_a_client_too_far_behind_hears_the_code_to_start_anew() -> None:
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("auditor")) as screen:
        await screen.hear("snapshot")
        for n in range(outbox.MOST_WAITING + 1):
            hall.audit.record("sari", "storm", str(n))
        assert await screen.closed() == 4000
        async with looking(nobody.as_program("auditor")) as again:
            assert (await again.hear())["data"]["audit"][-1]["subject"] == str(outbox.MOST_WAITING)


async def test_the_socket_closes_when_its_session_is_over_or_its_rights_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.live.LOOK_S", 0.0)
    hall = Hall()
    async with serving(hall) as browser:
        await browser.sign_in("operator")
        async with looking(browser) as screen:
            await screen.hear("snapshot")
            await hall.accounts.set_roles("operator", [Role.LEADER])
            assert await screen.closed() == 4000
        async with looking(browser) as screen:
            assert (await screen.hear("snapshot"))["data"]["me"]["roles"] == ["leader"]
            await browser.ask("DELETE", "session")
            assert await screen.closed() == 4001


@pytest.mark.parametrize(
    ("role", "headers", "status"),
    [("", {}, 401), ("program", {}, 403), ("leader", {"Origin": "http://evil.example"}, 403)],
)
async def test_strangers_and_other_sites_pages_hear_nothing(role: str, headers: dict[str, str], status: int) -> None:
    async with serving(Hall()) as nobody:
        visitor = nobody.as_program(role) if role else nobody
        with pytest.raises(WSServerHandshakeError) as refused:
            async with looking(visitor, **headers):
                pass
        assert refused.value.status == status


async def test_a_plain_request_is_told_that_this_is_a_websocket() -> None:
    async with serving(Hall()) as nobody:
        answer = await nobody.as_program("leader").ask("GET", "live")
        assert (answer.status, answer.headers["Upgrade"]) == (426, "websocket")


async def test_live_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CLIENTS", 1)
    async with serving(Hall()) as nobody, looking(nobody.as_program("leader")) as screen:
        await screen.hear("snapshot")
        assert (await nobody.as_program("leader").ask("GET", "live")).status == 503


async def test_a_chattering_client_is_ignored_and_a_shouting_one_is_cut_off() -> None:
    hall = Hall()
    async with serving(hall) as nobody, looking(nobody.as_program("leader")) as screen:
        await screen.hear("snapshot")
        await screen.socket.send_str("{}")
        await screen.hear("health")
        await screen.socket.send_str("x" * 5000)
        assert await screen.closed() == 1009


async def test_stopping_the_service_closes_every_socket_and_frees_the_address() -> None:
    hall = Hall()
    async with aiohttp.ClientSession() as http:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(hall.api.run(), name="api")
            await hall.api.listening.wait()
            url = hall.api.url
            async with looking(Visitor(url, http).as_program("leader")) as screen:
                await screen.hear("snapshot")
                running.cancel()
                assert await screen.closed() == 1001
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(hall.api.run(), name="api")
            await hall.api.listening.wait()
            assert hall.api.url == url
            running.cancel()


async def test_an_address_that_is_taken_is_told_with_what_to_do() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        taken = server.Api(hall.gateway, "127.0.0.1", int(nobody.url.rpartition(":")[2]))
        with pytest.raises(server.CannotListen, match="choose another address with --http"):
            await taken.run()
