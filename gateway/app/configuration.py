"""The site's files and the running site: what differs, and making it follow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from gateway.settings.advice import advice
from gateway.settings.difference import Difference, difference
from gateway.settings.site import Site


class Configuration:
    """Checks and applies the files; one at a time, validated whole before anything changes. Raises SiteError."""

    def __init__(
        self, site: Site, load: Callable[[], Site], adopt: Callable[[Site, Difference], Awaitable[None]]
    ) -> None:
        self._site = self._read = site
        self._load = load
        self._adopt = adopt
        self._one_at_a_time = asyncio.Lock()

    async def check(self) -> Sequence[str]:
        """Return what the files would change, one sentence a difference."""
        self._read = await asyncio.to_thread(self._load)
        return difference(self._site, self._read).sentences()

    def advice(self) -> Sequence[str]:
        """Return what is sound in the files, as they were last read, and will not work well all the same."""
        return advice(self._read)

    async def apply(self) -> Sequence[str]:
        """Make the running site follow the files; return what that changed."""
        async with self._one_at_a_time:
            new = self._read = await asyncio.to_thread(self._load)
            changed = difference(self._site, new)
            await self._adopt(new, changed)
            self._site = new
            return changed.sentences()
