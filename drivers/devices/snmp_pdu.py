"""Switched power strips over SNMP 1 and 2c: outlets on, off and off-and-on, with those that must never go off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from drivers.capability import check, whole
from drivers.codecs.named import numbers
from drivers.codecs.snmp_message import GET, RESPONSE, SET, VERSIONS, Bound, Message, Oid, encode, oid, read
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command, Name, Value

DESCRIPTION, NAME = oid("1.3.6.1.2.1.1.1.0"), oid("1.3.6.1.2.1.1.5.0")
"""sysDescr and sysName (RFC 3418)."""
ERRORS: Mapping[int, str] = {
    1: "the answer would be too big", 2: "there is no such outlet (noSuchName)", 3: "a bad value",
    4: "it may only be read", 5: "it has failed (genErr)", 6: "the community has no access", 10: "a wrong value",
    16: "the community is not authorised", 17: "it may not be written with this community",
}  # fmt: skip
"""Error statuses (RFC 3416, 3)."""
_MOST = 64
_A_TIME = 12
"""Outlets a question: its answer fits any agent's packet."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One make's column of outlets, and what stands for on, off and off-and-on (None: it has no such command)."""

    column: str
    on: int
    off: int
    cycle: int | None


STRIPS: Mapping[str, Strip] = {
    "apc_rack": Strip("1.3.6.1.4.1.318.1.1.12.3.3.1.1.4", on=1, off=2, cycle=3),
    "apc_easy": Strip("1.3.6.1.4.1.318.1.1.30.6.2.1.4", on=1, off=2, cycle=None),
    "apc_cpdu": Strip("1.3.6.1.4.1.318.1.1.32.5.5.1.4", on=2, off=1, cycle=5),
}


class Options(Strict):
    """Which make it is, how many outlets it has, and who may switch them."""

    make: Literal["apc_rack", "apc_easy", "apc_cpdu", "other"] = "apc_rack"
    """The make, as its MIB has the outlets; other: `column`, `on`, `off` and `cycle` say it."""
    column: Annotated[str, Field(pattern=r"^(1\.3(\.\d+)+)?$")] = ""
    """The object whose index is the outlet's number, for another make."""
    on: int = 1
    """What stands for on, for another make."""
    off: int = 2
    """What stands for off, for another make."""
    cycle: int | None = None
    """What switches off and on again, for another make; left out: it cannot."""
    outlets: Annotated[int, Field(ge=1, le=_MOST)] = 8
    """How many outlets it has; numbered from 1."""
    protected: Annotated[str, Field(pattern="^[0-9, -]*$")] = ""
    """Outlets that are never switched off, as `1,4-6`: the one that feeds this gateway is one of them."""
    version: Literal["1", "2c"] = "2c"
    """The version of SNMP."""
    community: SecretStr = SecretStr("private")
    """The community that may write."""
    expect_name: str = ""
    """The strip's own name (sysName) that must answer before anything is commanded."""

    @field_validator("protected")
    @classmethod
    def _outlets(cls, text: str) -> str:
        if text.strip():
            numbers(text, most=_MOST)
        return text

    @model_validator(mode="after")
    def _said(self) -> Options:
        if self.make == "other" and not self.column:
            raise ValueError("make `other` needs `column`, the object of the outlets")
        return self


class SnmpPdu:
    """One conversation with one agent; an answer carries the number of its question."""

    def __init__(self, options: Options) -> None:
        self._options = options
        own = Strip(options.column, options.on, options.off, options.cycle)
        self._strip = STRIPS.get(options.make, own)
        self._column = oid(self._strip.column)
        self._words = {self._strip.on: "on", self._strip.off: "off"}
        self._protected = frozenset(numbers(options.protected, most=_MOST) if options.protected.strip() else ())
        self._numbers = count(1)

    def hello(self) -> Sequence[Request]:
        """Ask what and who it is."""
        return [self._message(GET, {DESCRIPTION: None, NAME: None})]

    def poll(self) -> Sequence[Request]:
        """Ask for every outlet, a dozen at a time."""
        outlets = range(1, self._options.outlets + 1)
        parts = [outlets[at : at + _A_TIME] for at in range(0, len(outlets), _A_TIME)]
        return [self._message(GET, {(*self._column, outlet): None for outlet in part}) for part in parts]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the message of a command; raise BadCommand for outlets that are not there or must stay on."""
        check(command.verb, command.args)
        if command.verb not in SPEC.verbs:
            raise BadCommand(f"a power strip has no {command.verb}; it has {', '.join(SPEC.verbs)}")
        outlet = whole(command.args["output"])
        if not 1 <= outlet <= self._options.outlets:
            raise BadCommand(f"there is no outlet {outlet}; this strip has 1 to {self._options.outlets}")
        on = command.verb == "outlet" and bool(command.args["on"])
        if not on and outlet in self._protected:
            raise BadCommand(f"outlet {outlet} is protected in the site file: it is never switched off")
        return [self._message(SET, {(*self._column, outlet): self._wish(command.verb, on=on)})]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for the one outlet."""
        return [self._message(GET, {(*self._column, whole(command.args["output"])): None})]

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the answer that a datagram carries; raise ProtocolError for what is none."""
        message = read(data) if data else None
        if message is None or message.kind != RESPONSE:
            return []
        topic = str(message.number)
        if message.error:
            why = ERRORS.get(message.error, f"error status {message.error}")
            return [Reply(topic, refused=Refusal(f"the strip refuses: {why}"))]
        return [Reply(topic, dict(pair for name, value in message.bindings for pair in self._told(name, value)))]

    def _wish(self, verb: str, *, on: bool) -> int:
        if verb == "outlet":
            return self._strip.on if on else self._strip.off
        if self._strip.cycle is None:
            raise BadCommand("this make has no command for off and on again; switch the outlet off, and then on")
        return self._strip.cycle

    def _message(self, kind: int, bindings: Mapping[Oid, Bound]) -> Request:
        number, options = next(self._numbers), self._options
        message = Message(
            kind, number, tuple(bindings.items()), options.community.get_secret_value(), VERSIONS[options.version]
        )
        return Request(encode(message), str(number))

    def _told(self, name: Oid, value: Bound) -> list[tuple[str, Value]]:
        if name in (DESCRIPTION, NAME) and isinstance(value, bytes):
            return [("model" if name == DESCRIPTION else "name", value.decode("utf-8", "replace")[:200])]
        if name[:-1] != self._column or value is None or value == self._strip.cycle:
            return []  # The answer to a set repeats what was set, off-and-on too.
        if value not in self._words:
            raise ProtocolError(f"outlet {name[-1]} is told as {value!r}, neither on nor off")
        return [(f"outlet.{name[-1]}", self._words[int(value)])]


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    outlets = range(1, getattr(options, "outlets", 8) + 1)
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("name", Name("Nama", "Name")),
        *(PointSpec(f"outlet.{n}", Name(f"Stopkontak {n}", f"Outlet {n}")) for n in outlets),
    )


def _make(options: BaseModel) -> Driver:
    return SnmpPdu(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="snmp_pdu",
    maker="APC, and others by their MIB",
    models=("APC Switched Rack PDU", "APC Easy Rack PDU (switched)", "strips with one object an outlet"),
    port=161,
    options=Options,
    points=_points,
    verbs=("outlet", "cycle_outlet"),
    make=_make,
    poll_every=5.0,
    identity=("name",),
    sources={
        "messages": "RFC 3416 and 3417; the same bytes as pysnmp 7.1.30",
        "outlets": "PowerNet-MIB: rPDUOutletControlOutletCommand, ePDUOutletControlCommand; CPDU-MIB",
    },
)
