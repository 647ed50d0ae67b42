"""A whole hall: it starts from a plan, its side door works, and its process ends with its parent."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from drivers.bench.emulate import app
from drivers.emulators.clock import RealClock
from drivers.emulators.hall import Hall
from drivers.emulators.plan import PointPlan
from drivers.emulators.serve import main, serve
from drivers.model import Name, Point, Value

pytestmark = pytest.mark.real


def point(id: str, address: Mapping[str, Value], **more: object) -> dict[str, Any]:
    fields = asdict(Point(id, "unit", Name("Titik", "Point"), address=dict(address)))
    return {name: value for name, value in fields.items() if name in PointPlan.model_fields} | more


PLAN: dict[str, Any] = {
    "host": "127.0.0.1",
    "control": 0,
    "pace": 60,
    "devices": [
        {"id": "lfd-1", "driver": "samsung_mdc", "options": {"id": 1}, "port": 0},
        {"id": "matriks", "driver": "videohub", "options": {"inputs": 8, "outputs": 8}, "port": 0},
        {"id": "proyektor", "driver": "pjlink", "options": {}, "port": 0},
    ],
    "broker": {"id": "broker", "port": 0},
    "modbus": [{"id": "modbus-1", "port": 0, "points": [point("suhu", {"table": "hr", "address": 0}, unit="°C")]}],
    "field": {
        "points": [
            point(
                "awlr-air-bengkulu-rawamakmur",
                {"topic": "semarak/field/awlr"},
                unit="cm",
                every=60.0,
                levels=[{"code": "SIAGA3", "limit": 250.0}, 350.0],
            )
        ]
    },
}
SMALL: dict[str, Any] = {"devices": PLAN["devices"]}


class Door:
    """A client of the side door."""

    def __init__(self, http: aiohttp.ClientSession, ready: Mapping[str, Any]) -> None:
        self.http = http
        self.ready = ready

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        async with self.http.request(method, f"{self.ready['control']}{path}", json=body) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def served(plan: Mapping[str, Any]) -> AsyncIterator[Door]:
    """Serve a hall in this process."""
    over, lines = asyncio.Event(), asyncio.Queue[str]()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(serve(plan, clock=RealClock(), over=over, say=lines.put_nowait), name="hall")
        try:
            async with aiohttp.ClientSession() as http:
                yield Door(http, json.loads(await lines.get()))
        finally:
            over.set()


async def test_a_plan_becomes_a_hall_in_which_everything_listens() -> None:
    async with served(PLAN) as door:
        assert door.ready["ready"] is True
        links = door.ready["links"]
        assert set(links) == {"lfd-1", "matriks", "proyektor", "broker", "modbus-1"}
        assert links["broker"].startswith("mqtt://127.0.0.1:")
        for link in links.values():
            host, port = link.rpartition("//")[2].split(":")
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
        status, state = await door.call("GET", "/state")
        assert (status, set(state["devices"])) == (200, {*links, "field"})
        assert state["devices"]["matriks"]["outputs"] == 8


async def test_buttons_are_pressed_and_faults_are_made_and_mended_at_the_side_door() -> None:
    async with served(SMALL) as door:
        status, state = await door.call("POST", "/devices/lfd-1/press", {"verb": "volume", "args": {"level": 7}})
        assert (status, state["volume"]) == (200, 7)
        status, state = await door.call("POST", "/devices/lfd-1/fault", {"fault": "late", "seconds": 2})
        assert (status, state["faults"]) == (200, {"late": {"seconds": 2, "times": -1}})
        assert (await door.call("DELETE", "/devices/lfd-1/fault"))[1]["faults"] == {}
        status, state = await door.call("POST", "/devices/matriks/state", {"present": "needs_update"})
        assert (status, state["present"]) == (200, "needs_update")


async def test_a_device_is_stopped_and_started_on_the_same_port() -> None:
    async with served(SMALL) as door:
        host, port = door.ready["links"]["lfd-1"].rpartition("//")[2].split(":")
        assert (await door.call("POST", "/devices/lfd-1/stop"))[0] == 200
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, int(port))
        assert (await door.call("POST", "/devices/lfd-1/start"))[0] == 200
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()


async def test_the_log_of_a_device_can_be_read() -> None:
    async with served(SMALL) as door:
        host, port = door.ready["links"]["proyektor"].rpartition("//")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        await reader.readuntil(b"\r")
        status, log = await door.call("GET", "/log/proyektor")
        assert (status, [entry["text"] for entry in log["items"]]) == (200, ["PJLINK 0"])
        writer.close()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/devices/nothing/press", {"verb": "power", "args": {"on": True}}, 404),
        ("/devices/lfd-1/press", {"verb": "dance", "args": {}}, 400),
        ("/devices/lfd-1/press", {"verb": "volume", "args": {"level": "loud"}}, 400),
        ("/devices/lfd-1/press", {"verb": "volume", "args": 3}, 400),
        ("/devices/lfd-1/press", [1], 400),
        ("/devices/lfd-1/fault", {"fault": "sunspots"}, 404),
        ("/devices/lfd-1/fault", {"fault": "late", "seconds": "soon"}, 400),
        ("/devices/lfd-1/fault", {"fault": "late", "self": 1}, 400),
        ("/devices/lfd-1/state", {"smell": 1}, 404),
        ("/scenario/banjir", {}, 404),
        ("/scenario/banjir/fall", {}, 404),
    ],
)
async def test_nonsense_at_the_side_door_is_refused_in_words_and_harms_nothing(
    path: str, body: object, status: int
) -> None:
    async with served(SMALL) as door:
        before = (await door.call("GET", "/state"))[1]
        answer, told = await door.call("POST", path, body)
        assert (answer, bool(told["error"])) == (status, True)
        assert (await door.call("GET", "/state"))[1]["devices"]["lfd-1"] == before["devices"]["lfd-1"]


async def test_a_body_that_is_no_json_is_refused() -> None:
    async with (
        served(SMALL) as door,
        door.http.post(f"{door.ready['control']}/devices/lfd-1/press", data=b"{") as answer,
    ):
        assert (answer.status, "JSON" in (await answer.json())["error"]) == (400, True)


async def test_a_story_is_played_once_at_a_time_and_ends_with_the_hall() -> None:
    async with served(PLAN) as door:
        assert (await door.call("POST", "/scenario/kiamat", {}))[0] == 404
        status, state = await door.call("POST", "/scenario/banjir", {})
        assert (status, state["banjir"]["phase"]) == (202, "rising")
        assert (await door.call("POST", "/scenario/banjir", {}))[0] == 409
        assert (await door.call("POST", "/scenario/banjir", {"speed": 3}))[0] == 409
        assert (await door.call("POST", "/scenario/banjir/fall"))[0] == 200
        assert "banjir" in (await door.call("GET", "/scenario"))[1]


async def test_a_hall_that_cannot_start_leaves_nothing_behind() -> None:
    async with served(SMALL) as door:
        taken = int(door.ready["links"]["lfd-1"].rpartition(":")[2])
        hall = Hall(
            {"devices": [PLAN["devices"][1], {"id": "x", "driver": "samsung_mdc", "port": taken}]}, clock=RealClock()
        )
        with pytest.raises(OSError, match="in use"):
            await hall.start()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", int(hall.links["matriks"].rpartition(":")[2]))


@pytest.mark.parametrize("plan", [{"devices": 3}, {"hosts": "x"}, {"pace": 0}, {"devices": [{"id": "x"}]}])
def test_a_plan_that_is_none_is_refused(plan: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hall(plan, clock=RealClock())


def test_a_plan_file_that_is_none_ends_the_process_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    for text in ("{", '{"devices": [{"id": "x", "driver": "abacus"}]}', '{"pace": -1}'):
        file.write_text(text)
        assert main([str(file)]) == 2
    assert main([]) == 2
    assert "is no plan of a hall" in capsys.readouterr().err


def test_a_side_door_whose_port_is_taken_ends_the_process_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        file.write_text(json.dumps({"control": taken.getsockname()[1]}))
        assert main([str(file)]) == 1
    assert "is a port taken?" in capsys.readouterr().err


async def process(plan: Mapping[str, Any], folder: Path) -> asyncio.subprocess.Process:
    """Start the emulators as a process of their own."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan))
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "drivers.emulators.serve", str(file), stdin=pipe, stdout=pipe, stderr=pipe
    )


