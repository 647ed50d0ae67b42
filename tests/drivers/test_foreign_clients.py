"""Senders of room equipment that we did not write run against our emulators, as the displays' clients do."""

from __future__ import annotations

import pytest
from pyitach.client import ItachClient
from sacn.messages.data_packet import DataPacket

from drivers.codecs import sacn
from drivers.emulators.clock import RealClock
from drivers.emulators.datagrams import StreamNode
from drivers.emulators.families import emulate
from drivers.emulators.tcp_device import TcpDevice

CID = tuple(range(1, 17))


@pytest.mark.real
async def test_pyitach_sends_infrared_through_our_unit() -> None:
    unit = emulate("globalcache", name="ir", options={"relays": 0}, clock=RealClock())
    assert isinstance(unit, TcpDevice)
    port = await unit.start("127.0.0.1", 0)
    try:
        async with ItachClient("127.0.0.1", port) as client:
            assert await client.async_get_version() != ""
            assert any("IR" in line for line in await client.async_get_devices())
            frequency, times = 38_000, [347, 173, 22, 22, 22, 65, 22, 1527]
            await client.async_send_ir(module=1, connector=1, carrier_frequency=frequency, timings=times)
    finally:
        await unit.stop()


def packet(universe: int, levels: tuple[int, ...], sequence: int) -> bytes:
    return bytes(DataPacket(CID, "desk", universe, levels, sequence=sequence).getBytes())


def test_the_packets_of_sacn_are_read_as_they_were_meant() -> None:
    stream = sacn.read(packet(3, (255, 0, 128), 7))
    assert (stream.universe, stream.priority, stream.sequence) == (3, 100, 7)
    assert (stream.slots[:4], len(stream.slots)) == (bytes((255, 0, 128, 0)), 512)


def test_the_packets_of_sacn_move_our_node_and_an_older_one_does_not() -> None:
    node = StreamNode()
    for levels, sequence in (((10, 20), 5), ((30, 40), 6), ((50, 60), 4)):
        node.hear(packet(1, levels, sequence))
    node.hear(packet(2, (99,), 7))
    assert (node.facts["slots"], node.facts["packets"]) == ("1e28", 3)


def test_sacn_reads_the_packets_that_we_send() -> None:
    ours = sacn.Stream(sacn.cid("semarak"), "semarak", 5, 9, 120, bytes((1, 2, 3)))
    theirs = DataPacket.make_data_packet(tuple(sacn.encode(ours)))
    assert (theirs.universe, theirs.sequence, theirs.priority, theirs.sourceName) == (5, 9, 120, "semarak")
    assert bytes(theirs.dmxData) == ours.slots.ljust(512, b"\0")
