"""Biamp Tesira audio processors over TTP: levels, mutes, presets and spoken messages, by telnet or by serial port."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, field_validator

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.named import Named, known, table
from drivers.codecs.tesira import (
    INCORRECT,
    WELCOME,
    Answer,
    Decoder,
    Message,
    Negotiation,
    Prompt,
    Published,
    line,
    quoted,
)  # fmt: skip
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, PointKind

_ADDRESS = re.compile(r'(?:"(?P<quoted>[^"]+)"|(?P<tag>\S+)) (?P<index>\d+)(?: (?P<level>\w+) (?P<mute>\w+))?')
_INTERVAL_MS = 200
"""Least pause between two published values of one subscription."""
_TOPIC = "verdict"
_ASIDE = "aside"
"""The topic of what answers nothing."""


class Options(Strict):
    """Which blocks of the design are which channels, and who logs in."""

    channels: Named = ""
    """Channels by name: instance tag and index, as `hall=Level1 1; podium="My Level" 2`; of a mixer also attributes."""
    messages: Named = ""
    """Announcements by name: the preset that plays each, as `evacuate=1005`."""
    greets: bool = True
    """False on a serial port, where no banner comes."""
    user: Annotated[str, Field(max_length=64)] = "default"
    """The user that is asked for in a protected system."""
    password: SecretStr = SecretStr("default")
    """Their password."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""

    @field_validator("channels")
    @classmethod
    def _addresses(cls, text: str) -> str:
        for name, address in table(text).items():
            if not _ADDRESS.fullmatch(address):
                raise ValueError(f"{name}: {address!r} is not an instance tag and an index, as Level1 1")
        return text


class Channel:
    """One channel of one block: how its level and its mute are addressed."""

    def __init__(self, address: str) -> None:
        found = _ADDRESS.fullmatch(address)
        if found is None:
            raise BadCommand(f"{address!r} is no address of a block")
        self.tag = quoted(found["quoted"] or found["tag"])
        self.index = found["index"]
        self.attributes: Mapping[str, str] = {"level": found["level"] or "level", "mute": found["mute"] or "mute"}


