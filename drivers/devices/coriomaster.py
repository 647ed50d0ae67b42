"""tvONE CORIOmaster wall processors: what each window shows and where it stands, and presets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from drivers.capability import check, place_text, whole
from drivers.codecs.inbox import Inbox
from drivers.codecs.lines import Lines
from drivers.device_config import Strict
from drivers.devices.crosspoints import Crosspoints, preset_number, route_points
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, Value

_PRESETS = 999
_PATIENCE = 5.0
_TAKING = 10.0
"""Seconds that a preset may need until it is done."""
_SLOT = 100
"""Input 301 is `Slot3.In1`."""
_MOST_INPUT = 1699
_MOST_BLOCK = 1024
_INPUT = re.compile(r"Slot(\d{1,2})\.In(\d{1,2})", re.IGNORECASE)
_WINDOW = re.compile(r"(?:Windows\.)?Window(\d{1,3})\.(\w+)", re.IGNORECASE)
_EDGES = ("canxcentre", "canycentre", "canwidth", "canheight")
_IDENTITY = {"coriomax.serial_number": "serial", "coriomax.software_version": "firmware"}
_LOGIN = "Please login"


class Options(Strict):
    """The login, and how many windows are looked after."""

    user: Annotated[str, Field(pattern=r"^[^,()\s]{1,32}$")] = "admin"
    """The user name."""
    password: SecretStr = SecretStr("adminpw")
    """The password; it may hold no comma and no bracket."""
    windows: Annotated[int, Field(ge=1, le=200)] = 4
    """How many windows are shown and can be given a source: windows 1 to this."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""


