"""What a broker should hold, one payload a topic, and what of it the broker has not acknowledged yet."""

from __future__ import annotations

import asyncio

from gateway.forward.quarantine import KeepPort

KIND = "sink.topics"


class Retained:
    """The retained topics of one sink; bounded by their number: a newer payload replaces one that waits."""

    def __init__(self, sink: str, store: KeepPort) -> None:
        self._sink = sink
        self._store = store
        self._payloads: dict[str, bytes] = {}
        self._owed: dict[str, None] = {}
        self._flying = 0
        self._news, self._quiet = asyncio.Event(), asyncio.Event()
        self.refused: dict[str, str] = {}
        """Topics that the broker does not take, with its reason; tried again by `retry`."""
        known = store.kept(KIND).get(sink, {}).get("topics")
        for topic in known if isinstance(known, list) else ():
            self._payloads[topic] = b""
        self._renamed = False

    @property
    def topics(self) -> list[str]:
        """Return every topic that may hold something of ours."""
        return list(self._payloads)

    def want(self, topic: str, payload: bytes) -> bool:
        """Have a topic hold this, empty: nothing; return whether that replaces a payload that was never sent."""
        if self._payloads.get(topic, b"") == payload:
            return False
        self.sent(topic, payload)
        waits = topic in self._owed
        if topic not in self.refused:
            self._owe(topic)
        return waits

    def sent(self, topic: str, payload: bytes) -> None:
        """Note that somebody else publishes this."""
        self._renamed |= topic not in self._payloads
        self._payloads[topic] = payload

    def renew(self) -> None:
        """Owe everything: the connection is new."""
        self.refused.clear()
        self._flying = 0
        self._owed = dict.fromkeys(self._payloads)
        self._look()

    def retry(self) -> None:
        """Owe what was refused once more."""
        again, self.refused = list(self.refused), {}
        for topic in again:
            self._owe(topic)

    async def take(self) -> tuple[str, bytes]:
        """Return the next topic that is owed, with its payload; it must be settled."""
        while not self._owed:
            self._news.clear()
            self._save()
            await self._news.wait()
        topic = next(iter(self._owed))
        del self._owed[topic]
        self._flying += 1
        return topic, self._payloads[topic]

    def settled(self, topic: str, payload: bytes, why: str) -> None:
        """Note what the broker answered: nothing, or why it does not take it."""
        self._flying -= 1
        if why:
            self.refused[topic] = why
            self._owed.pop(topic, None)
        elif not payload and self._payloads.get(topic) == b"":
            del self._payloads[topic]
            self._renamed = True
            self._owed.pop(topic, None)
        self._look()

    async def drained(self) -> None:
        """Return when nothing is owed and everything sent is answered."""
        await self._quiet.wait()

    def forget(self) -> None:
        """Forget what was published: the sink is no more."""
        self._store.keep(KIND, self._sink, None)

    def _owe(self, topic: str) -> None:
        self._owed[topic] = None
        self._look()

    def _look(self) -> None:
        if self._owed:
            self._news.set()
        if self._owed or self._flying:
            self._quiet.clear()
        else:
            self._quiet.set()

    def _save(self) -> None:
        """Keep the names, when they are others than before."""
        if self._renamed:
            self._renamed = False
            self._store.keep(KIND, self._sink, {"topics": sorted(self._payloads)})
