"""Relay boards: both framings, motors that never run both ways, and what a board refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.codecs.inbox import drain
from drivers.codecs.modbus_bits import sealed
from drivers.devices.modbus_relay import Options, RelayBoard
from drivers.errors import BadCommand
from drivers.model import Result
from tests.drivers.asking import command
from tests.drivers.meeting import meeting

RTU = {"framing": "rtu"}
STATE = bytes.fromhex("01010105918b")


def test_a_motors_other_relay_opens_first_and_the_motor_rests() -> None:
    board = RelayBoard(Options(motors="curtain=1,2"))
    opens, closes = board.request(command("relay", output=2, on=True))
    assert (opens.payload[7:], closes.payload[7:]) == (bytes.fromhex("0500000000"), bytes.fromhex("050001ff00"))
    assert 0.5 <= opens.settle <= 1.0
    assert len(board.request(command("relay", output=2, on=False))) == 1
    assert len(board.request(command("relay", output=3, on=True))) == 1


@pytest.mark.parametrize("motors", ["curtain=1", "curtain=1,1", "curtain=1,2; lift=2,3", "curtain=1,2,3"])
def test_a_motor_has_two_relays_of_its_own(motors: str) -> None:
    with pytest.raises(ValidationError):
        Options(motors=motors)


@pytest.mark.parametrize("output", [0, 9])
def test_a_relay_that_is_not_there_is_a_bad_command(output: int) -> None:
    with pytest.raises(BadCommand, match="no relay"):
        RelayBoard(Options()).request(command("relay", output=output, on=True))


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=40), size=st.integers(1, 6))
def test_a_serial_frame_is_found_behind_noise_however_it_is_chopped(noise: bytes, size: int) -> None:
    board = RelayBoard(Options(framing="rtu"))
    data = noise + STATE * 2
    replies = [reply for at in range(0, len(data), size) for reply in drain(board.feed, data[at : at + size])[0]]
    assert any(reply.values.get("relay.3") == "on" for reply in replies)


def test_another_units_frame_is_not_ours() -> None:
    replies, _ = drain(RelayBoard(Options(framing="rtu")).feed, sealed(2, STATE[1:-2]) + STATE)
    assert len(replies) == 1


@pytest.mark.parametrize("fault", ["garbage_before", "dribble", "glued", "ack_lost", "bad_checksum"])
async def test_serial_frames_survive_the_faults_of_a_line(fault: str) -> None:
    async with meeting("modbus_relay", state=RTU, options=RTU, memory=True) as met:
        await met.up()
        met.emulator.inject(fault)
        await met.ask("relay", output=1, on=True)
        met.emulator.clear()
        await met.until(lambda: met.values.get("relay.1") == ("off" if not met.emulator.state()["closed"] else "on"))
        assert (await met.ask("relay", output=2, on=True)).result is Result.VERIFIED


async def test_a_curtain_turns_round_and_never_runs_both_ways() -> None:
    async with meeting("modbus_relay", options={"motors": "curtain=1,2"}, memory=True) as met:
        await met.up()
        for output in (1, 2):
            assert (await met.ask("relay", output=output, on=True)).result is Result.VERIFIED
        assert met.emulator.state()["closed"] == "2"
