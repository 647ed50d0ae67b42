"""Relay and contact boards over Modbus: relays switched and read back, contacts read, motors never both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from drivers.capability import check, whole
from drivers.codecs.inbox import Inbox
from drivers.codecs.modbus_bits import (
    BUSY,
    COILS,
    CONTACTS,
    EXCEPTIONS,
    WRITE_COIL,
    Framing,
    Serial,
    Tcp,
    Told,
    reading,
    writing,
)  # fmt: skip
from drivers.codecs.named import Named, numbers, table
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command, Name, Value

_MOST = 256
_DEAD_S = 0.7
"""Seconds between the two directions of a motor: it must have come to rest."""
Count = Annotated[int, Field(ge=0, le=_MOST)]
Address = Annotated[int, Field(ge=0, le=65_535)]


class Options(Strict):
    """How many relays and contacts the board has, where they stand, and which relays drive a motor."""

    unit: Annotated[int, Field(ge=1, le=255)] = 1
    """The board's unit number."""
    framing: Literal["tcp", "rtu"] = "tcp"
    """Modbus TCP, or serial frames (RTU) over a serial port or a converter that passes bytes on."""
    relays: Count = 8
    """How many relays it has; numbered from 1."""
    contacts: Count = 0
    """How many contacts it has; numbered from 1."""
    first_relay: Address = 0
    """The coil of relay 1, counted from 0 as on the wire."""
    first_contact: Address = 0
    """The discrete input of contact 1, counted from 0 as on the wire."""
    motors: Named = ""
    """Motors by name and their two relays, as `curtain=1,2`: one opens, and rests, before the other closes."""

    @field_validator("motors")
    @classmethod
    def _pairs(cls, text: str) -> str:
        used: list[int] = []
        for name, address in table(text).items():
            pair = numbers(address, most=_MOST)
            if len(set(pair)) != 2 or set(pair) & set(used):
                raise ValueError(f"{name}: {address!r} is not two relays of its own, as 1,2")
            used += pair
        return text


class RelayBoard:
    """One conversation with one board."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._framing: Framing = Tcp(options.unit) if options.framing == "tcp" else Serial(options.unit)
        pairs = [numbers(address, most=_MOST) for address in table(options.motors).values()]
        self._twins = {relay: twin for one, other in pairs for relay, twin in ((one, other), (other, one))}
        self._inbox = Inbox[Told, Reply](self._framing, self._replies)

    def hello(self) -> Sequence[Request]:
        """Ask nothing: a board has no identity to tell."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask for all relays and all contacts."""
        options = self._options
        asked = ((COILS, options.first_relay, options.relays), (CONTACTS, options.first_contact, options.contacts))
        return [
            self._request(reading(function, address, count), str(function))
            for function, address, count in asked
            if count
        ]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the frames that switch a relay; a motor's other relay opens first, and the motor comes to rest."""
        check(command.verb, command.args)
        if command.verb != "relay":
            raise BadCommand(f"a relay board has no {command.verb}; it has relay")
        relay, on = whole(command.args["output"]), bool(command.args["on"])
        if not 1 <= relay <= self._options.relays:
            raise BadCommand(f"there is no relay {relay}; the site file says {self._options.relays}")
        twin = self._twins.get(relay)
        first = [self._switch(twin, on=False, settle=_DEAD_S)] if on and twin else []
        return [*first, self._switch(relay, on=on)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask for the relays."""
        return self.poll()[:1]

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies."""
        return self._inbox.feed(data)

    def _switch(self, relay: int, *, on: bool, settle: float = 0.0) -> Request:
        address = self._options.first_relay + relay - 1
        return self._request(writing(address, on=on), f"{WRITE_COIL} {address}", settle=settle)

    def _request(self, pdu: bytes, topic: str, *, settle: float = 0.0) -> Request:
        return Request(self._framing.frame(self._options.unit, pdu), topic, settle=settle)

    def _replies(self, told: Told) -> list[Reply]:
        if told.exception:
            why = EXCEPTIONS.get(told.exception, f"exception {told.exception}")
            return [Reply(None, refused=Refusal(f"the board refuses: {why}", busy=told.exception == BUSY))]
        if told.function == WRITE_COIL:
            relay = told.address - self._options.first_relay + 1
            return [Reply(f"{WRITE_COIL} {told.address}", {f"relay.{relay}": "on" if told.on else "off"})]
        return [Reply(str(told.function), self._values(told))]

    def _values(self, told: Told) -> Mapping[str, Value]:
        what, count = ("relay", self._options.relays) if told.function == COILS else ("contact", self._options.contacts)
        if len(told.bits) != (count + 7) // 8 * 8:
            raise ProtocolError(f"{len(told.bits)} bits are told of {count} {what}s")
        return {f"{what}.{n}": "on" if bit else "off" for n, bit in enumerate(told.bits[:count], 1)}


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    relays, contacts = getattr(options, "relays", 0), getattr(options, "contacts", 0)
    return (
        *(PointSpec(f"relay.{n}", Name(f"Relai {n}", f"Relay {n}")) for n in range(1, relays + 1)),
        *(PointSpec(f"contact.{n}", Name(f"Kontak {n}", f"Contact {n}")) for n in range(1, contacts + 1)),
    )


def _make(options: BaseModel) -> Driver:
    return RelayBoard(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="modbus_relay",
    maker="any (Modbus)",
    models=("relay boards with coils", "boards with coils and discrete inputs"),
    port=502,
    options=Options,
    points=_points,
    verbs=("relay",),
    make=_make,
    poll_every=2.0,
    sources={
        "functions 1, 2, 5 and exceptions": "MODBUS Application Protocol V1.1b3, 6.1, 6.2, 6.5 and 7",
        "serial frames": "MODBUS over Serial Line V1.02, 2.5.1; golden bytes of pymodbus 3.16.1",
        "a pause before a motor turns back": "house rule: 0.5 to 1 s of dead time on reversal",
    },
)
