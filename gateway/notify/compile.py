"""Make a roster of what `notify.yaml` says, or say where it does not go together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from drivers.capability import VERBS, check
from drivers.errors import BadCommand
from drivers.model import Device
from drivers.registry import DRIVERS
from drivers.sensors.source import files_of
from drivers.sensors.time_stamp import zone_of
from drivers.strict_yaml import KeyPath
from gateway.notify.config import (
    WEEKDAYS,
    AnyChannel,
    AppriseChannel,
    CallListConfig,
    DeviceChannel,
    EntryConfig,
    HoursConfig,
    NotifyFile,
    PersonConfig,
    SmsChannel,
    SmtpChannel,
    WebhookChannel,
    clock_time,
)
from gateway.notify.errors import BadNotify
from gateway.notify.roster import CallList, Entry, Hours, Person, Roster, Substitute

T = TypeVar("T")
SMS = "sms"
"""The verb of a modem."""
ADDRESSES: Mapping[type, tuple[str, str]] = {
    SmsChannel: (r"\+?[0-9]{3,15}", "a telephone number, as +6281234567890"),
    SmtpChannel: (r"[^\s@<>,;]+@[^\s@<>,;]+", "an e-mail address"),
}


def compile_notify(file: NotifyFile, devices: Mapping[str, Device], *, folder: Path) -> Roster:
    """Return the roster, its files taken from `folder`; raise BadNotify at the first thing that does not fit."""
    located = [each.model_copy(update=files_of(type(each), each.model_dump(), folder)) for each in file.channels]
    channels = _by_id([(each.id, each) for each in located], "channels")
    _by_id([(each.id, each) for each in file.persons], "persons")
    _by_id([(each.id, each) for each in file.lists], "lists")
    for number, channel in enumerate(file.channels):
        _check_channel(channel, devices, ("channels", number))
    persons = {each.id: _person(each, channels, number) for number, each in enumerate(file.persons)}
    lists = {each.id: _call_list(each, persons, channels, number) for number, each in enumerate(file.lists)}
    return Roster(
        zone_of(file.time_zone), channels, persons, lists, _substitutes(file, persons),
        frozenset(map(date.fromisoformat, file.holidays)), file.exercise, file.acknowledge_by_reply,
    )  # fmt: skip


def speaks_to_all(channel: AnyChannel) -> bool:
    """Return whether a channel needs no person's address."""
    if isinstance(channel, DeviceChannel):
        return True
    if isinstance(channel, WebhookChannel):
        return "{address}" not in f"{channel.url} {channel.body}"
    return isinstance(channel, AppriseChannel) and "{address}" not in channel.url.get_secret_value()


def _by_id(things: Iterable[tuple[str, T]], key: str) -> dict[str, T]:
    found: dict[str, T] = {}
    for number, (name, thing) in enumerate(things):
        if name in found:
            raise BadNotify((key, number, "id"), f"{name} stands here twice")
        found[name] = thing
    return found


def _check_channel(channel: AnyChannel, devices: Mapping[str, Device], path: KeyPath) -> None:
    if not isinstance(channel, SmsChannel | DeviceChannel):
        return
    device = devices.get(channel.device)
    if device is None:
        raise BadNotify((*path, "device"), f"there is no device {channel.device!r}", "add it to devices.yaml")
    verb = SMS if isinstance(channel, SmsChannel) else channel.verb
    spec = DRIVERS.get(device.driver)
    if spec is not None and verb not in spec.verbs:
        where = "verb" if isinstance(channel, DeviceChannel) else "device"
        raise BadNotify((*path, where), f"{device.id} has no verb {verb!r}; it has {', '.join(spec.verbs)}")
    if isinstance(channel, DeviceChannel):
        _check_args(channel, path)


