"""Who is on call: a pure question of the call lists, the hour, the day and who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Literal

from drivers.model import Name
from gateway.auth.roles import Role
from gateway.errors import NotifyError
from gateway.notify.config import AnyChannel, Language

Holidays = Literal["too", "only", "never"]
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is told; `addresses` by channel."""

    id: str
    name: str
    language: Language
    addresses: Mapping[str, str]
    role: Role | None = None
    opd: str = ""
    office: Name | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """From `since` on the days (0 is Monday) until `until`, on the next day when that is not later."""

    days: frozenset[int]
    since: time
    until: time
    holidays: Holidays = "too"

    def hold(self, at: datetime, holidays: frozenset[date]) -> bool:
        """Return whether they hold at a local time."""
        night = self.until <= self.since
        today, now = at.date(), at.time().replace(tzinfo=None)
        if self._begins_on(today, holidays) and now >= self.since and (night or now < self.until):
            return True
        return night and now < self.until and self._begins_on(today - DAY, holidays)

    def _begins_on(self, day: date, holidays: frozenset[date]) -> bool:
        holiday = day in holidays
        fits = self.holidays == "too" or holiday == (self.holidays == "only")
        return fits and (day.weekday() in self.days or (holiday and self.holidays == "only"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a call list; `person` empty: the channels speak to whoever is there."""

    person: str
    channels: tuple[str, ...]
    hours: tuple[Hours, ...] = ()
    severity: int = 1

    def holds(self, at: datetime, holidays: frozenset[date]) -> bool:
        """Return whether it holds at a local time."""
        return not self.hours or any(hours.hold(at, holidays) for hours in self.hours)


@dataclass(frozen=True, slots=True)
class CallList:
    """Who is told, in this order."""

    id: str
    name: Name
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Substitute:
    """Who stands in for somebody, from the first day to the last, both included."""

    absent: str
    by: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Duty:
    """One person, or nobody in particular, who is to be told over one channel; `stands_for`: whose place it is."""

    channel: str
    address: str = ""
    person: Person | None = None
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """All of `notify.yaml`, proved to go together."""

    zone: tzinfo
    channels: Mapping[str, AnyChannel] = field(default_factory=dict)
    persons: Mapping[str, Person] = field(default_factory=dict)
    lists: Mapping[str, CallList] = field(default_factory=dict)
    substitutes: tuple[Substitute, ...] = ()
    holidays: frozenset[date] = frozenset()
    exercise: bool = False
    acknowledge_by_reply: bool = False

    def local(self, at: int) -> datetime:
        """Return UTC ns as the site's own time."""
        return datetime.fromtimestamp(at // 1_000_000_000, self.zone)

    def on_call(self, call_list: str, *, at: int, severity: int) -> list[Duty]:
        """Return who of a list is to be told at `at` (UTC ns), in order, nobody twice; raise NotifyError: no list."""
        chosen = self.lists.get(call_list)
        if chosen is None:
            known = ", ".join(self.lists) or "none"
            raise NotifyError(f"there is no call list {call_list!r}; notify.yaml has {known}")
        local = self.local(at)
        lines = [line for line in chosen.entries if severity >= line.severity and line.holds(local, self.holidays)]
        duties = [duty for line in lines for duty in self._duties(line, local.date())]
        return list({(duty.channel, duty.address): duty for duty in reversed(duties)}.values())[::-1]

    def stands_in(self, person: str, day: date) -> str:
        """Return who takes the place of somebody on a day: themselves, unless they are away."""
        for substitute in self.substitutes:
            if substitute.absent == person and substitute.since <= day <= substitute.until:
                return self.stands_in(substitute.by, day)
        return person

    def gaps(self, call_list: str) -> Sequence[str]:
        """Return the stretches of an ordinary week, and of a holiday, in which the worst alarm would reach nobody."""
        entries = self.lists[call_list].entries
        monday = datetime(2024, 1, 1)  # noqa: DTZ001 - a Monday on no calendar in particular
        week = _uncovered(entries, monday, 7, frozenset())
        holiday = _uncovered(entries, monday, 1, frozenset({monday.date() - DAY, monday.date()}))
        told = [f"{_NAMES[since.weekday()]} {since:%H.%M}-{until:%H.%M}" for since, until in week]
        return told + [f"on a holiday {since:%H.%M}-{until:%H.%M}" for since, until in ([] if week else holiday)]

    def _duties(self, entry: Entry, day: date) -> Iterator[Duty]:
        if not entry.person:
            yield from (Duty(channel) for channel in entry.channels)
            return
        person = self.persons[self.stands_in(entry.person, day)]
        for channel in entry.channels:
            if channel in person.addresses:
                away = "" if person.id == entry.person else entry.person
                yield Duty(channel, person.addresses[channel], person, away)


NOBODY = Roster(UTC)
"""The roster of a site without a notify.yaml."""

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _uncovered(
    entries: Sequence[Entry], begin: datetime, days: int, holidays: frozenset[date]
) -> list[tuple[datetime, datetime]]:
    """Return the stretches in which none of the entries holds; hours begin and end on whole minutes."""
    edges = {begin + DAY * day + timedelta(hours=each.hour, minutes=each.minute)
             for day in range(days) for entry in entries for hours in entry.hours
             for each in (time(0), hours.since, hours.until)}  # fmt: skip
    marks = [*sorted(edges | {begin}), begin + DAY * days]
    bare = [
        (since, until) for since, until in pairwise(marks) if not any(entry.holds(since, holidays) for entry in entries)
    ]
    joined: list[tuple[datetime, datetime]] = []
    for since, until in bare:
        if joined and joined[-1][1] == since:
            joined[-1] = (joined[-1][0], until)
        else:
            joined.append((since, until))
    return joined
