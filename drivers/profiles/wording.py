"""A profile's templates at work, for driver and emulator alike: what says what, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import get_args

from drivers.capability import VERBS
from drivers.errors import BadCommand
from drivers.model import Arg, Command, Value
from drivers.profiles.pattern import Pattern
from drivers.profiles.schema import PointDef, Profile, token_of

_NUMBER = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,9})?")
_SAMPLES: tuple[tuple[type, Arg], ...] = ((bool, True), (int, 1), (float, 1.0), (str, "1"), (Mapping, {"1": 1}))


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a device: its point, and its number when the point has several."""

    point: str
    n: str

    @property
    def name(self) -> str:
        """Return its name in the readings."""
        return f"{self.point}.{self.n}" if self.n else self.point


@dataclass(frozen=True, slots=True)
class Saying:
    """One message of a command, with what it shall bring about (None: nothing that can be read)."""

    payload: bytes
    place: Place | None
    value: Value = ""


class Wording:
    """The compiled templates of a profile for one device; `id` is its address."""

    def __init__(self, profile: Profile, *, id: int | None) -> None:  # noqa: A002 - the word of the site file
        self.profile = profile
        self.own = {} if id is None else {"id": str(id)}
        """The fields that say which device is meant."""
        self.sets = {verb: set_by(verb) for verb in profile.commands}
        self.asks = {name: self._pattern(point.ask) for name, point in profile.points.items() if point.ask}
        self.answers = {name: [self._pattern(each) for each in point.answer] for name, point in profile.points.items()}
        self.sends = {verb: self._pattern(each.send) for verb, each in profile.commands.items()}
        self.accepts = {verb: self._pattern(c.answer) for verb, c in profile.commands.items() if c.answer}
        self.refusals = [self._pattern(each) for each in profile.refusal]
        self.busy = [self._pattern(each) for each in profile.busy]
        self.ignored = [self._pattern(each) for each in profile.ignore]

    def _pattern(self, template: str) -> Pattern:
        return Pattern(template, binary=self.profile.framing.binary)

    def places(self) -> Iterator[Place]:
        """Return every value that the device has."""
        for name, point in self.profile.points.items():
            yield from (Place(name, n) for n in point.numbers())

    def question(self, place: Place) -> bytes | None:
        """Return what asks for a value, or None when nothing does."""
        ask = self.asks.get(place.point)
        return ask.write(self._fields(n=place.n)) if ask else None

    def statement(self, place: Place, value: Value) -> bytes:
        """Return what tells a value."""
        token = token_of(self.profile.points[place.point].map, value)
        return self.answers[place.point][0].write(self._fields(n=place.n, value=token))

    def read(self, patterns: Sequence[Pattern], body: bytes) -> Mapping[str, str] | None:
        """Return the fields of the first pattern that `body` is of and that means this device, else None."""
        for pattern in patterns:
            fields = pattern.read(body)
            if fields is not None and all(fields.get(key, own) == own for key, own in self.own.items()):
                return fields
        return None

    def elsewhere(self, body: bytes) -> bool:
        """Return whether it is a message for or from another device on the same wire."""
        every = [each for group in self.answers.values() for each in group]
        every += [*self.asks.values(), *self.sends.values(), *self.accepts.values(), *self.refusals, *self.busy]
        told = [fields for pattern in every if "id" in pattern.names and (fields := pattern.read(body))]
        return bool(told) and all(fields["id"] != self.own.get("id") for fields in told)

    def values(self, body: bytes) -> tuple[str, Mapping[str, Value]] | None:
        """Return the topic and the values that a message tells, or None when it tells none."""
        for name, patterns in self.answers.items():
            for pattern in patterns:
                fields = self.read([pattern], body)
                found = None if fields is None else self._meaning(name, fields)
                if found is not None:
                    return found
        return None

    def sayings(self, command: Command) -> list[Saying]:
        """Return the messages of a command; raise BadCommand for a value that the device cannot have."""
        verb, said = VERBS[command.verb], self.sends[command.verb]
        effects = verb.effects(command.args)
        plain = {key: str(value) for key, value in command.args.items()}
        if not any(name.partition(".")[0] in self.profile.points for name in effects):
            return [Saying(said.write(self._fields(**plain)), None)]
        words = self.profile.commands[command.verb].map
        return [self._saying(said, plain, words, wish) for wish in effects.items()]

    def _saying(
        self, said: Pattern, plain: Mapping[str, str], words: Mapping[str, Value], wish: tuple[str, Value]
    ) -> Saying:
        name, value = wish
        point, _, n = name.partition(".")
        place = Place(point, n)
        defined = self.profile.points.get(point)
        if defined is None or n not in defined.numbers():
            known = ", ".join(each.name for each in self.places())
            raise BadCommand(f"this device has no {name}; it has {known}")
        token = _token(defined, words or defined.map, place=place, value=value)
        return Saying(said.write(self._fields(**{**plain, "n": n, "value": token})), place, value)

    def _meaning(self, name: str, fields: Mapping[str, str]) -> tuple[str, Mapping[str, Value]] | None:
        point = self.profile.points[name]
        n = fields.get("n", "")
        n = n.lstrip("0") if n.isdigit() and len(n) > 1 else n
        numbers = point.numbers()
        if "n" not in fields and len(numbers) == 1:
            n = numbers[0]
        value = meaning_of(point, fields["value"]) if n in numbers and "value" in fields else None
        if value is None:
            return None
        place = Place(name, n)
        return place.name, {place.name: value}

    def _fields(self, **fields: str) -> Mapping[str, str]:
        return {**fields, **self.own}


def _token(point: PointDef, words: Mapping[str, Value], *, place: Place, value: Value) -> str:
    """Return what is sent for a value; raise BadCommand for one that the device cannot have."""
    if words and value not in words.values():
        raise BadCommand(f"{place.name} cannot be {value!r}; it can be {', '.join(map(str, words.values()))}")
    if point.range and not (isinstance(value, int | float) and point.range[0] <= value <= point.range[1]):
        raise BadCommand(f"{place.name} is {point.range[0]:g} to {point.range[1]:g}, not {value!r}")
    return token_of(words, value)


def meaning_of(point: PointDef, token: str) -> Value | None:
    """Return what a token means, or None for what cannot be."""
    if point.map:
        return point.map.get(token)
    if point.kind != "number":
        return token
    if not _NUMBER.fullmatch(token):
        return None
    return float(token) if "." in token else int(token)


def set_by(verb: str) -> frozenset[str]:
    """Return the names of the points that a verb is about."""
    wanted = VERBS[verb].args
    args = {name: next(each for kind, each in _SAMPLES if _is(wanted[name], kind)) for name in wanted}
    return frozenset(name.partition(".")[0] for name in VERBS[verb].effects(args))


def _is(wanted: type | UnionType, kind: type) -> bool:
    return wanted is kind or kind in get_args(wanted)
