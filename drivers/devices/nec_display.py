"""NEC and Sharp/NEC displays over their external control: power, input, wall tile, sound, brightness, health."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import bounded, check, tile_text
from drivers.codecs.inbox import Inbox
from drivers.codecs.nec_display import CONTROLLER, NULL, Decoder, Frame, address
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import NOTHING, Arg, Command, Name, PointKind, Value

INPUT, VOLUME, MUTE, BRIGHTNESS = "0060", "0062", "008D", "0010"
COLUMNS, ROWS, POSITION, TILED = "02D0", "02D1", "02D2", "02D3"
SENSOR, TEMPERATURE = "0278", "0279"
READ_POWER, SET_POWER, DIAGNOSE, SAVE, READ_SERIAL, READ_MODEL = "01D6", "C203D6", "B1", "0C", "C216", "C217"
INPUTS = {
    "vga": 0x01, "dvi": 0x03, "option": 0x0D, "dp1": 0x0F, "dp2": 0x10, "hdmi1": 0x11, "hdmi2": 0x12, "hdmi3": 0x82,
    "media_player": 0x87, "compute_module": 0x88,
}  # fmt: skip
POWER_WORDS = {1: "on", 2: "standby", 3: "suspend", 4: "off"}
FAULT_WORDS = {
    0x70: "supply", 0x71: "supply", 0x72: "supply", 0x78: "supply", 0x80: "fan", 0x81: "fan", 0x82: "fan",
    0x90: "backlight", 0x91: "backlight", 0xA0: "temperature", 0xA1: "temperature", 0xA2: "temperature",
    0xB0: "no signal",
}  # fmt: skip
NOT_NOW = Refusal("the display says not now, or does not know this (NULL message)", busy=True)
_INPUT_NAMES = {code: name for name, code in INPUTS.items()}
_SETTLE = {SET_POWER: 15.0, INPUT: 10.0}
"""Seconds of rest that older models want after a command."""
_RARELY = 12
"""Polls between two questions about what changes slowly."""


class Options(Strict):
    """The monitor id of the display's menu."""

    id: Annotated[int, Field(ge=1, le=100)] = 1
    """The monitor id of the display's menu."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""


class NecDisplay:
    """One conversation with one display."""

    def __init__(self, options: Options) -> None:
        self._address = address(options.id)
        self._inbox = Inbox[Frame, Reply](Decoder(), self._replies)
        self._absent: set[str] = set()
        self._tile: dict[str, int] = {}
        self._power = ""
        self._polls = 0

    def hello(self) -> Sequence[Request]:
        """Ask who it is and whether it is on."""
        return [self._do(READ_MODEL), self._do(READ_SERIAL), self._do(READ_POWER)]

    def poll(self) -> Sequence[Request]:
        """Ask for the state; of a display that is not on only whether it is."""
        if self._power != "on":
            return [self._do(READ_POWER)]
        rare = self._polls % _RARELY == 0
        self._polls += 1
        return [
            self._do(READ_POWER),
            *self._get(INPUT, VOLUME, MUTE, TILED, *self._geometry()),
            self._do(DIAGNOSE),
            *([self._set(SENSOR, 1), *self._get(TEMPERATURE, BRIGHTNESS)] if rare else []),
        ]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the frames of a command; raise BadCommand for what such a display cannot do."""
        check(command.verb, command.args)
        encode = _COMMANDS.get(command.verb)
        if encode is None:
            raise BadCommand(f"an NEC display has no {command.verb}; it has {', '.join(_COMMANDS)}")
        if command.verb == "power":
            return [self._do(f"{SET_POWER}{1 if command.args['on'] else 4:04X}", settle=_SETTLE[SET_POWER])]
        frames = [self._set(code, value) for code, value in encode(command.args)]
        return [*frames, self._do(SAVE)] if command.verb == "tile" else frames

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what the command has set."""
        if command.verb == "power":
            return [self._do(READ_POWER)]
        if command.verb == "tile":
            tiled = (command.args["rows"], command.args["columns"]) != (1, 1)
            return self._get(TILED, *((COLUMNS, ROWS, POSITION) if tiled else ()))
        return self._get(_PROOF[command.verb])

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies of this display; frames of others on the same chain are left out."""
        return self._inbox.feed(data)

    def _geometry(self) -> tuple[str, ...]:
        return (COLUMNS, ROWS, POSITION) if self._tile.get(TILED) == _ENABLED else ()

    def _do(self, message: str, *, settle: float = 0.0) -> Request:
        topic = SET_POWER if message.startswith(SET_POWER) else message
        return Request(Frame(self._address, CONTROLLER, "A", message).encode(), topic, settle=settle)

    def _get(self, *codes: str) -> list[Request]:
        return [
            Request(Frame(self._address, CONTROLLER, "C", code).encode(), f"get {code}")
            for code in codes
            if code not in self._absent
        ]

    def _set(self, code: str, value: int) -> Request:
        frame = Frame(self._address, CONTROLLER, "E", f"{code}{value:04X}")
        return Request(frame.encode(), f"set {code}", settle=_SETTLE.get(code, 0.0))

    def _replies(self, frame: Frame) -> list[Reply]:
        if frame.sender != self._address:
            return []
        if frame.message == NULL:
            return [Reply(None, refused=NOT_NOW)]
        try:
            return self._parameter(frame) if frame.type in "DF" else self._answer(frame.message)
        except (LookupError, ValueError) as error:
            raise ProtocolError(f"a message that makes no sense: {frame.type} {frame.message[:60]}") from error

    def _parameter(self, frame: Frame) -> list[Reply]:
        """Read the reply to a get or a set: result, page and code, type, greatest value, value."""
        raw = bytes.fromhex(frame.message)
        if len(raw) != 8:
            raise ValueError(frame.message)
        code, value = raw[1:3].hex().upper(), int.from_bytes(raw[6:8], "big")
        topic = f"{'get' if frame.type == 'D' else 'set'} {code}"
        if raw[0]:
            self._absent |= {code} if frame.type == "D" else set()
            refused = Refusal(f"the display does not have this (result {raw[0]:02X})") if frame.type == "F" else None
            return [Reply(topic, refused=refused)]
        return [Reply(topic, self._values(code, value))]

    def _values(self, code: str, value: int) -> Mapping[str, Value]:
        if code in (COLUMNS, ROWS, POSITION, TILED):
            self._tile[code] = value
            return self._tile_text(code)
        read = _VALUES.get(code)
        return read(value) if read else NOTHING

    def _tile_text(self, code: str) -> Mapping[str, Value]:
        """The four numbers come one by one; the position comes last and completes them."""
        if self._tile.get(TILED) != _ENABLED:
            return {"tile": "off"} if code == TILED else NOTHING
        rows, columns = self._tile.get(ROWS, 0), self._tile.get(COLUMNS, 0)
        if code != POSITION or not 1 <= self._tile[POSITION] <= rows * columns:
            return NOTHING
        return {"tile": tile_text(rows, columns, self._tile[POSITION])}

    def _answer(self, message: str) -> list[Reply]:
        if message.startswith("C316"):
            return [Reply(READ_SERIAL, {"serial": _text(message[4:])})]
        if message.startswith("C317"):
            return [Reply(READ_MODEL, {"model": _text(message[4:])})]
        if message.startswith("A1"):
            return [Reply(DIAGNOSE, {"errors": _faults(bytes.fromhex(message[2:]))})]
        if message == f"00{SAVE}":
            return [Reply(SAVE)]
        if message[2:8] == SET_POWER:
            return [Reply(SET_POWER, refused=None if message[:2] == "00" else Refusal("the display refuses power"))]
        if message[4:6] == "D6" and len(message) == 16:
            return [Reply(READ_POWER, self._powered(message))]
        return [Reply("unknown")]

    def _powered(self, message: str) -> Mapping[str, Value]:
        word = POWER_WORDS[int(message[12:], 16)]
        if word != self._power:
            self._absent.clear()
        self._power = word
        return {"power": word}