@pytest.mark.parametrize("end", ["terminate", "interrupt", "stdin"])
async def test_the_process_says_one_line_and_ends_cleanly(end: str, tmp_path: Path) -> None:
    emulators = await process(SMALL, tmp_path)
    assert emulators.stdout is not None
    assert emulators.stdin is not None
    ready = json.loads(await emulators.stdout.readline())
    assert set(ready) == {"ready", "control", "links"}
    if end == "stdin":
        emulators.stdin.close()
    else:
        emulators.send_signal(signal.SIGTERM if end == "terminate" else signal.SIGINT)
    rest, errors = await emulators.communicate()
    assert (emulators.returncode, rest, errors) == (0, b"", b"")


async def test_the_bench_runs_one_device_until_it_is_interrupted() -> None:
    pipe = asyncio.subprocess.PIPE
    command = "from drivers.bench.emulate import app; app()"
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", command, "samsung_mdc", "--port", "0", "--option", "id=3", stdout=pipe, stderr=pipe
    )
    assert running.stdout is not None
    line = (await running.stdout.readline()).decode()
    port = int(line.split("tcp://127.0.0.1:")[1].split(";")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(bytes.fromhex("aa12030015"))
    assert await reader.readexactly(8) == bytes.fromhex("aaff030341120a62")
    writer.close()
    running.send_signal(signal.SIGINT)
    _, errors = await running.communicate()
    assert (running.returncode, errors) == (0, b"")


@pytest.mark.parametrize(
    "arguments",
    [
        ["abacus"],
        ["videohub", "--option", "nonsense"],
        ["videohub", "--option", "smell=1"],
        ["pjlink", "--fault", "sunspots"],
    ],
)
def test_the_bench_refuses_what_it_cannot_emulate(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, [*arguments, "--port", "0"])
    assert result.exit_code == 2
    assert result.output.strip()
