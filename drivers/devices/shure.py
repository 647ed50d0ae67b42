"""Shure conferencing audio over command strings: levels and mutes of channels, the device's mute, and presets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, field_validator

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.named import Named, known, numbers, table
from drivers.codecs.shure import ZERO, Decoder, Words, gain
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, PointKind, Value

GAIN, MUTE, DEVICE_MUTE, PRESET = "AUDIO_GAIN_HI_RES", "AUDIO_MUTE", "DEVICE_AUDIO_MUTE", "PRESET"
FACTS = {"MODEL": "model", "SERIAL_NUM": "serial", "FW_VER": "firmware"}
_SWITCH = {"ON": "on", "OFF": "off"}
_MOST_CHANNEL, _MOST_PRESET = 99, 10


class Options(Strict):
    """Which of its channels are which."""

    channels: Named = ""
    """Channels by name and number, as `podium=1; hall=17`."""
    presets: bool = True
    """False for a device without presets, as a microphone array of the first generation."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""

    @field_validator("channels")
    @classmethod
    def _digits(cls, text: str) -> str:
        for name, address in table(text).items():
            if len(numbers(address, most=_MOST_CHANNEL)) != 1:
                raise ValueError(f"{name}: {address!r} is not one channel from 1 to {_MOST_CHANNEL}")
        return text


class Shure:
    """One conversation with one device, which tells every change by itself."""

    def __init__(self, options: Options) -> None:
        self._channels = {name: int(address) for name, address in table(options.channels).items()}
        self._names = {number: name for name, number in self._channels.items()}
        self._presets = options.presets
        self._inbox = Inbox[Words, Reply](Decoder(), self._replies)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], Words]] = {
            "level": lambda args: Words("SET", self._channel(args), GAIN, _gain(args["level"])),
            "mute_channel": lambda args: Words("SET", self._channel(args), MUTE, "ON" if args["on"] else "OFF"),
            "mute": lambda args: Words("SET", None, DEVICE_MUTE, "ON" if args["on"] else "OFF"),
            "preset": lambda args: Words("SET", None, PRESET, _preset(str(args["preset"]))),
        }

    def hello(self) -> Sequence[Request]:
        """Ask for model, serial number and firmware."""
        return [_ask(Words("GET", None, name)) for name in FACTS]

    def poll(self) -> Sequence[Request]:
        """Ask for everything that can be commanded."""
        channels = [Words("GET", number, what) for number in self._names for what in (GAIN, MUTE)]
        device = [Words("GET", None, DEVICE_MUTE), *([Words("GET", None, PRESET)] if self._presets else [])]
        return [_ask(words) for words in (*device, *channels)]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the string of a command; raise BadCommand for channels and levels that are not there."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Shure device has no {command.verb}; it has {', '.join(self._commands)}")
        return [_ask(encode(command.args))]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for the one value that the command has set."""
        wish = self._commands[command.verb](command.args)
        return [_ask(Words("GET", wish.channel, wish.parameter))]

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies; a report may answer, or tell what somebody has changed."""
        return self._inbox.feed(data)

    def _channel(self, args: Mapping[str, Arg]) -> int:
        return known(self._channels, str(args["channel"]), "channel")

    def _replies(self, words: Words) -> list[Reply]:
        if words.verb == "SAMPLE":
            return []
        if words.verb != "REP":
            raise ProtocolError(f"a device does not say {words.verb} {words.topic}")
        if words.parameter == "ERR":
            return [Reply(None, refused=Refusal("the device refuses (REP ERR): it has no such channel or parameter"))]
        return [Reply(words.topic, self._values(words))]

    def _values(self, words: Words) -> Mapping[str, Value]:
        if words.channel is None:
            return self._device(words)
        name = self._names.get(words.channel)
        if name is None:
            return {}
        if words.parameter == GAIN:
            return {f"level.{name}": _level(words.value)}
        return {f"mute.{name}": _switched(words)} if words.parameter == MUTE else {}

    def _device(self, words: Words) -> Mapping[str, Value]:
        if words.parameter == DEVICE_MUTE:
            return {"mute": _switched(words)}
        if words.parameter == PRESET:
            return {"preset": words.value.lstrip("0") or "0"}
        return {FACTS[words.parameter]: words.value} if words.parameter in FACTS else {}


def _ask(words: Words) -> Request:
    return Request(words.encode(), words.topic)


def _gain(level: Arg) -> str:
    try:
        return gain(float(str(level)))
    except ValueError:
        raise BadCommand(f"a level is a tenth of a dB from -110 to 30, not {level!r}") from None


def _preset(preset: str) -> str:
    if not preset.isdecimal() or not 1 <= int(preset) <= _MOST_PRESET:
        raise BadCommand(f"there is no preset {preset!r}; they are 1 to {_MOST_PRESET}")
    return str(int(preset))


def _level(text: str) -> float:
    if not text.isdecimal() or len(text) > 4:
        raise ProtocolError(f"a gain of {text[:20]!r}")
    return round((int(text) - ZERO) / 10, 1)


def _switched(words: Words) -> str:
    if words.value not in _SWITCH:
        raise ProtocolError(f"{words.topic} is {words.value[:20]!r}, neither ON nor OFF")
    return _SWITCH[words.value]


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    names = table(getattr(options, "channels", ""))
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("serial", Name("Nomor seri", "Serial number")),
        PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
        PointSpec("mute", Name("Bisu", "Mute")),
        PointSpec("preset", Name("Prasetel", "Preset")),
        *(PointSpec(f"level.{n}", Name(f"Tingkat {n}", f"Level of {n}"), PointKind.NUMBER, "dB") for n in names),
        *(PointSpec(f"mute.{n}", Name(f"Bisu {n}", f"Mute of {n}")) for n in names),
    )


def _make(options: BaseModel) -> Driver:
    return Shure(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="shure",
    maker="Shure",
    models=("IntelliMix P300", "MXA910", "MXA310", "MXA920", "ANIUSB-MATRIX"),
    port=2202,
    options=Options,
    points=_points,
    verbs=("level", "mute_channel", "mute", "preset"),
    make=_make,
    poll_every=10.0,
    identity=("model", "serial"),
    sources={
        "strings, gains, mutes": "Shure P300 and MXA910 command strings; ANIUSB-MATRIX user guide",
        "tenths of a dB from 0000 to 1400": "Shure MXA710 command strings, audio gain; P300 command strings",
    },
)
