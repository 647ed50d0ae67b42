"""An emulated device that follows from its profile: it keeps what it is told, tells what it is asked."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.plain_frames import Framing, TextFraming, decoder
from drivers.driver import Driver
from drivers.model import Value
from drivers.profiles.pattern import Pattern
from drivers.profiles.profile_driver import ProfileDriver
from drivers.profiles.schema import PointDef, Profile
from drivers.profiles.wording import Place, Wording, meaning_of


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it came: a question about `place`, a command that sets `place` to `value`, or neither."""

    place: Place | None = None
    verb: str = ""
    value: Value | None = None
    fields: Mapping[str, str] | None = None


class ProfileMachine:
    """One device; `facts` are its values by the names that the readings have."""

    most_clients = 4
    idle = 0.0

    def __init__(self, options: Mapping[str, object], *, profile: Profile, seed: int = 0) -> None:
        self.family = profile.profile
        self._profile = profile
        address = options.get("id", profile.id)
        self._id = address if isinstance(address, int) else None
        self._words = Wording(profile, id=self._id)
        self._framing = profile.framing.framing()
        self._ears = _asked(self._words, self._framing)
        self.ending = bytes.fromhex(profile.framing.tail) or profile.framing.end.encode()
        self._chance = random.Random(seed)
        self._places = {place.name: place for place in self._words.places()}
        self.facts: dict[str, Value] = {
            name: _first(profile.points[place.point]) for name, place in self._places.items()
        }
        self.can_refuse = bool(profile.refusal or profile.busy)
        self.expelled: set[int] = set()
        self._inboxes: dict[int, Inbox[bytes, Heard]] = {}
        self.remote: Driver = ProfileDriver(profile, id=self._id)
        self.stranger: Mapping[str, object] = {}
        self.load({key: value for key, value in options.items() if key != "id"})

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing: a simple device waits to be asked."""
        self._inboxes[client] = self._inbox()
        return []

    def leave(self, client: int) -> None:
        """Forget what a client had half said."""
        self._inboxes.pop(client, None)

    def hear(self, client: int, data: bytes) -> Sequence[Heard]:
        """Return the messages for this device."""
        return drain((self._inboxes.get(client) or self._inbox()).feed, data)[0]

    def acts(self, request: Heard) -> bool:
        """Return whether it is a command."""
        return bool(request.verb)

    def answer(self, _client: int, request: Heard) -> Sequence[bytes]:
        """Do it and answer as the profile says; what is none of its messages is refused."""
        if request.verb:
            return self._obey(request)
        if request.place is None:
            return self._no(self._words.refusals)
        return [self._tell(request.place)]

    def refuse(self, _request: Heard) -> Sequence[bytes]:
        """Say not now, or no."""
        return self._no(self._words.busy or self._words.refusals)

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return nothing: it speaks when asked."""
        return []

    def listens(self) -> bool:
        """Return whether its port is open: always."""
        return True

    def restarts(self) -> float:
        """Never by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up as it was."""

    def state(self) -> dict[str, object]:
        """Return the values."""
        return dict(self.facts)

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError for one that it has not, TypeError for one of no plain type."""
        for name, value in state.items():
            if name not in self.facts:
                raise KeyError(f"{self.family} has no {name}; it has {', '.join(self.facts)}")
            if not isinstance(value, bool | int | float | str):
                raise TypeError(f"{name} must be a flag, a number or a text, not {value!r}")
            self.facts[name] = value

    def news(self) -> bytes:
        """Return one of its values, unasked."""
        return self._tell(next(iter(self._places.values())))

    def unknown(self) -> bytes:
        """Return what no profile knows."""
        return self._framing.wrap(b"\x7e\x7e new" if not self._profile.framing.binary else b"\xfe\xfe")

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame with a wrong checksum, if it has one."""
        if self._profile.framing.checksum == "none":
            return frame
        at = len(frame) - len(bytes.fromhex(self._profile.framing.tail)) - 1
        return frame[:at] + bytes([frame[at] ^ 0x5A]) + frame[at + 1 :]

    def meddle(self) -> None:
        """Let somebody choose another value of the first thing that has several."""
        for name, place in self._places.items():
            others = [each for each in self._profile.points[place.point].map.values() if each != self.facts[name]]
            if others:
                self.facts[name] = self._chance.choice(others)
                return

    def tell(self, data: bytes) -> str:
        """Return it as text, or in hexadecimal."""
        return data[:64].hex(" ") if self._profile.framing.binary else data.decode("utf-8", "replace").strip()[:400]

    def _inbox(self) -> Inbox[bytes, Heard]:
        return Inbox(decoder(self._ears), self._understood)

    def _understood(self, body: bytes) -> list[Heard]:
        words = self._words
        for name, ask in words.asks.items():
            fields = words.read([ask], body)
            if fields is not None and Place(name, fields.get("n", "")).name in self._places:
                return [Heard(Place(name, fields.get("n", "")))]
        for verb, send in words.sends.items():
            fields = words.read([send], body)
            heard = None if fields is None else self._commanded(verb, fields)
            if heard is not None:
                return [heard]
        return [] if words.elsewhere(body) else [Heard()]

    def _commanded(self, verb: str, fields: Mapping[str, str]) -> Heard | None:
        """Return the command, or None when its value or its place cannot be."""
        if "value" not in fields:
            return Heard(None, verb, None, fields)
        for place in self._places.values():
            if fields.get("n", place.n) == place.n and place.point in self._words.sets[verb]:
                words = self._profile.commands[verb].map
                point = self._profile.points[place.point]
                value = words.get(fields["value"]) if words else meaning_of(point, fields["value"])
                if value is not None:
                    return Heard(place, verb, value, fields)
        return None

    def _obey(self, request: Heard) -> list[bytes]:
        if request.place is not None and request.value is not None:
            self.facts[request.place.name] = request.value
        said = self._profile.commands[request.verb]
        if said.silent:
            return []
        accepts = self._words.accepts.get(request.verb)
        if accepts is not None:
            return [self._framing.wrap(accepts.write({**(request.fields or {}), **self._words.own}))]
        return [self._tell(request.place)] if request.place else []

    def _tell(self, place: Place) -> bytes:
        return self._framing.wrap(self._words.statement(place, self.facts[place.name]))

    def _no(self, patterns: Sequence[Pattern]) -> list[bytes]:
        return [self._framing.wrap(each.write(self._words.own)) for each in patterns[:1]]


def _asked(words: Wording, framing: Framing) -> Framing:
    """Return how the questions are told apart: without a length byte all of them are as long as the first."""
    if isinstance(framing, TextFraming) or framing.length_at >= 0:
        return framing
    some = next(iter((*words.asks.values(), *words.sends.values())))
    return replace(framing, size=len(framing.wrap(some.write(words.own))))


def _first(point: PointDef) -> Value:
    """Return the value that a point has at first."""
    if point.map:
        return next(iter(point.map.values()))
    if point.kind == "number":
        return int(point.range[0]) if point.range else 0
    return "-"
