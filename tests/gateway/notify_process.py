"""A process that tells everybody over a webhook; a test kills it in the middle: `python -m … FOLDER URL [ask]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random

from gateway.audit.audit import Audit
from gateway.clock import SystemClock
from gateway.notify.config import WebhookChannel
from gateway.notify.lane import Lane
from gateway.notify.notifier import Notifier
from gateway.notify.queue import Queue
from gateway.notify.webhook import WebhookSender
from gateway.repairs import Repairs
from gateway.store.store import Store
from tests.gateway.notify_world import FLOOD, roster


async def main(folder: Path, url: str, *, ask: bool) -> None:
    """Send what there is until it is all sent; `ask`: five messages more, one of them with no time left."""
    clock = SystemClock()
    store = Store.open(folder / "semarak.db", clock=clock)
    audit = Audit(store, clock)
    audit.load()
    queue = Queue(store, clock)
    queue.restore()
    channel = WebhookChannel(id="wa", kind="webhook", url=url)
    repairs = Repairs(clock=clock, publish=lambda _: None)
    lane = Lane(
        "wa", WebhookSender(channel), queue=queue, clock=clock, audit=audit, repairs=repairs, random=Random(1)
    )  # fmt: skip
    lists = [{"id": "siaga", "name": "x", "entries": [{"person": "ani", "channels": ["wa"]}]}]
    notifier = Notifier(roster(lists=lists), queue=queue, clock=clock, audit=audit, stir=lambda _: lane.stir())
    async with asyncio.TaskGroup() as tasks:
        work = [tasks.create_task(store.run()), tasks.create_task(lane.run())]
        for number in range(5 if ask else 0):
            notifier.notify(FLOOD, "siaga", step=f"s{number}", valid=600)
        while queue.open():
            await clock.sleep(0.02)
        for task in work:
            task.cancel()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], ask=len(sys.argv) > 3))
