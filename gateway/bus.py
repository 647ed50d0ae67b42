"""The one door up: whoever has news publishes it here, and every listener hears it before `publish` returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Listener = Callable[[Sequence[T]], None]
Judge = Callable[[Sequence[T]], Sequence[T]]


class Bus:
    """Deliver batches of one type to the listeners of that type, at once, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[[Sequence[Any]], None]]] = defaultdict(list)
        self._judges: dict[type, Judge[Any]] = {}

    def subscribe(self, kind: type[T], listener: Listener[T]) -> None:
        """Call `listener` with every batch of `kind` from now on; it must not block and must not raise."""
        self._listeners[kind].append(listener)

    def judge(self, kind: type[T], judge: Judge[T]) -> None:
        """Have `judge` see every batch of `kind` before anybody hears it: what it returns is delivered instead."""
        self._judges[kind] = judge

    def guarded(self, guard: Callable[[Listener[Any]], Listener[Any]]) -> Bus:
        """Return the same bus for somebody whose listeners are to be made safe by `guard` first."""
        return _GuardedBus(self, guard)

    def publish(self, batch: Sequence[object]) -> None:
        """Hand a batch whose members all have one type to everybody who listens to that type."""
        if not batch:
            return
        kind = type(batch[0])
        judge = self._judges.get(kind)
        if judge is not None:
            batch = judge(batch)
        for listener in self._listeners[kind]:
            listener(batch)


class _GuardedBus(Bus):
    """A bus as one of its users sees it."""

    def __init__(self, bus: Bus, guard: Callable[[Listener[Any]], Listener[Any]]) -> None:
        self._bus = bus
        self._guard = guard

    def subscribe(self, kind: type[T], listener: Listener[T]) -> None:
        self._bus.subscribe(kind, self._guard(listener))

    def judge(self, kind: type[T], judge: Judge[T]) -> None:
        self._bus.judge(kind, judge)

    def publish(self, batch: Sequence[object]) -> None:
        self._bus.publish(batch)