class Processor:
    """One conversation with one processor; an answer is complete with the line that begins with `!Done`."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._size = Crosspoints("this processor", _MOST_INPUT, options.windows)
        self._inbox = Inbox(Lines(), self._replies)
        self._block: dict[str, str] = {}
        self._inside = False
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], list[Request]]] = {
            "route": self._route,
            "place": self._place,
            "preset": self._take,
        }

    def hello(self) -> Sequence[Request]:
        """Log in, and ask who it is."""
        login = f"login({self._options.user},{self._options.password.get_secret_value()})"
        return [_request(login, "login"), *(_request(name, name) for name in _NAMES)]

    def poll(self) -> Sequence[Request]:
        """Ask for the preset, and for everything about each window."""
        return [_request("Preset.Take", "Preset.Take"), *self._views(range(1, self._size.outputs + 1))]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the lines of a command, in order; raise BadCommand for what this processor has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a CORIOmaster has no {command.verb}; it has {', '.join(self._commands)}")
        return encode(command.args)

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what the command has set; after a preset for everything."""
        if command.verb == "route":
            return self._views(window for window, _ in self._size.routes(command.args["routes"]))
        return self._views([whole(command.args["window"])]) if command.verb == "place" else self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; events and banners are left out."""
        return self._inbox.feed(data)

    def _views(self, windows: Iterable[int]) -> list[Request]:
        return [_request(f"Window{window}", f"Window{window}") for window in windows]

    def _route(self, args: Mapping[str, Arg]) -> list[Request]:
        return [
            _set(f"Window{window}.Input", _input_name(source)) for window, source in self._size.routes(args["routes"])
        ]

    def _place(self, args: Mapping[str, Arg]) -> list[Request]:
        """Return size before centre, as the processor wants it: a window is placed by its middle."""
        window = self._size.output(args["window"])
        x, y, width, height = (whole(args[name]) for name in ("x", "y", "width", "height"))
        if width < 1 or height < 1:
            raise BadCommand(f"a window is at least 1 by 1, not {width} by {height}")
        values = {"CanWidth": width, "CanHeight": height, "CanXCentre": x + width // 2, "CanYCentre": y + height // 2}
        return [_set(f"Window{window}.{name}", str(value)) for name, value in values.items()]

    def _take(self, args: Mapping[str, Arg]) -> list[Request]:
        return [_set("Preset.Take", str(preset_number(args["preset"], _PRESETS)), patience=_TAKING)]

    def _replies(self, line: str) -> list[Reply]:
        line = line.strip()
        if line.startswith(_LOGIN):
            return [Reply("greeting")]
        if line.startswith("!"):
            return self._verdict(line)
        name, equals, value = line.partition("=")
        if not equals:
            if line.startswith("//") or not line:
                return []
            raise ProtocolError(f"no line of a CORIOmaster: {line[:40]!r}")
        if len(self._block) >= _MOST_BLOCK:
            self._block.clear()
            raise ProtocolError(f"an answer of more than {_MOST_BLOCK} lines; dropped")
        self._block[name.strip().lower()] = value.strip()
        return []

    def _verdict(self, line: str) -> list[Reply]:
        word, _, rest = line.partition(" ")
        block, self._block = self._block, {}
        if word == "!Done":
            return [Reply(_topic(rest), self._values(block))]
        if word.startswith("!Error"):
            if not self._inside:
                return [Reply("login", denied=f"it refuses the login ({line[:60]}); see the options user and password")]
            return [Reply(None, refused=Refusal(f"the processor refuses: {line[:80]}"))]
        if word.startswith("!Info") and "Logged In" in rest:
            self._inside = True
            return [Reply("login")]
        return []

    def _values(self, block: Mapping[str, str]) -> Mapping[str, Value]:
        values: dict[str, Value] = {}
        places: dict[int, dict[str, int]] = {}
        for name, text in block.items():
            window = _WINDOW.fullmatch(name)
            if window is not None and 1 <= int(window[1]) <= self._size.outputs:
                values |= self._shown(int(window[1]), window[2].lower(), text)
                if window[2].lower() in _EDGES:
                    places.setdefault(int(window[1]), {})[window[2].lower()] = _number(text)
            elif name == "preset.take":
                values["preset"] = str(_number(text))
            elif name in _IDENTITY:
                values[_IDENTITY[name]] = text
        return values | {f"place.{n}": _corner(edges) for n, edges in places.items() if len(edges) == len(_EDGES)}

    def _shown(self, window: int, name: str, text: str) -> Mapping[str, Value]:
        if name != "input":
            return {}
        slot = _INPUT.fullmatch(text)
        if slot is not None:
            return self._size.told(window, int(slot[1]) * _SLOT + int(slot[2]))
        # What is no input of a slot (a stream, a still) has no number and is not shown as one.
        return {}


_NAMES = ("CORIOmax.Serial_Number", "CORIOmax.Software_Version")


def _topic(text: str) -> str:
    """Return what an answer is about; case and the folder of a window do not matter."""
    return text.strip().removeprefix("Windows.").lower()


def _request(text: str, about: str, *, patience: float = _PATIENCE) -> Request:
    return Request(f"{text}\r\n".encode(), _topic(about), patience=patience)


def _set(name: str, value: str, *, patience: float = _PATIENCE) -> Request:
    return _request(f"{name} = {value}", name, patience=patience)


def _input_name(source: int) -> str:
    slot, number = divmod(source, _SLOT)
    if not slot or not number:
        raise BadCommand(f"there is no input {source}; Slot3.In1 is 301")
    return f"Slot{slot}.In{number}"


def _number(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise ProtocolError(f"a number is wanted, not {text[:20]!r}")
    return int(text)


def _corner(edges: Mapping[str, int]) -> str:
    x, y, width, height = (edges[name] for name in _EDGES)
    return place_text(x - width // 2, y - height // 2, width, height)


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    windows = getattr(options, "windows", 1)
    return (
        PointSpec("serial", Name("Nomor seri", "Serial number")),
        PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
        PointSpec("preset", Name("Preset terakhir", "Last preset")),
        *route_points(windows),
        *(PointSpec(f"place.{n}", Name(f"Letak jendela {n}", f"Place of window {n}")) for n in range(1, windows + 1)),
    )


def _make(options: BaseModel) -> Driver:
    return Processor(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="coriomaster",
    maker="tvONE",
    models=("C3-540 CORIOmaster", "C3-510 CORIOmaster mini", "C3-503 CORIOmaster micro"),
    port=10001,
    options=Options,
    points=_points,
    verbs=("route", "place", "preset"),
    make=_make,
    speaks_first=True,
    poll_every=30.0,
    gap=0.15,
    identity=("serial",),
    sources={
        "login, presets, windows, !Done and !Info": "acaprojects corio_master spec; tvONE C3-540 manual, section 6",
        "places of windows": "tvONE C3-540 manual, section 6; public clients of the CORIOmaster",
        "150 ms between sends, one connection": "acaprojects corio_master",
    },
)
