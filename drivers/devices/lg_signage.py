"""LG signage sets over RS-232C or TCP: power, input, wall tile, sound, brightness, health."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import bounded, check, tile_text
from drivers.codecs.inbox import Inbox
from drivers.codecs.lg_signage import READ, Answer, Decoder
from drivers.codecs.lg_signage import Request as Line
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import NOTHING, Arg, Command, Name, PointKind, Value

POWER, INPUT, PICTURE_MUTE, SOUND, VOLUME, BRIGHTNESS = "ka", "xb", "kd", "ke", "kf", "kh"
TILE, TILE_ID, TILE_CHECK, HOURS, TEMPERATURE, SERIAL, STATUS = "dd", "di", "dz", "dl", "dn", "fy", "sv"
INPUTS = {
    "av": 0x20, "component": 0x40, "rgb": 0x60, "dvi": 0x70, "hdmi1": 0x90, "hdmi2": 0x91, "hdmi3": 0x92,
    "hdmi4": 0x93, "dp1": 0xC0,
}  # fmt: skip
PC_LABELS = {0x80: 0x70, 0xA0: 0x90, 0xA1: 0x91, 0xA2: 0x92, 0xA3: 0x93, 0xD0: 0xC0}
"""The same inputs under their other label: a set reports either, whichever was set."""
_INPUT_NAMES = {code: name for name, code in INPUTS.items()}
_SETTLE = {POWER: 5.0, PICTURE_MUTE: 5.0, INPUT: 2.0}
"""Seconds of rest after a command."""
_POWER_PATIENCE = 6.0
"""A set may keep back its answer to a power command until it is done, up to five seconds."""
_RARELY = 12
"""Polls between two questions about what changes slowly."""


class Options(Strict):
    """The set id of the set's menu."""

    id: Annotated[int, Field(ge=1, le=1000)] = 1
    """The set id of the set's menu; 0 is everybody and answers never."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""


class LgSignage:
    """One conversation with one set."""

    def __init__(self, options: Options) -> None:
        self._id = options.id
        self._inbox = Inbox[Answer, Reply](Decoder(), self._replies)
        self._absent: set[str] = set()
        self._setting: set[str] = set()
        self._last_d = PICTURE_MUTE
        """Which of the two commands whose answers start with d was written last."""
        self._power = ""
        self._matrix: tuple[int, int] | None = None
        self._polls = 0

    def hello(self) -> Sequence[Request]:
        """Ask whether it is on, and for its serial number."""
        return self._ask(POWER, SERIAL)

    def poll(self) -> Sequence[Request]:
        """Ask for the state; of a set that is off only whether it still is."""
        if self._power == "off":
            return self._ask(POWER)
        rare = (BRIGHTNESS, HOURS) if self._polls % _RARELY == 0 else ()
        self._polls += 1
        tile = (TILE_CHECK, TILE_ID) if self._matrix else (TILE_CHECK,)
        return self._ask(POWER, INPUT, PICTURE_MUTE, SOUND, VOLUME, *tile, STATUS, TEMPERATURE, *rare)

    def request(self, command: Command) -> Sequence[Request]:
        """Return the lines of a command; raise BadCommand for what an LG set cannot do."""
        check(command.verb, command.args)
        encode = _COMMANDS.get(command.verb)
        if encode is None:
            raise BadCommand(f"an LG set has no {command.verb}; it has {', '.join(_COMMANDS)}")
        lines = encode(command.args)
        self._setting.update(name[1] for name, _ in lines)
        return [self._line(name, (f"{value:02X}",)) for name, value in lines]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what the command has set."""
        if command.verb == "tile":
            tiled = (command.args["rows"], command.args["columns"]) != (1, 1)
            return self._ask(TILE_CHECK, *((TILE_ID,) if tiled else ()))
        return self._ask(_PROOF[command.verb])

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies of this set; answers of other ids on the same line are left out."""
        return self._inbox.feed(data)

    def _ask(self, *names: str) -> list[Request]:
        return [
            self._line(name, ("02", READ) if name == STATUS else (READ,))
            for name in names
            if name[1] not in self._absent
        ]

    def _line(self, name: str, data: tuple[str, ...]) -> Request:
        if name[1] == "d":
            self._last_d = name
        setting = data[-1] != READ
        return Request(
            Line(name, self._id, data).encode(),
            name[1],
            patience=_POWER_PATIENCE if setting and name == POWER else 2.0,
            settle=_SETTLE.get(name, 0.0) if setting else 0.0,
        )

    def _replies(self, answer: Answer) -> list[Reply]:
        if answer.id != self._id:
            return []
        setting = answer.letter in self._setting
        self._setting.discard(answer.letter)
        if answer.good:
            return [Reply(answer.letter, self._values(answer))]
        if setting:
            what = _MEANING.get(answer.letter, answer.letter)
            return [Reply(answer.letter, refused=Refusal(f"the set refuses {what}: NG {answer.data}".rstrip()))]
        self._absent |= {answer.letter} & _OPTIONAL
        return [Reply(answer.letter)]

    def _values(self, answer: Answer) -> Mapping[str, Value]:
        read = _VALUES.get(answer.letter)
        if read is None or (answer.letter == "d" and self._last_d == TILE):
            return self._tile(answer)
        try:
            values = read(answer.data)
        except (LookupError, ValueError) as error:
            raise ProtocolError(
                f"the answer about {_MEANING[answer.letter]} makes no sense: {answer.data!r}"
            ) from error
        power = str(values.get("power", self._power))
        if power != self._power:
            self._absent.clear()
        self._power = power
        return values

    def _tile(self, answer: Answer) -> Mapping[str, Value]:
        """Read the matrix, and then the place in it: only both together say which tile it is."""
        try:
            if answer.letter == "z":
                return self._matrix_of(bytes.fromhex(answer.data))
            if answer.letter == "i" and self._matrix is not None:
                rows, columns = self._matrix
                position = int(answer.data, 16)
                return {"tile": tile_text(rows, columns, position)} if 1 <= position <= rows * columns else NOTHING
        except ValueError as error:
            raise ProtocolError(f"the answer about the tile makes no sense: {answer.data!r}") from error
        return NOTHING

    def _matrix_of(self, data: bytes) -> Mapping[str, Value]:
        on, rows, columns = data if len(data) == 3 else (*data[:1], 1, 1)
        self._matrix = (rows, columns) if on and rows * columns > 1 else None
        return NOTHING if self._matrix else {"tile": "off"}


def _switch(name: str, on: int) -> Callable[[Mapping[str, Arg]], list[tuple[str, int]]]:
    return lambda args: [(name, on if args["on"] else 1 - on)]


def _level(name: str) -> Callable[[Mapping[str, Arg]], list[tuple[str, int]]]:
    return lambda args: [(name, bounded(args, "level", 0, 100))]


def _input(args: Mapping[str, Arg]) -> list[tuple[str, int]]:
    code = INPUTS.get(str(args["source"]))
    if code is None:
        raise BadCommand(f"an LG set has no input {args['source']!r}; it has {', '.join(INPUTS)}")
    return [(INPUT, code)]


def _tile(args: Mapping[str, Arg]) -> list[tuple[str, int]]:
    rows, columns = bounded(args, "rows", 1, 15), bounded(args, "columns", 1, 15)
    position = bounded(args, "position", 1, rows * columns)
    if rows * columns == 1:
        return [(TILE, 0)]
    return [(TILE, columns << 4 | rows), (TILE_ID, position)]


def _number(name: str) -> Callable[[str], Mapping[str, Value]]:
    return lambda data: {name: int(data, 16)}


def _flag(name: str, words: tuple[str, str]) -> Callable[[str], Mapping[str, Value]]:
    return lambda data: {name: words[("00", "01").index(data)]}


def _input_name(data: str) -> Mapping[str, Value]:
    code = int(data, 16)
    group = PC_LABELS.get(code, code)
    return {"input": _INPUT_NAMES.get(group, f"0x{group:02x}")}


def _status(data: str) -> Mapping[str, Value]:
    return {"signal": ("none", "ok")[("00", "01").index(data[2:])]} if data[:2] == "02" else NOTHING


def _picture_mute(data: str) -> Mapping[str, Value]:
    """Any other number is a late answer about the tile mode, which starts with the same letter."""
    return {"picture_mute": "on" if data == "01" else "off"} if data in ("00", "01") else NOTHING


_COMMANDS: Mapping[str, Callable[[Mapping[str, Arg]], list[tuple[str, int]]]] = {
    "power": _switch(POWER, 1),
    "input": _input,
    "tile": _tile,
    "volume": _level(VOLUME),
    "mute": _switch(SOUND, 0),
    "picture_mute": _switch(PICTURE_MUTE, 1),
    "brightness": _level(BRIGHTNESS),
}
_PROOF = {
    "power": POWER, "input": INPUT, "volume": VOLUME, "mute": SOUND, "picture_mute": PICTURE_MUTE,
    "brightness": BRIGHTNESS,
}  # fmt: skip
_VALUES: Mapping[str, Callable[[str], Mapping[str, Value]]] = {
    "a": _flag("power", ("off", "on")),
    "b": _input_name,
    "d": _picture_mute,
    "e": _flag("mute", ("on", "off")),
    "f": _number("volume"),
    "h": _number("brightness"),
    "l": _number("hours"),
    "n": lambda data: {"temperature": int(data, 16)} if len(data) == 2 else NOTHING,  # else it answers sn
    "v": _status,
    "y": lambda data: {"serial": data},
}
_OPTIONAL = frozenset("hlnvyef")
_MEANING: Mapping[str, str] = {
    "a": "power", "b": "input", "d": "picture mute or tile mode", "e": "sound", "f": "volume", "h": "brightness",
    "i": "tile id", "l": "hours", "n": "temperature", "v": "signal", "y": "serial number", "z": "tile mode",
}  # fmt: skip
_POINTS = (
    PointSpec("power", Name("Daya", "Power")),
    PointSpec("input", Name("Masukan", "Input")),
    PointSpec("tile", Name("Petak dinding", "Wall tile")),
    PointSpec("volume", Name("Volume", "Volume"), PointKind.NUMBER, "%"),
    PointSpec("mute", Name("Bisu", "Mute")),
    PointSpec("picture_mute", Name("Gambar ditutup", "Picture muted")),
    PointSpec("brightness", Name("Kecerahan", "Brightness"), PointKind.NUMBER, "%"),
    PointSpec("temperature", Name("Suhu panel", "Panel temperature"), PointKind.NUMBER, "°C"),
    PointSpec("signal", Name("Sinyal", "Signal")),
    PointSpec("hours", Name("Jam nyala", "Hours lit"), PointKind.NUMBER, "h"),
    PointSpec("serial", Name("Nomor seri", "Serial number")),
)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return _POINTS


def _make(options: BaseModel) -> Driver:
    return LgSignage(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="lg_signage",
    maker="LG",
    models=("SH", "VH", "VM", "WS", "LS", "SE", "M series"),
    port=9761,
    options=Options,
    points=_points,
    verbs=tuple(_COMMANDS),
    make=_make,
    gap=0.2,
    identity=("serial",),
    sources={
        "lines and commands": "LG 49SH7DB, 42WS50BS, 55WV70MS, M4720C and M4225C owner's manuals, RS-232C pages",
        "signal (sv 02)": "LG 55LS55A-5B owner's manual, p. 72",
        "tile mode, tile id, tile check": "LG 49SH7DB and HP LD4235 manuals",
        "gap 0.2 s, settle 2 s after input and 5 s after power and mute": "PlaceOS drivers, LG ls5",
        "a power answer may take 5 s": "bifferos/lg_control README",
    },
)
