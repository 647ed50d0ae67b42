"""Extron matrix switchers over SIS: ties in one salvo, output mutes, presets, the front panel's lock, and news."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from drivers.capability import check
from drivers.codecs.extron_sis import ESC, VERBOSE, Decoder, Tie, is_tagged, read_tie, salvo, tie
from drivers.codecs.inbox import Inbox
from drivers.device_config import Strict
from drivers.devices.crosspoints import ASSUMED, Crosspoints, muted_points, on_off, preset_number, route_points
from drivers.devices.extron_login import Login, refusal
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, Value

_MOST = 768
_PATIENCE = 2.0
_PRESETS = 999
_SIZE = re.compile(r"(?:Inf\d*\*)?[VM](\d{1,3})X(\d{1,3}).*")
_MUTES = re.compile(r"Mut([0-3 ]+)")
_MUTE = re.compile(r"Vmt(?:(\d{1,4})\*)?([01])")
_PRESET = re.compile(r"Rpr\s*(\d{1,3})")
_LOCK = re.compile(r"Exe\s*([0-3])")
_VERBOSE = re.compile(r"Vrb\s*\d")
_SALVO = re.compile(r"Qik")

Count = Annotated[int, Field(ge=1, le=_MOST)]


class Options(Strict):
    """The matrix's size and its telnet password."""

    inputs: Count | None = None
    """How many inputs; what the device says of itself wins."""
    outputs: Count | None = None
    """How many outputs; what the device says of itself wins."""
    password: SecretStr = SecretStr("")
    """The administrator's or user's password for telnet, if it has one; none over a serial cable."""
    expect_model: str = ""
    """The model that must answer before anything is commanded; it is told over the network only."""


