"""A real MQTT broker for the demo and the tests: amqtt in this process, with a guard for what it gets wrong."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from amqtt.broker import Broker as AmqttBroker  # type: ignore[import-untyped]  # amqtt ships no types
from amqtt.contexts import ListenerConfig  # type: ignore[import-untyped]  # amqtt ships no types
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler  # type: ignore[import-untyped]  # the same
from amqtt.mqtt.puback import PubackPacket  # type: ignore[import-untyped]  # amqtt ships no types
from amqtt.session import OUTGOING, ApplicationMessage, Session  # type: ignore[import-untyped]  # the same

LOCAL = "127.0.0.1"
MOST_KEPT = 20_000
"""So many messages wait for a client that is away; then the oldest goes, and is counted."""


CLOSING_S = 2.0


class _Steady(dict[str, Any]):
    """A table that may change while somebody walks over it: amqtt waits in the middle of such walks."""

    def items(self) -> Any:
        return list(super().items())

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))


class _Conversation(BrokerProtocolHandler):  # type: ignore[misc]  # amqtt ships no types
    """Keeps a QoS 1 message until its PUBACK, over any number of connections; amqtt drops it after 5 s or a loss."""

    async def _handle_qos1_message_flow(self, app_message: Any) -> None:
        if app_message.direction != OUTGOING or self.session is None:
            await super()._handle_qos1_message_flow(app_message)
            return
        self.session.inflight_out[app_message.packet_id] = app_message
        packet = app_message.build_publish_packet(dup=app_message.publish_packet is not None)
        app_message.publish_packet = packet
        await self._send_packet(packet)

    async def handle_puback(self, puback: PubackPacket) -> None:
        if self.session is not None and puback.variable_header is not None:
            self.session.inflight_out.pop(puback.variable_header.packet_id, None)


class _Guarded(AmqttBroker):  # type: ignore[misc]  # amqtt ships no types
    """amqtt 0.12.1, with five faults mended.

    It hands retained messages of everybody's subscriptions to every client that connects; it forgets what waits for a
    client without a password; it marks what waited as retained; a taken-over session counts as gone;
    it leaves connections open when it stops.
    """

    def __init__(self, config: dict[str, Any], logins: Mapping[str, str] | None) -> None:
        super().__init__(config)
        self._logins = logins
        self._subscriptions = _Steady()
        self._talks: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}
        self.dropped = 0

    def port(self) -> int:
        """Return the port that it listens on."""
        return int(self._servers["default"].instance.sockets[0].getsockname()[1])

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Talk with a client until it is gone, and close its connection whatever happens."""
        talk = asyncio.current_task()
        assert talk is not None  # noqa: S101 - the server runs every client in a task
        self._talks[talk] = writer
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            writer.close()
            del self._talks[talk]

    async def shutdown(self) -> None:
        """Hang up, stop, and wait until every connection is closed.

        The library cancels a client's reader and waits for its end; in Python 3.11 that cancellation can get lost when
        a packet comes at the same moment, so the end of the stream has to tell the reader too.
        """
        for writer in self._talks.values():
            writer.close()
        await super().shutdown()
        for writer in self._talks.values():
            writer.close()
        if self._talks:
            await asyncio.wait(list(self._talks), timeout=CLOSING_S)

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        return self._logins is None or self._logins.get(session.username or "") == session.password

    async def _initialize_client_session(self, *args: Any) -> tuple[BrokerProtocolHandler, Session]:
        _, session = await super()._initialize_client_session(*args)
        return _Conversation(self.plugins_manager), session

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        if any(holder is session for holder, _ in self._subscriptions.get(subscription[0], ())):
            await super()._publish_retained_messages_for_subscription(subscription, session)

    async def _retain_broadcast_message(self, broadcast: dict[str, Any], qos: int, target_session: Session) -> None:
        if target_session.retained_messages.qsize() >= MOST_KEPT:
            target_session.retained_messages.get_nowait()
            self.dropped += 1
        await super()._retain_broadcast_message(broadcast, qos, target_session)

    async def _publish_session_retained_messages(self, session: Session) -> None:
        handler = self._get_handler(session)
        while handler is not None and not session.retained_messages.empty():
            kept: ApplicationMessage = session.retained_messages.get_nowait()
            await handler.mqtt_publish(kept.topic, kept.data, kept.qos, retain=False)

    async def _handle_disconnect(
        self, client_session: Session, handler: BrokerProtocolHandler, disconnect_waiter: asyncio.Future[Any]
    ) -> None:
        await super()._handle_disconnect(client_session, handler, disconnect_waiter)
        held = self._sessions.get(client_session.client_id or "")
        if held is not None and held[0] is client_session and held[1] is not handler:
            client_session.transitions.connect()


class Broker:
    """An MQTT 3.1.1 broker on the loopback; sessions live while it runs, and are gone when it is stopped."""

    def __init__(self, name: str = "broker", *, logins: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=200)
        self._logins = logins
        self._broker: _Guarded | None = None
        self._errand: asyncio.Task[object] | None = None
        self._host, self._port = LOCAL, 0

    async def start(self, host: str = LOCAL, port: int = 0) -> int:
        """Serve on `port` (0: any free one, the same again after a stop) and return it."""
        for noisy in ("amqtt", "transitions"):
            logging.getLogger(noisy).setLevel(logging.CRITICAL)
        self._host, port = host, port or self._port
        bind = {"type": "tcp", "bind": f"{host}:{port}"}
        self._broker = _Guarded({"listeners": {"default": bind}, "plugins": {}}, self._logins)
        await self._broker.start()
        self._port = self._broker.port()
        self.log.append(f"serving on {host}:{self._port}")
        return self._port

    async def stop(self) -> None:
        """Close every connection and forget every session."""
        if self._broker is not None:
            broker, self._broker = self._broker, None
            await broker.shutdown()
            self.log.append("stopped")

    def state(self) -> Mapping[str, object]:
        """Return who is connected, how many subscriptions and retained messages there are, how many were dropped."""
        broker = self._broker
        if broker is None:
            return {"running": False, "port": self._port}
        connected = [name for name, (session, _) in broker.sessions.items() if session.transitions.state == "connected"]
        return {
            "running": True,
            "port": self._port,
            "clients": sorted(connected),
            "subscriptions": len(broker.subscriptions),
            "retained": len(broker.retained_messages),
            "dropped": broker.dropped,
        }

    def load(self, state: Mapping[str, object]) -> None:
        """Take nothing over: a broker's sessions are its clients' and end with it."""

    def press(self, verb: str, args: Mapping[str, object]) -> None:
        """Refuse: a broker has no buttons; raise KeyError."""
        raise KeyError(f"the broker has no button {verb!r} ({args})")

    def inject(self, fault: str, **_params: object) -> None:
        """Break it: `stop` closes the port and every connection; raise KeyError for any other fault."""
        if fault != "stop":
            raise KeyError(f"the broker knows the fault stop, not {fault!r}")
        self._errand = asyncio.get_running_loop().create_task(self.stop(), name=f"{self.name} stops")

    def clear(self) -> None:
        """Mend it: serve again on the same port."""
        if self._errand is not None:
            self._errand = asyncio.get_running_loop().create_task(self._again(self._errand), name=f"{self.name} starts")

    async def _again(self, stopping: asyncio.Task[object]) -> None:
        await stopping
        if self._broker is None:
            await self.start(self._host, self._port)
