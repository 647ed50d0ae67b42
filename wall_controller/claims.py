"""What each region of a wall is to show now: a pure fold over the claims in force, whatever order they came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from wall_controller.layout import Layout

LEAST_DWELL = 10.0
"""Seconds that an alarm stays once it is shown, so that a storm cannot make the wall flicker (reference W9)."""


class Kind(StrEnum):
    """Who wants it."""

    LEADER = "leader"
    ALARM = "alarm"
    OPERATOR = "operator"
    SCHEDULE = "schedule"


PEOPLE = frozenset({Kind.LEADER, Kind.OPERATOR})


@dataclass(frozen=True, slots=True)
class Claim:
    """A wish for one region: `since` and `until` UTC ns, `dwell` seconds, `priority` the severity (0 to 4) of an alarm.

    `layout` is given when the wish is no scene of the site; `scene` is then free text or empty.
    """

    id: str
    wall: str
    region: str
    scene: str
    by: str
    kind: Kind
    since: int
    priority: int = 0
    until: int | None = None
    dwell: float = LEAST_DWELL
    why: str = ""
    layout: Layout | None = None

    @property
    def wish(self) -> tuple[str, Layout | None]:
        """What it asks for, apart from who and when."""
        return self.scene, self.layout


@dataclass(frozen=True, slots=True)
class Shown:
    """The claim that holds a region since `since` (UTC ns); None: the base layout."""

    claim: Claim | None = None
    since: int = 0


def rank(claim: Claim, urgent: int) -> int:
    """Return who goes first, smallest first: leader, urgent alarm, operator, other alarm, schedule."""
    if claim.kind is Kind.ALARM:
        return 1 if claim.priority >= urgent else 3
    return {Kind.LEADER: 0, Kind.OPERATOR: 2, Kind.SCHEDULE: 4}[claim.kind]


def queue(claims: Iterable[Claim], *, region: str, now: int, urgent: int) -> tuple[Claim, ...]:
    """Return the region's claims in force at `now` (UTC ns), the one to show first.

    Among alarms of one rank the worse goes first, then the older, so that the one on the wall is not pushed away by its
    equal; among the wishes of people and schedules the newest goes first, so that a release gives back the one before.
    """

    def order(claim: Claim) -> tuple[int, int, int, str]:
        alarm = claim.kind is Kind.ALARM
        return rank(claim, urgent), -claim.priority if alarm else 0, claim.since if alarm else -claim.since, claim.id

    mine = (claim for claim in claims if claim.region == region and (claim.until is None or claim.until > now))
    return tuple(sorted(mine, key=order))


def held_until(shown: Shown) -> int:
    """Return until when (UTC ns) an alarm must stay on the wall, even when it is over; 0 for what need not stay."""
    if shown.claim is None or shown.claim.kind is not Kind.ALARM:
        return 0
    return shown.since + round(shown.claim.dwell * 1e9)


def after(shown: Shown, waiting: tuple[Claim, ...], *, now: int, urgent: int) -> Shown:
    """Return what the region shows at `now`: the first that waits, unless an alarm has not dwelt its time.

    Only a person who goes before the alarm cuts its time short.
    """
    first = waiting[0] if waiting else None
    if shown.claim is not None and first is not None and _same(shown.claim, first):
        return Shown(first, shown.since)
    if first is None and shown.claim is None:
        return shown
    if shown.claim is None or now >= held_until(shown) or _goes_before(first, shown.claim, urgent):
        return Shown(first, now)
    return shown


def hidden_alarms(shown: Shown, waiting: tuple[Claim, ...]) -> int:
    """Return how many alarms want the region and are not seen."""
    seen = shown.claim.id if shown.claim else ""
    return sum(claim.kind is Kind.ALARM and claim.id != seen for claim in waiting)


def changes_at(shown: Shown, waiting: tuple[Claim, ...], *, now: int) -> int | None:
    """Return when (UTC ns) the region may change by itself: a claim ends, or an alarm has dwelt its time."""
    ends = [claim.until for claim in waiting if claim.until is not None]
    if shown.claim is not None and (not waiting or not _same(shown.claim, waiting[0])):
        ends.append(held_until(shown))
    return min((end for end in ends if end > now), default=None)


def _same(one: Claim, other: Claim) -> bool:
    return one.id == other.id and one.wish == other.wish


def _goes_before(first: Claim | None, shown: Claim, urgent: int) -> bool:
    return first is not None and first.kind in PEOPLE and rank(first, urgent) < rank(shown, urgent)
