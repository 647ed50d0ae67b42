"""The verbs: what fits an argument, which part of a device is meant, and that both of two channels count."""

from __future__ import annotations

import pytest

from drivers.capability import VERBS, check, levels_of
from drivers.errors import BadCommand
from drivers.turn import remainder, scope
from tests.drivers.asking import command


@pytest.mark.parametrize("level", [0, -12.5])
def test_a_number_is_whole_or_not(level: float) -> None:
    assert check("level", {"channel": "hall", "level": level}) is VERBS["level"]


@pytest.mark.parametrize("level", [True, "loud"])
def test_a_flag_and_a_text_are_no_number(level: bool | str) -> None:
    with pytest.raises(BadCommand, match="level must be a number"):
        check("level", {"channel": "hall", "level": level})


def test_levels_of_two_channels_both_count_and_the_newer_of_one_channel_wins() -> None:
    hall, podium = (command("level", channel=name, level=1) for name in ("hall", "podium"))
    newer = command("level", channel="hall", level=2)
    assert scope(hall) != scope(podium)
    assert remainder(hall, podium) == hall
    assert remainder(hall, newer) is None


@pytest.mark.parametrize(
    ("verb", "one", "other"),
    [
        ("infrared", {"output": 1, "code": "on"}, {"output": 1, "code": "input_2"}),
        ("announce", {"message": "evacuate"}, {"message": "all_clear"}),
        ("wake", {"machine": "wall-1"}, {"machine": "wall-2"}),
        ("relay", {"output": 1, "on": True}, {"output": 2, "on": True}),
        ("outlet", {"output": 1, "on": True}, {"output": 2, "on": True}),
    ],
)
def test_what_is_about_something_else_replaces_nothing(
    verb: str, one: dict[str, bool | int | str], other: dict[str, bool | int | str]
) -> None:
    assert remainder(command(verb, **one), command(verb, **other)) == command(verb, **one)


def test_a_newer_wish_for_one_zone_leaves_the_other_zones() -> None:
    older = command("light", levels={"podium": 80, "audience": 40}, seconds=2)
    left = remainder(older, command("light", levels={"podium": 10}, seconds=0))
    assert left is not None
    assert levels_of(left.args) == {"audience": 40}
