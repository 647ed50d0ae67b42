"""The modem: messages leave whole and are reported, those that come are told once, and faults are told honestly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.at_modem_gsm7 import ALPHABET, EXTENSION, packed, septets, text_of, unpacked
from drivers.codecs.at_modem_sms import (
    Incoming,
    StatusReport,
    deliver,
    incoming,
    report,
    segments,
    submission,
    submits,
    validity,
)
from drivers.devices.gsm_modem import SPEC
from drivers.emulators.gsm_modem import Asked
from drivers.errors import ProtocolError
from drivers.model import Command, DeviceState, Result
from tests.drivers.meeting import Meeting, meeting

SIGNS = st.text(alphabet=st.sampled_from(ALPHABET.replace("\x1b", "") + "".join(EXTENSION.values())), max_size=400)
ANY = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=200)


@pytest.mark.parametrize(
    ("text", "packing"), [("hellohello", "e8329bfd4697d9ec37"), ("How are you?", "c8f71d14969741f977fd07")]
)
def test_known_texts_are_packed_as_everybody_packs_them(text: str, packing: str) -> None:
    assert packed(septets(text)).hex() == packing
    assert text_of(unpacked(bytes.fromhex(packing), len(text))) == text


@given(text=SIGNS)
def test_every_text_of_the_alphabet_survives_its_packing(text: str) -> None:
    codes = septets(text)
    for fill in range(7):
        assert text_of(unpacked(packed(codes, fill=fill), len(codes), fill=fill)) == text


@given(text=ANY)
def test_every_text_arrives_in_parts_that_fit(text: str) -> None:
    bodies = submits("+6281100000001", text[:200], reference=9, valid=60)
    assert "".join(submission(body).text for body in bodies) == text[:200]
    assert [submission(body).part.number for body in bodies] == list(range(1, len(bodies) + 1))
    assert all(len(body) <= 12 + 3 + 140 for body in bodies)


@pytest.mark.parametrize(
    ("text", "count"),
    [("a" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("ж" * 70, 1), ("ж" * 71, 2), ("a" * 307, 3)],
)  # fmt: skip
def test_so_many_messages_a_text_takes(text: str, count: int) -> None:
    assert len(segments(text)) == count


def test_a_pair_of_surrogates_is_never_torn_apart() -> None:
    assert all(part.encode("utf-16-be").decode("utf-16-be") == part for part in segments("x" * 66 + "😀" * 40))


def test_what_cannot_be_sent_is_refused() -> None:
    for to, text in (("nobody", "x"), ("", "x"), ("+62", "x" * 1000)):
        with pytest.raises(ValueError, match=r"no telephone number|messages"):
            submits(to, text, reference=1, valid=60)


@given(pdu=st.binary(max_size=60))
def test_noise_is_no_message(pdu: bytes) -> None:
    for read in (incoming, submission):
        try:
            assert read(pdu) is not None
        except ProtocolError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(1, 0), (5, 0), (6, 1), (720, 143), (721, 144), (750, 144), (1440, 167), (1441, 168), (2880, 168), (99_999, 196)],
)
def test_a_message_is_worth_keeping_for_so_long(minutes: int, code: int) -> None:
    assert validity(minutes) == code


def test_a_sender_with_letters_is_read() -> None:
    body = (
        bytes.fromhex("00040BD0")
        + packed(septets("Telkom"))
        + bytes.fromhex("0000")
        + deliver("1", "x", at=1_768_608_000)[7:]
    )
    assert incoming(body) == Incoming("Telkom", "x", 1_768_608_000)


def test_a_report_tells_whether_the_network_goes_on_trying() -> None:
    assert [StatusReport(1, "1", status).state for status in (0, 0x20, 0x40)] == ["delivered", "trying", "failed"]


async def sms(met: Meeting, text: str = "Siaga I", *, message: str = "m1", to: str = "+6281100000001") -> Result:
    return (await met.ask("sms", message=message, to=to, text=text, valid=10)).result


async def test_a_message_leaves_is_verified_and_its_arrival_is_told() -> None:
    async with meeting("gsm_modem", memory=True) as met:
        await met.up()
        assert await sms(met) is Result.VERIFIED
        (sent,) = met.emulator.machine.sent
        assert (sent["to"], sent["text"]) == ("+6281100000001", "Siaga I")
        await met.until(lambda: "delivered" in met.values)
        told = json.loads(str(met.values["delivered"]))
        assert told == {"message": "m1", "to": "+6281100000001", "state": "delivered"}
        assert (met.values["sim"], met.values["network"], met.values["signal"]) == ("ready", "home", -77)


async def test_a_long_message_leaves_in_parts() -> None:
    text = "Siaga banjir: Siaga I. " * 12
    async with meeting("gsm_modem", memory=True) as met:
        await met.up()
        assert await sms(met, text) is Result.VERIFIED
        parts = met.emulator.machine.sent
        assert ("".join(part["text"] for part in parts), [part["of"] for part in parts]) == (text, [2, 2])


@pytest.mark.parametrize("text", ["OK 4711", "Siap, kami segera ke Rawa Makmur. " * 9, "готов " * 20])
async def test_a_message_that_comes_is_told_whole_and_deleted(text: str) -> None:
    async with meeting("gsm_modem", memory=True) as met:
        await met.up()
        met.emulator.press("sms", {"message": "", "to": "+6281100000007", "text": text.strip(), "valid": 1})
        await met.until(lambda: "received" in met.values)
        told = json.loads(str(met.values["received"]))
        assert (told["sender"], told["text"]) == ("+6281100000007", text.strip())
        await met.until(lambda: not met.emulator.machine.state()["stored"])


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ({"network": 2}, "no network (+CMS ERROR 331)"),
        ({"error": 38}, "network out of order (+CMS ERROR 38)"),
        ({"error": 500}, "unknown error (+CMS ERROR 500)"),
        ({"sim": "absent"}, "the SIM is not ready: absent"),
    ],
)
async def test_why_nothing_can_be_sent_is_told(state: dict[str, str | int], why: str) -> None:
    async with meeting("gsm_modem", state=state, memory=True) as met:
        await met.up()
        outcome = await met.ask("sms", message="m1", to="+6281100000001", text="x", valid=10)
        assert (outcome.result in {Result.REFUSED, Result.FAILED}, outcome.detail) == (True, why)
        assert met.emulator.machine.sent == []


async def test_a_sim_is_unlocked_with_its_pin() -> None:
    async with meeting("gsm_modem", state={"sim": "pin"}, options={"pin": "1234"}, memory=True) as met:
        await met.until(lambda: met.values.get("sim") == "ready")
        await met.until(lambda: met.values.get("network") == "home")
        assert await sms(met) is Result.VERIFIED
        assert "1234" not in str([each["text"] for each in met.emulator.log])


@pytest.mark.parametrize(
    ("options", "state", "why", "tries"),
    [
        ({}, {}, "the SIM wants its PIN", 3),
        ({"pin": "9999"}, {}, "the SIM refuses the PIN", 2),
        ({"pin": "9999"}, {"tries": 2}, "a wrong PIN was entered before", 2),
        ({"pin": "1234"}, {"knows_tries": 0}, "does not tell how many tries are left", 3),
        ({"pin": "1234"}, {"sim": "puk"}, "the SIM wants its PUK", 3),
    ],
)
async def test_a_wrong_pin_costs_one_try_and_never_the_sim(
    options: dict[str, str], state: dict[str, str | int], why: str, tries: int
) -> None:
    async with meeting("gsm_modem", state={"sim": "pin", **state}, options=options, memory=True) as met:
        await met.until(lambda: len(met.failures) >= 4)
        assert met.session.status.state is DeviceState.REFUSED
        assert met.emulator.machine.state()["tries"] == tries
        reasons = [str(failure) for failure in met.failures]
        assert why in reasons[0]


async def test_a_modem_that_keeps_echoing_is_understood() -> None:
    async with meeting("gsm_modem", state={"stubborn_echo": 1}, memory=True) as met:
        await met.up()
        assert await sms(met) is Result.VERIFIED
        assert met.session.counters["garbage"] == 0


@pytest.mark.parametrize("fault", ["no_answer", "ack_lost", "close_mid_frame", "half_open", "reboot"])
async def test_a_message_whose_answer_is_lost_is_never_told_as_sent(fault: str) -> None:
    async with meeting("gsm_modem", memory=True) as met:
        await met.up()
        met.emulator.inject(fault, **({"seconds": 0.3} if fault == "reboot" else {}))
        assert await sms(met) in {Result.UNSURE, Result.FAILED}
        met.emulator.clear()
        await met.up()
        await met.until(lambda: met.session.status.state is DeviceState.UP)
        assert await sms(met, message="m2") is Result.VERIFIED
        assert met.emulator.machine.sent[-1]["text"] == "Siaga I"


@pytest.mark.parametrize("fault", ["late", "dribble", "garbage_before", "push_between", "unknown_block", "flood"])
async def test_a_clumsy_wire_costs_no_message(fault: str) -> None:
    params = {"late": {"seconds": 0.1}, "dribble": {"gap": 0.001}, "flood": {"count": 50}}.get(fault, {})
    async with meeting("gsm_modem", memory=True) as met:
        await met.up()
        met.emulator.inject(fault, **params)
        assert await sms(met) is Result.VERIFIED
        assert [each["text"] for each in met.emulator.machine.sent] == ["Siaga I"]


@pytest.mark.real
async def test_it_is_the_same_over_tcp_and_over_a_serial_port(tmp_path: Path) -> None:
    for serial in (None, tmp_path / "modem"):
        async with meeting("gsm_modem", serial=serial) as met:
            await met.up()
            assert await sms(met) is Result.VERIFIED
            met.emulator.press("sms", {"message": "", "to": "+6281100000007", "text": "OK 4711", "valid": 1})
            await met.until(lambda met=met: "received" in met.values, patience=20.0)


def test_a_long_message_has_arrived_when_its_last_part_has() -> None:
    driver = SPEC.make(SPEC.options())
    driver.request(
        Command("c", "modem", "sms", {"message": "m1", "to": "112", "text": "x" * 200, "valid": 10}, "t", "t", 0, 0.0)
    )
    told = []
    for said in ("+CMGS: 7", "OK", arrival(7), "+CMGS: 8", "OK", arrival(8)):
        told += [
            reply.values["delivered"]
            for reply in driver.feed(f"\r\n{said}\r\n".encode())
            if "delivered" in reply.values
        ]
    assert [json.loads(str(each))["message"] for each in told] == ["m1"]


def arrival(reference: int) -> str:
    """Return how a modem tells that a message has arrived."""
    pdu = report(reference, "112", at=1_768_608_000, status=0)
    return f"+CDS: {len(pdu) - 1}\r\n{pdu.hex()}"


async def test_a_talk_that_ended_in_the_middle_of_a_message_is_broken_off_first() -> None:
    def leave_waiting(emulator: Any) -> None:
        emulator.machine.answer(1, Asked("AT+CMGS=23"))

    async with meeting("gsm_modem", memory=True, before=leave_waiting) as met:
        await met.up()
        assert met.emulator.machine.state()["echo"] == 0
        assert await sms(met) is Result.VERIFIED
