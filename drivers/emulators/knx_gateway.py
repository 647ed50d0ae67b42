"""A KNXnet/IP gateway with a small installation behind it: tunnels over UDP, groups that remember, and its faults."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from drivers.emulators import knx_frames as knx
from drivers.emulators.knx_frames import Address, Telegram
from drivers.errors import ProtocolError
from drivers.model import Arg
from drivers.sensors.knx_groups import Payload, group_number, group_text

FAULTS = ("no_more_connections", "acks_lost", "no_confirmation", "silence", "mute_groups", "does_not_act", "garbage")
"""What it can have; `times` (0: always) says how often each strikes."""
INDIVIDUAL = 0x1101
"""Its own address, 1.1.1; the tunnels follow."""
ACTUATOR = 0x1120
ALIVE_S = 120.0
"""A client that does not ask for so long whether its tunnel stands has none any more (03.08.02 §5.4)."""
ACK_S = 1.0
"""A telegram that a client does not acknowledge is repeated once, then its tunnel is ended (03.08.04 §2.6)."""


@dataclass(slots=True)
class Channel:
    """One tunnel: where its client is, and the sequence numbers of both ways."""

    number: int
    control: Address
    data: Address
    heard: int = 0
    sent: int = 0
    waiting: deque[bytes] = field(default_factory=deque)
    """Telegrams that wait for the acknowledgement of the first of them."""
    tries: int = 0
    timer: asyncio.TimerHandle | None = None
    alive: asyncio.TimerHandle | None = None

    @property
    def individual(self) -> int:
        """Return the individual address that its telegrams have."""
        return INDIVIDUAL + self.number


class KnxGateway:
    """The gateway; `groups` hold what was said in them, `status` says which group tells what is done in another."""

    def __init__(self, name: str, *, tunnels: int = 4, status: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=500)
        self.groups: dict[int, Payload] = {}
        self.channels: dict[int, Channel] = {}
        self._tunnels = tunnels
        self._status = {group_number(one): group_number(other) for one, other in (status or {}).items()}
        self._faults: dict[str, int] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._where: Address = ("127.0.0.1", 0)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Answer on `port` (0: any free one, the same again after a stop) and return it."""
        loop = asyncio.get_running_loop()
        where = (host, port or self._where[1])
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Door(self), local_addr=where)
        self._where = (host, int(self._transport.get_extra_info("sockname")[1]))
        return self._where[1]

    async def stop(self) -> None:
        """Be gone without a word, as a power cut leaves it."""
        for number in list(self.channels):
            self._forget(number)
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
            await asyncio.sleep(0)  # the loop closes the socket in its next round

    def state(self) -> Mapping[str, object]:
        """Return what the groups hold (six bits as a number, more as hex), the tunnels in use and the faults."""
        held = {group_text(one): _shown(payload) for one, payload in sorted(self.groups.items())}
        return {"groups": held, "tunnels": sorted(self.channels), "faults": dict(self._faults)}

    def load(self, state: Mapping[str, object]) -> None:
        """Let groups hold values, as `{"1/2/3": 1, "1/2/4": "0c1a"}`, without a telegram."""
        for name, value in state.items():
            self.groups[group_number(name)] = _payload(value)

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """Press a button on the wall: `say` with `group` and `value`; raise KeyError for anything else."""
        if verb != "say":
            raise KeyError(f"{self.name} knows say, not {verb!r}")
        self._write(Telegram(knx.HEARD, ACTUATOR, group_number(str(args["group"])), knx.WRITE, _payload(args["value"])))

    def inject(self, fault: str, times: int = 0) -> None:
        """Break it; raise KeyError for a fault that it does not know."""
        if fault not in FAULTS:
            raise KeyError(f"{self.name} knows the faults {', '.join(FAULTS)}, not {fault!r}")
        self._faults[fault] = times or -1

    def clear(self) -> None:
        """Mend it."""
        self._faults.clear()

    def end_tunnels(self) -> None:
        """End every tunnel, as a gateway does that is being programmed."""
        for channel in list(self.channels.values()):
            self._end(channel)

    def hear(self, data: bytes, came: Address) -> None:
        """Answer a packet; what is no frame is passed over."""
        if self._strikes("silence"):
            return
        try:
            service, body = knx.unframed(data)
            self.log.append(f"{service:04x} {body.hex()}")
            self._take(service, body, came)
        except (ProtocolError, IndexError) as error:
            self.log.append(f"garbage: {error}")

    def _take(self, service: int, body: bytes, came: Address) -> None:
        if service == knx.SEARCH:
            told = knx.endpoint(self._where) + knx.description(self.name, INDIVIDUAL)
            self._send(knx.SEARCHED, told, knx.address_in(body, came))
        elif service == knx.DESCRIBE:
            self._send(knx.DESCRIBED, knx.description(self.name, INDIVIDUAL), knx.address_in(body, came))
        elif service == knx.CONNECT:
            self._connect(body, came)
        elif service in (knx.ALIVE, knx.LEAVE):
            self._leave_or_live(service, body, came)
        elif service == knx.TUNNEL:
            self._tunnelled(body)
        elif service == knx.TUNNEL_ACK:
            self._acknowledged(body)

    def _connect(self, body: bytes, came: Address) -> None:
        control, data, wish = knx.address_in(body, came), knx.address_in(body[8:], came), body[16:]
        free = [number for number in range(1, self._tunnels + 1) if number not in self.channels]
        status = knx.OK
        if wish[1] != 4:
            status = knx.BAD_TYPE
        elif wish[2] != 2:
            status = knx.BAD_LAYER
        elif not free or self._strikes("no_more_connections"):
            status = knx.NO_MORE
        if status:
            self._send(knx.CONNECTED, bytes((0, status)), control)
            return
        channel = self.channels[free[0]] = Channel(free[0], control, data)
        self._stands(channel)
        told = bytes((4, 4)) + channel.individual.to_bytes(2, "big")
        self._send(knx.CONNECTED, bytes((channel.number, knx.OK)) + knx.endpoint(self._where) + told, control)

    def _leave_or_live(self, service: int, body: bytes, came: Address) -> None:
        channel, control = self.channels.get(body[0]), knx.address_in(body[2:], came)
        if channel is not None and service == knx.ALIVE:
            self._stands(channel)
        if channel is not None and service == knx.LEAVE:
            self._forget(channel.number)
        status = knx.UNKNOWN_CHANNEL if channel is None else knx.OK
        self._send(knx.LIVES if service == knx.ALIVE else knx.LEFT, bytes((body[0], status)), control)

    def _tunnelled(self, body: bytes) -> None:
        """Take a telegram once, acknowledge it and its repetition, drop any other (03.08.04 §2.6)."""
        channel, number = self.channels.get(body[1]), body[2]
        if channel is None or (channel.heard - number) & 0xFF not in (0, 1):
            return
        if not self._strikes("acks_lost"):
            self._send(knx.TUNNEL_ACK, bytes((4, channel.number, number, knx.OK)), channel.data)
        if number != channel.heard:
            return
        channel.heard = (number + 1) & 0xFF
        one = knx.telegram(body[4:])
        if one is not None and one.code == knx.ASKED:
            self._carry(channel, one)

    def _carry(self, channel: Channel, one: Telegram) -> None:
        """Put a client's telegram on the bus and confirm it."""
        if not self._strikes("no_confirmation"):
            self._tell(channel, knx.confirmation(one, channel.individual))
        if one.service == knx.WRITE:
            self._write(replace(one, code=knx.HEARD, source=channel.individual), without=channel)
        elif one.service == knx.READ and one.group in self.groups and not self._strikes("mute_groups"):
            held = self.groups[one.group]
            self._indicate(Telegram(knx.HEARD, ACTUATOR, one.group, knx.RESPONSE, held))

    def _write(self, one: Telegram, *, without: Channel | None = None) -> None:
        """Let everybody hear a value, and the actuators act on it."""
        self._indicate(one, without=without)
        if without is not None and self._strikes("does_not_act"):
            return
        self.groups[one.group] = one.payload
        if one.group in self._status:
            self._write(Telegram(knx.HEARD, ACTUATOR, self._status[one.group], knx.WRITE, one.payload))

    def _indicate(self, one: Telegram, *, without: Channel | None = None) -> None:
        for channel in list(self.channels.values()):
            if channel is not without:
                self._tell(channel, one)

    def _tell(self, channel: Channel, one: Telegram) -> None:
        """Send a telegram through a tunnel, once the ones before are acknowledged."""
        data = b"\x29\x00\xbc" if self._strikes("garbage") else knx.message(one)
        channel.waiting.append(data)
        if len(channel.waiting) == 1:
            self._push(channel)

    def _push(self, channel: Channel) -> None:
        channel.tries += 1
        head = bytes((4, channel.number, channel.sent, 0))
        self._send(knx.TUNNEL, head + channel.waiting[0], channel.data)
        channel.timer = asyncio.get_running_loop().call_later(ACK_S, self._unacknowledged, channel)

    def _unacknowledged(self, channel: Channel) -> None:
        if channel.tries > 1:
            self._end(channel)
        else:
            self._push(channel)

    def _acknowledged(self, body: bytes) -> None:
        channel = self.channels.get(body[1])
        if channel is None or not channel.waiting or body[2] != channel.sent or body[3]:
            return
        if channel.timer is not None:
            channel.timer.cancel()
        channel.sent, channel.tries = (channel.sent + 1) & 0xFF, 0
        channel.waiting.popleft()
        if channel.waiting:
            self._push(channel)

    def _stands(self, channel: Channel) -> None:
        if channel.alive is not None:
            channel.alive.cancel()
        channel.alive = asyncio.get_running_loop().call_later(ALIVE_S, self._end, channel)

    def _end(self, channel: Channel) -> None:
        self._forget(channel.number)
        self._send(knx.LEAVE, bytes((channel.number, 0)) + knx.endpoint(self._where), channel.control)

    def _forget(self, number: int) -> None:
        channel = self.channels.pop(number, None)
        for timer in (channel.timer, channel.alive) if channel is not None else ():
            if timer is not None:
                timer.cancel()

    def _send(self, service: int, body: bytes, address: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(knx.frame(service, body), address)

    def _strikes(self, fault: str) -> bool:
        """Return whether a fault strikes now, and count it."""
        left = self._faults.get(fault, 0)
        if left == 1:
            del self._faults[fault]
        elif left > 1:
            self._faults[fault] = left - 1
        return left != 0


class _Door(asyncio.DatagramProtocol):
    """The UDP port."""

    def __init__(self, gateway: KnxGateway) -> None:
        self._gateway = gateway

    def datagram_received(self, data: bytes, address: tuple[str | int, int]) -> None:
        """Hand a packet over."""
        self._gateway.hear(data, cast(Address, address))


def _payload(value: object) -> Payload:
    return bytes.fromhex(value) if isinstance(value, str) else int(cast(int, value))


def _shown(payload: Payload) -> object:
    return payload if isinstance(payload, int) else payload.hex()