def _check_args(channel: DeviceChannel, path: KeyPath) -> None:
    if channel.verb not in VERBS:
        raise BadNotify((*path, "verb"), f"there is no verb {channel.verb!r}; the verbs are {', '.join(sorted(VERBS))}")
    try:
        check(channel.verb, channel.args)
    except BadCommand as error:
        raise BadNotify((*path, "args"), str(error)) from None


def _person(person: PersonConfig, channels: Mapping[str, AnyChannel], number: int) -> Person:
    for name, address in person.addresses.items():
        path = ("persons", number, "addresses", name)
        channel = channels.get(name)
        if channel is None:
            raise BadNotify(path, f"there is no channel {name!r}", f"there is {', '.join(channels) or 'none'}")
        pattern, what = ADDRESSES.get(type(channel), (".+", ""))
        if not re.fullmatch(pattern, address):
            raise BadNotify(path, f"{address!r} is not {what}")
    office = person.office.name() if person.office else None
    return Person(person.id, person.name, person.language, dict(person.addresses), person.role, person.opd, office)


def _call_list(
    written: CallListConfig, persons: Mapping[str, Person], channels: Mapping[str, AnyChannel], number: int
) -> CallList:
    entries = tuple(
        _entry(entry, persons, channels, ("lists", number, "entries", line))
        for line, entry in enumerate(written.entries)
    )
    return CallList(written.id, written.name.name(), entries)


def _entry(
    entry: EntryConfig, persons: Mapping[str, Person], channels: Mapping[str, AnyChannel], path: KeyPath
) -> Entry:
    person = persons.get(entry.person) if entry.person else None
    if entry.person and person is None:
        raise BadNotify((*path, "person"), f"there is no person {entry.person!r}", f"there is {', '.join(persons)}")
    for place, name in enumerate(entry.channels):
        channel, where = channels.get(name), (*path, "channels", place)
        if channel is None:
            raise BadNotify(where, f"there is no channel {name!r}", f"there is {', '.join(channels) or 'none'}")
        if person is not None and name not in person.addresses:
            raise BadNotify(where, f"{person.id} has no address for {name}", "give them one under addresses")
        if person is None and not speaks_to_all(channel):
            raise BadNotify(where, f"{name} needs a person to send to", "add person to this entry")
    return Entry(entry.person or "", tuple(entry.channels), tuple(map(_hours, entry.hours)), entry.severity)


def _hours(hours: HoursConfig) -> Hours:
    days = frozenset(WEEKDAYS.index(day) for day in hours.days)
    return Hours(days, clock_time(hours.since), clock_time(hours.until), hours.holidays)


def _substitutes(file: NotifyFile, persons: Mapping[str, Person]) -> tuple[Substitute, ...]:
    found: list[Substitute] = []
    for number, written in enumerate(file.substitutes):
        path = ("substitutes", number)
        for key, person in (("absent", written.absent), ("by", written.by)):
            if person not in persons:
                raise BadNotify((*path, key), f"there is no person {person!r}", f"there is {', '.join(persons)}")
        since, until = date.fromisoformat(written.since), date.fromisoformat(written.until)
        if until < since:
            raise BadNotify((*path, "until"), "the last day is before the first")
        found.append(Substitute(written.absent, written.by, since, until))
        if circle := _circle(found, found[-1]):
            raise BadNotify((*path, "by"), f"on {since} these stand in for each other: {circle}", "break the circle")
    return tuple(found)


def _circle(all_: Sequence[Substitute], last: Substitute) -> str:
    """Return the circle that the last one closes on a day that all of it shares; empty: there is none."""
    ways: list[tuple[Substitute, tuple[str, ...], date, date]] = [
        (last, (last.absent, last.by), last.since, last.until)
    ]
    while ways:
        step, way, since, until = ways.pop()
        if step.by == last.absent:
            return " → ".join(way)
        for next_ in all_:
            begin, end = max(since, next_.since), min(until, next_.until)
            if next_.absent == step.by and begin <= end and len(way) <= len(all_):
                ways.append((next_, (*way, next_.by), begin, end))
    return ""
