"""Kramer switchers over Protocol 3000: routes, output blanking, presets, the front panel's lock, and news."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.kramer_p3000 import ERRORS, LONGEST, Answer, command, pairs, read
from drivers.codecs.lines import Lines
from drivers.device_config import Strict
from drivers.devices.crosspoints import Crosspoints, muted_points, on_off, preset_number, route_points
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, Value

_MOST = 288
_PRESETS = 60
_ABSENT = "002"
_SIZE = re.compile(r"IN\s*(\d{1,3})\s*,\s*OUT\s*(\d{1,3})")
_START = "Kramer"

Count = Annotated[int, Field(ge=1, le=_MOST)]


class Options(Strict):
    """The switcher's size, and what differs from model to model."""

    inputs: Count | None = None
    """How many inputs; what the device says of itself wins."""
    outputs: Count | None = None
    """How many outputs; what the device says of itself wins."""
    machine: Annotated[int, Field(ge=1, le=99)] = 1
    """Its machine number, where several share a line."""
    switch_by: Literal["VID", "AV", "ROUTE"] = "VID"
    """The command that this model switches by: VID and AV switch a salvo at once, ROUTE one output after the other."""
    layer: Annotated[int, Field(ge=0, le=99)] = 1
    """The layer that ROUTE switches; 1 is video on most models, 0 on some, and 12 video with audio on some."""
    blank: Literal[0, 1, 2] = 1
    """The value of VMUTE that blanks an output on this model."""
    password: SecretStr = SecretStr("")
    """The password of its LOGIN, if it has one."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""


class Switcher:
    """One conversation with one switcher."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._size = Crosspoints("this switcher", options.inputs or _MOST, options.outputs or _MOST, _MOST)
        self._known = options.outputs or 0
        self._absent: set[str] = set()
        self._inbox = Inbox(Lines(), self._replies)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], list[Request]]] = {
            "route": self._route,
            "mute_output": self._mute,
            "preset": lambda args: [self._set("PRST-RCL", str(preset_number(args["preset"], _PRESETS)))],
            "panel_lock": lambda args: [self._set("LOCK-FP", str(int(bool(args["on"]))))],
        }
        self._readers: Mapping[str, Callable[[str], list[Reply]]] = {
            "": lambda _: [Reply("handshake")],
            "VID": lambda text: self._routed("VID", text),
            "AV": lambda text: self._routed("AV", text),
            "ROUTE": self._layered,
            "VMUTE": self._muted,
            "INFO-IO": self._sized,
            "MODEL": lambda text: [Reply("MODEL", {"model": text})],
            "SN": lambda text: [Reply("SN", {"serial": text})],
            "LOCK-FP": lambda text: [
                Reply(t, {"panel_lock": on_off(text != "0")}) for t in ("LOCK-FP?", f"LOCK-FP {text}")
            ],
            "PRST-RCL": lambda text: [Reply(f"PRST-RCL {text}"), Reply("news", {"preset": text})],
            "LOGIN": lambda _: [Reply("LOGIN")],
        }

    def hello(self) -> Sequence[Request]:
        """Shake hands, log in when there is a password, and ask who it is and how large."""
        password = self._options.password.get_secret_value()
        login = [Request(command("LOGIN", password, machine=self._options.machine), "LOGIN")] if password else []
        handshake = Request(command("", machine=self._options.machine), "handshake")
        return [handshake, *login, *(self._ask(name, topic=name) for name in ("MODEL", "SN", "INFO-IO"))]

    def poll(self) -> Sequence[Request]:
        """Ask for the routes, which outputs are blank, and the panel's lock; not for what this model has not."""
        outputs = range(1, (self._known or 1) + 1)
        blanks = [self._ask("VMUTE", str(n), topic=f"VMUTE {n}") for n in outputs if "VMUTE" not in self._absent]
        lock = [] if "LOCK-FP" in self._absent else [self._ask("LOCK-FP", topic="LOCK-FP?")]
        return [*self._views(outputs), *blanks, *lock]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the bytes of a command; raise BadCommand for what this switcher has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Kramer switcher has no {command.verb}; it has {', '.join(self._commands)}")
        return encode(command.args)

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what the command has set; after a preset for everything."""
        if command.verb == "route":
            return self._views([output for output, _ in self._size.routes(command.args["routes"])])
        if command.verb == "mute_output":
            output = self._size.output(command.args["output"])
            return [self._ask("VMUTE", str(output), topic=f"VMUTE {output}")]
        return [self._ask("LOCK-FP", topic="LOCK-FP?")] if command.verb == "panel_lock" else self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; commands that we know nothing of are left out."""
        return self._inbox.feed(data)

    def _set(self, name: str, text: str) -> Request:
        return Request(command(name, text, machine=self._options.machine), f"{name} {text}")

    def _ask(self, name: str, text: str = "", *, topic: str) -> Request:
        return Request(command(f"{name}?", text, machine=self._options.machine), topic)

    def _views(self, outputs: Sequence[int]) -> list[Request]:
        if self._options.switch_by != "ROUTE":
            return [self._ask(self._options.switch_by, "*", topic=f"{self._options.switch_by} all")]
        layer = self._options.layer
        return [self._ask("ROUTE", f"{layer},{output}", topic=f"ROUTE? {layer},{output}") for output in outputs]

    def _route(self, args: Mapping[str, Arg]) -> list[Request]:
        routes = self._size.routes(args["routes"])
        if self._options.switch_by == "ROUTE":
            return [self._set("ROUTE", f"{self._options.layer},{output},{source}") for output, source in routes]
        return [self._set(self._options.switch_by, text) for text in self._bundles(routes)]

    def _bundles(self, routes: Sequence[tuple[int, int]]) -> list[str]:
        """Return the routes as texts, as few as the longest command allows."""
        room = LONGEST - len(command(self._options.switch_by, " ", machine=self._options.machine))
        bundles: list[str] = []
        for output, source in routes:
            pair = f"{source}>{output}"
            if bundles and len(bundles[-1]) + 1 + len(pair) <= room:
                bundles[-1] += f",{pair}"
            else:
                bundles.append(pair)
        return bundles

    def _mute(self, args: Mapping[str, Arg]) -> list[Request]:
        blank = self._options.blank
        lit = 0 if blank == 1 else 1
        return [self._set("VMUTE", f"{self._size.output(args['output'])},{blank if args['on'] else lit}")]

    def _replies(self, line: str) -> list[Reply]:
        if line.startswith(_START):
            return []
        said = read(line)
        if said.machine != self._options.machine:
            return []
        if said.error:
            return [self._refused(said)]
        reader = self._readers.get(said.name)
        return [] if reader is None else reader(said.text)

    def _refused(self, said: Answer) -> Reply:
        if said.error == _ABSENT and said.name:
            self._absent.add(said.name)
        text = f"the switcher refuses: {ERRORS.get(said.error, 'for a reason of its model')} (ERR {said.error})"
        if said.name == "LOGIN":
            return Reply("LOGIN", denied=f"{text}; see the option `password`")
        return Reply(None, refused=Refusal(text))

    def _routed(self, name: str, text: str) -> list[Reply]:
        values: dict[str, Value] = {}
        routes = pairs(text)
        for output, source in routes:
            values |= self._size.told(output, source)
        whole = len(routes) >= self._known and [output for output, _ in routes] == list(range(1, len(routes) + 1))
        return [Reply(f"{name} {text.replace(' ', '')}", values), *([Reply(f"{name} all", values)] if whole else [])]

    def _layered(self, text: str) -> list[Reply]:
        layer, output, source = _numbers(text, 3)
        if layer != self._options.layer:
            return []
        values = self._size.told(output, source)
        return [Reply(f"ROUTE {layer},{output},{source}", values), Reply(f"ROUTE? {layer},{output}", values)]

    def _muted(self, text: str) -> list[Reply]:
        output, value = _numbers(text, 2)
        values = {f"muted.{output}": on_off(value == self._options.blank)} if output <= self._size.outputs else {}
        return [Reply(f"VMUTE {output},{value}", values), Reply(f"VMUTE {output}", values)]

    def _sized(self, text: str) -> list[Reply]:
        found = _SIZE.match(text)
        if found is None or not 1 <= int(found[1]) <= _MOST or not 1 <= int(found[2]) <= _MOST:
            raise ProtocolError(f"a size that is none: {text[:40]!r}")
        self._size.inputs, self._size.outputs = int(found[1]), int(found[2])
        self._known = self._size.outputs
        return [Reply("INFO-IO")]


