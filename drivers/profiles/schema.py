"""How a device without code is written: a profile, one YAML file with its templates and the maker's own examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from drivers.capability import VERBS
from drivers.codecs.checksums import CHECKSUMS
from drivers.codecs.plain_frames import ByteFraming, Framing, TextFraming
from drivers.device_config import BilingualName, Scalar, Strict
from drivers.model import Value
from drivers.profiles.pattern import Pattern

Verb = Annotated[str, Field(pattern=r"^[a-z_]+$")]
Hex = Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2} ?)*$")]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=str | list[str])]


class LengthDef(Strict):
    """The byte that tells how long a frame is."""

    at: Annotated[int, Field(ge=0, le=32)]
    """Its place, counted from the frame's start, 0 first; templates leave it out."""
    adds: Annotated[int, Field(ge=-16, le=64)] = 0
    """How many bytes the whole frame has more than it says."""


class FramingDef(Strict):
    """How messages are told apart: text up to `end`, or bytes with `head`, `length` or `size`, `checksum`, `tail`."""

    end: str = ""
    """Text: what ends each message."""
    start: str = ""
    """Text: what we send before each message, for devices that want to be woken."""
    head: Hex = ""
    """Bytes: what every frame begins with, in hexadecimal digits."""
    tail: Hex = ""
    """Bytes: what every frame ends with."""
    length: LengthDef | None = None
    """Bytes: where the length stands."""
    size: Annotated[int, Field(ge=0, le=256)] = 0
    """Bytes: the size of every answer, when no length is told."""
    checksum: Literal["none", "sum8", "xor8", "crc8", "crc16-modbus"] = "none"
    """Bytes: what stands before the tail."""
    covers: Annotated[int, Field(ge=0, le=32)] = 0
    """Bytes: the first byte that the checksum covers, 0 first."""

    @property
    def binary(self) -> bool:
        """Return whether messages are bytes and not text."""
        return not self.end

    @model_validator(mode="after")
    def _one_kind(self) -> FramingDef:
        if self.end and (self.head or self.tail or self.length or self.size or self.checksum != "none"):
            raise ValueError("`end` is for text; leave it out for bytes, or leave out the rest")
        if not self.end and bool(self.length) is bool(self.size):
            raise ValueError("text needs `end`; bytes need either `length` or `size`")
        return self

    def framing(self) -> Framing:
        """Return it as a value."""
        if self.end:
            return TextFraming(self.end.encode(), self.start.encode())
        length = self.length
        return ByteFraming(
            bytes.fromhex(self.head), bytes.fromhex(self.tail),
            self.checksum if self.checksum in CHECKSUMS else "", self.covers,
            length.at if length else -1, length.adds if length else 0, self.size,
        )  # fmt: skip


class PointDef(Strict):
    """A value that the device reports."""

    name: BilingualName
    """What people call it."""
    kind: Literal["number", "flag", "text"] = "text"
    """A number, a flag or a text."""
    unit: str = ""
    """Its unit, as it is shown."""
    ask: str = ""
    """What asks for it; empty: the device tells it by itself or in another answer."""
    answer: Texts
    """What tells it, with `{value}`; and with `{n}` when there are several."""
    map: dict[str, Scalar] = Field(default={})
    """Its values by what stands on the wire; in bytes and in numbers with a width as a decimal number."""
    each: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    """There is one for each number from the first to the last: `relay.1` to `relay.8`."""
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """The least and the greatest value that may be sent."""

    def numbers(self) -> tuple[str, ...]:
        """Return the numbers of the values, or one empty text for a value that is alone."""
        return tuple(map(str, range_of(self.each))) if self.each else ("",)


def range_of(ends: list[int]) -> range:
    """Return the numbers from the first to the last."""
    return range(ends[0], ends[1] + 1)


class CommandDef(Strict):
    """How a verb is said: `{value}` is what the point shall read, `{n}` which one; else the verb's own arguments."""

    send: str
    """The message."""
    answer: str = ""
    """What the device says when it has accepted; empty: the point's own answer, or nothing when `silent`."""
    map: dict[str, Scalar] = Field(default={})
    """The values by what is sent, when the device is told in other words than it answers in."""
    silent: bool = False
    """The device never answers this: it is unconfirmed until it is read back."""
    settle: Annotated[float, Field(ge=0, le=120)] = 0.0
    """Seconds that the device must be left alone afterwards."""


