"""A machine on a real TCP port: clients, faults, buttons and the protocol log, written once for every family."""

from __future__ import annotations

import asyncio
import math
import random
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeVar

from drivers.emulators.emulator import REMOTE, Machine
from drivers.emulators.faults import CHECKSUM, REFUSAL, Faults
from drivers.model import Arg, Clock, Command

R = TypeVar("R")
Door = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]
"""What a client passes before the machine greets it; False: it does not get in."""
Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
Listen = Callable[[Accept, str, int], Awaitable[asyncio.Server]]
_FRAME = bytes(range(16))
_MOST_UNREAD = 4 * 1024 * 1024
"""Bytes that a client may leave unread before it is dropped."""
_LOGGED = 500
_REOPEN_PAUSE = 0.2


@dataclass(slots=True)
class Client:
    """Somebody who is connected."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    deaf: bool = False
    asked_at: float = field(default=-math.inf)


def _gifts(machine: Machine[R]) -> Iterator[str]:
    """Yield what the machine has of what faults need."""
    yield from machine.state()
    if machine.spoil(_FRAME) != _FRAME:
        yield CHECKSUM
    if getattr(machine, "can_refuse", True):
        yield REFUSAL


class TcpDevice(Generic[R]):
    """One emulated device."""

    def __init__(
        self, name: str, machine: Machine[R], *, clock: Clock, seed: int = 0, door: Door | None = None
    ) -> None:
        self.name = name
        self.machine = machine
        self.faults = Faults(machine.family, set(_gifts(machine)))
        self.listen: Listen = asyncio.start_server
        """What opens its port."""
        self.log: deque[Mapping[str, object]] = deque(maxlen=_LOGGED)
        self._clock = clock
        self._door = door
        self._noise = random.Random(seed)
        self._numbers: Iterator[int] = count(REMOTE + 1)
        self._clients: dict[int, Client] = {}
        self._before_faults: dict[str, object] = {}
        self._seats = asyncio.Semaphore(machine.most_clients)
        self._tasks: asyncio.TaskGroup | None = None
        self._life: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._stirred = asyncio.Event()
        self._back_at = -math.inf
        self._port = 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen on `port` (0: the one of before, or any free one) and return it; raise OSError when it is taken."""
        self._server = await self.listen(self._accept, host, port or self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        # It lives from here to `stop`, which waits for its end.
        self._life = asyncio.get_running_loop().create_task(self._live(host), name=f"emulator {self.name}")
        return self._port

    async def stop(self) -> None:
        """Drop everybody and stop listening."""
        life, self._life = self._life, None
        if life is not None:
            self._close()
            life.cancel()
            await asyncio.wait((life,))
            if not life.cancelled():
                life.result()

    def state(self) -> dict[str, object]:
        """Return the machine's state, and beside it who is connected and which faults are in force."""
        wire = {"port": self._port, "listening": self._listening(), "clients": len(self._clients)}
        return {**self.machine.state(), "wire": wire, "faults": self.faults.state()}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over the machine's values; what `state` adds beside them is left out."""
        self.machine.load({key: value for key, value in state.items() if key not in ("wire", "faults")})
        self._spread()

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """Do what the buttons do; raise BadCommand when it has none for that."""
        now = self._clock.now()
        wish = Command("press", self.name, verb, args, "remote control", "somebody pressed it", now, math.inf)
        for sent in self.machine.remote.request(wish):
            for request in self.machine.hear(REMOTE, sent.payload):
                self.machine.answer(REMOTE, request)
        self._spread()

    def inject(self, fault: str, **params: object) -> None:
        """Put a fault in force; raise KeyError when this family cannot fail so, ValueError for its parameters."""
        chosen, values = self.faults.add(fault, params)
        changed = chosen.state(values, self.machine.stranger)
        state = self.machine.state()
        self._before_faults = {key: state[key] for key in changed} | self._before_faults
        self.machine.load(changed)
        if fault == "half_open":
            for client in self._clients.values():
                client.deaf = True
        if fault == "second_controller":
            self.machine.meddle()
        if fault == "reboot" and self.faults.strikes("reboot"):
            self._reboot(values["seconds"])
        self._spread()

    def clear(self) -> None:
        """Behave again, with the state that the faults had changed put back."""
        self.faults.clear()
        self.machine.load(self._before_faults)
        self._before_faults = {}
        for client in [client for client in self._clients.values() if client.deaf]:
            client.writer.transport.abort()
        self._spread()

    async def _live(self, host: str) -> None:
        """Hold the port open for as long as the machine listens, for ever."""
        async with asyncio.TaskGroup() as self._tasks:
            due: Callable[[], float] | None = getattr(self.machine, "due", None)
            if due is not None:
                self._tasks.create_task(self._pulse(due), name=f"{self.name} time")
            while True:
                await self._until(listening=False)
                self._close()
                await self._until(listening=True)
                self._server = await self._open_again(host)

    async def _pulse(self, due: Callable[[], float]) -> None:
        """Let the machine say what time brings; `due` tells the seconds until it has something to say."""
        while True:
            left = due()
            if left <= 0:
                self._spread()
                continue
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if left == math.inf else left):
                    await self._stirred.wait()

    async def _open_again(self, host: str) -> asyncio.Server:
        while True:
            try:
                return await self.listen(self._accept, host, self._port)
            except OSError:  # somebody else holds the port for now
                await self._clock.sleep(_REOPEN_PAUSE)

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._drop_all()

    async def _until(self, *, listening: bool) -> None:
        while self._listening() is not listening:
            self._stirred.clear()
            away = self._back_at - self._clock.mono()
            await (self._clock.sleep(away) if away > 0 else self._stirred.wait())

    def _listening(self) -> bool:
        return self.machine.listens() and self._clock.mono() >= self._back_at

    def _reboot(self, seconds: float) -> None:
        self._back_at = self._clock.mono() + seconds
        self._drop_all()
        self.machine.restart()

    def _drop_all(self) -> None:
        for client in self._clients.values():
            client.writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        full = self.faults.has("refuse_second_connection") and self._clients
        if full or self._tasks is None or not self._listening():
            writer.transport.abort()
            return
        client = Client(next(self._numbers), reader, writer)
        self._clients[client.number] = client
        self._tasks.create_task(self._serve(client), name=f"{self.name} client {client.number}")

    async def _serve(self, client: Client) -> None:
        try:
            async with self._seats:
                if self._door is None or await self._door(client.reader, client.writer):
                    await self._talk(client)
        except (OSError, EOFError):
            pass  # the client is gone, or was silent for too long
        finally:
            del self._clients[client.number]
            self.machine.leave(client.number)
            client.writer.transport.abort() if client.deaf else client.writer.close()

    async def _talk(self, client: Client) -> None:
        for message in self.machine.greet(client.number):
            self._write(client, message)
        while data := await self._read(client):
            if client.deaf:
                continue
            self._note(client, "heard", data)
            for request in self.machine.hear(client.number, data):
                await self._respond(client, request)
                if client.writer.is_closing() or client.number in self.machine.expelled:
                    return

    async def _read(self, client: Client) -> bytes:
        async with asyncio.timeout(self.machine.idle or None):
            return await client.reader.read(65_536)

    async def _respond(self, client: Client, request: R) -> None:
        if self._swallows(client):
            return
        acts = self.machine.acts(request)
        refused = acts and self._strikes("nak_once")
        answer = self.machine.refuse(request) if refused else self._act(client, request)
        await self._deliver(client, answer)
        if acts and self._strikes("second_controller"):
            self.machine.meddle()
        self._spread()

    def _swallows(self, client: Client) -> bool:
        now, last = self._clock.mono(), client.asked_at
        client.asked_at = now
        pacing = self.faults.strikes("pacing")
        too_soon = pacing is not None and now - last < pacing["gap"]
        return too_soon or client.deaf or self._strikes("no_answer")

    def _act(self, client: Client, request: R) -> Sequence[bytes]:
        if not self.machine.acts(request):
            answer = self.machine.answer(client.number, request)
            return (
                [*answer, *self._rehearse(client, request, self.machine.stranger)]
                if self._strikes("id_collision")
                else answer
            )
        if self._strikes("accepts_but_does_not_act"):
            return self._rehearse(client, request, {})
        answer = self.machine.answer(client.number, request)
        return [] if self._strikes("ack_lost") else answer

    def _rehearse(self, client: Client, request: R, changed: Mapping[str, object]) -> Sequence[bytes]:
        """Return what a machine with `changed` state would answer; this one stays as it is and nobody else hears."""
        before = self.machine.state()
        self.machine.load(changed)
        answer = self.machine.answer(client.number, request)
        self.machine.load(before)
        self.machine.pushes()
        return answer

    async def _deliver(self, client: Client, answer: Sequence[bytes]) -> None:
        if not answer:
            return
        late = self.faults.strikes("late")
        if late is not None:
            await self._clock.sleep(late["seconds"])
        for message in self._intruders():
            self._write(client, message)
        spoilt = [self.machine.spoil(frame) if self._strikes("bad_checksum") else frame for frame in answer]
        packet = b"".join(spoilt) * (2 if self._strikes("glued") else 1)
        if self._strikes("close_mid_frame"):
            self._write(client, packet[: len(packet) // 2])
            client.writer.close()
            return
        dribble = self.faults.strikes("dribble")
        for byte in packet if dribble is not None else ():
            self._write(client, bytes([byte]))
            await self._clock.sleep(dribble["gap"] if dribble is not None else 0)
        if dribble is None:
            self._write(client, packet)

    def _strikes(self, fault: str) -> bool:
        return self.faults.strikes(fault) is not None

    def _intruders(self) -> list[bytes]:
        """Return what faults put on the wire before an answer."""
        found = []
        garbage, flood = self.faults.strikes("garbage_before"), self.faults.strikes("flood")
        if garbage is not None:
            found.append(self._noise.randbytes(int(garbage["size"])) + self.machine.ending)
        if flood is not None:
            found += [self.machine.news()] * int(flood["count"])
        if self._strikes("push_between"):
            found.append(self.machine.news())
        if self._strikes("unknown_block"):
            found.append(self.machine.unknown())
        return found

    def _spread(self) -> None:
        """Tell clients what they must hear unasked, and look after the port."""
        for number, message in self.machine.pushes():
            if number in self._clients:
                self._write(self._clients[number], message)
        announcements: Callable[[], Sequence[tuple[str, int, bytes]]] | None = getattr(
            self.machine, "announcements", None
        )
        for host, port, message in announcements() if announcements else ():
            with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(message, (host, port))
        away = self.machine.restarts()
        if away:
            self._reboot(away)
        self._stirred.set()

    def _write(self, client: Client, data: bytes) -> None:
        if client.deaf or client.writer.is_closing():
            return
        self._note(client, "said", data)
        client.writer.write(data)
        if client.writer.transport.get_write_buffer_size() > _MOST_UNREAD:
            client.writer.transport.abort()

    def _note(self, client: Client, direction: str, data: bytes) -> None:
        self.log.append({
            "at": self._clock.now(), "client": client.number, "direction": direction,
            "hex": data[:256].hex(" "), "text": self.machine.tell(data),
        })  # fmt: skip
