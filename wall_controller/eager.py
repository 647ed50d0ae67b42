"""Begin a coroutine at once: its bytes leave now, and a task only waits for the rest."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def begun(work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """Run `work` until it first waits, within the caller's turn, and return the rest of it, for a task.

    Until then `work` may not ask which task it runs in (no `asyncio.timeout`). What it raises is raised by the rest.
    """
    return _rest(_Begun(work))


async def _rest(work: _Begun[T]) -> T:
    return await work


class _Begun(Generic[T]):
    """An awaitable that has taken its first step."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._waits_for: Any = None
        try:
            self._waits_for = work.send(None)
        except BaseException as ended:  # noqa: BLE001 - given to whoever awaits
            self._error = ended

    def __await__(self) -> Generator[Any, Any, T]:
        try:
            if self._error is not None:
                raise self._error
            while True:
                try:
                    said = yield self._waits_for
                except BaseException as error:  # noqa: BLE001 - passed on, as `yield from` does
                    self._waits_for = self._work.throw(error)
                else:
                    self._waits_for = self._work.send(said)
        except StopIteration as done:
            value: T = done.value
            return value
