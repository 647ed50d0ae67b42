"""The bus delivers at once, in order, by type, and a guarded listener harms nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.bus import Bus, Listener


def test_every_listener_of_a_type_hears_a_batch_before_publish_returns() -> None:
    bus, heard = Bus(), []
    bus.subscribe(int, lambda batch: heard.append(("first", list(batch))))
    bus.subscribe(int, lambda batch: heard.append(("second", list(batch))))
    bus.subscribe(str, lambda batch: heard.append(("text", list(batch))))
    bus.publish([1, 2])
    bus.publish([])
    assert heard == [("first", [1, 2]), ("second", [1, 2])]


def test_a_guard_wraps_the_listeners_of_one_user_only() -> None:
    bus, caught, heard = Bus(), [], []

    def guard(listener: Listener[Any]) -> Listener[Any]:
        def guarded(batch: Sequence[Any]) -> None:
            try:
                listener(batch)
            except KeyError as error:
                caught.append(error.args)

        return guarded

    def broken(batch: Sequence[int]) -> None:
        raise KeyError(*batch)

    bus.guarded(guard).subscribe(int, broken)
    bus.subscribe(int, heard.extend)
    bus.guarded(guard).publish([7])
    assert (caught, heard) == ([(7,)], [7])
