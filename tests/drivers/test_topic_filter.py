"""Subscriptions: which are sound, what they bring, and the fewest that bring what is wanted."""

from __future__ import annotations

import pytest

from drivers.sensors.topic_filter import brings, fault_of, filters, listed


@pytest.mark.parametrize("name", ["a", "a/b", "+", "#", "a/+/c", "a/#", "/a", "+/+/#", "$share/hall/a/+", "$share/g/#"])
def test_a_sound_filter_has_no_fault(name: str) -> None:
    assert fault_of(name) == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "not empty"),
        ("a/#/b", "last level"),
        ("a#", "last level, alone"),
        ("a+/b", "whole level"),
        ("$share/hall", "no shared subscription"),
        ("$share//a", "no shared subscription"),
        ("$share/g+/a", "no shared subscription"),
        ("$share/hall/a#", "last level"),
        ("a\x00", "not empty"),
    ],
)
def test_a_filter_that_the_standard_forbids_is_refused(name: str, told: str) -> None:
    assert told in fault_of(name)


@pytest.mark.parametrize(
    ("name", "topic", "does"),
    [
        ("bkl/#", "bkl/v1/x", True),
        ("bkl/+/x", "bkl/v1/x", True),
        ("bkl/+", "bkl/v1/x", False),
        ("$share/hall/bkl/#", "bkl/v1/x", True),
        ("$share/hall/other/#", "bkl/v1/x", False),
        ("hall/bkl/#", "bkl/v1/x", False),
        ("#", "$SYS/x", False),
    ],
)
def test_the_group_of_a_shared_subscription_is_no_level(name: str, topic: str, does: bool) -> None:
    assert brings(name, topic) is does


def test_a_list_is_separated_by_commas() -> None:
    assert listed(" a/#, $share/g/b ,,") == ["a/#", "$share/g/b"]


@pytest.mark.parametrize(
    ("topics", "wanted"),
    [
        (["bkl/v1/bpbd/a/telemetry", "bkl/v1/dlhk/b/telemetry"], ("bkl/v1/#",)),
        (["bkl/v1/bpbd/a/telemetry"], ("bkl/v1/bpbd/a/#",)),
        (["north/a", "south/b"], ("north/a", "south/b")),
        (["/a/b", "/c/d"], ("/a/b", "/c/d")),
        ([], ()),
    ],
)
def test_the_subscription_is_what_the_topics_share(topics: list[str], wanted: tuple[str, ...]) -> None:
    assert filters(topics) == wanted
