"""An emulated camera that hears VISCA over IP: it minds the order of the numbers and repeats a lost answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.visca import Decoder as Packets
from drivers.codecs.visca import Packet
from drivers.codecs.visca_ip import (
    COMMAND,
    CONTROL,
    CONTROL_REPLY,
    ERROR,
    INQUIRY,
    REPLY,
    RESET,
    Decoder,
    Message,
)
from drivers.emulators.udp_device import UdpDevice
from drivers.emulators.visca import Camera
from drivers.model import Clock

_BAD_SEQUENCE, _BAD_TYPE = b"\x01", b"\x02"


class Head:
    """One camera head; `order` 0: it takes numbers in any order."""

    family = "visca_ip"

    def __init__(self, clock: Clock) -> None:
        self.facts: dict[str, object] = {
            "power": 1, "autofocus": 1, "model": "0020/0467", "order": 1, "pan": 0, "tilt": 0, "zoom": 0, "moving": 0,
        }  # fmt: skip
        self._camera = Camera(1, clock)
        self._last = 0
        self._said: list[bytes] = []

    def hear(self, data: bytes) -> Sequence[bytes]:
        """Do what a datagram says and return the answers; a number that comes again gets the same answers again."""
        messages, _ = drain(Inbox[Message, Message](Decoder(), lambda message: [message]).feed, data)
        return [answer for message in messages for answer in self._answers(message)]

    def _answers(self, message: Message) -> list[bytes]:
        if message.kind == CONTROL:
            if message.payload == RESET:
                self._last, self._said = 0, []
            return [Message(CONTROL_REPLY, message.sequence, RESET).encode()]
        if message.kind not in (COMMAND, INQUIRY):
            return [Message(CONTROL_REPLY, message.sequence, bytes([ERROR]) + _BAD_TYPE).encode()]
        if self._said and message.sequence == self._last:
            return self._said
        if self.facts["order"] and message.sequence < self._last:
            return [Message(CONTROL_REPLY, message.sequence, bytes([ERROR]) + _BAD_SEQUENCE).encode()]
        self._last = message.sequence
        self._said = [Message(REPLY, message.sequence, said).encode() for said in self._obey(message.payload)]
        return self._said

    def _obey(self, payload: bytes) -> list[bytes]:
        camera, facts = self._camera, self.facts
        camera.power, camera.autofocus = bool(facts["power"]), bool(facts["autofocus"])
        camera.version = bytes.fromhex(str(facts["model"]).replace("/", "")) + b"\x01\x02\x02"
        packets, _ = drain(Inbox[Packet, Packet](Packets(answers=False), lambda one: [one]).feed, payload)
        said = [answer for packet in packets for answer in camera.obey(packet.body)]
        said += camera.finished()
        facts.update({name: camera.place(name) for name in ("pan", "tilt", "zoom")})
        facts["moving"] = int(any(axis.speed for axis in camera.axes.values()))
        facts["power"], facts["autofocus"] = int(camera.power), int(camera.autofocus)
        return said


def head(name: str, options: Mapping[str, object], clock: Clock, seed: int) -> UdpDevice:
    """Return a camera on a UDP port; raise KeyError for what is no state of it."""
    device = UdpDevice(name, Head(clock), clock=clock, seed=seed)
    device.load({key.removeprefix("expect_"): value for key, value in options.items() if value != ""})
    return device
