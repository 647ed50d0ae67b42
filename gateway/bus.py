"""The one door up: whoever has news publishes it here, and every listener hears it before `publish` returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Listener = Callable[[Sequence[T]], None]


class Bus:
    """Deliver batches of one type to the listeners of that type, at once, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[[Sequence[Any]], None]]] = defaultdict(list)

    def subscribe(self, kind: type[T], listener: Listener[T]) -> None:
        """Call `listener` with every batch of `kind` from now on; it must not block and must not raise."""
        self._listeners[kind].append(listener)

    def guarded(self, guard: Callable[[Listener[Any]], Listener[Any]]) -> Bus:
        """Return the same bus for somebody whose listeners are to be made safe by `guard` first."""
        return _GuardedBus(self, guard)

    def publish(self, batch: Sequence[object]) -> None:
        """Hand a batch whose members all have one type to everybody who listens to that type."""
        if not batch:
            return
        for listener in self._listeners[type(batch[0])]:
            listener(batch)


class _GuardedBus(Bus):
    """A bus as one of its users sees it."""

    def __init__(self, bus: Bus, guard: Callable[[Listener[Any]], Listener[Any]]) -> None:
        self._bus = bus
        self._guard = guard

    def subscribe(self, kind: type[T], listener: Listener[T]) -> None:
        self._bus.subscribe(kind, self._guard(listener))

    def publish(self, batch: Sequence[object]) -> None:
        self._bus.publish(batch)
