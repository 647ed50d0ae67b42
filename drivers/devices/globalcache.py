"""Global Caché iTach, Flex and GC-100: infrared codes, relays and contacts over one line protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from drivers.capability import check, whole
from drivers.codecs.globalcache import ERRORS, Error, Infrared, Line, Module, Said, Version, infrared, read, sendir
from drivers.codecs.inbox import Inbox
from drivers.codecs.lines import Lines
from drivers.codecs.named import Named, table
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, Value

_IDS = 65_536
Connectors = Annotated[int, Field(ge=0, le=32)]


class Options(Strict):
    """Which module is meant, and how many relays and contacts it has."""

    module: Annotated[int, Field(ge=0, le=32)] = 1
    """The module's address; an iTach has one, 1."""
    relays: Connectors = 0
    """How many relays it has; numbered from 1."""
    contacts: Connectors = 0
    """How many connectors are set up as contacts; numbered from 1."""
    codes: Named = ""
    """Infrared codes by name, as the maker's database or Pronto writes them: `tv_on=38000,1,1,347,173,…`."""

    @field_validator("codes")
    @classmethod
    def _readable(cls, text: str) -> str:
        for name, code in table(text).items():
            try:
                infrared(code)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return text


class GlobalCache:
    """One conversation with one unit; an infrared code is acknowledged when its burst has ended."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._codes = {name: infrared(code) for name, code in table(options.codes).items()}
        self._ids = count(1)
        self._modules: list[str] = []
        self._inbox = Inbox[str, Reply](Lines(), lambda line: self._replies(read(line)))

    def hello(self) -> Sequence[Request]:
        """Ask for the firmware and for the modules."""
        return [Request(b"getversion\r", "version"), Request(b"getdevices\r", "devices")]

    def poll(self) -> Sequence[Request]:
        """Ask for every relay and contact, or for a sign of life where there are none."""
        states = [self._state(number) for number in range(1, max(self._options.relays, self._options.contacts) + 1)]
        return states or [Request(b"getversion\r", "version")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the line of a command; raise BadCommand for relays that are not there and codes that are none."""
        check(command.verb, command.args)
        if command.verb == "relay":
            return [self._switch(command.args)]
        if command.verb == "infrared":
            return [self._send(command.args)]
        raise BadCommand(f"a Global Caché has no {command.verb}; it has {', '.join(SPEC.verbs)}")

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for the relay's state."""
        return [self._state(whole(command.args["output"]))] if command.verb == "relay" else []

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies."""
        return self._inbox.feed(data)

    def _state(self, number: int) -> Request:
        said = Said("state", self._options.module, number)
        return Request(f"getstate,{said.module}:{number}\r".encode(), said.topic)

    def _switch(self, args: Mapping[str, Arg]) -> Request:
        number, on = whole(args["output"]), int(bool(args["on"]))
        if not 1 <= number <= self._options.relays:
            raise BadCommand(f"there is no relay {number}; the site file says {self._options.relays}")
        said = Said("state", self._options.module, number)
        return Request(f"setstate,{said.module}:{number},{on}\r".encode(), said.topic)

    def _send(self, args: Mapping[str, Arg]) -> Request:
        number, code = next(self._ids) % _IDS, self._code(str(args["code"]))
        said = Said("completeir", self._options.module, whole(args["output"]), number)
        if said.connector < 1:
            raise BadCommand(f"there is no infrared connector {said.connector}; they begin with 1")
        return Request(sendir(said.module, said.connector, number, code), said.topic, patience=2.0 + code.seconds)

    def _code(self, text: str) -> Infrared:
        if text in self._codes:
            return self._codes[text]
        try:
            return infrared(text)
        except ValueError as error:
            names = ", ".join(self._codes) or "none"
            raise BadCommand(f"{text[:40]!r} is no code ({error}); the site file names {names}") from None

    def _replies(self, line: Line) -> list[Reply]:
        if isinstance(line, Module):
            return self._list(line)
        if isinstance(line, Version):
            return [Reply("version", {"firmware": line.text})]
        if isinstance(line, Error):
            return [Reply(None, refused=Refusal(f"the unit refuses: {ERRORS.get(line.code, f'error {line.code}')}"))]
        if line.word == "busyIR":
            return [Reply(line.topic, refused=Refusal("another code is being sent on this connector", busy=True))]
        return [Reply(line.topic, self._values(line))]

    def _list(self, module: Module) -> list[Reply]:
        if module.kind is not None:
            self._modules = [*self._modules[-31:], f"{module.number}: {module.connectors} {module.kind}"]
            return []
        modules, self._modules = self._modules, []
        return [Reply("devices", {"modules": ", ".join(modules)})]

    def _values(self, said: Said) -> Mapping[str, Value]:
        if not said.topic.startswith("state") or said.module != self._options.module:
            return {}
        if said.number not in (0, 1):
            raise ProtocolError(f"connector {said.connector} has the state {said.number}, neither 0 nor 1")
        word = "on" if said.number else "off"
        told: dict[str, Value] = {}
        if said.connector <= self._options.relays:
            told[f"relay.{said.connector}"] = word
        if said.connector <= self._options.contacts:
            told[f"contact.{said.connector}"] = word
        return told


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    relays, contacts = getattr(options, "relays", 0), getattr(options, "contacts", 0)
    return (
        PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
        PointSpec("modules", Name("Modul", "Modules")),
        *(PointSpec(f"relay.{n}", Name(f"Relai {n}", f"Relay {n}")) for n in range(1, relays + 1)),
        *(PointSpec(f"contact.{n}", Name(f"Kontak {n}", f"Contact {n}")) for n in range(1, contacts + 1)),
    )


def _make(options: BaseModel) -> Driver:
    return GlobalCache(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="globalcache",
    maker="Global Caché",
    models=("iTach IP2IR", "iTach IP2CC", "iTach WF2IR", "iTach Flex", "GC-100"),
    port=4998,
    options=Options,
    points=_points,
    verbs=("relay", "infrared"),
    make=_make,
    poll_every=3.0,
    sources={
        "commands and answers": "Global Caché Unified TCP API 1.1; iTach API Specification 1.5",
        "error codes": "iTach API Specification 1.5, error codes",
        "Pronto codes": "the learned format 0000 of Philips Pronto: counts and pairs in periods of the carrier",
    },
)
