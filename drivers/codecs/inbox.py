"""The tray between a decoder and its user: messages that came with garbage are kept, not lost with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from drivers.errors import ProtocolError

M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)
T = TypeVar("T")


class Decoder(Protocol[M_co]):
    """Bytes in, messages out: no clock, no socket, and a bounded memory."""

    def receive(self, data: bytes) -> None:
        """Take in any chopping of the stream; raise ProtocolError when the memory's bound is passed."""

    def next(self) -> M_co | None:
        """Return the next message, or None for "need more"; raise ProtocolError for garbage, which is then gone."""


class Inbox(Generic[M, T]):
    """Turn bytes into what `read` makes of each message."""

    def __init__(self, decoder: Decoder[M], read: Callable[[M], Iterable[T]]) -> None:
        self._decoder = decoder
        self._read = read
        self._ready: list[T] = []

    def feed(self, data: bytes) -> list[T]:
        """Return what `data` completes; after a ProtocolError what is good waits for the next call (`feed(b"")`)."""
        self._decoder.receive(data)
        while (message := self._decoder.next()) is not None:
            self._ready.extend(self._read(message))
        ready, self._ready = self._ready, []
        return ready


def drain(feed: Callable[[bytes], Iterable[T]], data: bytes) -> tuple[list[T], list[ProtocolError]]:
    """Return everything good that `feed` makes of `data`, and the errors that were in between."""
    found: list[T] = []
    errors: list[ProtocolError] = []
    while True:
        try:
            found.extend(feed(data))
        except ProtocolError as error:
            errors.append(error)
            data = b""
        else:
            return found, errors
