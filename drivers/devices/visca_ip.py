"""PTZ cameras over VISCA over IP: the packets of VISCA in numbered datagrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel

from drivers.codecs.inbox import Inbox
from drivers.codecs.visca_ip import (
    COMMAND,
    CONTROL,
    CONTROL_REPLY,
    ERROR,
    ERRORS,
    INQUIRY,
    REPLY,
    RESET,
    Decoder,
    Message,
)
from drivers.device_config import Strict
from drivers.devices import visca
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.model import Command

_RESET = "numbers"
_AN_INQUIRY = 0x09
_FIRST = 1


class Options(Strict):
    """Who must answer; the address of the camera is its link."""

    expect_model: str = ""
    """Maker and model, as the camera tells them in hexadecimal digits (0020/0467), before anything is commanded."""


class ViscaIp:
    """One conversation with one camera; a number is given to each message as it leaves."""

    def __init__(self) -> None:
        self._camera = visca.Visca(visca.Options(chain=False))
        self._inbox = Inbox[Message, Reply](Decoder(), self._replies)
        self._sequence = 0
        self._asked = ""
        self._disputed = False

    def hello(self) -> Sequence[Request]:
        """Let the numbers start again, and ask who the camera is."""
        return [_reset(), *map(_wrapped, self._camera.hello())]

    def poll(self) -> Sequence[Request]:
        """Ask for the state; first let the numbers start again if the camera disputes them."""
        disputed, self._disputed = self._disputed, False
        return [*([_reset()] if disputed else []), *map(_wrapped, self._camera.poll())]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the messages of a command; raise BadCommand for what a camera cannot do."""
        return [_wrapped(request) for request in self._camera.request(command)]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for what was set."""
        return [_wrapped(request) for request in self._camera.verify(command)]

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies in a datagram."""
        return self._inbox.feed(data)

    def leaving(self, request: Request) -> bytes:
        """Give the message its number."""
        self._camera.leaving(request)
        self._asked = request.topic
        self._sequence = 0 if request.topic == _RESET else max(self._sequence + 1, _FIRST) % 2**32
        return request.payload[:4] + self._sequence.to_bytes(4, "big") + request.payload[8:]

    def _replies(self, message: Message) -> list[Reply]:
        if message.kind == CONTROL_REPLY:
            return self._controlled(message.payload)
        if message.kind != REPLY:
            return []
        told = len(message.payload) > 3 and message.payload[1] == 0x50
        if told and message.sequence != self._sequence:
            return []  # the late answer to an earlier inquiry
        return list(self._camera.feed(message.payload))

    def _controlled(self, payload: bytes) -> list[Reply]:
        if payload == RESET:
            return [Reply(_RESET)]
        if payload[0] != ERROR:
            return []
        self._disputed = True
        why = ERRORS.get(payload[-1], f"error {payload.hex(' ')}")
        return [Reply(None, refused=Refusal(f"the camera did not take it: {why}", busy=True))]


def _wrapped(request: Request) -> Request:
    kind = INQUIRY if request.payload[1] == _AN_INQUIRY else COMMAND
    return replace(request, payload=Message(kind, 0, request.payload).encode())


def _reset() -> Request:
    return Request(Message(CONTROL, 0, RESET).encode(), _RESET)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return visca.POINTS


def _make(_options: BaseModel) -> Driver:
    return ViscaIp()


SPEC = DriverSpec(
    name="visca_ip",
    maker="any (Sony VISCA over IP)",
    models=("SRG", "BRC", "and others on UDP 52381"),
    port=52381,
    options=Options,
    points=_points,
    verbs=visca.SPEC.verbs,
    make=_make,
    gap=0.05,
    identity=("model",),
    sources={
        "packets": "as visca",
        "head, types, reset": "Sony BRC-AM7 VISCA command list, VISCA over IP; visca-over-ip 0.5.2, captured",
        "0110 for inquiries": "bitfocus companion-module-sony-visca; acaprojects visca_over_ip",
    },
)
