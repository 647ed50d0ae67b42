"""Global Caché: infrared codes in both writings, bursts that take their time, and the unit's own errors."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from drivers.codecs.globalcache import Infrared, infrared
from drivers.devices.globalcache import GlobalCache, Options
from drivers.emulators.globalcache import Unit
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Result
from tests.drivers.asking import command, payloads
from tests.drivers.meeting import meeting
from tests.fakes import FakeClock

CODE = "38000,1,1,347,173,22,22,22,65,22,1527"
PRONTO = "0000 006D 0001 0002 015B 00AD 0016 0016 0016 05F7"


def test_a_pronto_code_becomes_periods_of_its_carrier() -> None:
    assert infrared(PRONTO) == Infrared(38_029, 1, 3, (347, 173, 22, 22, 22, 1527))


@pytest.mark.parametrize(
    "text",
    [
        "", "38000", "38000,1,2,10,10", "38000,1,1,10,10,10", "9000,1,1,10,10", "38000,51,1,10,10", "38000,1,1,0,10",
        "0000 006D 0001 0002 015B", "0000 0000 0001 0000 0001 0001", "x", "38000,1,5,10,10",
    ],
)  # fmt: skip
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        infrared(text)
    with pytest.raises(BadCommand):
        GlobalCache(Options()).request(command("infrared", output=1, code=text))


def test_a_burst_is_awaited_as_long_as_it_lasts() -> None:
    (request,) = GlobalCache(Options()).request(command("infrared", output=1, code="38000,50,1,3800,3800"))
    assert request.patience == pytest.approx(2.0 + 50 * 7600 / 38000)


def test_two_codes_have_two_ids_so_that_a_late_end_is_not_mistaken() -> None:
    unit = GlobalCache(Options(codes=f"on={CODE}"))
    assert [payloads(unit, "infrared", output=2, code="on")[0].split(b",")[2] for _ in range(2)] == [b"1", b"2"]


@pytest.mark.parametrize("line", [b"status,1\r", b"completeir\r", b"state,1:1,2\r"])
def test_what_no_unit_says_is_garbage(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        GlobalCache(Options(relays=3)).feed(line)


def test_errors_are_told_in_words() -> None:
    (reply,) = GlobalCache(Options()).feed(b"ERR_1:1,014\r")
    assert reply.refused is not None
    assert "blaster" in reply.refused.text


def test_codes_are_checked_when_the_site_is_read() -> None:
    with pytest.raises(ValidationError, match="tv_on"):
        Options(codes="tv_on=38000,1,2,10,10")


def test_a_unit_is_busy_while_a_burst_lasts() -> None:
    clock = FakeClock()
    unit = Unit({"instant": False}, clock=clock)
    said = []
    for seconds in (0.0, 0.001, 1.0):
        clock.advance(seconds)
        said.append(unit.answer(1, f"sendir,1:1,7,{CODE}")[0])
    assert said == [b"completeir,1:1,7\r", b"busyIR,1:1,7\r", b"completeir,1:1,7\r"]


@pytest.mark.parametrize(
    ("line", "error"),
    [("sendir,1:9,1,38000,1,1,10,10", "003"), ("sendir,2:1,1,38000,1,1,10,10", "002"), ("dance", "001"),
     ("sendir,1:1,70000,38000,1,1,10,10", "004"), ("sendir,1:1,1,9,1,1,10,10", "005"), ("setstate,1:1", "017")],
)  # fmt: skip
def test_the_unit_refuses_in_the_makers_numbers(line: str, error: str) -> None:
    assert Unit({}, clock=FakeClock()).answer(1, line)[0].decode().rstrip().endswith(f",{error}")


async def test_a_code_is_sent_and_nobody_claims_that_the_screen_has_seen_it() -> None:
    async with meeting("globalcache", options={"codes": f"tv_on={CODE}"}, memory=True) as met:
        await met.up()
        assert (await met.ask("infrared", output=1, code="tv_on")).result is Result.DONE
        assert met.emulator.state()["last_code"] == CODE


async def test_a_busy_connector_is_tried_again() -> None:
    async with meeting("globalcache", memory=True) as met:
        await met.up()
        met.emulator.inject("nak_once")
        assert (await met.ask("infrared", output=1, code=CODE)).result is Result.DONE
        assert met.emulator.state()["sent"] == 1