_ENABLED = 2


def _text(digits: str) -> str:
    """Return a text that is written as the hexadecimal digits of its letters."""
    return bytes.fromhex(digits).split(b"\0")[0].decode("ascii", "replace").strip()


def _faults(codes: bytes) -> str:
    found = [FAULT_WORDS.get(code, f"0x{code:02x}") for code in codes if code]
    return ", ".join(dict.fromkeys(found)) or "none"


def _half_degrees(value: int) -> Mapping[str, Value]:
    return {"temperature": (value - 0x10000 if value & 0x8000 else value) / 2}


def _input(args: Mapping[str, Arg]) -> list[tuple[str, int]]:
    code = INPUTS.get(str(args["source"]))
    if code is None:
        raise BadCommand(f"an NEC display has no input {args['source']!r}; it has {', '.join(INPUTS)}")
    return [(INPUT, code)]


def _tile(args: Mapping[str, Arg]) -> list[tuple[str, int]]:
    rows, columns = bounded(args, "rows", 1, 10), bounded(args, "columns", 1, 10)
    position = bounded(args, "position", 1, rows * columns)
    if rows * columns == 1:
        return [(TILED, 1)]
    return [(COLUMNS, columns), (ROWS, rows), (POSITION, position), (TILED, _ENABLED)]


