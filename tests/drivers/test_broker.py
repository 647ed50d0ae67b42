"""The demo's broker: what amqtt gets wrong is mended, and it can be stopped and started again."""

from __future__ import annotations

import asyncio

import pytest
from amqtt.broker import Broker as AmqttBroker
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler

from drivers.emulators.broker import Broker
from drivers.sensors.mqtt_link import MqttLink
from drivers.sensors.mqtt_wire import Message

PATIENCE_S = 45.0


class Listener:
    """A client that remembers what it was sent, and acknowledges when told."""

    def __init__(self, name: str, *filters: str, clean: bool = True) -> None:
        self.messages: list[Message] = []
        self._news = asyncio.Event()
        self.link = MqttLink(name, clean=clean, subscribe=[(one, 1) for one in filters], on_chunk=self._take)

    def _take(self, messages: list[Message]) -> None:
        self.messages += messages
        self._news.set()

    async def open(self, port: int) -> Listener:
        await self.link.open("127.0.0.1", port, keepalive=5)
        return self

    async def until(self, count: int) -> list[Message]:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.messages) < count:
                self._news.clear()
                await self._news.wait()
        return self.messages


@pytest.mark.real
async def test_a_client_gets_retained_messages_of_its_own_subscriptions_only() -> None:
    broker = Broker()
    port = await broker.start()
    first = await Listener("first", "site/#").open(port)
    first.link.publish("site/a", b"kept", retain=True)
    await first.until(1)
    other = await Listener("other", "elsewhere/#").open(port)
    first.link.publish("elsewhere/b", b"for the other")
    assert [(topic, body, retained) for topic, body, _, _, retained, _ in await other.until(1)] == [
        (b"elsewhere/b", b"for the other", False)
    ]
    late = await Listener("late", "site/#").open(port)
    assert [(topic, body, retained) for topic, body, _, _, retained, _ in await late.until(1)] == [
        (b"site/a", b"kept", True)
    ]
    for client in (first, other, late):
        client.link.close()
    await broker.stop()


@pytest.mark.real
async def test_a_message_that_was_not_acknowledged_comes_again_and_again() -> None:
    broker = Broker()
    port = await broker.start()
    sender = await Listener("sender").open(port)
    client = await Listener("client", "a/#", clean=False).open(port)
    sender.link.publish("a/b", b"once")
    await client.until(1)
    for round_ in (2, 3):
        client.link.cut()
        await client.open(port)
        await client.until(round_)
    assert [(body, dup) for _, body, _, _, _, dup in client.messages] == [
        (b"once", False),
        (b"once", True),
        (b"once", True),
    ]
    client.link.acknowledge([client.messages[-1][3]])
    client.link.close()
    await client.open(port)
    sender.link.publish("a/b", b"twice")
    assert [body for _, body, *_ in await client.until(4)][3:] == [b"twice"]
    client.link.close()
    sender.link.close()
    await broker.stop()


@pytest.mark.real
async def test_a_session_that_is_taken_over_stays_connected() -> None:
    broker = Broker()
    port = await broker.start()
    sender = await Listener("sender").open(port)
    old = await Listener("client", "a/#", clean=False).open(port)
    new = await Listener("client", "a/#", clean=False).open(port)
    assert old.link.lost is not None
    await asyncio.wait((old.link.lost,), timeout=PATIENCE_S)
    sender.link.publish("a/b", b"hello")
    await new.until(1)
    assert broker.state()["clients"] == ["client", "sender"]
    old.link.cut()
    new.link.close()
    sender.link.close()
    await broker.stop()


@pytest.mark.real
async def test_it_comes_back_on_the_same_port() -> None:
    broker = Broker()
    port = await broker.start()
    client = await Listener("client", "a/#").open(port)
    broker.inject("stop")
    assert client.link.lost is not None
    await asyncio.wait((client.link.lost,), timeout=PATIENCE_S)
    broker.clear()
    assert broker._errand is not None
    await broker._errand
    assert broker.state()["port"] == port
    await client.open(port)
    client.link.close()
    await broker.stop()
    assert broker.state() == {"running": False, "port": port}


def test_what_the_guard_hooks_into_is_still_there() -> None:
    broker = {
        "_authenticate",
        "_initialize_client_session",
        "_publish_retained_messages_for_subscription",
        "_retain_broadcast_message",
        "_publish_session_retained_messages",
        "_handle_disconnect",
    }
    assert {name for name in broker if hasattr(AmqttBroker, name)} == broker
    assert hasattr(BrokerProtocolHandler, "_handle_qos1_message_flow")


def test_a_fault_or_button_it_does_not_have_is_named() -> None:
    with pytest.raises(KeyError, match="not 'melt'"):
        Broker().inject("melt")
    with pytest.raises(KeyError, match="no button"):
        Broker().press("melt", {})
