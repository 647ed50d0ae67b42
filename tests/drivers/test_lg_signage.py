"""The LG signage driver and its emulator: letters that mean two commands, hexadecimal levels, and standby."""

from __future__ import annotations

import pytest

from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.lg_signage import Answer, Decoder, read_request
from drivers.devices.lg_signage import SPEC, LgSignage, Options
from drivers.emulators.lg_signage import Panel
from drivers.errors import BadCommand
from drivers.model import Arg, Result
from tests.drivers.asking import command, payloads
from tests.drivers.meeting import meeting
from tests.fakes import FakeClock


def told(panel: Panel, line: str) -> str:
    """Return what the set answers to one line."""
    return b"".join(
        said for request in panel.hear(1, f"{line}\r".encode()) for said in panel.answer(1, request)
    ).decode()


def values(driver: LgSignage, answer: str) -> dict[str, object]:
    return {name: value for reply in driver.feed(answer.encode()) for name, value in reply.values.items()}


def test_levels_are_written_and_read_in_hexadecimal() -> None:
    driver = LgSignage(Options())
    assert payloads(driver, "volume", level=100) == [b"kf 01 64\r"]
    assert values(driver, "f 01 OK10x") == {"volume": 16}


def test_an_answer_that_starts_with_d_is_read_as_what_was_written_last() -> None:
    driver = LgSignage(Options())
    driver.request(command("tile", rows=1, columns=1, position=1))
    assert values(driver, "d 01 OK00x") == {}
    driver.poll()
    assert values(driver, "d 01 OK00x") == {"picture_mute": "off"}
    assert values(driver, "d 01 OK32x") == {}


def test_the_place_in_a_wall_is_known_once_both_halves_are() -> None:
    driver = LgSignage(Options())
    assert values(driver, "i 01 OK05x") == {}
    assert values(driver, "z 01 OK010203x") == {}
    assert values(driver, "i 01 OK05x") == {"tile": "2x3:5"}
    assert values(driver, "i 01 OK07x") == {}
    assert values(driver, "z 01 OK000000x") == {"tile": "off"}


def test_a_set_that_is_off_is_asked_only_whether_it_still_is() -> None:
    driver = LgSignage(Options())
    driver.feed(b"a 01 OK00x")
    assert [request.payload for request in driver.poll()] == [b"ka 01 FF\r"]
    driver.feed(b"a 01 OK01x")
    assert len(driver.poll()) > 5


def test_a_question_that_is_refused_is_not_asked_again_until_the_set_wakes() -> None:
    driver = LgSignage(Options())
    driver.poll()
    (reply,) = driver.feed(b"n 01 NGFFx")
    assert (reply.topic, reply.refused) == ("n", None)
    assert "n" not in [request.topic for request in driver.poll()]
    driver.feed(b"a 01 OK00xa 01 OK01x")
    assert "n" in [request.topic for request in driver.poll()]


def test_settling_is_what_the_maker_wants() -> None:
    driver = LgSignage(Options())
    settles = {
        verb: driver.request(command(verb, **args))[0].settle
        for verb, args in (("power", {"on": True}), ("input", {"source": "hdmi1"}), ("volume", {"level": 1}))
    }
    assert (settles, SPEC.gap) == ({"power": 5.0, "input": 2.0, "volume": 0.0}, 0.2)
    assert driver.request(command("power", on=True))[0].patience >= 5.0


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("volume", {"level": 101}),
        ("input", {"source": "hdmi9"}),
        ("tile", {"rows": 2, "columns": 2, "position": 5}),
        ("tile", {"rows": 16, "columns": 1, "position": 1}),
        ("freeze", {"on": True}),
    ],
)
def test_what_cannot_be_said_is_refused(verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        LgSignage(Options()).request(command(verb, **args))


def test_bytes_before_an_answer_are_counted_and_the_answer_is_kept() -> None:
    found, errors = drain(Inbox[Answer, Answer](Decoder(), lambda one: [one]).feed, b"\x00\xfeka 01a 01 OK01x\r\nzzx")
    assert (found, len(errors)) == ([Answer("a", 1, good=True, data="01")], 2)


# --- the emulator ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ka 01 ff", "a 01 OK01x"),
        ("KF 1 1e", "f 01 OK1Ex"),
        ("kf 01 65", "f 01 NG65x"),
        ("di 01 02", "i 01 NG02x"),
        ("dg 01 20", "g 01 OK20x"),
        ("sv 01 07 FF", "v 01 OK0726x"),
        ("sn 01 0c ff", "n 01 OK0C03x"),
        ("zz 01 01", "z 01 NG01x"),
        ("kf 02 01", ""),
        ("nonsense", ""),
    ],
)
def test_a_set_answers_each_line_in_the_maker_s_way(line: str, answer: str) -> None:
    assert told(Panel({}, clock=FakeClock()), line) == answer


def test_position_and_size_are_set_only_while_natural_mode_is_off() -> None:
    panel = Panel({"natural": 1}, clock=FakeClock())
    assert told(panel, "de 01 20") == "e 01 NG20x"


def test_in_standby_it_tells_its_power_and_refuses_the_rest() -> None:
    panel = Panel({"power": 0}, clock=FakeClock())
    assert [told(panel, line) for line in ("ka 01 ff", "kf 01 ff", "xb 01 90")] == [
        "a 01 OK00x",
        "f 01 NGFFx",
        "b 01 NG90x",
    ]


def test_everybody_obeys_set_id_0_and_what_comes_back_is_of_no_use() -> None:
    panel = Panel({"collides": True}, clock=FakeClock())
    mess = told(panel, "ka 00 00")
    assert (panel.state()["power"], read_request(mess)) == (0, None)
    assert drain(LgSignage(Options()).feed, mess.encode("latin-1"))[0] == []
    assert told(Panel({}, clock=FakeClock()), "ka 00 01") == ""


async def test_a_panel_joins_a_wall_and_leaves_it() -> None:
    async with meeting("lg_signage", memory=True) as met:
        await met.up()
        assert (await met.ask("tile", rows=2, columns=3, position=5)).result is Result.VERIFIED
        assert (await met.ask("tile", rows=1, columns=1, position=1)).result is Result.VERIFIED


async def test_a_set_that_closes_idle_connections_is_dialled_again() -> None:
    async with meeting("lg_signage", state={"idle": 0.05}, memory=True) as met:
        await met.up()
        await met.until(lambda: met.failures)
        await met.up()
