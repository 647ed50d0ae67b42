"""The history of the alarms joined to the running site: what writes it, and what reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from drivers.model import Clock, Device, Point
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.annunciation import Annunciation
from gateway.alarms.flood import Flood
from gateway.bus import Bus
from gateway.occurrences.book import Book
from gateway.occurrences.recorder import Recorder
from gateway.store.database import open_reader
from gateway.store.store import Store


class AlarmHistory:
    """`recorder` hears the alarms last, so that none waits for it; `book` reads beside the writer."""

    def __init__(
        self, store: Store, *, clock: Clock, bus: Bus, points: Mapping[str, Point], devices: Mapping[str, Device],
        keep_days: int,
    ) -> None:  # fmt: skip
        self.recorder = Recorder(
            store, clock=clock, where=partial(_where, points=points, devices=devices), later=_later,
            keep_days=keep_days,
        )  # fmt: skip
        self.book = Book(partial(open_reader, store.path))
        bus.subscribe(AlarmChange, self.recorder.on_news)
        bus.subscribe(Annunciation, self.recorder.on_news)
        bus.subscribe(Flood, self.recorder.on_news)


def _where(point: str, *, points: Mapping[str, Point], devices: Mapping[str, Device]) -> str:
    """Return the room, the owner and the tags of a point, as people look for a place."""
    known = points.get(point)
    if known is None:
        return ""
    device = devices.get(known.device)
    return ", ".join(filter(None, (device.room if device else "", known.owner, *known.tags)))


def _later(seconds: float, work: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, work)
