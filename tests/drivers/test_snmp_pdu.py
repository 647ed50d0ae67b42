"""Power strips: the bytes of another implementation, outlets that must stay on, an agent that a stranger asks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.codecs.snmp_message import GET, RESPONSE, SET, Message, encode, oid, read
from drivers.devices.snmp_pdu import Options, SnmpPdu
from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Result
from tests.drivers.asking import command
from tests.drivers.test_datagram_devices import met

COLUMN = "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4"
OIDS = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=12).map(lambda rest: (1, 3, *rest))
BOUND = st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1), st.binary(max_size=300))


@given(
    kind=st.sampled_from([GET, RESPONSE, SET]),
    number=st.integers(0, 2**31 - 1),
    bindings=st.lists(st.tuples(OIDS, BOUND), max_size=5),
)
def test_a_message_says_what_was_written(kind: int, number: int, bindings: list[Any]) -> None:
    message = Message(kind, number, tuple(bindings), "private")
    assert read(encode(message)) == message


@given(data=st.binary(max_size=80))
def test_noise_is_a_protocol_error(data: bytes) -> None:
    try:
        read(data)
    except ProtocolError as error:
        assert "SNMP" in str(error)


def test_the_bytes_are_those_of_another_implementation() -> None:
    api = pytest.importorskip("pysnmp.proto.api")
    encoder = pytest.importorskip("pyasn1.codec.ber.encoder")
    there = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
    pdu, whole = there.SetRequestPDU(), there.Message()
    there.apiPDU.set_defaults(pdu)
    there.apiPDU.set_request_id(pdu, 70_000)
    there.apiPDU.set_varbinds(pdu, [(f"{COLUMN}.3", there.Integer(2))])
    there.apiMessage.set_defaults(whole)
    there.apiMessage.set_community(whole, "rahasia")
    there.apiMessage.set_pdu(whole, pdu)
    ours = encode(Message(SET, 70_000, ((oid(f"{COLUMN}.3"), 2),), "rahasia"))
    assert bytes(encoder.encode(whole)) == ours


@pytest.mark.parametrize(("verb", "args"), [("outlet", {"output": 4, "on": False}), ("cycle_outlet", {"output": 5})])
def test_a_protected_outlet_is_never_switched_off(verb: str, args: dict[str, Any]) -> None:
    strip = SnmpPdu(Options(protected="1,4-6"))
    with pytest.raises(BadCommand, match="protected"):
        strip.request(command(verb, **args))
    assert strip.request(command("outlet", output=4, on=True))


@pytest.mark.parametrize("outlet", [0, 9])
def test_an_outlet_that_is_not_there_is_a_bad_command(outlet: int) -> None:
    with pytest.raises(BadCommand, match="no outlet"):
        SnmpPdu(Options()).request(command("outlet", output=outlet, on=True))


def test_a_make_without_a_command_for_it_cannot_cycle() -> None:
    with pytest.raises(BadCommand, match="off, and then on"):
        SnmpPdu(Options(make="apc_easy")).request(command("cycle_outlet", output=1))


def test_another_make_says_where_its_outlets_are() -> None:
    with pytest.raises(ValidationError, match="column"):
        Options(make="other")
    strip = SnmpPdu(Options(make="other", column="1.3.6.1.4.1.1.2", on=7, off=8))
    (request,) = strip.request(command("outlet", output=2, on=True))
    assert read(request.payload).bindings == (((1, 3, 6, 1, 4, 1, 1, 2, 2), 7),)


def test_the_community_is_in_no_repr() -> None:
    options = Options.model_validate({"community": "rahasia"})
    assert "rahasia" not in f"{options!r} {vars(SnmpPdu(options))}"


@pytest.mark.real
async def test_outlets_are_switched_and_read_back() -> None:
    async with met("snmp_pdu", protected="1", community="rahasia") as both:
        await both.until(**{"outlet.3": "on", "outlet.8": "on"})
        assert (await both.ask("outlet", output=3, on=False)).result is Result.VERIFIED
        assert (await both.ask("outlet", output=1, on=False)).result is Result.FAILED
        outcome = await both.ask("cycle_outlet", output=2)
        assert outcome.result is Result.DONE, outcome
        assert (both.device.state()["lit"], both.device.state()["cycled"]) == ("1 2 4 5 6 7 8", 1)


@pytest.mark.real
async def test_a_stranger_can_ask_and_set_the_emulated_strip() -> None:
    hlapi = pytest.importorskip("pysnmp.hlapi.v3arch.asyncio")
    strip = emulate("snmp_pdu", name="strip", options={}, clock=RealClock())
    port = await strip.start("127.0.0.1", 0)
    engine = hlapi.SnmpEngine()
    try:
        target = await hlapi.UdpTransportTarget.create(("127.0.0.1", port), timeout=5, retries=2)
        who = (engine, hlapi.CommunityData("private", mpModel=1), target, hlapi.ContextData())
        outlet = hlapi.ObjectType(hlapi.ObjectIdentity(f"{COLUMN}.3"), hlapi.Integer32(2))
        told = await hlapi.set_cmd(*who, outlet, lookupMib=False)
        assert (told[0], int(told[1]), strip.state()["lit"]) == (None, 0, "1 2 4 5 6 7 8")
        beyond = hlapi.ObjectType(hlapi.ObjectIdentity(f"{COLUMN}.99"), hlapi.Integer32(2))
        assert int((await hlapi.set_cmd(*who, beyond, lookupMib=False))[1]) == 17
        target.transport.transport.close()
    finally:
        engine.close_dispatcher()
        await strip.stop()
