"""Samsung signage panels over MDC: power, input, wall tile, sound, health."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from drivers.capability import bounded, check, tile_text
from drivers.codecs.inbox import Inbox
from drivers.codecs.samsung_mdc import (
    ACK,
    NAK,
    PIN_BLOCKED,
    PIN_GOOD,
    PIN_WRONG,
    REPLY,
    TLS_WANTED,
    Banner,
    Decoder,
    Frame,
)
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import NOTHING, Arg, Command, Name, PointKind, Value

STATUS, SERIAL, HEALTH, FIRMWARE, MODEL = 0x00, 0x0B, 0x0D, 0x0E, 0x8A
POWER, VOLUME, MUTE, INPUT, BRIGHTNESS = 0x11, 0x12, 0x13, 0x14, 0x25
HOURS, WALL, GEOMETRY = 0x83, 0x84, 0x89

INPUTS = {
    "pc": 0x14, "dvi": 0x18, "magicinfo": 0x20, "hdmi1": 0x21, "hdmi2": 0x23, "dp1": 0x25, "dp2": 0x26, "dp3": 0x27,
    "hdmi3": 0x31, "hdmi4": 0x33, "tv": 0x40, "hdbaset": 0x55, "magicinfo_s": 0x60, "widi": 0x61, "usb": 0x62,
    "url_launcher": 0x63, "web_browser": 0x65, "remote_workspace": 0x66,
}  # fmt: skip
PC_TIMINGS = {0x1F: 0x18, 0x22: 0x21, 0x24: 0x23, 0x32: 0x31, 0x34: 0x33}
"""Codes that a panel reports and nobody can set, with the input that they belong to."""
SIGNALS = ("ok", "none", "app")
"""The sync byte of the health reply: synchronised, no or unknown signal, an app is shown."""
_LOGIN = "login"
_DENIALS = {
    TLS_WANTED: f"the panel says {TLS_WANTED}: switch its secured protocol off, or give it a tls:// link and its `pin`",
    PIN_WRONG: "the panel refuses the PIN: correct `pin` in the device's options; a few more tries block it",
    PIN_BLOCKED: "the panel has blocked its PIN: set a new one in its menu, and the same as `pin` here",
}
_INPUT_NAMES = {code: name for name, code in INPUTS.items()}
_POWER_SETTLE = 5.0
_RARELY = 12
"""Polls between two questions about what changes slowly."""
_ABSENT = 0xFF
"""Volume and mute of a model without sound."""


class Options(Strict):
    """`id` is the display id of the panel's menu (254 is everybody and answers never)."""

    id: Annotated[int, Field(ge=0, le=253)] = 1
    """The display id of the panel's menu; 254 is everybody and answers never."""
    pin: SecretStr = SecretStr("")
    """The four digits that a panel in secured mode wants after TLS."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""


class SamsungMdc:
    """One conversation with one panel."""

    def __init__(self, options: Options) -> None:
        self._id = options.id
        self._pin = options.pin.get_secret_value()
        self._inbox = Inbox[Frame | Banner, Reply](Decoder(only=REPLY), self._replies)
        self._absent: set[int] = set()
        self._setting: set[int] = set()
        self._power = ""
        self._wall_on = False
        self._polls = 0

    def hello(self) -> Sequence[Request]:
        """Log in if there is a PIN, ask who the panel is and whether it is part of a wall."""
        login = [Request(self._pin.encode(), _LOGIN)] if self._pin else []
        return [*login, *self._ask(MODEL, SERIAL, FIRMWARE, WALL)]

    def poll(self) -> Sequence[Request]:
        """Ask for the state; the geometry only of a panel in a wall, hours and brightness now and then."""
        rare = (HOURS, BRIGHTNESS) if self._polls % _RARELY == 0 else ()
        self._polls += 1
        return self._ask(STATUS, WALL, *((GEOMETRY,) if self._wall_on else ()), HEALTH, *rare)

    def request(self, command: Command) -> Sequence[Request]:
        """Return the frames of a command; raise BadCommand for what MDC cannot say."""
        check(command.verb, command.args)
        encode = _COMMANDS.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Samsung panel has no {command.verb}; it has {', '.join(_COMMANDS)}")
        frames = encode(command.args)
        self._setting.update(code for code, _ in frames)
        return [self._frame(code, data) for code, data in frames]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for the one value that the command has set."""
        if command.verb == "tile":
            return self._ask(WALL, *((GEOMETRY,) if _is_tiled(command.args) else ()))
        return self._ask(BRIGHTNESS if command.verb == "brightness" else STATUS)

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies of this panel; frames of other ids are not ours and are left out."""
        return self._inbox.feed(data)

    def _ask(self, *codes: int) -> list[Request]:
        return [self._frame(code) for code in codes if code not in self._absent]

    def _frame(self, code: int, data: bytes = b"") -> Request:
        settle = _POWER_SETTLE if code == POWER and data else 0.0
        return Request(Frame(code, self._id, data).encode(), _topic(code), settle=settle)

    def _replies(self, message: Frame | Banner) -> list[Reply]:
        if isinstance(message, Banner):
            if message.text == PIN_GOOD:
                return [Reply(_LOGIN)]
            return [Reply(_LOGIN, denied=_DENIALS.get(message.text, f"the panel says {message.text}"))]
        if message.id != self._id:
            return []
        if len(message.data) < 2 or message.data[0] not in (ACK, NAK):
            raise ProtocolError(f"a reply without a verdict: {message.encode().hex(' ')}")
        verdict, code, data = message.data[0], message.data[1], message.data[2:]
        reply = Reply(_topic(code), self._values(code, data)) if verdict == ACK else self._refusal(code, data)
        self._setting.discard(code)
        return [reply]

    def _refusal(self, code: int, data: bytes) -> Reply:
        """A no to a question answers it: the panel has nothing to say; what is optional is not asked again."""
        if code not in self._setting and code != STATUS:
            self._absent |= {code} & _OPTIONAL
            return Reply(_topic(code))
        error = data[0] if data else 0
        return Reply(
            _topic(code), refused=Refusal(f"the panel refuses {_MEANING.get(code, _topic(code))}: NAK {error}")
        )

    def _values(self, code: int, data: bytes) -> Mapping[str, Value]:
        if code == WALL and data:
            self._wall_on = data[0] == 1
        read = _VALUES.get(code)
        if read is None:
            return NOTHING
        try:
            values = read(data)
        except (LookupError, UnicodeDecodeError) as error:
            raise ProtocolError(f"the reply to {_MEANING[code]} makes no sense: {data.hex(' ') or 'empty'}") from error
        self._woken(str(values.get("power", self._power)))
        return values

    def _woken(self, power: str) -> None:
        """A panel that has just come on may know what it did not know in standby."""
        if power != self._power:
            self._absent.clear()
        self._power = power


def _topic(code: int) -> str:
    return f"{code:02x}"


def _is_tiled(args: Mapping[str, Arg]) -> bool:
    return (args["rows"], args["columns"]) != (1, 1)


def _switch(code: int) -> Callable[[Mapping[str, Arg]], list[tuple[int, bytes]]]:
    return lambda args: [(code, bytes([bool(args["on"])]))]


def _level(code: int) -> Callable[[Mapping[str, Arg]], list[tuple[int, bytes]]]:
    return lambda args: [(code, bytes([bounded(args, "level", 0, 100)]))]


def _input(args: Mapping[str, Arg]) -> list[tuple[int, bytes]]:
    code = INPUTS.get(str(args["source"]))
    if code is None:
        raise BadCommand(f"a Samsung panel has no input {args['source']!r}; it has {', '.join(INPUTS)}")
    return [(INPUT, bytes([code]))]


def _tile(args: Mapping[str, Arg]) -> list[tuple[int, bytes]]:
    rows, columns = bounded(args, "rows", 1, 15), bounded(args, "columns", 1, 15)
    position = bounded(args, "position", 1, min(rows * columns, 100))
    if not _is_tiled(args):
        return [(WALL, b"\0")]
    return [(WALL, b"\1"), (GEOMETRY, bytes([rows << 4 | columns, position]))]


def _on_off(value: int) -> str:
    return ("off", "on")[value]


def _input_name(code: int) -> str:
    group = PC_TIMINGS.get(code, code)
    return _INPUT_NAMES.get(group, f"0x{group:02x}")


def _status(data: bytes) -> Mapping[str, Value]:
    values: dict[str, Value] = {"power": _on_off(data[0]), "input": _input_name(data[3])}
    if data[1] != _ABSENT:
        values["volume"] = data[1]
    if data[2] != _ABSENT:
        values["mute"] = _on_off(data[2])
    return values


def _health(data: bytes) -> Mapping[str, Value]:
    return {"signal": SIGNALS[data[3]], "temperature": data[4]}


def _power(data: bytes) -> Mapping[str, Value]:
    return NOTHING if data[0] == 2 else {"power": _on_off(data[0])}  # 2 is the acknowledgement of a restart


def _wall(data: bytes) -> Mapping[str, Value]:
    return NOTHING if data[0] else {"tile": "off"}  # the geometry says the rest


def _geometry(data: bytes) -> Mapping[str, Value]:
    rows, columns, position = data[0] >> 4, data[0] & 15, data[1]
    if not 1 <= position <= rows * columns:
        raise IndexError(position)
    return {"tile": tile_text(rows, columns, position)}


def _hours(data: bytes) -> Mapping[str, Value]:
    if len(data) not in (2, 3):
        raise IndexError(len(data))
    return {"hours": round(int.from_bytes(data, "big") / 6, 1)}  # the panel counts in ten minutes


def _text(name: str) -> Callable[[bytes], Mapping[str, Value]]:
    return lambda data: {name: data.decode().strip("\0 ")}


_COMMANDS: Mapping[str, Callable[[Mapping[str, Arg]], list[tuple[int, bytes]]]] = {
    "power": _switch(POWER),
    "input": _input,
    "tile": _tile,
    "volume": _level(VOLUME),
    "mute": _switch(MUTE),
    "brightness": _level(BRIGHTNESS),
}
_VALUES: Mapping[int, Callable[[bytes], Mapping[str, Value]]] = {
    STATUS: _status,
    POWER: _power,
    VOLUME: lambda data: {"volume": data[0]},
    MUTE: lambda data: {"mute": _on_off(data[0])},
    INPUT: lambda data: {"input": _input_name(data[0])},
    BRIGHTNESS: lambda data: {"brightness": data[0]},
    WALL: _wall,
    GEOMETRY: _geometry,
    HEALTH: _health,
    HOURS: _hours,
    SERIAL: _text("serial"),
    MODEL: _text("model"),
    FIRMWARE: _text("firmware"),
}
_OPTIONAL = frozenset({SERIAL, MODEL, FIRMWARE, HEALTH, HOURS})
_MEANING: Mapping[int, str] = {
    STATUS: "status", SERIAL: "serial number", HEALTH: "health", FIRMWARE: "firmware", MODEL: "model", POWER: "power",
    VOLUME: "volume", MUTE: "mute", INPUT: "input", BRIGHTNESS: "brightness", HOURS: "panel hours", WALL: "video wall",
    GEOMETRY: "wall geometry",
}  # fmt: skip
_POINTS = (
    PointSpec("power", Name("Daya", "Power")),
    PointSpec("input", Name("Masukan", "Input")),
    PointSpec("tile", Name("Petak dinding", "Wall tile")),
    PointSpec("volume", Name("Volume", "Volume"), PointKind.NUMBER, "%"),
    PointSpec("mute", Name("Bisu", "Mute")),
    PointSpec("brightness", Name("Kecerahan", "Brightness"), PointKind.NUMBER, "%"),
    PointSpec("temperature", Name("Suhu panel", "Panel temperature"), PointKind.NUMBER, "°C"),
    PointSpec("signal", Name("Sinyal", "Signal")),
    PointSpec("hours", Name("Jam nyala", "Hours lit"), PointKind.NUMBER, "h"),
    PointSpec("model", Name("Model", "Model")),
    PointSpec("serial", Name("Nomor seri", "Serial number")),
    PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return _POINTS


def _make(options: BaseModel) -> Driver:
    return SamsungMdc(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="samsung_mdc",
    maker="Samsung",
    models=("QMR", "QBR", "VMT", "VHR", "UD", "UE"),
    port=1515,
    options=Options,
    points=_points,
    verbs=tuple(_COMMANDS),
    make=_make,
    gap=0.05,
    links={"tls": {"after": TLS_WANTED, "sni": "off"}},
    identity=("serial", "model"),
    sources={
        "frames and commands": "Samsung Multiple Display Control document 2016-02-23",
        "wall on, mode, geometry": "Samsung QHC, OHA, QM-B and UD55A user manuals, MDC pages",
        "gap 0.05 s, settle 5 s after power": "our own proposal; no minimum is given in the documents read",
        "panel hours in 2 or 3 bytes": "python-samsung-mdc 1.18.0, behaviour on newer models",
    },
)
