"""A program that pushes its readings over HTTP with its device's token, and does it wrong in the ways programs do."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import aiohttp

from drivers.emulators.periodic import Periodic
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


class Pusher(Periodic):
    """Measures every period and pushes all that was not accepted yet, oldest first."""

    def __init__(
        self, name: str, points: Sequence[Point], url: str, token: str, *, clock: Clock, every: float = 10.0,
        seed: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(name, points, FAULTS, clock=clock, every=every, seed=seed)
        self.counters: Counter[str] = Counter()
        self._url, self._token = url, token
        self._last: dict[str, Value] = {}
        self._waiting: deque[Said] = deque()

    async def turn(self) -> None:
        """Measure, and push what waits."""
        self.measure()
        await self.push()

    def state(self) -> Mapping[str, object]:
        """Return what it counted, what waits, and the faults in force."""
        return {**self.counters, "waiting": len(self._waiting), "faults": dict(self._faults)}

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """Measure now, once more: `measure`; raise KeyError for any other button."""
        del args
        if verb != "measure":
            raise KeyError(f"{self.name} knows measure, not {verb!r}")
        self.measure()

    def measure(self) -> None:
        """Take a reading of every point; it waits for the next push."""
        now = self._clock.now() / 1e9
        at = now + self._faults.get("skew", 0.0) + self._faults.get("late", 0.0)
        for point in self._points:
            value = self._value(point, now)
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
