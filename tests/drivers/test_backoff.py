"""Pauses between attempts."""

from __future__ import annotations

from random import Random

from drivers.backoff import Backoff


class Highest(Random):
    """Chance that always throws the most."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_pauses_grow_to_the_most_and_begin_again_after_a_success() -> None:
    backoff = Backoff(Highest(), first=1.0, most=5.0)
    assert [backoff.next() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.next() == 1.0


def test_two_devices_do_not_dial_in_step() -> None:
    one, other = Backoff(Random(1)), Backoff(Random(2))
    pauses = [(one.next(), other.next()) for _ in range(6)]
    assert all(mine != yours for mine, yours in pauses)
    assert all(0.0 <= pause <= 30.0 for pair in pauses for pause in pair)
