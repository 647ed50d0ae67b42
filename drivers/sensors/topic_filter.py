"""What is subscribed to: filters as the standard writes them, and whether they bring a topic."""

from __future__ import annotations

from collections.abc import Sequence

from paho.mqtt.client import topic_matches_sub

SHARE = "$share/"


def fault_of(name: str) -> str:
    """Return why a filter is none (MQTT 3.1.1, section 4.7; MQTT 5, section 4.8.2); empty: it is one."""
    if name.startswith(SHARE):
        group, slash, rest = name.removeprefix(SHARE).partition("/")
        if not group or not slash or not rest or set("+#") & set(group):
            return f"{name!r} is no shared subscription; write it as $share/group/filter"
        name = rest
    levels = name.split("/")
    if not name or "\x00" in name:
        return "a filter is not empty"
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        return f"in {name!r} the # must be the last level, alone"
    if any("+" in level and level != "+" for level in levels):
        return f"in {name!r} the + must be a whole level"
    return ""


def listed(text: str) -> list[str]:
    """Return the filters of a comma-separated list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def brings(name: str, topic: str) -> bool:
    """Return whether a filter brings a topic; the group of a shared subscription is none of its levels."""
    if name.startswith(SHARE):
        name = name.removeprefix(SHARE).partition("/")[2]
    return topic_matches_sub(name, topic)


def filters(topics: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest subscriptions that bring these topics: what they all begin with, or else each by itself."""
    common: list[str] = []
    for levels in zip(*(topic.split("/")[:-1] for topic in topics), strict=False):
        if len(set(levels)) > 1:
            break
        common.append(levels[0])
    return ("/".join([*common, "#"]),) if any(common) else tuple(topics)
