"""The pace of reading: at once while little comes, by the chunk while it pours, never behind a flood."""

from __future__ import annotations

import pytest

from drivers.sensors.pace import Pace, hurried, unhurried


def test_reading_rests_only_while_messages_pour_in() -> None:
    calm, storm = hurried(), hurried()
    assert {calm.rest(5, at / 1_000) for at in range(1_000)} == {0.0}  # 5,000 a second
    rests = [storm.rest(40, 1 + at / 1_000) for at in range(1_000)]  # 40,000 a second
    assert rests[-1] == 0.002
    assert storm.rest(1, 2.05) == 0.0


def test_what_only_has_to_be_kept_rests_sooner_and_longer() -> None:
    bulk = unhurried()
    assert [bulk.rest(5, at / 1_000) for at in range(1_000)][-1] == 0.05  # 5,000 a second


def test_a_flood_is_read_as_soon_as_a_chunk_of_it_waits() -> None:
    bulk, at = unhurried(), 0.0
    rests = []
    for _ in range(50):
        rests.append(bulk.rest(800, at))
        at += 0.008  # 100,000 a second
    assert rests[-1] == pytest.approx(Pace.CHUNK / 100_000)


def test_a_trickle_is_read_at_once() -> None:
    assert {unhurried().rest(1, at / 500) for at in range(1_000)} == {0.0}  # 500 a second
