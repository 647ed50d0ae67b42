"""Extron Quantum Ultra wall processors over SIS: what each window of a canvas shows, window mutes and presets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from drivers.capability import check
from drivers.codecs.extron_sis import ESC, VERBOSE, Decoder, is_tagged
from drivers.codecs.inbox import Inbox
from drivers.device_config import Strict
from drivers.devices.crosspoints import Crosspoints, muted_points, on_off, preset_number, route_points
from drivers.devices.extron_login import Login, refusal
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name

_PRESETS = 128
_SOURCES = 9999
_WINDOW = re.compile(r"Grp\s*(\d{1,2})\s*Win\s*(\d{1,3})\s*In\s*(\d{1,4})")
_MUTE = re.compile(r"Vmt\s*(\d{1,2})\*(\d{1,3})\*([01])")
_RECALLED = re.compile(r"1Rpr\s*(\d{1,2})\*(\d{1,3})")
_LAST = re.compile(r"PrstL1\*(\d{1,2})\*(\d{1,3})")


class Options(Strict):
    """Which canvas of the processor this is, and its telnet password."""

    canvas: Annotated[int, Field(ge=1, le=10)] = 1
    """The canvas; give a device for each."""
    windows: Annotated[int, Field(ge=1, le=999)] = 16
    """How many windows of the canvas are shown and can be given a source: windows 1 to this."""
    password: SecretStr = SecretStr("")
    """The administrator's or user's password for telnet, if it has one."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""


class Processor:
    """One conversation with one processor; a window is an output, a source of 1000 and more is a soft one."""

    def __init__(self, options: Options) -> None:
        self._canvas = options.canvas
        self._size = Crosspoints("this canvas", _SOURCES, options.windows)
        self._login = Login(options.password)
        self._inbox = Inbox[str | bytes, Reply](Decoder(), self._replies)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], list[Request]]] = {
            "route": self._route,
            "mute_output": self._mute,
            "preset": self._recall,
        }
        self._readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], list[Reply]]], ...] = (
            (_WINDOW, self._shown),
            (_MUTE, self._muted),
            (_RECALLED, self._recalled),
            (_LAST, self._last),
            (re.compile(r"Vrb\s*\d"), lambda _: [Reply("verbose")]),
        )

    def hello(self) -> Sequence[Request]:
        """Switch on tags and news."""
        return [_request(VERBOSE, "verbose")]

    def poll(self) -> Sequence[Request]:
        """Ask for the last preset, and what every window shows and whether it is muted."""
        windows = range(1, self._size.outputs + 1)
        last = _request(f"{ESC}L1*{self._canvas}PRST\r", "last preset")
        return [last, *self._views(windows), *self._mute_views(windows)]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the commands, one for each window; raise BadCommand for what this canvas has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Quantum has no {command.verb}; it has {', '.join(self._commands)}")
        return encode(command.args)

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what the command has set; after a preset for everything."""
        if command.verb == "route":
            return self._views(window for window, _ in self._size.routes(command.args["routes"]))
        if command.verb == "mute_output":
            return self._mute_views([self._size.output(command.args["output"])])
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; tagged lines of newer firmware are left out."""
        return self._inbox.feed(data)

    def _views(self, windows: Iterable[int]) -> list[Request]:
        return [_request(f"{self._canvas}*{window}!", f"window.{window}") for window in windows]

    def _mute_views(self, windows: Iterable[int]) -> list[Request]:
        return [_request(f"{self._canvas}*{window} B", f"mute.{window}") for window in windows]

    def _route(self, args: Mapping[str, Arg]) -> list[Request]:
        routes = self._size.routes(args["routes"])
        return [_request(f"{self._canvas}*{window}*{source}!", f"window.{window}") for window, source in routes]

    def _mute(self, args: Mapping[str, Arg]) -> list[Request]:
        window = self._size.output(args["output"])
        return [_request(f"{self._canvas}*{window}*{int(bool(args['on']))}B", f"mute.{window}")]

    def _recall(self, args: Mapping[str, Arg]) -> list[Request]:
        return [_request(f"1*{self._canvas}*{preset_number(args['preset'], _PRESETS)}.", "preset")]

    def _replies(self, message: str | bytes) -> list[Reply]:
        if isinstance(message, bytes):
            return [Reply("telnet", back=message)]
        refused = refusal(message)
        if refused is not None:
            return [refused]
        login = self._login.read(message)
        return self._answer(message) if login is None else login

    def _answer(self, line: str) -> list[Reply]:
        for pattern, read in self._readers:
            match = pattern.fullmatch(line)
            if match is not None:
                return read(match)
        if not is_tagged(line):
            raise ProtocolError(f"no line of SIS: {line[:40]!r}")
        return []

    def _mine(self, match: re.Match[str]) -> bool:
        return int(match[1]) in (0, self._canvas)

    def _shown(self, match: re.Match[str]) -> list[Reply]:
        window = int(match[2])
        if not self._mine(match) or window > self._size.outputs:
            return []
        return [Reply(f"window.{window}", self._size.told(window, int(match[3])))]

    def _muted(self, match: re.Match[str]) -> list[Reply]:
        window, on = int(match[2]), on_off(match[3] == "1")
        if not self._mine(match) or window > self._size.outputs:
            return []
        windows = [window] if window else range(1, self._size.outputs + 1)
        return [Reply(f"mute.{window}", {f"muted.{each}": on for each in windows})]

    def _recalled(self, match: re.Match[str]) -> list[Reply]:
        return [Reply("preset", {"preset": str(int(match[2]))})] if self._mine(match) else []

    def _last(self, match: re.Match[str]) -> list[Reply]:
        return [Reply("last preset", {"preset": str(int(match[2]))})] if self._mine(match) else []


def _request(text: str, topic: str) -> Request:
    return Request(text.encode(), topic)


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    windows = getattr(options, "windows", None)
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
        PointSpec("preset", Name("Preset terakhir", "Last preset")),
        *route_points(windows),
        *muted_points(windows),
    )


def _make(options: BaseModel) -> Driver:
    return Processor(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="extron_quantum",
    maker="Extron",
    models=("Quantum Ultra 305", "Quantum Ultra 610", "Quantum Ultra II", "Quantum Ultra Connect"),
    port=23,
    options=Options,
    points=_points,
    verbs=("route", "mute_output", "preset"),
    make=_make,
    speaks_first=True,
    poll_every=10.0,
    gap=0.1,
    identity=("model",),
    sources={
        "window inputs, presets, ranges": "Extron Quantum Ultra set-up guide, p. 12, and user manual, SIS tables",
        "replies, window mute, last preset": "Extron Quantum Ultra user manual; PepperDash epi-extron-quantum parser",
        "100 ms between commands": "open-avc openavc-drivers, extron_sis",
    },
)
