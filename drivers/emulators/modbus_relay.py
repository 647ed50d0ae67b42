"""An emulated relay board: coils and discrete inputs, by Modbus TCP or by serial frames, with its exceptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.codecs.modbus_bits import COILS, CONTACTS, OFF, ON, REFUSED, WRITE_COIL, headed, packed, sealed
from drivers.devices.modbus_relay import Options, RelayBoard
from drivers.driver import Driver
from drivers.emulators.plain import Plain
from drivers.model import Clock

WRITE_COILS = 15
_FACTS: Mapping[str, object] = {
    "unit": 1, "framing": "tcp", "relays": 8, "contacts": 0, "first_relay": 0, "first_contact": 0, "motors": "",
    "closed": "", "shut": "",
}  # fmt: skip
_SIZES = {COILS: 6, CONTACTS: 6, WRITE_COIL: 6}
_HEADER = 7


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its number (Modbus TCP), unit, function and data."""

    number: int
    unit: int
    pdu: bytes


class Requests:
    """Requests from any chopping of the stream; what is none is dropped byte by byte."""

    def __init__(self, framing: str) -> None:
        self._framing = framing
        self._buffer = bytearray()

    def receive(self, data: bytes) -> None:
        """Take in bytes; no more than a few frames are kept."""
        self._buffer += data
        del self._buffer[:-1024]

    def next(self) -> Asked | None:
        """Return the next request or None."""
        read = self._tcp if self._framing == "tcp" else self._rtu
        while len(self._buffer) >= 8:
            size = self._size()
            if size and len(self._buffer) < size:
                return None
            asked = read(bytes(self._buffer[:size])) if size else None
            del self._buffer[: size if asked else 1]
            if asked:
                return asked
        return None

    def _size(self) -> int:
        if self._framing == "tcp":
            size = int.from_bytes(self._buffer[4:6], "big")
            return 6 + size if self._buffer[2:4] == b"\0\0" and 2 <= size <= 254 else 0
        return 9 + self._buffer[6] if self._buffer[1] == WRITE_COILS else 8

    def _tcp(self, raw: bytes) -> Asked:
        return Asked(int.from_bytes(raw[:2], "big"), raw[6], raw[_HEADER:])

    def _rtu(self, raw: bytes) -> Asked | None:
        return Asked(0, raw[0], raw[1:-2]) if sealed(raw[0], raw[1:-2]) == raw else None


class Board(Plain[Asked]):
    """One board; `closed` lists the relays and `shut` the contacts that are on."""

    family = "modbus_relay"
    most_clients = 4
    ending = b""

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # a relay closes at once
        super().__init__(_FACTS, decoder=lambda: Requests(self.text("framing")), seed=seed)
        self.load(options)
        spoken = {key: self.facts[key] for key in ("framing", "relays", "unit", "first_relay")}
        self.remote: Driver = RelayBoard(Options.model_validate(spoken))

    def acts(self, request: Asked) -> bool:
        """Return whether it writes."""
        return request.pdu[0] in (WRITE_COIL, WRITE_COILS)

    def answer(self, client: int, request: Asked) -> Sequence[bytes]:
        """Do what is asked; another unit's requests are none of its business."""
        del client
        if request.unit != int(self.number("unit")):
            return []
        return [self._frame(request, self._do(request.pdu))]

    def refuse(self, request: Asked) -> Sequence[bytes]:
        """Return the exception "busy"."""
        return [self._frame(request, bytes((request.pdu[0] | REFUSED, 6)))]

    def restart(self) -> None:
        """Come up with all relays open."""
        self.facts["closed"] = ""

    def spoil(self, frame: bytes) -> bytes:
        """Return a serial frame with a wrong CRC; Modbus TCP has none."""
        return frame if self.text("framing") == "tcp" else frame[:-1] + bytes((frame[-1] ^ 0xFF,))

    def news(self) -> bytes:
        """Return the state of its relays, which nobody waits for."""
        told = self._bits(COILS, int(self.number("first_relay")), int(self.number("relays")))
        return self._frame(Asked(0, int(self.number("unit")), b""), told)

    def unknown(self) -> bytes:
        """Return an exception of a function of newer firmware."""
        return self._frame(Asked(0, int(self.number("unit")), b""), bytes((CONTACTS, 1, 0)))

    def meddle(self) -> None:
        """Let somebody press a button on the board."""
        self._put(self.chance.randrange(1, int(self.number("relays")) + 1), on=self.chance.random() < 0.5)

    def tell(self, data: bytes) -> str:
        """Return the bytes."""
        return data[:64].hex(" ")

    def _frame(self, request: Asked, pdu: bytes) -> bytes:
        if self.text("framing") == "tcp":
            return headed(request.number, request.unit, pdu)
        return sealed(request.unit, pdu)

    def _do(self, pdu: bytes) -> bytes:
        function, address, last = pdu[0], int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        if function in (COILS, CONTACTS):
            return self._bits(function, address, last)
        if function == WRITE_COIL:
            return self._write(pdu, address, last)
        if function == WRITE_COILS and len(pdu) >= 6:
            return self._write_many(pdu, address, last)
        return bytes((function | REFUSED, 1))

    def _bits(self, function: int, address: int, count: int) -> bytes:
        what, on = ("relay", "closed") if function == COILS else ("contact", "shut")
        first, size = int(self.number(f"first_{what}")), int(self.number(f"{what}s"))
        if not 1 <= count <= 2000:
            return bytes((function | REFUSED, 3))
        if not first <= address or address + count > first + size:
            return bytes((function | REFUSED, 2))
        closed = {int(n) for n in self.text(on).split()}
        data = packed([address - first + at + 1 in closed for at in range(count)])
        return bytes((function, len(data))) + data

    def _write(self, pdu: bytes, address: int, value: int) -> bytes:
        relay = address - int(self.number("first_relay")) + 1
        if value not in (ON, OFF):
            return bytes((WRITE_COIL | REFUSED, 3))
        if not 1 <= relay <= int(self.number("relays")):
            return bytes((WRITE_COIL | REFUSED, 2))
        self._put(relay, on=value == ON)
        return pdu

    def _write_many(self, pdu: bytes, address: int, count: int) -> bytes:
        relay = address - int(self.number("first_relay")) + 1
        if not relay >= 1 or relay + count - 1 > int(self.number("relays")):
            return bytes((WRITE_COILS | REFUSED, 2))
        bits = int.from_bytes(pdu[6:], "little")
        for at in range(count):
            self._put(relay + at, on=bool(bits >> at & 1))
        return pdu[:5]

    def _put(self, relay: int, *, on: bool) -> None:
        closed = set(self.text("closed").split()) - {str(relay)} | ({str(relay)} if on else set())
        self.facts["closed"] = " ".join(sorted(closed, key=int))
