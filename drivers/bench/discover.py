"""Ask who is there: projectors and cameras by their searches, others by mDNS and beacons, a serial bus id by id."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

import typer

from drivers.codecs.inbox import drain
from drivers.driver import DriverSpec
from drivers.errors import BadConfig, DriverError
from drivers.links.dial import dial
from drivers.registry import DRIVERS

app = typer.Typer(help="Ask the network, or a serial bus, who is there.")
ANSWER_S = 0.4
"""Seconds that one id of a serial bus gets to answer."""
_PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header>'
    "<w:MessageID>uuid:{id}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
    "<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
)
_XADDRS = re.compile(r"<(?:\w+:)?XAddrs>([^<]{1,500})</")
_SCOPE = re.compile(r"onvif://www\.onvif\.org/(?:name|hardware)/([^\s<]{1,60})")
_BEACON = re.compile(r"<-(\w+)=([^>]{1,80})>")
_SERVICE = "_blackmagic._tcp.local"


@dataclass(frozen=True, slots=True)
class Search:
    """One way to ask: where the question goes, what it is, and what an answer tells (empty: it is none)."""

    host: str
    port: int
    question: bytes
    tell: Callable[[bytes], str]
    listen: int = 0
    """The port to listen on; 0: the one that the question went from."""
    group: str = ""
    """A multicast group to join."""


def pjlink(answer: bytes) -> str:
    """Return what a projector's answer to `%2SRCH` tells (JBMIA PJLink class 2: its MAC address)."""
    text = answer.decode("ascii", "replace").strip()
    return f"a projector (PJLink class 2), MAC {text[7:]}" if text.upper().startswith("%2ACKN=") else ""


def camera(answer: bytes) -> str:
    """Return what a ProbeMatch tells (WS-Discovery; ONVIF Core, 7)."""
    text = answer.decode("utf-8", "replace")
    addresses = _XADDRS.search(text)
    names = ", ".join(dict.fromkeys(_SCOPE.findall(text)))
    return f"a camera (ONVIF) {names} at {addresses[1].split()[0]}" if addresses else ""


def beacon(answer: bytes) -> str:
    """Return what a beacon of an iTach tells (Global Caché: `AMXB<-Name=value>…`)."""
    facts = dict(_BEACON.findall(answer.decode("ascii", "replace")))
    return f"{facts.get('Make', 'a device')} {facts.get('Model', '')}, {facts.get('UUID', '')}" if facts else ""


def videohub(answer: bytes) -> str:
    """Return what an mDNS answer about Blackmagic devices tells (RFC 6762; only the name is read)."""
    mark = b"\x0b_blackmagic"
    if len(answer) < 12 or not answer[2] & 0x80 or mark not in answer:
        return ""
    names = re.findall(rb"([\x01-\x3f])([ -~]{1,63}?)\xc0\x0c", answer)
    return f"a Blackmagic device {names[0][1].decode() if names else ''}".strip()


