"""Extron matrices over SIS: the way in, ties read by their words, salvos, and what a device without a network does."""

from __future__ import annotations

import pytest

from drivers.codecs.extron_sis import read_salvo, read_tie
from drivers.devices.extron_sis import SPEC, Matrix, Options
from drivers.emulators.extron_sis import switcher
from drivers.emulators.text_machine import TextMachine
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, DeviceState, Result, Value
from tests.drivers.meeting import meeting
from tests.fakes import FakeClock

BANNER = b"\r\n(c) Copyright 2009, Extron Electronics, DXP 88 HDMI, V1.02, 60-878-11\r\nFri, 18 Jul 2008 10:49:49\r\n"


def command(verb: str, **args: Arg) -> Command:
    return Command("c1", "matrix", verb, args, "test", "", 0, 60.0)


def topics(matrix: Matrix, data: bytes) -> list[str | None]:
    return [reply.topic for reply in matrix.feed(data)]


# --- the way in ---------------------------------------------------------------------------------------------------


def test_without_a_password_the_date_is_the_greeting() -> None:
    assert topics(Matrix(Options()), BANNER) == ["banner", "greeting"]


def test_with_a_password_nothing_is_said_before_the_prompt() -> None:
    matrix = Matrix(Options.model_validate({"password": "rahasia"}))
    assert topics(matrix, BANNER) == ["banner"]
    (prompt,) = [reply for byte in b"\r\nPassword:" for reply in matrix.feed(bytes([byte]))]
    assert prompt.back == b"rahasia\r"
    assert topics(matrix, b"\r\nLogin User\r\n") == ["greeting"]


def test_a_password_is_shown_once_and_then_it_is_wrong() -> None:
    matrix = Matrix(Options.model_validate({"password": "salah"}))
    first, second = matrix.feed(b"\r\nPassword:\r\nPassword:")
    assert (first.back, second.back, "password" in second.denied) == (b"salah\r", b"", True)


def test_a_telnet_option_is_refused_at_once() -> None:
    (reply,) = Matrix(Options()).feed(b"\xff\xfb\x01")
    assert reply.back == b"\xff\xfe\x01"


@pytest.mark.real
async def test_a_matrix_behind_a_password_is_opened_and_told_apart_from_a_wrong_one() -> None:
    state: dict[str, Value] = {"password": "rahasia", "inputs": 4, "outputs": 2}
    async with meeting("extron_sis", state=state, options={"password": "rahasia"}) as met:
        await met.up()
        assert (await met.ask("route", routes={"1": 3, "2": 4})).result is Result.VERIFIED
        assert met.values["model"] == "DXP 1616 HDMI"
    async with meeting("extron_sis", state=state, options={"password": "salah"}) as met:
        await met.until(lambda: met.session.status.state is DeviceState.REFUSED)
        assert "password" in met.session.status.reason
        assert "salah" not in met.session.status.reason


@pytest.mark.real
async def test_what_is_pressed_at_the_panel_is_news_without_being_asked_for() -> None:
    async with meeting("extron_sis", state={"inputs": 4, "outputs": 2}) as met:
        await met.up()
        met.emulator.press("route", {"routes": {"2": 4}})
        met.emulator.press("mute_output", {"output": 1, "on": True})
        await met.until(lambda: met.values.get("route.2") == 4 and met.values.get("muted.1") == "on")


@pytest.mark.real
async def test_a_preset_brings_its_ties_and_is_shown() -> None:
    async with meeting("extron_sis", state={"inputs": 4, "outputs": 2}) as met:
        await met.up()
        met.emulator.load({"presets": {"7": [[4, 4], [4, 4]]}})
        assert (await met.ask("preset", preset="7")).result is Result.VERIFIED
        assert (await met.ask("preset", preset="8")).result is Result.REFUSED
        await met.until(lambda: met.values.get("route.1") == 4 and met.values.get("preset") == "7")


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["Out2 In1 All", "Out02 In01 Vid", "In1 Out2 All", "Out002 In001 RGB", "In01  Out2  Vid"]
)
def test_a_tie_is_read_by_its_words_and_not_by_their_order(line: str) -> None:
    found = read_tie(line)
    assert found is not None
    assert (found.output, found.input) == (2, 1)


@pytest.mark.parametrize("line", ["In1", "Vmt1*1", "Outage In1 All", "Rpr05", "Out2 All"])
def test_what_is_no_tie_is_none(line: str) -> None:
    assert read_tie(line) is None


def test_a_salvo_of_any_size_is_one_command() -> None:
    matrix = Matrix(Options(inputs=8, outputs=64))
    (request,) = matrix.request(command("route", routes={str(n): 5 for n in range(1, 65)}))
    assert request.payload.count(b"!") == 64
    assert (request.payload[:3], request.payload[-1:]) == (b"\x1b+Q", b"\r")
    assert len(matrix.verify(command("route", routes={"1": 5, "9": 5}))) == 2


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("route", {"routes": {}}), ("route", {"routes": {"17": 1}}), ("route", {"routes": {"1": 17}}),
        ("route", {"routes": {"1": "2"}}), ("route", {"routes": {"01": 1}}), ("route", {"routes": {"1": True}}),
        ("mute_output", {"output": 0, "on": True}), ("preset", {"preset": "five"}), ("preset", {"preset": "0"}),
        ("power", {"on": True}),
    ],
)  # fmt: skip
def test_what_the_matrix_has_not_is_a_bad_command(verb: str, args: dict[str, Arg]) -> None:
    matrix = Matrix(Options())
    matrix.feed(b"V16X16 A16X16\r\n")
    with pytest.raises(BadCommand):
        matrix.request(command(verb, **args))


