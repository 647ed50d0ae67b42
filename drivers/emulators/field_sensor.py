"""One simulated field sensor: its own connection, its own clock and faults, publishing the site's contract."""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from drivers.emulators import curves
from drivers.errors import DriverError
from drivers.model import Clock, Point, PointKind, Value
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.topic_map import sensor_of, status_topic

LOCAL_S = 7 * 3_600
"""Bengkulu's clock is seven hours before UTC, without summer time."""
BATTERY_V, SIGNAL_DBM = 12.4, -71
KEEPALIVE_S = 5
DIRECTED_S = 1.0
"""A sensor whose value is directed publishes at least this often."""
QUICKEST_S = 0.1
LOOK_S = 10.0
"""How often a sensor that speaks only when it changes looks."""
LAST_PACE_WITH_DOORS = 100.0
"""Faster than this a door would be open for less than one look at it, and seem open for minutes."""

Said = dict[str, object]
Fault = Callable[[Said, Mapping[str, float]], bytes]


def _plain(said: Said, _params: Mapping[str, float]) -> bytes:
    return json.dumps(said).encode()


def _not_a_number(said: Said, params: Mapping[str, float]) -> bytes:
    return _plain(said | {"value": float("nan")}, params)


def _garbage(said: Said, params: Mapping[str, float]) -> bytes:
    return b"\x00\xff{" + _plain(said, params)[5:40]


def _lying(said: Said, params: Mapping[str, float]) -> bytes:
    return _plain(said | {"value": params["value"]}, params)


def _shifted(said: Said, params: Mapping[str, float]) -> bytes:
    at = datetime.fromisoformat(str(said["ts"])) + timedelta(seconds=params["seconds"])
    return _plain(said | {"ts": at.isoformat()}, params)


FAULTS: Mapping[str, tuple[Fault, Mapping[str, float]]] = {
    "stuck": (_plain, {}),
    "lying": (_lying, {"value": 1_190.0}),
    "nan": (_not_a_number, {}),
    "garbage": (_garbage, {}),
    "late": (_shifted, {"seconds": -900.0}),
    "skew": (_shifted, {"seconds": 600.0}),
    "duplicate": (_plain, {}),
    "offline": (_plain, {}),
}
"""What a sensor can have, with how it spoils a message and the parameters it takes (and what they are unless said)."""


class FieldSensor:
    """One sensor: online (retained, with a will), a message a period, what could not be sent kept until it can."""

    def __init__(
        self, point: Point, *, clock: Clock, pace: float, seed: int, log: deque[str], login: tuple[str, str]
    ) -> None:
        self.point = point
        self.topic = str(point.address["topic"])
        self.sensor = str(point.address.get("sensor", "")) or sensor_of(self.topic) or point.id
        self._clock, self._pace, self._log = clock, pace, log
        self._random = random.Random(f"{seed} {point.id}")
        self._seed = seed
        self._began_ns, self._began = clock.now(), clock.mono()
        self._seq = 0
        self._last: Value | None = None
        self.directed: Value | None = None
        self.fault = ""
        self._params: Mapping[str, float] = {}
        self.connected = False
        self._wake = asyncio.Event()
        will = (status_topic(self.topic), b'{"v":1,"state":"offline"}')
        username, password = login
        self._link = MqttLink(f"sim-{self.sensor}", clean=True, username=username, password=password, will=will)

    def state(self) -> Mapping[str, object]:
        """Return the last value, how many messages there were, whether it is connected and what is wrong with it."""
        return {"value": self._last, "seq": self._seq, "online": self.connected, "fault": self.fault}

    @property
    def last(self) -> Value | None:
        """What it said last."""
        return self._last

    def direct(self, value: Value | None) -> None:
        """Make it read `value` from now on, at once; None: what the day brings."""
        self.directed = value
        self._wake.set()

    def damage(self, fault: str, params: Mapping[str, float]) -> None:
        """Give it a fault (none: mend it)."""
        self.fault, self._params = fault, dict(params)
        self._wake.set()

    async def run(self, host: str, port: int) -> None:
        """Be a sensor for ever: connect, publish, connect again."""
        try:
            while True:
                if self.fault != "offline":
                    await self._session(host, port)
                await self._pause(self._random.uniform(0.5, 1.5))
        finally:
            self._link.close()

    async def _session(self, host: str, port: int) -> None:
        """Publish until the connection is lost."""
        try:
            await self._link.open(host, port, keepalive=KEEPALIVE_S)
            self.connected = True
            online = {"v": 1, "ts": _rfc3339(self._clock.now()), "state": "online", "fw": "semarak-sim-1"}
            self._link.publish(status_topic(self.topic), _plain(online, {}), retain=True)
            await self._publish_until_lost()
        except DriverError as error:
            self._log.append(f"{self.sensor}: {error}")
        finally:
            self.connected = False
            self._link.cut()

    async def _publish_until_lost(self) -> None:
        lost = self._link.lost
        due, woken = self._clock.mono(), False
        while lost is not None and self.fault != "offline":
            if lost.done():
                await lost
            if woken or self._clock.mono() >= due:
                self._publish(always=woken or self.point.every > 0)
                due = self._clock.mono() + self._period()
            woken = await self._pause(min(1.0, max(0.0, due - self._clock.mono())))
            self._link.tick()

    async def _pause(self, seconds: float) -> bool:
        """Wait; return whether somebody wants something now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    def _period(self) -> float:
        """Return the seconds to the next message, or to the next look at a point that only speaks when it changes."""
        period = max(QUICKEST_S, (self.point.every or LOOK_S) / self._pace)
        return period if self.directed is None else min(period, DIRECTED_S)

    def _publish(self, *, always: bool) -> None:
        """Publish one message, if it is time or the value has changed."""
        value = self._value()
        if value == self._last and not always:
            return
        self._last, self._seq = value, self._seq + 1
        spoil, params = FAULTS.get(self.fault, (_plain, {}))
        payload = spoil(self._said(value), {**params, **self._params})
        for _ in range(2 if self.fault == "duplicate" else 1):
            self._link.publish(self.topic, payload)

    def _value(self) -> Value:
        if self.fault == "stuck" and self._last is not None:
            return self._last
        if self.directed is not None:
            return self.directed
        if self._pace > LAST_PACE_WITH_DOORS and curves.metric_of(self.point) == "terbuka":
            return False
        passed = (self._clock.mono() - self._began) * self._pace
        return curves.value(self.point, self._began_ns / 1e9 + LOCAL_S + passed, seed=self._seed)

    def _said(self, value: Value) -> Said:
        return {
            "v": 1,
            "ts": _rfc3339(self._clock.now()),
            "seq": self._seq,
            "sensor": self.sensor,
            "metric": curves.metric_of(self.point),
            "value": value,
            "unit": self.point.unit or ("bool" if self.point.kind is PointKind.FLAG else ""),
            "q": "good",
            "batt_v": round(BATTERY_V + curves.dice(self._seed, self._seq) * 0.1, 2),
            "rssi": SIGNAL_DBM + round(4 * curves.dice(self._seed + 1, self._seq)),
        }


def _rfc3339(now: int) -> str:
    """Return a UTC time (ns) as the contract writes it, in milliseconds."""
    return datetime.fromtimestamp(now // 1_000_000 / 1_000, UTC).isoformat(timespec="milliseconds")
