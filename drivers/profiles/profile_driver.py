"""The driver of a profile: every profile is spoken by this one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field, create_model

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.plain_frames import decoder
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command, PointKind
from drivers.profiles.schema import Profile
from drivers.profiles.wording import Place, Saying, Wording


class ProfileDriver:
    """One conversation with one device."""

    def __init__(self, profile: Profile, *, id: int | None = None) -> None:  # noqa: A002 - the word of the site file
        self._profile = profile
        self._words = Wording(profile, id=id)
        self._framing = profile.framing.framing()
        self._inbox = Inbox(decoder(self._framing), self._replies)

    def hello(self) -> Sequence[Request]:
        """Ask nothing: the first round of questions tells all."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask for every value that can be asked for."""
        return self._questions(list(self._words.places()))

    def request(self, command: Command) -> Sequence[Request]:
        """Return the messages of a command; raise BadCommand for what the profile does not know."""
        check(command.verb, command.args)
        if command.verb not in self._profile.commands:
            known = ", ".join(self._profile.commands) or "none"
            raise BadCommand(f"{self._profile.maker} {self._profile.models[0]} has no {command.verb}; it has {known}")
        return [self._command(command.verb, saying) for saying in self._words.sayings(command)]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what the command has set."""
        return self._questions([each.place for each in self._words.sayings(command) if each.place])

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; raise ProtocolError for what the profile does not know."""
        return self._inbox.feed(data)

    def _command(self, verb: str, saying: Saying) -> Request:
        said = self._profile.commands[verb]
        topic = saying.place.name if saying.place else verb
        payload = self._framing.wrap(saying.payload)
        return Request(payload, topic, settle=said.settle, silent=said.silent)

    def _questions(self, places: Sequence[Place]) -> list[Request]:
        asked = ((place, self._words.question(place)) for place in places)
        return [Request(self._framing.wrap(ask), place.name) for place, ask in asked if ask is not None]

    def _replies(self, body: bytes) -> list[Reply]:
        words = self._words
        told = words.values(body)
        if told is not None:
            return [Reply(*told)]
        if words.read(words.busy, body) is not None:
            return [Reply(None, refused=Refusal(f"the device says not now ({_shown(body)})", busy=True))]
        if words.read(words.refusals, body) is not None:
            return [Reply(None, refused=Refusal(f"the device refuses ({_shown(body)})"))]
        if words.read(list(words.accepts.values()), body) is not None:
            return [Reply(None)]
        if words.read(words.ignored, body) is not None or words.elsewhere(body):
            return []
        raise ProtocolError(f"nothing that the profile {self._profile.profile} knows: {_shown(body)}")


def _shown(body: bytes) -> str:
    text = body[:60].decode("utf-8", "replace")
    return text if text.isprintable() else body[:32].hex(" ")


def spec_of(profile: Profile) -> DriverSpec:
    """Return the profile as a driver like any other."""

    def points(_options: BaseModel) -> tuple[PointSpec, ...]:
        defined = profile.points
        return tuple(
            PointSpec(
                place.name, defined[place.point].name.name(), PointKind(defined[place.point].kind),
                defined[place.point].unit,
            )
            for place in Wording(profile, id=profile.id).places()
        )  # fmt: skip

    def make(options: BaseModel) -> Driver:
        return ProfileDriver(profile, id=getattr(options, "id", None))

    return DriverSpec(
        name=profile.profile,
        maker=profile.maker,
        models=tuple(profile.models),
        port=profile.port,
        options=_options_of(profile),
        points=points,
        verbs=tuple(profile.commands),
        make=make,
        poll_every=profile.poll_every,
        gap=profile.gap,
        links=profile.spec_links(),
        sources=profile.sources,
    )


def _options_of(profile: Profile) -> type[BaseModel]:
    if profile.id is None:
        return create_model(f"{profile.profile}_options", __base__=Strict)
    address = Annotated[int, Field(ge=0, le=255, description="Its address on the wire.")]
    return create_model(f"{profile.profile}_options", __base__=Strict, id=(address, profile.id))
