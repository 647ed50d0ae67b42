"""A UPS on the network: an agent of the UPS-MIB (RFC 1628) for SNMP 1, 2c and 3 that fails in the ways agents fail."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from drivers.emulators.ups import Found, Ups
from drivers.model import Arg, Clock, Value
from drivers.sensors.object_map import Oid, dotted, located
from drivers.sensors.snmp_wire import AUTH, PRIV, library

FAULTS: Mapping[str, Mapping[str, object]] = {
    "late": {"seconds": 1.0},
    "lost": {"times": 0},
    "garbage": {"times": 0},
    "wrong_community": {},
    "absent": {"oid": "upsOutputPercentLoad.1"},
    "small_packets": {"objects": 2},
    "stuck": {},
    "reboot": {"seconds": 3.0},
}
"""What it can have, with the parameters that each takes (and what they are unless said); `times` 0 is always."""
NOISE = bytes.fromhex("30 82 ff ff 02 01 01 04 06")
PUBLIC = "public"


class SnmpUps:
    """The agent of one UPS on a UDP port; it knows one community and, when it is given one, one user."""

    def __init__(
        self, name: str, options: Mapping[str, Value], *, clock: Clock, pace: float = 1.0, seed: int = 0
    ) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=200)
        self.ups = Ups(clock=clock, pace=pace, seed=seed)
        self.ups.load({"name": name})
        self._options, self._clock = options, clock
        self._host, self._port = "127.0.0.1", 0
        self._engine: Any = None
        self._door: _Door | None = None
        self._faults: dict[str, dict[str, object]] = {}
        self._frozen: Mapping[Oid, Found] = {}

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Answer on `port` (0: any free one, the same again after a stop) and return it."""
        self._host, port = host, port or self._port
        lib = _library()
        door = _Door(self, lib)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: door, local_addr=(host, port))
        self._port = int(transport.get_extra_info("sockname")[1])
        self._door, self._engine = door, _agent(door, self._options, mib=_Mib(self, lib), lib=lib)
        self.log.append(f"answering on {host}:{self._port}")
        return self._port

    async def stop(self) -> None:
        """Close the port."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close_dispatcher()
            self.log.append("stopped")

    def state(self) -> Mapping[str, object]:
        """Return the UPS's state and the faults in force."""
        return {**self.ups.state(), "faults": dict(self._faults)}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values of the UPS's state."""
        self.ups.load(state)

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """Switch the mains: `mains` with `on`; raise KeyError for any other button."""
        if verb != "mains":
            raise KeyError(f"{self.name} knows mains, not {verb!r}")
        self.ups.load({"mains": args["on"]})

    def inject(self, fault: str, **params: object) -> None:
        """Break it; raise KeyError for a fault or a parameter that it does not know."""
        if fault not in FAULTS or params.keys() - FAULTS[fault].keys():
            raise KeyError(f"{self.name} knows the faults {', '.join(FAULTS)}, not {fault!r} with {', '.join(params)}")
        self._faults[fault] = {**FAULTS[fault], **params}
        if fault == "stuck":
            self._frozen = self.ups.objects()
        if fault == "reboot":
            self.ups.restart()
            pause = float(str(self._faults[fault]["seconds"]))
            asyncio.get_running_loop().call_later(pause, self._faults.pop, "reboot", None)

    def clear(self) -> None:
        """Mend it."""
        self._faults.clear()

    def strikes(self, fault: str) -> Mapping[str, object] | None:
        """Return the parameters of a fault that strikes now, and count it."""
        params = self._faults.get(fault)
        if params is None:
            return None
        if (left := int(str(params.get("times", 0)))) > 0:
            params["times"] = left - 1
            if left == 1:
                del self._faults[fault]
        return params

    def objects(self) -> Mapping[Oid, Found]:
        """Return what the agent has: what the UPS tells, without what a fault takes away."""
        found = dict(self._frozen if "stuck" in self._faults else self.ups.objects())
        if "absent" in self._faults:
            found.pop(located(str(self._faults["absent"]["oid"]))[0], None)
        return found

    @property
    def most(self) -> int:
        """How many objects fit into one of its answers."""
        return int(str(self._faults.get("small_packets", {"objects": 1_000})["objects"]))

    def note(self, question: str, oids: Sequence[Oid]) -> None:
        """Write down what was asked."""
        self.log.append(f"{question} {' '.join(map(dotted, oids))}")


