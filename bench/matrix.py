"""A Videohub on a real port that notes when the first byte of a routing block arrives."""

from __future__ import annotations

import queue
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.codecs.videohub import ROUTING
from drivers.emulators.clock import RealClock
from drivers.emulators.videohub import Matrix

SALVO = f"{ROUTING}:\n".encode()


class TimedMatrix:
    """The emulated matrix behind blocking-free sockets of one thread; `arrivals` are CLOCK_MONOTONIC nanoseconds."""

    def __init__(self) -> None:
        self.arrivals: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._machine = Matrix({}, clock=RealClock())
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, socket.socket] = {}
        self._door = socket.create_server(("127.0.0.1", 0))
        self._selector.register(self._door, selectors.EVENT_READ)
        self._over = False

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self._door.getsockname()[1])

    def serve(self) -> None:
        """Serve until `end`."""
        while not self._over:
            for key, _ in self._selector.select(0.2):
                if key.fileobj is self._door:
                    self._accept()
                else:
                    self._hear(key.fd)

    def end(self) -> None:
        """Let `serve` return within its next turn."""
        self._over = True

    def close(self) -> None:
        """Close every socket; `serve` has returned."""
        for client in (*self._clients.values(), self._door):
            client.close()
        self._selector.close()

    def _accept(self) -> None:
        client, _ = self._door.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients[client.fileno()] = client
        self._selector.register(client, selectors.EVENT_READ)
        client.sendall(b"".join(self._machine.greet(client.fileno())))

    def _hear(self, number: int) -> None:
        try:
            data = self._clients[number].recv(65_536)
        except ConnectionError:
            data = b""
        arrived = time.monotonic_ns()
        if not data:
            self._drop(number)
            return
        at = data.find(SALVO)
        if at >= 0 and data[at + len(SALVO) :][:1].isdigit():
            self.arrivals.put(arrived)
        for block in self._machine.hear(number, data):
            self._say(number, b"".join(self._machine.answer(number, block)))
            for other, news in self._machine.pushes():
                self._say(other, news)

    def _say(self, number: int, data: bytes) -> None:
        client = self._clients.get(number)
        if client is not None and data:
            try:
                client.send(data, socket.MSG_DONTWAIT)
            except (BlockingIOError, ConnectionError):
                self._drop(number)

    def _drop(self, number: int) -> None:
        client = self._clients.pop(number)
        self._selector.unregister(client)
        self._machine.leave(number)
        client.close()


@contextmanager
def timed_matrix() -> Iterator[TimedMatrix]:
    """Run a matrix in a thread until the block ends."""
    matrix = TimedMatrix()
    thread = threading.Thread(target=matrix.serve, name="matrix")
    thread.start()
    try:
        yield matrix
    finally:
        matrix.end()
        thread.join()
        matrix.close()
