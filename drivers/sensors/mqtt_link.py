"""A paho-mqtt client that a running asyncio loop drives, and whose PUBLISH packets come by the chunk.

paho keeps the connection, the session, the pings and what is published; its own read loop would cost three `recv` and a
lock per message and a `send` per acknowledgement, so incoming PUBLISH packets never reach it: `Wire` cuts them from one
large read, and the acknowledgements of a batch leave in one write.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from drivers.errors import DriverError, LinkError, Refused
from drivers.sensors.mqtt_dial import dial
from drivers.sensors.mqtt_properties import MOST_ALIASES
from drivers.sensors.mqtt_tls import RECORD, TlsSocket, last_word, meaning
from drivers.sensors.mqtt_wire import MOST, Message, Wire, pubacks
from drivers.sensors.pace import Pace

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

SLICE = RECORD
"""Bytes of one read, some eighty readings: between two of them the loop looks after what is more urgent."""
PUBACK = 0x40
MOST_WAITING = 10_000
"""So many own messages wait for a broker that is away; more are refused by `publish`."""

WINDOW = 20
"""So many own messages are on their way unacknowledged; others wait for them."""
MOST_PACKET = 268_435_455
"""Bytes of the largest packet that there is (section 1.5.5)."""

SESSION_S = 7 * 86_400
"""How long a broker of MQTT 5 keeps what we have not taken; with 3.1.1 the broker decides."""
RECEIVE_MAXIMUM = 2_000
"""So many messages may be on their way unacknowledged (MQTT 5): the store commits when half of them have come."""
LATER = frozenset(
    {"Server unavailable", "Server busy", "Connection rate exceeded", "Use another server", "Quota exceeded"}
)
"""Answers to CONNECT that are no verdict on us: try again, or elsewhere."""

OnPublished = Callable[[int, str], None]
"""Hears of the packet id of a message of ours that the broker has, and why it refuses it (MQTT 5; else: "")."""
OnChunk = Callable[[list[Message]], None]
"""Takes the messages of one read."""


def ignore(messages: list[Message]) -> None:
    """Take nothing: for whoever only publishes."""


class _Paho(Client):
    """paho with its socket given, its reads from a buffer, and its writes watched: one may have to wait, or break."""

    def __init__(
        self, client_id: str, *, clean: bool, v5: bool, on_write: Callable[[bool], None],
        on_broken: Callable[[OSError], None],
    ) -> None:  # fmt: skip
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id, None if v5 else clean, manual_ack=True, reconnect_on_failure=False,
            protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
        )  # fmt: skip
        self._clean, self._v5 = clean, v5
        self._given: socket.socket | None = None
        self._left = b""
        self._on_write, self._on_broken = on_write, on_broken

    def begin(self, opened: socket.socket, host: str, port: int, keepalive: int) -> None:
        """Send CONNECT over a socket that is open."""
        self._given, self._left = opened, b""
        if self._v5:
            self.connect(host, port, keepalive, clean_start=self._clean, properties=_terms(clean=self._clean))
        else:
            self.connect(host, port, keepalive)

    def take(self, packets: bytes) -> None:
        """Let paho handle complete packets that came from the broker."""
        self._left += packets
        while self._left and self._sock is not None:
            self.loop_read()

    def acknowledge(self, packets: bytes) -> None:
        """Send ready PUBACK packets in one write; a connection that is gone needs none."""
        if self._sock is not None:
            self._packet_queue(PUBACK, packets, 0, 1)

    def cut(self) -> None:
        """Close the socket without a goodbye: the broker publishes the will."""
        self._sock_close()

    def _create_socket_connection(self) -> socket.socket:
        if self._given is None:
            raise LinkError("paho may not dial by itself")
        given, self._given = self._given, None
        return given

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._left:
            raise BlockingIOError
        data, self._left = self._left[:bufsize], self._left[bufsize:]
        return data

    def _sock_send(self, buf: bytes | bytearray) -> int:
        try:
            return super()._sock_send(buf)
        except BlockingIOError:
            raise
        except OSError as error:
            self._on_broken(error if self._sock is None else last_word(self._sock, error))
            raise

    def _call_socket_register_write(self) -> None:
        self._on_write(True)  # noqa: FBT003 - the hook is a switch

    def _call_socket_unregister_write(self, sock: SocketLike | None = None) -> None:  # noqa: ARG002 - paho's signature
        self._on_write(False)  # noqa: FBT003 - the hook is a switch


def _terms(*, clean: bool) -> Properties:
    """Return what we ask of a broker of MQTT 5 (section 3.1.2.11)."""
    terms = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves its types out there
    terms.SessionExpiryInterval = 0 if clean else SESSION_S
    terms.ReceiveMaximum = RECEIVE_MAXIMUM
    terms.TopicAliasMaximum = MOST_ALIASES
    return terms


class MqttLink:
    """One client of a broker over MQTT 3.1.1 or 5: opened, and after a loss opened again, by its owner."""

    def __init__(
        self,
        client_id: str,
        *,
        clean: bool,
        username: str = "",
        password: str = "",
        will: tuple[str, bytes] | None = None,
        will_stays: bool = True,
        subscribe: Sequence[tuple[str, int]] = (),
        on_chunk: OnChunk = ignore,
        pace: Pace | None = None,
        on_published: OnPublished | None = None,
        v5: bool = False,
        window: int = WINDOW,
        most: int = MOST,
    ) -> None:
        """`will_stays`: the broker retains it; `most`: longer packets are cut to so many bytes."""
        self._client = _Paho(client_id, clean=clean, v5=v5, on_write=self._want_write, on_broken=self._broke)
        self._client.max_queued_messages_set(MOST_WAITING)
        self._client.max_inflight_messages_set(window)
        self._hear_paho(on_published)
        self._introduce(username, password, will, stays=will_stays)
        self._subscribe, self._on_chunk = list(subscribe), on_chunk
        self._pace, self._since_rest = pace, 0
        self._wire = Wire(v5=v5, most=most)
        self._room = memoryview(bytearray(SLICE))
        self._socket: SocketLike | None = None
        self._writing, self._v5, self._most = False, v5, most
        self._resting: asyncio.TimerHandle | None = None
        self._ready: asyncio.Future[None] | None = None
        self.lost: asyncio.Future[None] | None = None
        """Ends with a DriverError when the connection is gone."""
        self.denied: Sequence[str] = ()
        """The subscriptions that the broker does not let us have, while it lets us have others."""
        self.window = window
        """So many messages of ours may be unacknowledged: what we wish, or less if the broker (MQTT 5) takes less."""
        self.largest = MOST_PACKET
        """Bytes of the largest packet that the broker takes (MQTT 5, section 3.2.2.3.6), or that the format allows."""

    def _introduce(self, username: str, password: str, will: tuple[str, bytes] | None, *, stays: bool) -> None:
        if username:
            self._client.username_pw_set(username, password or None)
        if will:
            self._client.will_set(*will, qos=1, retain=stays)

    def _hear_paho(self, on_published: OnPublished | None) -> None:
        """Have paho tell what the broker answers, and what becomes of the socket."""
        self._client.on_socket_open = lambda _client, _data, opened: self._socket_opened(opened)
        self._client.on_socket_close = lambda _client, _data, closing: self._socket_closes(closing)
        self._client.on_connect = lambda _client, _data, _flags, reason, terms: self._answered(reason, terms)
        self._client.on_disconnect = lambda _client, _data, _flags, reason, told: self._ended(reason, told)
        self._client.on_subscribe = lambda _client, _data, _mid, reasons, _properties: self._subscribed(reasons)
        if on_published:
            self._client.on_publish = lambda _client, _data, mid, reason, _properties: on_published(mid, _why(reason))

    async def open(
        self, host: str, port: int, *, keepalive: int, patience: float = 3.0, tls: ssl.SSLContext | None = None
    ) -> None:
        """Connect, log in, subscribe; raise LinkError, or Refused when the broker does not let us, or we not it."""
        loop = asyncio.get_running_loop()
        self._wire = Wire(v5=self._v5, most=self._most)
        self._ready, self.lost = loop.create_future(), loop.create_future()
        done = False
        try:
            async with asyncio.timeout(patience):
                self._client.begin(await dial(host, port, tls), host, port, keepalive)
                await self._ready
            done = True
        except TimeoutError:
            raise LinkError(f"{host}:{port} did not answer within {patience:g} s") from None
        except OSError as error:
            raise LinkError(f"{host}:{port} cannot be reached: {error.strerror or error}") from None
        finally:
            if not done:
                self.cut()

    @property
    def expires(self) -> int:
        """Return until when the broker's certificate holds, UTC ns; 0 without TLS."""
        return self._socket.expires if isinstance(self._socket, TlsSocket) else 0

    def tick(self) -> None:
        """Let paho ping the broker and notice its silence; to be called about once a second."""
        self._client.loop_misc()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> MQTTMessageInfo:
        """Publish now, or when the broker is back (QoS 1)."""
        return self._client.publish(topic, payload, qos, retain)

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Acknowledge messages of this connection, all in one write."""
        self._client.acknowledge(pubacks(mids))

    def close(self) -> None:
        """Say goodbye and close."""
        self._client.disconnect()
        self.cut()

    def cut(self) -> None:
        """Close without a goodbye, as a broken cable does."""
        self._client.cut()
        for waiting in (self._ready, self.lost):
            if waiting is not None:
                waiting.cancel()

    def _lose(self, error: DriverError) -> None:
        """Tell whoever waits that the connection is gone, and why; the first reason counts.

        The socket stays: paho calls this under a lock that closing would take again. The owner closes.
        """
        for waiting in (self._ready, self.lost):
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
                waiting.exception()  # whoever only publishes may never ask
                break

    def _readable(self) -> None:
        try:
            messages, others, drained = self._read()
        except BlockingIOError:
            return
        except DriverError as error:
            self._lose(error)
            self._client.cut()
            return
        if others:
            self._client.take(others)
        if messages:
            self._on_chunk(messages)
            self._since_rest += len(messages)
        if drained and self._since_rest and self._pace is not None:
            self._rest(self._pace.rest(self._since_rest, asyncio.get_running_loop().time()))
            self._since_rest = 0

    def _read(self) -> tuple[list[Message], bytes, bool]:
        """Return what one read completes, and whether it was all; raise LinkError, ProtocolError or BlockingIOError."""
        if not isinstance(self._socket, socket.socket):
            raise LinkError("the connection is closed")
        try:
            size = self._socket.recv_into(self._room)
        except BlockingIOError:
            raise
        except OSError as error:
            raise meaning(error) from None
        if not size:
            raise LinkError("the broker closed the connection")
        return *self._wire.feed(bytes(self._room[:size])), size < SLICE

    def _rest(self, seconds: float) -> None:
        """Leave what comes in the kernel's buffer for a while: a wake-up costs more than a message."""
        if seconds and self._socket is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            self._resting = loop.call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._resting = None
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._readable)
            self._readable()

    def _want_write(self, on: bool) -> None:  # noqa: FBT001 - the hook is a switch
        if on is self._writing or self._socket is None:
            return
        self._writing = on
        loop = asyncio.get_running_loop()
        if on:
            loop.add_writer(self._socket, self._client.loop_write)
        else:
            loop.remove_writer(self._socket)

    def _socket_opened(self, opened: SocketLike) -> None:
        self._socket, self._writing = opened, False
        asyncio.get_running_loop().add_reader(opened, self._readable)

    def _socket_closes(self, closing: SocketLike) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(closing)
        loop.remove_writer(closing)
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        self._socket, self._writing = None, False

    def _answered(self, reason: ReasonCode, terms: Properties) -> None:
        self.window = min(self.window, getattr(terms, "ReceiveMaximum", self.window))
        self.largest = min(self.largest, getattr(terms, "MaximumPacketSize", self.largest))
        if str(reason) in LATER:
            self._lose(LinkError(f"the broker cannot take us now: {reason}"))
        elif reason.is_failure:
            self._lose(Refused(f"the broker refuses the login: {reason}"))
        elif self._subscribe and self._v5:
            self._client.subscribe([(name, SubscribeOptions(qos)) for name, qos in self._subscribe])
        elif self._subscribe:
            self._client.subscribe(self._subscribe)
        else:
            self._open()

    def _subscribed(self, reasons: Sequence[ReasonCode]) -> None:
        answers = zip(self._subscribe, reasons, strict=False)
        self.denied = [f"{wanted} ({reason})" for (wanted, _), reason in answers if reason.is_failure]
        if len(self.denied) == len(self._subscribe):
            self._lose(Refused(f"the broker does not let us subscribe to {', '.join(self.denied)}"))
        else:
            self._open()

    def _open(self) -> None:
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def _broke(self, error: OSError) -> None:
        self._lose(meaning(error))

    def _ended(self, reason: ReasonCode, told: Properties | None) -> None:
        more = f" ({text})" if (text := getattr(told, "ReasonString", "")) else ""
        self._lose(LinkError(f"the connection to the broker ended: {reason}{more}"))


def _why(reason: ReasonCode) -> str:
    return str(reason) if reason.is_failure else ""