@pytest.mark.parametrize(
    "line", [b"Out99 In1 All\r\n", b"Out1 In99 Vid\r\n", b"V0X4 A0X0\r\n", b"12\r\n", b"hello\r\n"]
)
def test_a_line_that_makes_no_sense_is_a_protocol_error(line: bytes) -> None:
    matrix = Matrix(Options())
    matrix.feed(b"V16X16 A16X16\r\n")
    with pytest.raises(ProtocolError):
        matrix.feed(line)


def test_there_are_as_many_points_as_outputs() -> None:
    names = {point.name for point in SPEC.points(Options(outputs=64))}
    assert {"route.64", "muted.64", "preset", "panel_lock"} <= names
    assert "route.65" not in names


# --- the emulated matrix --------------------------------------------------------------------------------------------


@pytest.fixture
def matrix() -> TextMachine[str]:
    made = switcher({"inputs": 4, "outputs": 3, "presets": {"1": [[1, 1, 1], [1, 1, 1]]}}, clock=FakeClock())
    made.greet(1)
    made.greet(2)
    return made


def told(matrix: TextMachine[str], text: str, client: int = 1) -> str:
    return b"".join(said for one in matrix.hear(client, text.encode()) for said in matrix.answer(client, one)).decode()


def test_commands_stand_one_after_the_other_without_an_end(matrix: TextMachine[str]) -> None:
    assert told(matrix, "1*2!2*3%") == "Out02 In01 All\r\nOut03 In02 Vid\r\n"
    assert (matrix.state()["video"], matrix.state()["audio"]) == ([1, 1, 2], [1, 1, 3])


def test_a_salvo_switches_whole_or_not_at_all(matrix: TextMachine[str]) -> None:
    assert told(matrix, "\x1b+Q4*1!4*2%9*3!\r") == "E01\r\n"
    assert told(matrix, "\x1b+Q4*1!4*2%4*4!\r") == "E12\r\n"
    assert matrix.state()["video"] == [1, 2, 3]
    assert told(matrix, "W+Q4*1!4*2%|") == "Qik\r\n"
    assert (matrix.state()["video"], matrix.state()["audio"]) == ([4, 4, 3], [4, 2, 3])


def test_answers_carry_tags_in_the_modes_that_say_so(matrix: TextMachine[str]) -> None:
    assert told(matrix, "2%XQ") == "02\r\n0\r\n1.06\r\n"
    assert told(matrix, "\x1b2CV\r2%X") == "Vrb2\r\nOut02 In02 Vid\r\nExe0\r\n"


def test_only_who_asked_for_news_hears_of_others(matrix: TextMachine[str]) -> None:
    told(matrix, "1*3!")
    assert list(matrix.pushes()) == []
    told(matrix, "\x1b1CV\r", 2)
    told(matrix, "4*3!")
    assert list(matrix.pushes()) == [(2, b"Out03 In04 All\r\n")]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("4*!", "In04 All\r\n"), ("1*9!", "E12\r\n"), ("9*1!", "E01\r\n"), ("1.", "Rpr01\r\n"), ("9.", "E11\r\n"),
        ("3,3.", "Spr03\r\nRpr03\r\n"), ("1*1B1B", "Vmt01*1\r\n1\r\n"), ("1*B", "Vmt1\r\n"), ("2*1Z", "Amt02*1\r\n"),
        ("1X", "Exe1\r\n"), ("7X", "E13\r\n"), ("H", "E10\r\n"), ("\x1bXYZ\r", "E10\r\n"), ("I", "V4X3 A4X3\r\n"),
        ("\x1bVM\r", "000\r\n"), ("1*1B\x1bZZ\r1B", "Vmt01*1\r\nZpz\r\n0\r\n"), ("N", "60-1496-01\r\n"),
        ("\x1b0*1*1VC\r", f"01 02 03{' --' * 13} Vid\r\n"), ("\x1bZXXX\r2%", "Zpx\r\n00\r\n"),
        ("0*1!1%", "Out01 In00 All\r\n00\r\n"),
    ],
)  # fmt: skip
def test_the_matrix_answers_as_the_manual_says(matrix: TextMachine[str], asked: str, answer: str) -> None:
    assert told(matrix, asked) == answer


def test_a_command_that_is_not_finished_in_ten_seconds_is_forgotten() -> None:
    clock = FakeClock()
    matrix = switcher({}, clock=clock)
    matrix.greet(1)
    assert told(matrix, "1*2") == ""
    clock.advance(11.0)
    assert told(matrix, "3!") == "03\r\n"


def test_nothing_is_done_for_who_has_not_shown_the_password() -> None:
    matrix = switcher({"password": "rahasia"}, clock=FakeClock())
    assert matrix.greet(1)[0].endswith(b"\r\nPassword:")
    assert told(matrix, "1*2!\r") == "\r\nPassword:"
    assert told(matrix, "rahasia\r1*2!") == "\r\nLogin Administrator\r\nOut02 In01 All\r\n"


def test_its_state_goes_out_and_in_again_and_what_is_none_is_refused(matrix: TextMachine[str]) -> None:
    told(matrix, "4*1!2,")
    other = switcher({}, clock=FakeClock())
    other.load(matrix.state())
    assert other.state() == matrix.state()
    assert read_salvo("1*2!x") is None
    for state, error in (({"smell": 1}, KeyError), ({"outputs": 0}, ValueError), ({"video": 3}, TypeError)):
        with pytest.raises(error):
            matrix.load(state)