class _Door(asyncio.DatagramProtocol):
    """The UDP port, in the shape of the library's transports; it loses, delays and spoils what the faults say."""

    def __init__(self, agent: SnmpUps, lib: SimpleNamespace) -> None:
        self._agent, self._lib = agent, lib
        self._transport: asyncio.DatagramTransport | None = None
        self._hear: Callable[..., None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str | Any, int]) -> None:
        """Hand a question to the agent, unless it is away, or does not know this community any more."""
        deaf = any(self._agent.strikes(fault) is not None for fault in ("reboot", "wrong_community", "lost"))
        if self._hear is not None and not deaf:
            self._hear(self, self._lib.udp.UdpTransportAddress(address), data)

    def register_callback(self, hear: Callable[..., None]) -> None:
        """Know who answers."""
        self._hear = hear

    def unregister_callback(self) -> None:
        """Forget who answers."""
        self._hear = None

    def close_transport(self) -> None:
        """Close the port."""
        if self._transport is not None:
            self._transport.close()

    def send_message(self, data: bytes, address: Any) -> None:
        """Send an answer, late or as noise when a fault says so."""
        data = NOISE if self._agent.strikes("garbage") is not None else data
        late = self._agent.strikes("late")
        if late is None:
            self._send(data, address)
        else:
            asyncio.get_running_loop().call_later(float(str(late["seconds"])), self._send, data, address)

    def _send(self, data: bytes, address: Any) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(bytes(data), tuple(address))


class _Mib:
    """What the agent holds, in the shape that the library's responders ask."""

    def __init__(self, agent: SnmpUps, lib: SimpleNamespace) -> None:
        self._agent, self._lib = agent, lib

    def read_variables(self, *asked: tuple[Any, Any], **_context: object) -> list[tuple[Any, Any]]:
        """Return the objects that were named."""
        oids, found, lib = self._oids("GET", asked), self._agent.objects(), self._lib
        objects = {oid[:-1] for oid in found}
        return [
            (name, self._typed(found[oid])) if oid in found
            else (name, lib.rfc1905.noSuchInstance if oid[:-1] in objects else lib.rfc1905.noSuchObject)
            for (name, _), oid in zip(asked, oids, strict=True)
        ]  # fmt: skip

    def read_next_variables(self, *asked: tuple[Any, Any], **_context: object) -> list[tuple[Any, Any]]:
        """Return the objects that follow."""
        oids, found, lib = self._oids("GETNEXT", asked), self._agent.objects(), self._lib
        order = sorted(found)
        places = [bisect_right(order, oid) for oid in oids]
        return [
            (lib.rfc1902.ObjectName(order[at]), self._typed(found[order[at]])) if at < len(order)
            else (name, lib.rfc1905.endOfMibView)
            for (name, _), at in zip(asked, places, strict=True)
        ]  # fmt: skip

    def write_variables(self, *_asked: object, **_context: object) -> None:
        """Refuse: this agent is read only."""
        raise self._lib.error.NotWritableError(idx=0)

    def _oids(self, question: str, asked: Sequence[tuple[Any, Any]]) -> list[Oid]:
        oids = [tuple(name) for name, _ in asked]
        self._agent.note(question, oids)
        if len(oids) > self._agent.most:
            raise self._lib.error.TooBigError(idx=0)
        return oids

    def _typed(self, found: Found) -> Any:
        """Return what an object holds as a value of the library."""
        kind, held = found
        return getattr(self._lib.rfc1902, kind)(held)


def _library() -> SimpleNamespace:
    """Return the agent's side of pysnmp, which is an extra; raise BadConfig when it is not installed."""
    hlapi, _ = library()
    from pysnmp.carrier.asyncio.dgram import udp  # type: ignore[import-untyped]  # the library is untyped
    from pysnmp.carrier.asyncio.dispatch import AsyncioDispatcher  # type: ignore[import-untyped]  # untyped
    from pysnmp.entity import config  # type: ignore[import-untyped]  # the library is untyped
    from pysnmp.entity.rfc3413 import cmdrsp, context  # type: ignore[import-untyped]  # the library is untyped
    from pysnmp.proto import rfc1902, rfc1905  # type: ignore[import-untyped]  # the library is untyped
    from pysnmp.smi import error  # type: ignore[import-untyped]  # the library is untyped

    return SimpleNamespace(
        hlapi=hlapi, udp=udp, dispatcher=AsyncioDispatcher, config=config, cmdrsp=cmdrsp, context=context,
        rfc1902=rfc1902, rfc1905=rfc1905, error=error,
    )  # fmt: skip


def _agent(door: _Door, options: Mapping[str, Value], *, mib: _Mib, lib: SimpleNamespace) -> Any:
    """Return the library's engine behind `door`, which knows the community and the user of the options."""
    engine = lib.hlapi.SnmpEngine()
    engine.register_transport_dispatcher(lib.dispatcher())
    engine.transport_dispatcher.register_transport(lib.udp.DOMAIN_NAME, door)
    lib.config.add_v1_system(engine, "community", str(options.get("community", PUBLIC)))
    if options.get("user"):
        lib.config.add_v3_user(
            engine, str(options["user"]),
            getattr(lib.hlapi, AUTH[str(options.get("auth", "none"))]), str(options.get("auth_password", "")) or None,
            getattr(lib.hlapi, PRIV[str(options.get("priv", "none"))]), str(options.get("priv_password", "")) or None,
        )  # fmt: skip
    held = lib.context.SnmpContext(engine)
    held.unregister_context_name(b"")
    held.register_context_name(b"", mib)
    for question in ("Get", "Next", "Bulk", "Set"):
        getattr(lib.cmdrsp, f"{question}CommandResponder")(engine, held)
    return engine
