"""The session over real sockets: a refused port, a device that goes in the middle of an answer, one that falls deaf."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from pydantic import BaseModel

from drivers.conversation import Unanswered
from drivers.driver import Driver, DriverSpec, Request
from drivers.errors import DriverError, LinkError
from drivers.links import Unreachable
from drivers.links.dial import dial
from drivers.model import Command, Device, DeviceState, Name, Result
from drivers.session import Session
from gateway.clock import SystemClock
from tests.drivers.test_links import Serve, free_port, server
from tests.drivers.toy import SPEC, Toy, ToyDriver, ToyOptions

pytestmark = pytest.mark.real
DEAF = 0.2
"""Seconds after which the impatient driver takes no answer for silence."""


class Impatient(ToyDriver):
    """The toy's driver with a fraction of its patience, so that silence is found while the test can wait."""

    def hello(self) -> Sequence[Request]:
        return [replace(request, patience=DEAF) for request in super().hello()]

    def poll(self) -> Sequence[Request]:
        return [replace(request, patience=DEAF) for request in super().poll()]


def _make(options: BaseModel) -> Driver:
    assert isinstance(options, ToyOptions)
    return Impatient(options)


QUICK: DriverSpec = replace(SPEC, make=_make, poll_every=0.1)


class Gateway:
    """A session on a real clock and a real socket."""

    def __init__(self, port: int) -> None:
        device = Device("toy", Name("Mainan", "Toy"), "toy", f"tcp://127.0.0.1:{port}")
        self.published: list[object] = []
        self.up = asyncio.Event()
        self.session = Session(device, QUICK, dial=dial, clock=SystemClock(), publish=self._publish)

    def _publish(self, batch: Sequence[object]) -> None:
        self.published.extend(batch)
        if self.session.status.state is DeviceState.UP:
            self.up.set()

    async def fails(self) -> DriverError:
        """Run until the session fails and return its error."""
        with pytest.raises(DriverError) as caught:
            await self.session.run()
        return caught.value


def answers(toy: Toy, *, most: int, then: str = "") -> Serve:
    """Return a server that answers `most` lines, then sends half a line and closes, or stays and says nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(most):
            line = await reader.readline()
            if not line:
                return
            writer.write(toy.obey(line.decode().strip()).encode())
        writer.write(then.encode())
        if not then:
            await reader.read(-1)

    return serve


async def test_a_refused_port_is_shown_with_what_to_look_at() -> None:
    port = free_port()
    gateway = Gateway(port)
    assert isinstance(await gateway.fails(), Unreachable)
    status = gateway.session.status
    assert (status.state, status.reason) == (DeviceState.DIALLING, f"127.0.0.1:{port} refuses the connection")
    assert status.hint == "is network control switched on there, and is the port right?"


async def test_a_device_that_goes_in_the_middle_of_an_answer_is_a_closed_link() -> None:
    async with server(answers(Toy(), most=3, then="pow")) as port:
        gateway = Gateway(port)
        error = await gateway.fails()
        assert isinstance(error, LinkError)
        assert str(error) == f"127.0.0.1:{port} closed the connection"
        assert gateway.up.is_set()
        assert gateway.session.status.reason == str(error)


async def test_a_half_open_connection_is_found_by_the_polls() -> None:
    async with server(answers(Toy(), most=3)) as port:
        gateway = Gateway(port)
        assert isinstance(await gateway.fails(), Unanswered)
        assert gateway.session.status.state is DeviceState.SILENT
        assert gateway.session.counters["timeouts"] == 2


async def test_a_command_over_tcp_is_sent_and_proved() -> None:
    async with server(answers(Toy(), most=999)) as port, asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        gateway = Gateway(port)
        run = tasks.create_task(gateway.session.run(), name="session")
        await gateway.up.wait()
        command = Command("c", "toy", "power", {"on": True}, "ani", "test", 0, SystemClock().mono() + 5)
        assert (await gateway.session.ask(command)).result is Result.VERIFIED
        run.cancel()