def _level(code: str) -> Callable[[Mapping[str, Arg]], list[tuple[str, int]]]:
    return lambda args: [(code, bounded(args, "level", 0, 100))]


_COMMANDS: Mapping[str, Callable[[Mapping[str, Arg]], list[tuple[str, int]]]] = {
    "power": lambda _: [],  # it is no parameter but a command of its own
    "input": _input,
    "tile": _tile,
    "volume": _level(VOLUME),
    "mute": lambda args: [(MUTE, 1 if args["on"] else 2)],
    "brightness": _level(BRIGHTNESS),
}
_PROOF = {"input": INPUT, "volume": VOLUME, "mute": MUTE, "brightness": BRIGHTNESS}
_VALUES: Mapping[str, Callable[[int], Mapping[str, Value]]] = {
    INPUT: lambda value: {"input": _INPUT_NAMES.get(value, f"0x{value:02x}")},
    VOLUME: lambda value: {"volume": value},
    MUTE: lambda value: {"mute": "on" if value == 1 else "off"},
    BRIGHTNESS: lambda value: {"brightness": value},
    TEMPERATURE: _half_degrees,
}
_POINTS = (
    PointSpec("power", Name("Daya", "Power")),
    PointSpec("input", Name("Masukan", "Input")),
    PointSpec("tile", Name("Petak dinding", "Wall tile")),
    PointSpec("volume", Name("Volume", "Volume"), PointKind.NUMBER, "%"),
    PointSpec("mute", Name("Bisu", "Mute")),
    PointSpec("brightness", Name("Kecerahan", "Brightness"), PointKind.NUMBER, "%"),
    PointSpec("temperature", Name("Suhu panel", "Panel temperature"), PointKind.NUMBER, "°C"),
    PointSpec("errors", Name("Gangguan", "Errors")),
    PointSpec("model", Name("Model", "Model")),
    PointSpec("serial", Name("Nomor seri", "Serial number")),
)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return _POINTS


def _make(options: BaseModel) -> Driver:
    return NecDisplay(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="nec_display",
    maker="NEC and Sharp/NEC",
    models=("M", "ME", "P", "V", "UHD", "UN", "MultiSync"),
    port=7142,
    options=Options,
    points=_points,
    verbs=tuple(_COMMANDS),
    make=_make,
    gap=0.6,
    identity=("serial", "model"),
    sources={
        "frames, commands, NULL message, gap 0.6 s": "NEC External Control manual, M/ME series, rev 1.0",
        "settle 15 s after power, 10 s after input": "NEC M551 and UHD series manuals, External control",
        "serial, model, diagnosis, save": "nec-pd-sdk 23.8.22, captured",
    },
)
