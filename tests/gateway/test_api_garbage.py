"""Garbage on the HTTP socket: a counted, visible error in one shape, and no harm."""

from __future__ import annotations

import asyncio
import io
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.sensors.source import Rejected
from gateway.auth.roles import Role
from tests.gateway.api_fakes import Answer, Hall, Visitor, serving

pytestmark = pytest.mark.real
PROBLEM = "application/problem+json"


def problem(answer: Answer) -> tuple[int, str]:
    """Return the status and the type's last word of what must be a problem."""
    assert answer.headers["Content-Type"] == PROBLEM
    assert {"type", "title", "status", "detail", "instance", "errors"} == set(answer.body)
    assert answer.body["status"] == answer.status
    return answer.status, answer.body["type"].removeprefix("urn:semarak:problem:")


async def test_every_kind_of_wrong_request_is_told_as_a_problem() -> None:
    hall = Hall()
    heard: list[Rejected] = []
    hall.bus.subscribe(Rejected, heard.extend)
    async with serving(hall) as nobody:
        tech = nobody.as_program("technician")
        path = "devices/matrix/commands"
        assert problem(await tech.ask("GET", "nothing")) == (404, "not-found")
        assert problem(await tech.ask("POST", "nothing")) == (404, "not-found")
        assert problem(await tech.ask("GET", "points/nothing")) == (404, "not-found")
        wrong_method = await tech.ask("GET", "readings")
        assert (problem(wrong_method), wrong_method.headers["Allow"]) == ((405, "method-not-allowed"), "POST")
        assert problem(await tech.ask("POST", path, raw=b"{", headers={"Content-Type": "text/plain"})) == (
            415, "unsupported-media-type",
        )  # fmt: skip
        assert problem(await tech.ask("POST", path, raw=b"{"))[0] == 400
        assert problem(await tech.ask("POST", path, raw=b'{"verb":"\xff"}'))[0] == 400
        assert problem(await tech.ask("POST", path, raw=b"[" * 100_000))[0] == 400
        assert problem(await tech.ask("POST", path, raw=io.BytesIO(b" " * 1_100_000))) == (
            413,
            "request-entity-too-large",
        )
        unknown = await tech.ask("POST", path, {"verb": "power", "args": {"on": True}, "force": True})
        assert problem(unknown) == (422, "unprocessable-entity")
        assert [(f["path"], f["message"]) for f in unknown.body["errors"]] == [
            ("force", "Extra inputs are not permitted")
        ]
        assert problem(await tech.ask("GET", "points?limit=0"))[0] == 422
        assert problem(await tech.ask("GET", "points?colour=red"))[0] == 422
        assert problem(await tech.ask("GET", "points?limit=1&limit=2"))[0] == 422
        assert problem(await tech.ask("GET", "health?x=1"))[0] == 422
        assert problem(await tech.ask("POST", "config/check", {"x": 1}))[0] == 400
        assert hall.commands.issued == []
    assert len(heard) == 11
    assert all(rejected.device == "api" for rejected in heard)
    assert heard[0].where == "POST /api/v1/devices/matrix/commands from 127.0.0.1"
    assert sum(hall.api.hub.rejected.values()) == 11


async def test_a_packed_body_is_refused_unopened() -> None:
    async with serving(Hall()) as nobody:
        tech = nobody.as_program("technician")
        for coding in ("gzip", "deflate", "br", "\xff"):
            answer = await tech.ask("POST", "config/check", raw=b"\x00garbage", headers={"Content-Encoding": coding})
            assert problem(answer) == (415, "unsupported-media-type")


async def test_too_many_requests_are_told_when_to_come_back() -> None:
    async with serving(Hall()) as nobody:
        leader = nobody.as_program("leader")
        answers = [await leader.ask("POST", "scenes/nothing/recall") for _ in range(70)]
        assert {answer.status for answer in answers} == {404, 429}
        limited = next(answer for answer in answers if answer.status == 429)
        assert (problem(limited), int(limited.headers["Retry-After"]) >= 1) == ((429, "too-many-requests"), True)