class VectorDef(Strict):
    """An example from the maker's own papers; text without its end mark, bytes as the whole frame."""

    name: str
    """What it shows."""
    source: Annotated[str, Field(min_length=10)]
    """The manual and its page."""
    options: dict[str, Scalar] = Field(default={})
    """The options that the example needs."""
    verb: str = ""
    """The command that is sent."""
    args: dict[str, Any] = Field(default={})
    """Its arguments."""
    asks: Literal["", "poll"] = ""
    """`poll`: `send` is one of the questions."""
    send: Texts = Field(default=[])
    """What we send."""
    reply: str = ""
    """What the device answers, or says by itself."""
    values: dict[str, Scalar] | None = None
    """What the reply means."""
    refused: Literal["", "no", "busy"] = ""
    """The reply is a no, or a "not now"."""
    emulated: bool = True
    """Whether the emulator gives this reply."""


class ProvenDef(Strict):
    """Hardware on which the profile has worked."""

    model: str
    """The model."""
    firmware: str
    """Its firmware."""
    on: str
    """The day, as 2026-05-02."""
    by: str
    """Who saw it."""


class Profile(Strict):
    """A device without code."""

    profile: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    """Its name, as a site file writes it in `driver`."""
    maker: str
    """Who makes it."""
    models: Annotated[list[str], Field(min_length=1)]
    """The models that it is for."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 23
    """The TCP port when the link names none."""
    serial: dict[Literal["baud", "bits", "parity", "stop", "flow"], str | int] = Field(default={})
    """The settings of its serial port when the link names none."""
    mode: Literal["persistent", "exchange"] = "persistent"
    """`exchange`: it hangs up after an answer, or has one place for all controllers."""
    framing: FramingDef
    """How messages are told apart."""
    id: Annotated[int, Field(ge=0, le=255)] | None = None
    """The address that it leaves the factory with, when it has one; `{id}` in the templates, `id` in the options."""
    refusal: Texts = Field(default=[])
    """What the device says when it refuses."""
    busy: Texts = Field(default=[])
    """What it says when it cannot just now."""
    ignore: Texts = Field(default=[])
    """What it says that means nothing here: a greeting, an echo, a prompt."""
    poll_every: Annotated[float, Field(ge=0.5, le=3600)] = 5.0
    """Seconds between two rounds of questions."""
    gap: Annotated[float, Field(ge=0, le=10)] = 0.0
    """The least seconds between an answer and the next message."""
    points: Annotated[dict[str, PointDef], Field(min_length=1)]
    """What it reports."""
    commands: dict[Verb, CommandDef] = Field(default={})
    """What it can be asked to do, by verb."""
    sources: Annotated[dict[str, str], Field(min_length=1)]
    """Where the facts come from."""
    vectors: Annotated[list[VectorDef], Field(min_length=1)]
    """The maker's own examples: every point and every verb needs one."""
    proven: list[ProvenDef] = Field(default=[])
    """Hardware on which it has worked."""

    @field_validator("commands")
    @classmethod
    def _verbs_are_known(cls, commands: Mapping[str, CommandDef]) -> Mapping[str, CommandDef]:
        strange = sorted(set(commands) - set(VERBS))
        if strange:
            raise ValueError(f"there is no verb {strange[0]!r}; the verbs are {', '.join(sorted(VERBS))}")
        return commands

    @model_validator(mode="after")
    def _templates_make_sense(self) -> Profile:
        for where, template in self._templates():
            try:
                pattern = Pattern(template, binary=self.framing.binary)
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from None
            if not pattern.literal and not self.framing.head:
                raise ValueError(f"{where}: {template!r} has nothing of its own by which it could be known")
        return self

    @model_validator(mode="after")
    def _all_is_proved(self) -> Profile:
        told = {name.split(".")[0] for vector in self.vectors for name in vector.values or {}}
        missing = [f"point {name}" for name in self.points if name not in told]
        missing += [f"verb {verb}" for verb in self.commands if verb not in {each.verb for each in self.vectors}]
        if missing:
            raise ValueError(f"no vector shows {', '.join(missing)}; copy one from the maker's manual")
        return self

    def _templates(self) -> Iterator[tuple[str, str]]:
        for name, point in self.points.items():
            yield from ((f"points.{name}", each) for each in (*point.answer, *([point.ask] if point.ask else [])))
        for verb, command in self.commands.items():
            yield from ((f"commands.{verb}", each) for each in (command.send, command.answer) if each)
        for key in ("refusal", "busy", "ignore"):
            yield from ((key, each) for each in getattr(self, key))

    def spec_links(self) -> Mapping[str, Mapping[str, str]]:
        """Return what the query of a link says unless the site file says otherwise."""
        links: dict[str, Mapping[str, str]] = {}
        if self.serial:
            links["serial"] = {str(key): str(value) for key, value in self.serial.items()}
        if self.mode != "persistent":
            links["tcp"] = {"mode": self.mode}
        return links


def token_of(words: Mapping[str, Value], value: Value) -> str:
    """Return what stands on the wire for a value; without words for it, the value itself."""
    for token, meaning in words.items():
        if meaning == value and type(meaning) is type(value):
            return token
    return format(value, "g") if isinstance(value, float) else str(value)