def mdns_question(service: str) -> bytes:
    """Return a question for the instances of a service, to be answered to us alone (RFC 6762, 5.4)."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in service.split("."))
    return struct.pack(">6H", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 12, 0x8001)


SEARCHES: Mapping[str, Search] = {
    "pjlink": Search("255.255.255.255", 4352, b"%2SRCH\r", pjlink),
    "onvif": Search("239.255.255.250", 3702, _PROBE.format(id=uuid4()).encode(), camera),
    "blackmagic": Search("224.0.0.251", 5353, mdns_question(_SERVICE), videohub),
    "itach": Search("", 0, b"", beacon, listen=9131, group="239.255.250.250"),
}


@app.command()
def discover(
    what: Annotated[
        list[str] | None, typer.Argument(help=f"Some of {', '.join(SEARCHES)}; all of them unless given.")
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=120, help="How long to listen; iTachs beacon each minute.")
    ] = 5.0,
    bus: Annotated[str, typer.Option(help="Sweep a bus instead, as serial:///dev/ttyUSB0?baud=9600.")] = "",
    driver: Annotated[str, typer.Option(help="The driver whose `id` is swept, with --bus.")] = "samsung_mdc",
    to: Annotated[int, typer.Option(min=0, max=255, help="The last id that is asked, with --bus.")] = 16,
) -> None:
    """Ask who is there, and list who answers. Nothing is changed anywhere: questions only."""
    try:
        lines = asyncio.run(sweep(bus, driver, to)) if bus else asyncio.run(search(_chosen(what or []), seconds))
    except DriverError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for line in lines or ["nobody answered; is this machine in the same network, or the bus wired A to A and B to B?"]:
        typer.echo(line)
    raise typer.Exit(0 if lines else 1)


def _chosen(names: Sequence[str]) -> list[Search]:
    strange = [name for name in names if name not in SEARCHES]
    if strange:
        raise BadConfig(f"there is no search {strange[0]!r}; there is {', '.join(SEARCHES)}")
    return [SEARCHES[name] for name in names or SEARCHES]


class _Found:
    def __init__(self, most: int | None) -> None:
        self.lines: dict[str, None] = {}
        self.enough = asyncio.Event()
        self._most = most

    def add(self, line: str) -> None:
        self.lines[line] = None
        if self._most is not None and len(self.lines) >= self._most:
            self.enough.set()


class _Ears(asyncio.DatagramProtocol):
    def __init__(self, one: Search, found: _Found) -> None:
        self._search, self._found = one, found

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        told = self._search.tell(data)
        if told:
            self._found.add(f"{address[0]:16}{told}")


async def search(searches: Sequence[Search], seconds: float, *, most: int | None = None) -> list[str]:
    """Return a line for everybody who answers within `seconds`, or for the first `most`.

    A search that this machine cannot do is told as such.
    """
    found = _Found(most)
    opened = []
    loop = asyncio.get_running_loop()
    for one in searches:
        try:
            sock = _socket(one)
        except OSError as error:
            found.add(f"not searched: {one.group or one.host}: {error.strerror}")
            continue
        transport, _ = await loop.create_datagram_endpoint(lambda one=one: _Ears(one, found), sock=sock)  # type: ignore[misc]  # a bound default
        opened.append(transport)
        if one.question:
            transport.sendto(one.question, (one.host, one.port))
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await found.enough.wait()
    for transport in opened:
        transport.close()
    return list(found.lines)


def _socket(one: Search) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", one.listen))
        if one.group:
            member = socket.inet_aton(one.group) + struct.pack(">I", socket.INADDR_ANY)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    except OSError:
        sock.close()
        raise
    return sock


async def sweep(url: str, driver: str, last: int) -> list[str]:
    """Return a line for every id of a bus that answers the driver's own questions."""
    spec = DRIVERS.get(driver)
    if spec is None or "id" not in spec.options.model_fields:
        known = ", ".join(name for name, each in DRIVERS.items() if "id" in each.options.model_fields)
        raise BadConfig(f"--driver {driver} has no id to sweep; these have one: {known}")
    return [line for number in range(last + 1) if (line := await _asked(url, spec, number))]


async def _asked(url: str, spec: DriverSpec, number: int) -> str:
    """Return what the device with an id tells of itself, or an empty text; an id that cannot be is passed over."""
    try:
        driver = spec.make(spec.options.model_validate({"id": number}))
    except ValueError:
        return ""
    values: dict[str, object] = {}
    link = await dial(url)
    try:
        for question in [*driver.hello(), *driver.poll()][:3]:
            await link.send(question.payload)
            try:
                async with asyncio.timeout(ANSWER_S):
                    while not (replies := drain(driver.feed, await link.receive())[0]):
                        pass
            except TimeoutError:
                break
            values.update({name: value for reply in replies for name, value in reply.values.items()})
    finally:
        await link.close()
    told = ", ".join(f"{name} {value}" for name, value in values.items())
    return f"id {number:3}  {told or 'answers'}" if values else ""
