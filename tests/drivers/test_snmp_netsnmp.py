"""SNMP against another maker's code, where the machine has it: net-snmp's agent is read, its tools read our UPS."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from drivers.emulators.snmp_ups import SnmpUps
from drivers.model import Value
from drivers.sensors.object_map import located
from drivers.sensors.snmp import SnmpOptions
from drivers.sensors.snmp_wire import Absent, SnmpWire
from gateway.clock import SystemClock

pytestmark = pytest.mark.real
V3: Mapping[str, Value] = {
    "version": 3, "user": "semarak", "auth": "sha", "auth_password": "air-pasang-1", "priv": "aes",
    "priv_password": "air-surut-22",
}  # fmt: skip
READY_S = 10.0


def tool(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{name} (net-snmp) is not installed here")
    return found


@asynccontextmanager
async def snmpd(folder: Path) -> AsyncIterator[int]:
    """Run net-snmp's agent on a free port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    config = folder / "snmpd.conf"
    config.write_text(
        f"agentaddress udp:127.0.0.1:{port}\nrocommunity public\nsysName balai\nsysLocation ruang server\n"
        "createUser semarak SHA air-pasang-1 AES air-surut-22\nrouser semarak priv\n"
    )
    process = await asyncio.create_subprocess_exec(
        tool("snmpd"), "-f", "-Lo", "-C", "-c", str(config),
        env={"SNMP_PERSISTENT_DIR": str(folder / "var")}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_S):
            while b"NET-SNMP version" not in (line := await process.stdout.readline()):
                assert line, "snmpd did not start"
        yield port
    finally:
        process.kill()
        await process.communicate()


@pytest.mark.parametrize("options", [{"version": 1}, {"version": "2c"}, V3], ids=["1", "2c", "3"])
async def test_net_snmps_agent_is_read(tmp_path: Path, options: dict[str, Value]) -> None:
    names = ("sysName", "sysLocation", "upsBatteryStatus", "sysUpTime")
    async with snmpd(tmp_path) as port:
        wire = SnmpWire("127.0.0.1", port, SnmpOptions(**options).login(), timeout=2, retries=1, most=20)
        await wire.open()
        try:
            name, place, battery, up = await wire.get([located(each)[0] for each in names])
        finally:
            await wire.close()
    assert (name, place) == (b"balai", b"ruang server")
    assert isinstance(battery, Absent)
    assert isinstance(up, int)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("snmpget", "-v1", "-cpublic"), "= INTEGER: 42"),
        (("snmpget", "-v2c", "-cpublic"), "= INTEGER: 42"),
        (("snmpgetnext", "-v2c", "-cpublic"), "= Gauge32: 0"),
        (("snmpbulkwalk", "-v2c", "-cpublic"), "= INTEGER: 42"),
        (("snmpget", "-v3", "-lauthPriv", "-usemarak", "-aSHA", "-Aair-pasang-1", "-xAES", "-Xair-surut-22"), "42"),
        (("snmpget", "-v2c", "-r0", "-t0.3", "-cguess"), "Timeout"),
    ],
    ids=["get 1", "get 2c", "getnext", "getbulk", "get 3", "wrong community"],
)
async def test_net_snmps_tools_read_the_emulated_ups(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    path = tool(words[0])
    ups = SnmpUps("ups-1", V3, clock=SystemClock())
    port = await ups.start()
    try:
        process = await asyncio.create_subprocess_exec(
            path, *words[1:], "-On", f"127.0.0.1:{port}", "1.3.6.1.2.1.33.1.4.4.1.5.1",
            env={"SNMP_PERSISTENT_DIR": str(tmp_path), "HOME": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
    finally:
        await ups.stop()
    assert told in said.decode()