async def test_a_fault_of_ours_has_the_one_shape_too(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall()
    hall.config.check = None  # type: ignore[method-assign,assignment]
    async with serving(hall) as nobody:
        answer = await nobody.as_program("technician").ask("POST", "config/check")
        assert problem(answer) == (500, "internal-server-error")
        assert "NoneType" not in answer.raw.decode()
        assert (await nobody.as_program("auditor").ask("GET", "points")).status == 200


HEAD = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
JUNK = (
    b"\x00\xff\xfe" * 50 + b"\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    HEAD + b"Content-Length: -1\r\n\r\n",
    HEAD + b"Content-Length: 100\r\n\r\n{}",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}",
    HEAD + b"Expect: miracles\r\nContent-Length: 2\r\n\r\n{}",
)


async def test_raw_garbage_on_the_socket_harms_nobody() -> None:
    async with serving(Hall()) as nobody:
        host, port = nobody.url.removeprefix("http://").split(":")
        for junk in JUNK:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(junk)
            writer.write_eof()
            assert b" 500 " not in await reader.read()
            writer.close()
        assert (await nobody.ask("GET", "/healthz")).status == 200


WRITES = (
    "session", "readings", "alarms/flood/ack", "alarms/ack", "alarms/flood/reset", "alarms/flood/shelve",
    "alarms/flood/unshelve", "alarms/flood/out-of-service", "alarms/flood/in-service",
    "config/approvals/one/approve", "config/approvals/one/reject", "devices/matrix/commands", "walls/main/take",
    "walls/main/release", "walls/main/undo", "walls/main/answer", "operations/x/retry", "scenes/flood/recall",
    "users", "tokens", "config/apply", "demo/scenarios/banjir",
)  # fmt: skip
KEYS = st.sampled_from(
    re.findall(
        r"\w+",
        "name password roles items point value source_at quality note disposition verb args why scene layout regions "
        "region answer device windows panels source off until base_revision dry_run days only on routes enabled ids "
        "seconds once due",
    )
)
WORDS = st.sampled_from(
    ["river", "door", "flood", "power", "route", "right", "p2", "cctv", "2026-01-17T00:00:00Z", "\ud800", "\x00"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS | st.just(10**400)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)
BODIES = st.dictionaries(KEYS, JSON, max_size=6).map(lambda body: json.dumps(body).encode()) | st.binary(max_size=100)
QUERIES = st.dictionaries(
    st.sampled_from(["limit", "after", "since", "until", "cursor", "buckets", "action", "before"]),
    st.text(max_size=20),
    max_size=3,
)
READS = (
    "points",
    "points/river/readings",
    "devices",
    "devices/matrix/log",
    "alarms",
    "audit",
    "walls",
    "scenes",
    "operations/x",
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    writes=st.lists(st.tuples(st.sampled_from(WRITES), BODIES), min_size=40, max_size=40),
    reads=st.lists(st.tuples(st.sampled_from(READS), QUERIES), min_size=20, max_size=20),
)
def test_no_body_and_no_query_makes_the_service_fail(
    writes: list[tuple[str, bytes]], reads: list[tuple[str, Any]]
) -> None:
    asyncio.run(_fuzz(writes, reads))


async def _fuzz(writes: list[tuple[str, bytes]], reads: list[tuple[str, dict[str, str]]]) -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        secret, _ = await hall.tokens.make("all", Role, made_by="test")
        everybody = Visitor(nobody.url, nobody.http)
        everybody.headers = {"Authorization": f"Bearer {secret}"}
        for path, body in writes:
            answer = await everybody.ask("POST", path, raw=body)
            assert answer.status < 500, (path, body, answer.raw)
        for path, query in reads:
            text = "&".join(f"{key}={quote(value.encode('utf-8', 'surrogatepass'))}" for key, value in query.items())
            answer = await everybody.ask("GET", f"{path}?{text}")
            assert answer.status < 500, (path, query, answer.raw)


@pytest.mark.parametrize("path", ["points/%ff%fe", "points/%00", "operations/%ed%a0%80", "scenes/" + "x" * 3000])
async def test_a_path_of_strange_bytes_is_not_found(path: str) -> None:
    from yarl import URL

    async with serving(Hall()) as nobody:
        url = URL(f"{nobody.url}/api/v1/{path}", encoded=True)
        async with nobody.http.get(url, headers={"Authorization": "Bearer token-auditor"}) as answer:
            assert answer.status in (400, 404, 405)
