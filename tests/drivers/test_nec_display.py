"""The NEC driver and its emulator: the NULL message, the pace, saved settings, and numbers that are no count."""

from __future__ import annotations

import pytest

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.nec_display import CONTROLLER, EVERYBODY, NULL, Decoder, Frame, address
from drivers.devices.nec_display import SPEC, NecDisplay, Options
from drivers.emulators.nec_display import Display
from drivers.errors import BadCommand
from drivers.model import Arg, Result
from tests.drivers.asking import command
from tests.drivers.meeting import meeting
from tests.fakes import FakeClock

ME = address(1)


def told(display: Display, kind: str, message: str, *, to: int = ME) -> list[str]:
    """Return the messages with which the display answers one frame."""
    requests = display.hear(1, Frame(to, CONTROLLER, kind, message).encode())
    said = b"".join(answer for request in requests for answer in display.answer(1, request))
    frames, _ = drain(Inbox[Frame, str](Decoder(), lambda frame: [frame.message]).feed, said)
    return frames


def say(kind: str, message: str, *, sender: int = ME) -> bytes:
    return Frame(CONTROLLER, sender, kind, message).encode()


def lit(driver: NecDisplay) -> NecDisplay:
    driver.feed(say("B", "0200D60000040001"))
    return driver


def topics(driver: NecDisplay) -> list[str]:
    return [request.topic for request in driver.poll()]


def test_a_display_that_is_off_is_asked_only_for_its_power() -> None:
    driver = NecDisplay(Options())
    assert topics(driver) == ["01D6"]
    assert topics(lit(driver))[:2] == ["01D6", "get 0060"]


def test_not_now_is_no_fault() -> None:
    driver = NecDisplay(Options())
    driver.request(command("input", source="hdmi1"))
    (reply,) = driver.feed(say("B", NULL))
    assert reply.topic is None
    assert reply.refused is not None
    assert reply.refused.busy


def test_what_a_model_has_not_is_not_asked_again() -> None:
    driver = lit(NecDisplay(Options()))
    driver.feed(say("D", "0100620000000000"))
    assert "get 0062" not in topics(driver)


def test_a_parameter_that_cannot_be_set_is_refused() -> None:
    (reply,) = NecDisplay(Options()).feed(say("F", "0100620000000000"))
    assert reply.refused is not None


def test_the_greatest_input_code_is_no_count() -> None:
    (reply,) = NecDisplay(Options()).feed(say("D", "0000600000880011"))
    assert dict(reply.values) == {"input": "hdmi1"}


def test_the_tile_is_known_once_its_four_numbers_are() -> None:
    driver = lit(NecDisplay(Options()))
    found = [
        dict(reply.values)
        for code, value in (("02D3", 2), ("02D0", 3), ("02D1", 2), ("02D2", 5))
        for reply in driver.feed(say("D", f"00{code}00000A{value:04X}"))
    ]
    assert found == [{}, {}, {}, {"tile": "2x3:5"}]
    assert "get 02D2" in topics(driver)


def test_frames_of_other_displays_on_the_chain_are_left_out() -> None:
    assert NecDisplay(Options()).feed(say("B", "0200D60000040001", sender=address(2))) == []


def test_the_pace_and_the_rests_are_the_maker_s() -> None:
    driver = NecDisplay(Options())
    power, source = driver.request(command("power", on=True)), driver.request(command("input", source="dp1"))
    assert (SPEC.gap, power[0].settle, source[0].settle) == (0.6, 15.0, 10.0)


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("input", {"source": "hdmi9"}),
        ("volume", {"level": 101}),
        ("tile", {"rows": 11, "columns": 1, "position": 1}),
        ("tile", {"rows": 2, "columns": 2, "position": 5}),
        ("freeze", {"on": True}),
    ],
)
def test_what_cannot_be_said_is_refused(verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        NecDisplay(Options()).request(command(verb, **args))


# --- the emulator ------------------------------------------------------------------------------------------------


def test_packets_that_follow_too_soon_get_the_null_message() -> None:
    clock = FakeClock()
    display = Display({"packet_gap": 0.6}, clock=clock)
    assert told(display, "C", "0062") != [NULL]
    clock.advance(0.5)
    assert told(display, "C", "0062") == [NULL]
    clock.advance(0.7)
    assert told(display, "C", "0062") == ["000062000064000A"]


def test_while_it_comes_on_it_says_not_now() -> None:
    clock = FakeClock()
    display = Display({"power": 4, "warm_up": 10.0}, clock=clock)
    assert told(display, "C", "0062") == [NULL]
    assert told(display, "A", "C203D60001") == ["00C203D60001"]
    assert told(display, "E", "00600012") == [NULL]
    clock.advance(10)
    assert told(display, "E", "00600012") == ["0000600000880012"]


def test_what_is_for_everybody_or_its_group_is_obeyed_and_not_answered() -> None:
    display = Display({"group": "B"}, clock=FakeClock())
    assert told(display, "A", "C203D60004", to=EVERYBODY) == []
    assert display.state()["power"] == 4
    assert told(display, "A", "C203D60001", to=0x32) == []
    assert display.state()["power"] == 1
    assert told(display, "A", "C203D60004", to=0x31) == []
    assert display.state()["power"] == 1


def test_what_was_not_saved_is_lost_at_power_off() -> None:
    display = Display({}, clock=FakeClock())
    told(display, "E", "00620021")
    told(display, "A", "0C")
    told(display, "E", "00620033")
    display.restart()
    assert display.state()["volume"] == 0x21


def test_a_spoilt_packet_gets_the_null_message() -> None:
    display = Display({}, clock=FakeClock())
    whole = Frame(ME, CONTROLLER, "C", "0062").encode()
    (request,) = display.hear(1, display.spoil(whole))
    assert Frame(CONTROLLER, ME, "B", NULL).encode() == display.answer(1, request)[0]


async def test_a_display_joins_a_wall_and_the_wall_is_saved() -> None:
    async with meeting("nec_display", memory=True) as met:
        await met.up()
        assert (await met.ask("tile", rows=2, columns=3, position=5)).result is Result.VERIFIED
        met.emulator.machine.restart()
        assert met.emulator.state()["position"] == 5
