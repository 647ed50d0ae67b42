"""One named thread for a library that blocks: held while its lane runs, and never waited for when it hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Worker:
    """`opened` starts the thread; what is asked of it is done one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: ThreadPoolExecutor | None = None

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Hold the thread; one that hangs at the end is left behind and ends when its call does."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self._name)
        try:
            yield
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None

    async def do(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, done in the thread."""
        if self._thread is None:
            raise RuntimeError(f"{self._name} is not open")
        return await asyncio.wrap_future(self._thread.submit(work))
