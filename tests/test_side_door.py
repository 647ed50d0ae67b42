"""The side door: every fault of every device on TCP is put in force over HTTP, shows in its state, and is cleared."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp.test_utils import TestClient, TestServer

from drivers.emulators.control import Control
from drivers.emulators.emulator import Emulator
from drivers.emulators.faults import FAULTS
from tests.test_faults import EMULATED


class Bench:
    """A stage with every device, none of which listens."""

    def __init__(self) -> None:
        self.emulators: dict[str, Emulator] = dict(EMULATED)
        self.scenarios = None

    def state(self) -> Mapping[str, object]:
        return {}

    async def start_one(self, name: str) -> None:
        await self.emulators[name].start("127.0.0.1", 0)


@pytest.mark.real
async def test_every_fault_is_put_in_force_and_cleared_over_http_or_refused_with_the_reason() -> None:
    async with asyncio.TaskGroup() as tasks, TestClient(TestServer(Control(Bench(), tasks).app())) as client:
        for family, device in EMULATED.items():
            before = device.machine.state()
            for fault, known in FAULTS.items():
                path = f"/devices/{family}/fault"
                asked = await client.post(path, json={"fault": fault})
                told = await asked.json()
                if fault not in device.faults.known:
                    assert (asked.status, f"has no fault '{fault}'" in told["error"]) == (404, True)
                    continue
                assert asked.status == 200
                # a restart is used up by happening at once
                assert fault == "reboot" or told["faults"].keys() == {fault}
                changed = known.state(known.params, device.machine.stranger)
                assert {name: device.machine.state()[name] for name in changed} == dict(changed)
                cleared = await (await client.delete(path)).json()
                assert cleared["faults"] == {}
                assert {name: device.machine.state()[name] for name in changed} == {
                    name: before[name] for name in changed
                }
