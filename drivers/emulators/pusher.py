"""A program that pushes its readings over HTTP with its device's token, and does it wrong in the ways programs do."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import aiohttp

from drivers.emulators import curves
from drivers.emulators.field_sensor import LOCAL_S
from drivers.model import Arg, Clock, Point, Value

FAULTS: Mapping[str, float] = {
    "twice": 0, "lost_answer": 0, "garbage": 0, "not_a_number": 0, "stuck": 0, "skew": 600, "late": -7_200, "silent": 0,
    "wrong_token": 0,
}  # fmt: skip
"""What it can do wrong; `skew` and `late` are by how many seconds its times are off."""
PATIENCE_S = 10.0
MOST_KEPT = 1_000
"""Readings that wait while the gateway is away; the oldest beyond so many are dropped, and counted."""

Said = dict[str, object]


class Pusher:
    """Measures every period and pushes all that was not accepted yet, oldest first."""

    def __init__(
        self, name: str, points: Sequence[Point], url: str, token: str, *, clock: Clock, every: float = 10.0,
        seed: int = 0,
    ) -> None:  # fmt: skip
        self.name = name
        self.log: deque[str] = deque(maxlen=200)
        self.counters: Counter[str] = Counter()
        self._points, self._url, self._token, self._clock = list(points), url, token, clock
        self._every, self._seed = every, seed
        self._directed: dict[str, Value] = {}
        self._faults: dict[str, float] = {}
        self._last: dict[str, Value] = {}
        self._waiting: deque[Said] = deque()
        self._running: asyncio.Task[None] | None = None

    async def start(self, host: str = "", port: int = 0) -> int:
        """Begin to push; it has no port of its own."""
        del host
        self._running = asyncio.get_running_loop().create_task(self._run(), name=f"{self.name} pushes")
        return port

    async def stop(self) -> None:
        """Push no more."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    async def _run(self) -> None:
        while True:
            if "silent" not in self._faults:
                self.measure()
                await self.push()
            await self._clock.sleep(self._every)

    def state(self) -> Mapping[str, object]:
        """Return what it counted, what waits, and the faults in force."""
        return {**self.counters, "waiting": len(self._waiting), "faults": dict(self._faults)}

    def load(self, state: Mapping[str, object]) -> None:
        """Direct points to values: `{point: value or None}`."""
        for point, value in state.items():
            if isinstance(value, bool | int | float | str):
                self._directed[point] = value
            else:
                self._directed.pop(point, None)

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """Measure now, once more: `measure`; raise KeyError for any other button."""
        del args
        if verb != "measure":
            raise KeyError(f"{self.name} knows measure, not {verb!r}")
        self.measure()

    def inject(self, fault: str, **params: object) -> None:
        """Do it wrong from now on; raise KeyError for a fault that it does not know."""
        if fault not in FAULTS:
            raise KeyError(f"{self.name} knows the faults {', '.join(FAULTS)}, not {fault!r}")
        self._faults[fault] = float(str(params.get("seconds", FAULTS[fault])))

    def clear(self) -> None:
        """Do it right again."""
        self._faults.clear()

    def measure(self) -> None:
        """Take a reading of every point; it waits for the next push."""
        now = self._clock.now() / 1e9
        at = now + self._faults.get("skew", 0.0) + self._faults.get("late", 0.0)
        for point in self._points:
            value = self._directed.get(point.id, curves.value(point, now + LOCAL_S, seed=self._seed))
            if "stuck" in self._faults:
                value = self._last.get(point.id, value)
            self._last[point.id] = value
            told = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
            self._waiting.append({"point": point.id, "value": value, "source_at": told})
        while len(self._waiting) > MOST_KEPT:
            self._waiting.popleft()
            self.counters["dropped"] += 1

    async def push(self) -> int:
        """Push what waits; return the status of the answer, 0 when there was none."""
        items = list(self._waiting)
        body = json.dumps(items[0] if len(items) == 1 else {"items": items}).encode()
        if "garbage" in self._faults:
            body = b"\x00\xff{" + body[5:40]
        if "not_a_number" in self._faults:
            body = body.replace(b'"value": ', b'"value": NaN, "was": ', 1)
        status = await self._post(body)
        if "twice" in self._faults or "lost_answer" in self._faults:
            status = await self._post(body)
        if status in (200, 400, 422):
            for _ in items:
                self._waiting.popleft()
        return status

    async def _post(self, body: bytes) -> int:
        token = "semarak_nobodys" if "wrong_token" in self._faults else self._token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.counters["pushes"] += 1
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as http,
                http.post(f"{self._url}/api/v1/readings", data=body, headers=headers) as answer,
            ):
                self.log.append(f"{len(body)} bytes: {answer.status}")
                self.counters[str(answer.status)] += 1
                return answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            self.log.append(f"{len(body)} bytes: {error}")
            self.counters["unanswered"] += 1
            return 0
