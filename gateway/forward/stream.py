"""Publish readings one by one and in order, for whoever wants all of them; what the broker refuses is set aside."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.errors import LinkError
from drivers.model import Reading
from drivers.sensors.mqtt_link import LATER
from gateway.forward.errors import TakesNothing
from gateway.forward.notice_board import NoticeBoard
from gateway.forward.outlet import Outlet
from gateway.forward.quarantine import Quarantine, RefusedRow

Refused = tuple[str, bytes, str]
"""Topic, payload, and why the broker does not take it."""


async def publish_all(readings: Sequence[Reading], outlet: Outlet, *, board: NoticeBoard) -> tuple[int, list[Refused]]:
    """Return how many readings were sent, and those that the broker refuses, once it has answered every one."""
    sent = []
    for reading in readings:
        for topic, payload, newest in board.handed_out(reading):
            sent.append((topic, payload, await outlet.send(topic, payload, retain=newest)))
    return len(sent), [(topic, payload, why) for topic, payload, answer in sent if (why := await answer)]


def set_aside(refused: Sequence[Refused], quarantine: Quarantine, *, takes_others: bool) -> None:
    """Put refused readings into quarantine; raise LinkError or TakesNothing when it is not they that are wrong."""
    topic, _, why = refused[0]
    if why in LATER:
        raise LinkError(f"the broker cannot take more now: {why}")
    if not takes_others:
        raise TakesNothing(f"the broker takes no reading at all: {topic}: {why}")
    quarantine.put(RefusedRow(f"{topic} ".encode() + payload, why) for topic, payload, why in refused)


async def replayed(quarantine: Quarantine, outlet: Outlet) -> int:
    """Publish what is in quarantine again, and return how many readings the broker takes now; others stay."""
    taken = 0
    for entry in quarantine.entries():
        left = [line for line in entry.lines if await _refused(outlet, line)]
        taken += len(entry.lines) - len(left)
        quarantine.replace(entry, left)
    return taken


async def _refused(outlet: Outlet, line: str) -> str:
    topic, _, payload = line.partition(" ")
    return await (await outlet.send(topic, payload.encode(), retain=False))
