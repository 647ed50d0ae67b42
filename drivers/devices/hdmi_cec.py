"""A television on an HDMI cable, through a Pulse-Eight USB-CEC adapter: power and input."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.pulse_eight import BROADCAST, FAILURES, Code, Decoder, Frames, Message, encode, transmission
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command, Name

TV = 0
IMAGE_VIEW_ON, STANDBY, ACTIVE_SOURCE, GIVE_POWER, REPORT_POWER, ABORT = 0x04, 0x36, 0x82, 0x8F, 0x90, 0x00
POWER_WORDS = {0: "on", 1: "off", 2: "warming", 3: "cooling"}
"""What a television reports: on, standby, on its way on, on its way to standby."""
_INPUT = re.compile(r"hdmi([1-9])")
_SENT, _POWER = "sent", "power"
_SETTLE_S = 2.0
"""Seconds that a television takes for nothing but itself after it was woken."""


class Options(Strict):
    """How the adapter calls itself on the cable."""

    address: Annotated[int, Field(ge=1, le=14)] = 1
    """Its logical address; 1 is a recorder, 4 a player."""


class HdmiCec:
    """One conversation with one adapter; the television answers through it, or not at all."""

    def __init__(self, options: Options) -> None:
        self._address = options.address
        self._frames = Frames()
        self._inbox = Inbox[Message, Reply](Decoder(), self._replies)

    def hello(self) -> Sequence[Request]:
        """Ask for the firmware, take the adapter under control, and answer for our address on the cable."""
        mask = (1 << self._address).to_bytes(2, "big")
        return [
            Request(encode(Code.FIRMWARE), "firmware"),
            Request(encode(Code.SET_CONTROLLED, b"\x01"), f"accepted {Code.SET_CONTROLLED}"),
            Request(encode(Code.SET_ACK_MASK, mask), f"accepted {Code.SET_ACK_MASK}"),
        ]

    def poll(self) -> Sequence[Request]:
        """Ask the television whether it is on, and keep the adapter under control."""
        return [
            Request(encode(Code.PING), f"accepted {Code.PING}"),
            Request(self._frame(TV, GIVE_POWER), _POWER, patience=3.0),
        ]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the frame of a command; raise BadCommand for inputs that are none."""
        check(command.verb, command.args)
        if command.verb == "power":
            opcode, settle = (IMAGE_VIEW_ON, _SETTLE_S) if command.args["on"] else (STANDBY, 0.0)
            return [Request(self._frame(TV, opcode), _SENT, settle=settle)]
        if command.verb == "input":
            return [Request(self._frame(BROADCAST, ACTIVE_SOURCE, _physical(str(command.args["source"]))), _SENT)]
        raise BadCommand(f"a television on CEC has no {command.verb}; it has power and input")

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask whether it is on: which input it shows a television does not tell."""
        return [Request(self._frame(TV, GIVE_POWER), _POWER, patience=3.0)]

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies."""
        return self._inbox.feed(data)

    def _frame(self, target: int, opcode: int, operands: bytes = b"") -> bytes:
        return transmission(bytes((self._address << 4 | target, opcode)) + operands)

    def _replies(self, message: Message) -> list[Reply]:
        if message.code in (Code.FRAME_START, Code.FRAME_DATA):
            frame = self._frames.take(message)
            return self._heard(frame) if frame else []
        if message.code in FAILURES:
            return [Reply(None, refused=Refusal(FAILURES[Code(message.code)]))]
        if message.code == Code.REJECTED:
            return [Reply(None, refused=Refusal("the adapter rejects it"))]
        if message.code == Code.SUCCEEDED:
            return [Reply(_SENT)]
        if message.code == Code.FIRMWARE and len(message.data) == 2:
            return [Reply("firmware", {"firmware": str(int.from_bytes(message.data, "big"))})]
        if message.code == Code.ACCEPTED and message.data:
            return [Reply(f"accepted {message.data[0] & 0x3F}")]
        if message.code not in tuple(Code):
            raise ProtocolError(f"the adapter says {message.code:02x} {message.data[:8].hex(' ')}")
        return []

    def _heard(self, frame: bytes) -> list[Reply]:
        """Return what a frame of the television means: its power, asked for or not."""
        if len(frame) < 2 or frame[0] >> 4 != TV:
            return []
        if frame[1] == REPORT_POWER and len(frame) > 2 and frame[2] in POWER_WORDS:
            return [Reply(_POWER, {"power": POWER_WORDS[frame[2]]})]
        if frame[1] == STANDBY:
            return [Reply("standby", {"power": "off"})]
        if frame[1] == ABORT and len(frame) > 2 and frame[2] == GIVE_POWER:
            return [Reply(_POWER, refused=Refusal("this television does not tell whether it is on"))]
        return []


def _physical(source: str) -> bytes:
    """Return the physical address of a television's input: n.0.0.0."""
    found = _INPUT.fullmatch(source)
    if found is None:
        raise BadCommand(f"a television has no input {source!r}; they are hdmi1 to hdmi9")
    return bytes((int(found[1]) << 4, 0))


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return (PointSpec("power", Name("Daya", "Power")), PointSpec("firmware", Name("Perangkat tegar", "Firmware")))


def _make(options: BaseModel) -> Driver:
    return HdmiCec(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="hdmi_cec",
    maker="any (HDMI-CEC by Pulse-Eight)",
    models=("televisions with CEC",),
    port=4003,
    options=Options,
    points=_points,
    verbs=("power", "input"),
    make=_make,
    poll_every=10.0,
    links={"serial": {"baud": "38400"}},
    sources={
        "the adapter's messages": "libCEC, USBCECAdapterMessage",
        "frames and opcodes": "HDMI 1.4b, CEC 17; pyCEC 0.5.2, decoded",
    },
)
