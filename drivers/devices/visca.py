"""PTZ cameras over VISCA, on an RS-232 or RS-422 chain or raw over TCP: movement, zoom, focus, presets, power."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check, lasting, numbered, share
from drivers.codecs.inbox import Inbox
from drivers.codecs.visca import (
    ADDRESS_SET,
    BUFFER_FULL,
    CANCELLED,
    ERRORS,
    NETWORK_CHANGE,
    NO_SOCKET,
    Decoder,
    Packet,
    number,
    signed,
    to,
)  # fmt: skip
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import NOTHING, Arg, Command, Name, PointKind, Value

INQUIRIES: Mapping[str, bytes] = {
    "power": b"\x09\x04\x00",
    "position": b"\x09\x06\x12",
    "autofocus": b"\x09\x04\x38",
    "zoom": b"\x09\x04\x47",
    "version": b"\x09\x00\x02",
}
IF_CLEAR = b"\x01\x00\x01"
MOVE, ZOOM, FOCUS, AUTOFOCUS, MEMORY, HOME, POWER = (
    b"\x01\x06\x01", b"\x01\x04\x07", b"\x01\x04\x08", b"\x01\x04\x38", b"\x01\x04\x3f", b"\x01\x06\x04",
    b"\x01\x04\x00",
)  # fmt: skip
PAN_SPEEDS, TILT_SPEEDS, DRIVE_SPEEDS = 0x18, 0x14, 7
MOST_PRESETS = 127
HALT = MOVE + b"\0\0\3\3"
"""Pan and tilt stop; the speeds may be anything."""
_POWER_SETTLE = 1.0
_PATIENCE = 3.0


class Options(Strict):
    """Which camera of the chain it is."""

    id: Annotated[int, Field(ge=1, le=7)] = 1
    """Its place in the chain, counted from the controller; over TCP it is 1."""
    chain: bool = True
    """The cameras are numbered by us, as on RS-232 and RS-422; false for raw VISCA over TCP."""
    expect_model: str = ""
    """Maker and model, as the camera tells them in hexadecimal digits (0020/0467), before anything is commanded."""


class Visca:
    """One conversation with one camera; answers do not say what they answer, so it is told what leaves."""

    def __init__(self, options: Options) -> None:
        self._id = options.id
        self._chain = options.chain
        self._inbox = Inbox[Packet, Reply](Decoder(), self._replies)
        self._asked = ""
        self._power = ""
        self._focusing = False
        self._absent: set[str] = set()
        self._renumber = False
        self._running: dict[int, str] = {}
        """By socket, the commands that were accepted and are not yet completed."""

    def hello(self) -> Sequence[Request]:
        """Number the chain, clear this camera's buffers, and ask who it is."""
        return [*self._number(), self._send("clear", IF_CLEAR), *self._ask("version", "power")]

    def poll(self) -> Sequence[Request]:
        """Ask for the state; of a camera in standby only its power."""
        renumber, self._renumber = self._renumber, False
        asked = ("power", "position", "autofocus", "zoom") if self._power != "off" else ("power",)
        return [*(self._number() if renumber else ()), *self._ask(*asked)]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the packets of a command; raise BadCommand for what a camera cannot do."""
        check(command.verb, command.args)
        if command.verb == "stop":
            return [self._send("stop", body) for body in self._halt()]
        encode = _COMMANDS.get(command.verb)
        if encode is None:
            raise BadCommand(f"a VISCA camera has no {command.verb}; it has {', '.join(SPEC.verbs)}")
        self._focusing = self._focusing or command.verb == "focus"
        topic = f"preset {command.args['preset']}" if command.verb == "preset" else f"do {command.verb}"
        settle = _POWER_SETTLE if command.verb == "power" else 0.0
        return [self._send(topic, body, settle=settle) for body in encode(command.args)]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what was set; that a preset is reached the camera says by itself."""
        return self._ask(command.verb) if command.verb in ("power", "autofocus") else []

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies of this camera; what the others of the chain say is left out."""
        return self._inbox.feed(data)

    def leaving(self, request: Request) -> bytes:
        """Note what the next answer is about."""
        self._asked = request.topic
        return request.payload

    def _number(self) -> list[Request]:
        return [Request(ADDRESS_SET, "addresses", patience=_PATIENCE)] if self._chain else []

    def _send(self, topic: str, body: bytes, *, settle: float = 0.0) -> Request:
        return Request(to(self._id, body), topic, patience=_PATIENCE, settle=settle)

    def _ask(self, *names: str) -> list[Request]:
        return [self._send(name, INQUIRIES[name]) for name in names if name not in self._absent]

    def _halt(self) -> list[bytes]:
        """Stop what can move, and cancel what is under way."""
        focusing, self._focusing = self._focusing, False
        cancels = [bytes([0x20 | socket]) for socket in self._running]
        return [*cancels, HALT, ZOOM + b"\0", *([FOCUS + b"\0"] if focusing else [])]

    def _replies(self, packet: Packet) -> list[Reply]:
        if packet.camera == 0:
            return [Reply("addresses")] if packet.body[:1] == b"\x30" else []
        if packet.camera != self._id:
            return []
        if packet.body == NETWORK_CHANGE:
            self._renumber = True
            return [Reply("network change")]
        kind, socket = packet.body[0] >> 4, packet.body[0] & 15
        if kind == 4 and len(packet.body) == 1:
            return self._accepted(socket)
        if kind == 5:
            return self._told(packet.body[1:]) if len(packet.body) > 1 else self._completed(socket)
        if kind == 6 and len(packet.body) == 2:
            return self._error(socket, packet.body[1])
        raise ProtocolError(f"no answer of a camera: {packet.encode().hex(' ')}")

    def _answered(self) -> str:
        asked, self._asked = self._asked, ""
        return asked

    def _accepted(self, socket: int) -> list[Reply]:
        if not self._asked or self._asked in INQUIRIES:
            return []  # late: it is known no more what this accepts
        self._running[socket] = self._asked
        return [Reply(self._answered())]

    def _completed(self, socket: int) -> list[Reply]:
        if socket == 0 and self._asked == "clear":
            return [Reply(self._answered())]
        done = self._running.pop(socket, "")
        name, _, place = done.partition(" ")
        return [Reply("completed", {"preset": place} if name == "preset" else NOTHING)] if done else []

    def _error(self, socket: int, code: int) -> list[Reply]:
        cancelled = code in (CANCELLED, NO_SOCKET)
        if cancelled or socket in self._running:
            self._running.pop(socket, None)
            return [Reply(self._answered() if self._asked == "stop" and cancelled else "ended")]
        asked = self._answered()
        if not asked or asked in INQUIRIES:
            self._absent |= {asked} & _OPTIONAL
            return [Reply(asked)] if asked else []
        text = ERRORS.get(code, f"error {code:02x}")
        return [Reply(asked, refused=Refusal(f"{text} ({code:02x})", busy=code == BUFFER_FULL))]

    def _told(self, data: bytes) -> list[Reply]:
        read = _VALUES.get(self._asked)
        if read is None:
            return []
        try:
            values = read(data)
        except (LookupError, ValueError) as error:
            raise ProtocolError(f"the answer about {self._asked} makes no sense: {data.hex(' ')}") from error
        self._power = str(values.get("power", self._power))
        return [Reply(self._answered(), values)]


def _speed(part: float, most: int) -> int:
    return max(ceil(abs(part) * most), 1)


def _way(part: float, less: int, more: int) -> int:
    return 3 if part == 0 else more if part > 0 else less


def _drive(part: float) -> bytes:
    """Return the zoom or focus byte: tele and far are 2, wide and near 3."""
    return bytes([0 if part == 0 else (0x20 if part > 0 else 0x30) | _speed(part, DRIVE_SPEEDS)])


def _move(args: Mapping[str, Arg]) -> list[bytes]:
    pan, tilt, zoom = (share(args, name) for name in ("pan", "tilt", "zoom"))
    lasting(args)
    speeds = bytes([_speed(pan, PAN_SPEEDS), _speed(tilt, TILT_SPEEDS)])
    return [MOVE + speeds + bytes([_way(pan, 1, 2), _way(tilt, 2, 1)]), ZOOM + _drive(zoom)]


def _focus(args: Mapping[str, Arg]) -> list[bytes]:
    lasting(args)
    return [FOCUS + _drive(share(args, "drive"))]


def _memory(action: int) -> Callable[[Mapping[str, Arg]], list[bytes]]:
    return lambda args: [MEMORY + bytes([action, numbered(args, 0, MOST_PRESETS)])]


def _switch(command: bytes) -> Callable[[Mapping[str, Arg]], list[bytes]]:
    return lambda args: [command + (b"\x02" if args["on"] else b"\x03")]


def _flag(name: str) -> Callable[[bytes], Mapping[str, Value]]:
    def read(data: bytes) -> Mapping[str, Value]:
        (code,) = data
        return {name: {2: "on", 3: "off"}[code]}

    return read


def _position(data: bytes) -> Mapping[str, Value]:
    if len(data) not in (8, 9, 10):
        raise ValueError(len(data))
    pan = data[: len(data) - 4]  # newer models tell the pan in five digits
    return {"pan": signed(pan), "tilt": signed(data[-4:])}


def _zoom(data: bytes) -> Mapping[str, Value]:
    if len(data) != 4:
        raise ValueError(len(data))
    return {"zoom": number(data)}


def _version(data: bytes) -> Mapping[str, Value]:
    if len(data) != 7:
        raise ValueError(len(data))
    return {"model": f"{data[:2].hex()}/{data[2:4].hex()}", "firmware": data[4:6].hex()}


_COMMANDS: Mapping[str, Callable[[Mapping[str, Arg]], list[bytes]]] = {
    "power": _switch(POWER),
    "move": _move,
    "focus": _focus,
    "autofocus": _switch(AUTOFOCUS),
    "preset": _memory(2),
    "save_preset": _memory(1),
    "home": lambda _: [HOME],
}
_VALUES: Mapping[str, Callable[[bytes], Mapping[str, Value]]] = {
    "power": _flag("power"),
    "autofocus": _flag("autofocus"),
    "position": _position,
    "zoom": _zoom,
    "version": _version,
}
_OPTIONAL = frozenset({"version", "position", "autofocus", "zoom"})
POINTS = (
    PointSpec("power", Name("Daya", "Power")),
    PointSpec("pan", Name("Putar (langkah kamera)", "Pan (camera steps)"), PointKind.NUMBER),
    PointSpec("tilt", Name("Angguk (langkah kamera)", "Tilt (camera steps)"), PointKind.NUMBER),
    PointSpec("zoom", Name("Zum (langkah kamera)", "Zoom (camera steps)"), PointKind.NUMBER),
    PointSpec("autofocus", Name("Fokus otomatis", "Autofocus")),
    PointSpec("preset", Name("Preset yang terakhir dicapai", "Preset last reached")),
    PointSpec("model", Name("Pembuat dan model", "Maker and model")),
    PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return POINTS


def _make(options: BaseModel) -> Driver:
    return Visca(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="visca",
    maker="any (Sony VISCA)",
    models=("SRG", "BRC", "EVI", "FCB", "UV950A"),
    port=5678,
    options=Options,
    points=_points,
    verbs=(*_COMMANDS, "stop"),
    make=_make,
    gap=0.05,
    identity=("model",),
    sources={
        "packets, sockets, errors": "Sony SRG-300H and BRC-AM7 VISCA command lists; FCB-EV7500 technical manual p. 30",
        "movement, zoom, memory": "Sony SRG-300H command list; visca-over-ip 0.5.2, captured",
        "focus": "Sony SRG-H40UH command list 6/8",
        "inquiries of power, zoom, focus mode": "TOP T7E-NDI manual p. 29; Sony SRG-300H command list",
        "raw VISCA over TCP": "Minrray UV950A manual; makers use port 5678 or 1259",
    },
)
