"""A sink for the API's tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.forward.errors import Held
from gateway.forward.quarantine import Entry
from gateway.forward.replies import Reply
from gateway.forward.status import Replayed, SinkState, SinkStatus
from tests.fakes import EPOCH_NS


class Rows:
    def entries(self) -> list[Entry]:
        return [Entry(1, EPOCH_NS, "field type conflict", ("m v=1 1", "m v=2 2"))]


@dataclass
class FakeSink:
    """A sink that does what it is told, unless its server is away."""

    quarantine: Rows = field(default_factory=Rows)
    away: bool = False
    done: list[str] = field(default_factory=list)

    def status(self) -> SinkStatus:
        return SinkStatus(
            "influx", "influxdb", "http://influx.example", SinkState.BEHIND, EPOCH_NS, "", rows=10, bytes=20, age=1.5,
            time_to_full=None, batch=5_000, quarantined=2, counters={"written": 7},
        )  # fmt: skip

    async def replay(self) -> Replayed:
        if self.away:
            raise Held(Reply(503, b'{"message":"queue is full"}'))
        return Replayed(1, 1)

    def discard(self) -> int:
        self.done.append("discard")
        return 2

    async def create(self) -> None:
        self.done.append("create")