class Matrix:
    """One conversation with one matrix."""

    def __init__(self, options: Options) -> None:
        self._size = Crosspoints("this matrix", options.inputs or _MOST, options.outputs or _MOST)
        self._asked = options.outputs or ASSUMED
        self._login = Login(options.password)
        self._inbox = Inbox[str | bytes, Reply](Decoder(), self._replies)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], tuple[str, str]]] = {
            "route": self._route,
            "mute_output": self._mute,
            "preset": self._recall,
            "panel_lock": lambda args: (f"{int(bool(args['on']))}X", "lock"),
        }
        self._readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], list[Reply]]], ...] = (
            (_SIZE, self._sized),
            (_MUTES, self._mutes),
            (_MUTE, self._muted),
            (_PRESET, lambda match: _recalled(match[1])),
            (_LOCK, lambda match: [Reply("lock", {"panel_lock": on_off(match[1] != "0")})]),
            (_VERBOSE, lambda _: [Reply("verbose")]),
            (_SALVO, lambda _: [Reply("salvo")]),
        )

    def hello(self) -> Sequence[Request]:
        """Switch on tags and news, then ask for the size."""
        return [_request(VERBOSE, "verbose"), _request("I", "size")]

    def poll(self) -> Sequence[Request]:
        """Ask what each output shows, which are muted, and whether the front panel is locked."""
        return [*self._ties(range(1, self._asked + 1)), _request(f"{ESC}VM\r", "mutes"), _request("X", "lock")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the bytes of a command; raise BadCommand for what this matrix has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"an Extron matrix has no {command.verb}; it has {', '.join(self._commands)}")
        return [_request(*encode(command.args))]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what the command has set; after a preset for every tie."""
        if command.verb == "route":
            return self._ties(output for output, _ in self._size.routes(command.args["routes"]))
        if command.verb == "mute_output":
            return [_request(f"{ESC}VM\r", "mutes")]
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; tagged lines of newer firmware are left out."""
        return self._inbox.feed(data)

    def _ties(self, outputs: Iterable[int]) -> list[Request]:
        return [_request(f"{output}%", f"tie.{output}") for output in outputs]

    def _route(self, args: Mapping[str, Arg]) -> tuple[str, str]:
        routes = self._size.routes(args["routes"])
        if len(routes) > 1:
            return salvo(routes), "salvo"
        ((output, source),) = routes
        return tie(source, output), f"tie.{output}"

    def _mute(self, args: Mapping[str, Arg]) -> tuple[str, str]:
        output = self._size.output(args["output"])
        return f"{output}*{int(bool(args['on']))}B", f"mute.{output}"

    def _recall(self, args: Mapping[str, Arg]) -> tuple[str, str]:
        return f"{preset_number(args['preset'], _PRESETS)}.", "preset"

    def _replies(self, message: str | bytes) -> list[Reply]:
        if isinstance(message, bytes):
            return [Reply("telnet", back=message)]
        refused = refusal(message)
        if refused is not None:
            return [refused]
        login = self._login.read(message)
        return self._answer(message) if login is None else login

    def _answer(self, line: str) -> list[Reply]:
        found = read_tie(line)
        if found is not None:
            return self._tied(found)
        for pattern, read in self._readers:
            match = pattern.fullmatch(line)
            if match is not None:
                return read(match)
        if not is_tagged(line):
            raise ProtocolError(f"no line of SIS: {line[:40]!r}")
        return []

    def _tied(self, found: Tie) -> list[Reply]:
        if found.level == "Aud":
            return []
        outputs = [found.output] if found.output else range(1, self._asked + 1)
        values: dict[str, Value] = {}
        for output in outputs:
            values |= self._size.told(output, found.input)
        return [Reply(f"tie.{found.output}", values)]

    def _sized(self, match: re.Match[str]) -> list[Reply]:
        inputs, outputs = int(match[1]), int(match[2])
        if not 1 <= inputs <= _MOST or not 1 <= outputs <= _MOST:
            raise ProtocolError(f"a matrix of {inputs} inputs and {outputs} outputs")
        self._size.inputs, self._size.outputs, self._asked = inputs, outputs, outputs
        return [Reply("size")]

    def _mutes(self, match: re.Match[str]) -> list[Reply]:
        digits = match[1].replace(" ", "")[: self._size.outputs]
        return [Reply("mutes", {f"muted.{n}": on_off(int(digit) & 1) for n, digit in enumerate(digits, 1)})]

    def _muted(self, match: re.Match[str]) -> list[Reply]:
        outputs = [int(match[1])] if match[1] else range(1, self._asked + 1)
        return [Reply(f"mute.{int(match[1] or 0)}", {f"muted.{output}": on_off(match[2] == "1") for output in outputs})]


def _recalled(number: str) -> list[Reply]:
    # To whoever asked it is the acknowledgement, to everybody it is the news of what is shown now.
    return [Reply("preset"), Reply("news", {"preset": str(int(number))})]


def _request(text: str, topic: str) -> Request:
    return Request(text.encode(), topic, patience=_PATIENCE)


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    outputs = getattr(options, "outputs", None)
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
        PointSpec("preset", Name("Preset terakhir", "Last preset")),
        PointSpec("panel_lock", Name("Kunci panel depan", "Lock of the front panel")),
        *route_points(outputs),
        *muted_points(outputs),
    )


def _make(options: BaseModel) -> Driver:
    return Matrix(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="extron_sis",
    maker="Extron",
    models=("CrossPoint Ultra", "XTP II CrossPoint", "DXP HDMI", "DTP CrossPoint", "SMX", "MAV Plus"),
    port=23,
    options=Options,
    points=_points,
    verbs=("route", "mute_output", "preset", "panel_lock"),
    make=_make,
    speaks_first=True,
    poll_every=5.0,
    gap=0.1,
    salvo=True,
    identity=("model",),
    sources={
        "ties, quick multiple tie, presets, mutes": "Extron CrossPoint 300 user guide, pp. 4-6 to 4-8 (SIS tables)",
        "view of all mutes, tags": "Extron XTP II CrossPoint user guide, p. 35; DTP T UWP guide, p. 29 (verbose modes)",
        "login, verbose mode": "Extron DXP DVI Pro and CrossPoint manuals; PlaceOS drivers, extron specs",
        "100 ms between commands": "open-avc openavc-drivers, extron_sis",
    },
)