class Tesira:
    """One conversation with one server; every connection subscribes anew, for subscriptions end with it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._channels = {name: Channel(address) for name, address in table(options.channels).items()}
        self._messages = table(options.messages)
        self._welcomed = not options.greets
        self._inbox = Inbox[Message, Reply](Decoder(), self._replies)

    def hello(self) -> Sequence[Request]:
        """Wait for the banner, unless it has come, and ask for the serial number."""
        banner = [] if self._welcomed else [Request(b"", WELCOME, patience=10.0)]
        return [*banner, _ask("SESSION", "set", "verbose", "true"), _ask("DEVICE", "get", "serialNumber")]

    def poll(self) -> Sequence[Request]:
        """Subscribe to everything anew: a subscription tells its value at once, and may have died unseen."""
        if not self._channels:
            return [_ask("DEVICE", "get", "serialNumber")]
        return [request for name in self._channels for what in ("level", "mute") for request in self._renew(what, name)]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the line of a command; raise BadCommand for channels and messages that the site does not name."""
        check(command.verb, command.args)
        args = command.args
        if command.verb == "level":
            return [self._set("level", args, f"{args['level']:g}")]
        if command.verb == "mute_channel":
            return [self._set("mute", args, "true" if args["on"] else "false")]
        if command.verb == "preset":
            return [_recall(str(args["preset"]))]
        if command.verb == "announce":
            return [_recall(known(self._messages, str(args["message"]), "message"))]
        raise BadCommand(f"a Tesira has no {command.verb}; it has {', '.join(SPEC.verbs)}")

    def verify(self, command: Command) -> Sequence[Request]:
        """Subscribe anew to the one value that the command has set."""
        what = {"level": "level", "mute_channel": "mute"}.get(command.verb)
        return self._renew(what, str(command.args["channel"])) if what else self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies; published values are news, whatever is in flight."""
        return self._inbox.feed(data)

    def _set(self, what: str, args: Mapping[str, Arg], value: str) -> Request:
        channel = known(self._channels, str(args["channel"]), "channel")
        return _ask(channel.tag, "set", channel.attributes[what], channel.index, value)

    def _renew(self, what: str, name: str) -> list[Request]:
        channel, label = self._channels[name], f"{what}_{name}"
        address = (channel.attributes[what], channel.index, label)
        return [
            _ask(channel.tag, "unsubscribe", *address),
            _ask(channel.tag, "subscribe", *address, str(_INTERVAL_MS)),
        ]

    def _replies(self, message: Message) -> list[Reply]:
        if isinstance(message, Answer):
            return [self._answer(message)]
        if isinstance(message, Published):
            return [self._news(message)]
        if isinstance(message, Negotiation):
            return [Reply(_ASIDE, back=message.refusals)]
        return [self._log_in(message)] if isinstance(message, Prompt) else []

    def _answer(self, answer: Answer) -> Reply:
        if answer.verdict != "+OK":
            return Reply(_TOPIC, refused=Refusal(f"the Tesira refuses: {answer.verdict} {answer.text[:200]}".rstrip()))
        return Reply(_TOPIC, {"serial": answer.value} if answer.value is not None else {})

    def _news(self, published: Published) -> Reply:
        what, _, name = published.label.partition("_")
        if name not in self._channels or what not in ("level", "mute"):
            return Reply(_ASIDE)
        if what == "mute" and published.value in ("true", "false"):
            return Reply(_ASIDE, {f"mute.{name}": "on" if published.value == "true" else "off"})
        try:
            return Reply(_ASIDE, {f"level.{name}": float(published.value)})
        except ValueError:
            raise ProtocolError(f"the {what} of {name} is told as {published.value[:40]!r}") from None

    def _log_in(self, prompt: Prompt) -> Reply:
        if prompt.words == INCORRECT:
            return Reply(_ASIDE, denied="the Tesira refuses the login; correct `user` and `password` in its options")
        if prompt.words == WELCOME:
            self._welcomed = True
            return Reply(WELCOME)
        secret = self._options.password.get_secret_value()
        return Reply(_ASIDE, back=line(self._options.user if prompt.words == "login:" else secret))


def _ask(*words: str) -> Request:
    return Request(line(*words), _TOPIC)


def _recall(preset: str) -> Request:
    if not preset or '"' in preset or not preset.isprintable():
        raise BadCommand(f"a preset is its number, as 1001, or its name, not {preset!r}")
    return _ask("DEVICE", *(("recallPreset", preset) if preset.isdecimal() else ("recallPresetByName", quoted(preset))))


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    names = table(getattr(options, "channels", ""))
    return (
        PointSpec("serial", Name("Nomor seri", "Serial number")),
        *(PointSpec(f"level.{n}", Name(f"Tingkat {n}", f"Level of {n}"), PointKind.NUMBER, "dB") for n in names),
        *(PointSpec(f"mute.{n}", Name(f"Bisu {n}", f"Mute of {n}")) for n in names),
    )


def _make(options: BaseModel) -> Driver:
    return Tesira(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="tesira",
    maker="Biamp",
    models=("TesiraFORTÉ", "Tesira SERVER", "Tesira SERVER-IO"),
    port=23,
    options=Options,
    points=_points,
    verbs=("level", "mute_channel", "preset", "announce"),
    make=_make,
    poll_every=10.0,
    identity=("serial",),
    sources={
        "commands, answers, subscriptions": "Biamp Tesira help, Tesira Text Protocol: syntax, responses, subscriptions",
        "telnet options are refused": "companion-module-biamp-tesira; RFC 854",
        "published before +OK": "Biamp Tesira help, TTP subscriptions",
    },
)
