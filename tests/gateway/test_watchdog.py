"""systemd is petted only while every vital part answers."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from gateway.watchdog import Watchdog, notify
from tests.fakes import FakeClock


async def well() -> None:
    return


async def stuck() -> None:
    await asyncio.Event().wait()


async def test_a_service_whose_parts_answer_is_petted() -> None:
    assert await Watchdog({"store": well, "api": well}, clock=FakeClock()).ask()


async def test_one_silent_part_is_enough_to_stop_petting() -> None:
    told: list[str] = []
    watchdog = Watchdog({"store": stuck, "api": well}, clock=FakeClock(), tell=told.append)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(120):
            await watchdog.run()
    assert told == []


async def test_it_pets_again_when_the_part_answers_again() -> None:
    told: list[str] = []
    silent = [True]

    async def moody() -> None:
        if silent[0]:
            silent[0] = False
            await stuck()

    watchdog = Watchdog({"store": moody}, clock=FakeClock(), tell=told.append)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(25):
            await watchdog.run()
    assert told == ["WATCHDOG=1"]


def test_the_datagram_reaches_systemds_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setitem(os.environ, "NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("READY=1")
        assert systemd.recv(64) == b"READY=1"


def test_a_notify_socket_that_nobody_reads_any_more_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setitem(os.environ, "NOTIFY_SOCKET", str(tmp_path / "notify"))
        for _ in range(2_000):
            notify("WATCHDOG=1")
    notify("STOPPING=1")
