"""The HTTP source: a device that pushes its readings to our API, and is silent when it has not done so for too long."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from drivers.model import Clock, Device, DeviceState, Point, Reading
from drivers.sensors.source import Durable, Log, Publish, Source, SourceSpec, Standing, options_of

LOGGED = 512
HINT = "is its program running, can it reach this gateway, and is its token still good?"


class HttpOptions(BaseModel):
    """A device that pushes has no options: its points say how often it must come."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PushAddress(BaseModel):
    """A point that is pushed has no address: the message names it by its id."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class HttpSource:
    """One device that pushes; the API tells it what came, and it says how the device stands."""

    def __init__(self, device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, tap: Log) -> None:
        options_of(device, HttpOptions)
        self._device, self._clock, self._tap = device, clock, tap
        self._patience = min((point.stale_after for point in points if point.stale_after), default=math.inf)
        self._standing = Standing(device, clock, publish)
        self._counters: Counter[str] = Counter()
        self._heard = clock.mono()
        self._news = asyncio.Event()

    @property
    def counters(self) -> Mapping[str, int]:
        """Pushes, readings, history, rejected."""
        return self._counters

    def took(self, readings: Sequence[Reading], *, refused: int, body: bytes) -> None:
        """Learn of a push for this device: what of it was published, how many were refused, and its bytes."""
        self._counters["pushes"] += 1
        self._counters["readings"] += len(readings)
        self._counters["history"] += sum(1 for reading in readings if reading.retained)
        self._counters["rejected"] += refused
        self._tap.seen(self._device.id, "received", body[:LOGGED])
        self._heard = self._clock.mono()
        self._news.set()
        if readings:
            self._standing.show(DeviceState.UP)
        elif self._standing.status.state is not DeviceState.UP:
            self._standing.show(
                DeviceState.DEGRADED, "it pushes, and nothing of it can be used", "see what is rejected"
            )

    async def run(self) -> None:
        """Watch for silence, until cancelled."""
        self._heard = self._clock.mono()
        self._standing.dialling()
        while True:
            self._news.clear()
            left = self._heard + self._patience - self._clock.mono()
            if 0 < left < math.inf:
                await self._clock.sleep(left)
                continue
            if left <= 0:
                self._standing.show(DeviceState.SILENT, f"nothing was pushed for {self._patience:g} s", HINT)
            await self._news.wait()


def make(
    device: Device, points: Sequence[Point], *, clock: Clock, publish: Publish, durable: Durable, tap: Log
) -> Source:
    """Return the source of a device that pushes; the API answers it after the commit, so `durable` is not asked."""
    del durable
    return HttpSource(device, points, clock=clock, publish=publish, tap=tap)


SPEC = SourceSpec("http", HttpOptions, PushAddress, make)