def _numbers(text: str, count: int) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if len(words) != count or not all(word.isascii() and word.isdecimal() and len(word) < 6 for word in words):
        raise ProtocolError(f"{count} numbers are wanted, not {text[:40]!r}")
    return [int(word) for word in words]


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    outputs = getattr(options, "outputs", None)
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("serial", Name("Nomor seri", "Serial number")),
        PointSpec("preset", Name("Preset terakhir", "Last preset")),
        PointSpec("panel_lock", Name("Kunci panel depan", "Lock of the front panel")),
        *route_points(outputs),
        *muted_points(outputs),
    )


def _make(options: BaseModel) -> Driver:
    return Switcher(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="kramer_p3000",
    maker="Kramer",
    models=("VS-88HN", "VP-8x8AK", "VP-81K", "VS-66H2", "VS-1616D", "KIT-400R"),
    port=5000,
    options=Options,
    points=_points,
    verbs=("route", "mute_output", "preset", "panel_lock"),
    make=_make,
    poll_every=5.0,
    salvo=True,
    identity=("model", "serial"),
    sources={
        "syntax, VID, AV, handshake, errors, 64 characters": "Kramer VP-8x8AK user manual, Protocol 3000 table, p. 43",
        "MODEL, SN, INFO-IO, LOCK-FP, PRST-RCL": "Kramer VS-88HN user manual, 11.2 Protocol 3000 commands, p. 30",
        "ROUTE, VMUTE": "PlaceOS drivers, protocol3000 spec; open-avc openavc-drivers, kramer_p3000",
        "answers to INFO-IO": "bitfocus companion-module-kramer-matrix",
    },
)
