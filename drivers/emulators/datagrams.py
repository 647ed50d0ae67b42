"""Devices that hear datagrams: sleeping computers, nodes of Art-Net and streaming ACN, and a power strip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from drivers.codecs import artnet, sacn
from drivers.codecs.named import table
from drivers.codecs.snmp_message import RESPONSE, SET, Bound, Message, Oid, oid
from drivers.codecs.snmp_message import encode as encode_snmp
from drivers.codecs.snmp_message import read as read_snmp
from drivers.codecs.wake_on_lan import address, woken
from drivers.devices.snmp_pdu import DESCRIPTION, NAME, STRIPS, Strip
from drivers.emulators.udp_device import Hearer, UdpDevice
from drivers.errors import ProtocolError
from drivers.model import Clock

_LIGHTS: Mapping[str, object] = {"zones": "", "start": "", "slots": "", "packets": 0}


class Sleepers:
    """The computers of a segment; `awake` lists those that have been woken."""

    family = "wake_on_lan"

    def __init__(self) -> None:
        self.facts: dict[str, object] = {"machines": "", "password": "", "awake": ""}

    def hear(self, data: bytes) -> Sequence[bytes]:
        """Wake who is meant, when the SecureOn password is right."""
        found = woken(data)
        secret = str(self.facts["password"])
        if found is not None and (not secret or found[1] == address(secret)):
            names = [name for name, text in table(str(self.facts["machines"])).items() if address(text) == found[0]]
            self.facts["awake"] = " ".join(sorted({*str(self.facts["awake"]).split(), *names}))
        return []


class ArtNetNode:
    """A node with one universe; `slots` are its levels in hexadecimal."""

    family = "artnet"

    def __init__(self) -> None:
        self.facts: dict[str, object] = {
            **_LIGHTS,
            "universe": 0,
            "node": "Semarak dimmer",
            "report": "#0001 [0000] OK",
        }
        self._sequence = 0

    def hear(self, data: bytes) -> Sequence[bytes]:
        """Answer a poll; take over levels of the own universe that are newer than the last."""
        try:
            packet = artnet.read(data)
        except ProtocolError:
            return []
        if isinstance(packet, artnet.Poll):
            node = artnet.Node("dimmer", str(self.facts["node"]), str(self.facts["report"]))
            return [artnet.answer(node)]
        if isinstance(packet, artnet.Levels) and packet.universe == self.facts["universe"]:
            self._take(packet)
        return []

    def _take(self, packet: artnet.Levels) -> None:
        self.facts["packets"] = int(str(self.facts["packets"])) + 1
        behind = (self._sequence - packet.sequence) % 256
        if packet.sequence and self._sequence and 0 < behind < 20:
            return  # An older packet that came late.
        self._sequence = packet.sequence
        self.facts["slots"] = packet.slots.hex()


class StreamNode:
    """A node with one universe: the highest priority is obeyed, and an older packet of a source passed over."""

    family = "sacn"

    def __init__(self) -> None:
        self.facts: dict[str, object] = {**_LIGHTS, "universe": 1, "priority": 100, "source": "semarak"}
        self._sequences: dict[object, int] = {}
        self._best = 0

    def hear(self, data: bytes) -> Sequence[bytes]:
        """Take over levels of the own universe; 20 and fewer steps back is old (E1.31-2018, 6.7.2)."""
        try:
            stream = sacn.read(data)
        except ProtocolError:
            return []
        if stream.universe != self.facts["universe"] or stream.priority < self._best:
            return []
        self.facts["packets"] = int(str(self.facts["packets"])) + 1
        behind = (self._sequences.get(stream.cid, stream.sequence - 1) - stream.sequence) % 256
        if behind >= 20:
            self._sequences[stream.cid], self._best = stream.sequence, stream.priority
            self.facts["slots"] = stream.slots.rstrip(b"\0").hex()
        return []


class PowerStrip:
    """A switched power strip's agent; `lit` lists the outlets that are on."""

    family = "snmp_pdu"

    def __init__(self) -> None:
        self.facts: dict[str, object] = {
            "make": "apc_rack", "column": "", "on": 1, "off": 2, "cycle": 0, "outlets": 8, "protected": "",
            "version": "2c", "community": "private", "name": "strip", "model": "APC Web/SNMP Management Card",
            "lit": "1 2 3 4 5 6 7 8", "cycled": 0,
        }  # fmt: skip

    def hear(self, data: bytes) -> Sequence[bytes]:
        """Answer who knows the community; a set is done whole or not at all (RFC 3416, 4.2.5)."""
        try:
            asked = read_snmp(data)
        except ProtocolError:
            return []
        if asked.kind == RESPONSE or asked.community != self.facts["community"]:
            return []
        if asked.kind == SET:
            return [encode_snmp(self._set(asked))]
        told = tuple((name, self._get(name)) for name, _ in asked.bindings)
        return [encode_snmp(replace(asked, kind=RESPONSE, bindings=told))]

    def _strip(self) -> Strip:
        own = Strip(str(self.facts["column"]), int(str(self.facts["on"])), int(str(self.facts["off"])), None)
        return STRIPS.get(str(self.facts["make"]), own)

    def _get(self, name: Oid) -> Bound:
        if name in (DESCRIPTION, NAME):
            return str(self.facts["model" if name == DESCRIPTION else "name"]).encode()
        outlet, strip = self._outlet(name), self._strip()
        if not outlet:
            return None
        return strip.on if str(outlet) in str(self.facts["lit"]).split() else strip.off

    def _outlet(self, name: Oid) -> int:
        known = name[:-1] == oid(self._strip().column) and 1 <= name[-1] <= int(str(self.facts["outlets"]))
        return name[-1] if known else 0

    def _set(self, asked: Message) -> Message:
        strip = self._strip()
        for at, (name, value) in enumerate(asked.bindings, 1):
            if not self._outlet(name):
                return replace(asked, kind=RESPONSE, error=17, at=at)
            if value not in (strip.on, strip.off, strip.cycle):
                return replace(asked, kind=RESPONSE, error=10, at=at)
        for name, value in asked.bindings:
            self._switch(str(name[-1]), on=value != strip.off, cycled=value == strip.cycle)
        return replace(asked, kind=RESPONSE)

    def _switch(self, outlet: str, *, on: bool, cycled: bool) -> None:
        lit = set(str(self.facts["lit"]).split()) - {outlet} | ({outlet} if on else set())
        self.facts["lit"] = " ".join(sorted(lit, key=int))
        self.facts["cycled"] = int(str(self.facts["cycled"])) + cycled


_MACHINES: Mapping[str, Callable[[], Hearer]] = {
    "wake_on_lan": Sleepers,
    "artnet": ArtNetNode,
    "sacn": StreamNode,
    "snmp_pdu": PowerStrip,
}


def _served(kind: Callable[[], Hearer]) -> Callable[[str, Mapping[str, object], Clock, int], UdpDevice]:
    def serve(name: str, options: Mapping[str, object], clock: Clock, seed: int) -> UdpDevice:
        device = UdpDevice(name, kind(), clock=clock, seed=seed)
        device.load(options)
        return device

    return serve


DATAGRAMS = {name: _served(kind) for name, kind in _MACHINES.items()}
