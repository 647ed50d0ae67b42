"""Matrices beside Extron's: what Kramer and Lightware do that the generic tests do not know of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.kramer_p3000 import LONGEST, pairs, read
from drivers.codecs.lightware_lw3 import MOST_LINES, Block, Decoder, escape, unescape
from drivers.devices import kramer_p3000, lightware_lw2, lightware_lw3
from drivers.driver import Driver
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Result
from tests.drivers.meeting import meeting
from tests.machines import machine


def command(verb: str, **args: Arg) -> Command:
    return Command("c1", "matrix", verb, args, "test", "", 0, 60.0)


def told(device: Any, text: str, client: int = 1) -> str:
    return b"".join(said for one in device.hear(client, text.encode()) for said in device.answer(client, one)).decode()


# --- Kramer Protocol 3000 -------------------------------------------------------------------------------------------


def kramer(**options: Any) -> kramer_p3000.Switcher:
    return kramer_p3000.Switcher(kramer_p3000.Options.model_validate(options))


def test_a_salvo_is_as_few_commands_as_the_longest_one_allows() -> None:
    switcher = kramer(inputs=40, outputs=40)
    requests = switcher.request(command("route", routes={str(n): 33 for n in range(1, 41)}))
    assert all(len(request.payload) <= LONGEST for request in requests)
    routes = [pair for request in requests for pair in pairs(request.payload.decode().strip().partition(" ")[2])]
    assert routes == [(n, 33) for n in range(1, 41)]
    assert len(requests) == 5
    assert len(switcher.request(command("route", routes={"1": 1, "2": 2, "12": 3}))) == 1


def test_by_layer_every_output_is_a_command_of_its_own() -> None:
    switcher = kramer(inputs=8, outputs=8, switch_by="ROUTE", layer=12)
    requests = switcher.request(command("route", routes={"1": 3, "2": 0}))
    assert [request.payload for request in requests] == [b"#01@ROUTE 12,1,3\r", b"#01@ROUTE 12,2,0\r"]
    assert [request.payload for request in switcher.verify(command("route", routes={"2": 3}))] == [b"#01@ROUTE? 12,2\r"]


def test_a_layer_that_is_not_ours_is_no_route() -> None:
    assert kramer(layer=1).feed(b"~01@ROUTE 2,1,3 OK\r\n") == []


def test_what_the_model_has_not_is_not_asked_again() -> None:
    switcher = kramer(outputs=2)
    assert sum(b"VMUTE?" in request.payload for request in switcher.poll()) == 2
    switcher.feed(b"~01@VMUTE ERR002\r\n")
    assert not any(b"VMUTE?" in request.payload for request in switcher.poll())


@pytest.mark.parametrize("line", ["~01@VID ERR003", "~01@ERR 003", "~01@VID 1>9 ERR003", "~01@VID ERR 003"])
def test_both_spellings_of_an_error_are_read(line: str) -> None:
    assert read(line).error == "003"


@pytest.mark.parametrize(
    "line", ["~01@ROUTE 1,2", "~01@VID 1>x", "~01@VMUTE a,b", "~01@INFO-IO? some", "VID 1>2", "~01@ERR x"]
)
def test_a_line_of_no_sense_is_a_protocol_error(line: str) -> None:
    with pytest.raises(ProtocolError):
        kramer().feed(f"{line}\r\n".encode())


def test_a_copy_for_everybody_is_no_answer_to_another_question() -> None:
    switcher = kramer(outputs=4)
    asked = {request.topic for request in (*switcher.poll(), *switcher.request(command("route", routes={"1": 2})))}
    assert asked.isdisjoint({reply.topic for reply in switcher.feed(b"~01@VID 3>2\r\n~01@VMUTE 4,1\r\n")} - {"VMUTE 4"})


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("#VID 2>*\r", "~01@VID 2>* OK\r\n"), ("#V? 2\r", "~01@VID 2>2\r\n"), ("#02@VID 1>1\r", ""), ("VID 1>1\r", ""),
        ("#VID 1>1|VID? 1\r", "~01@VID 1>1 OK\r\n~01@VID 1>1\r\n"), ("#BOGUS\r", "~01@BOGUS ERR002\r\n"),
        ("#VID 1>1,9>1\r", "~01@VID ERR003\r\n"), ("#VID one\r", "~01@VID ERR001\r\n"), ("#\r", "~01@ OK\r\n"),
        ("#PRST-STO 2|PRST-RCL 2\r", "~01@PRST-STO 2 OK\r\n~01@PRST-RCL 2 OK\r\n"),
        ("#PRST-RCL 9\r", "~01@PRST-RCL ERR003\r\n"),
        (f"#VID {'1>1,' * 16}1>1\r", "~01@ERR 001\r\n"), ("#LCK 1|LCK?\r", "~01@LOCK-FP 1 OK\r\n~01@LOCK-FP 1\r\n"),
        ("#AV 3>2|AUD? 2\r", "~01@AV 3>2 OK\r\n~01@AUD 3>2\r\n"),
        ("#ROUTE 12,1,4|ROUTE? 2,1\r", "~01@ROUTE 12,1,4 OK\r\n~01@ROUTE 2,1,4\r\n"),
    ],
)  # fmt: skip
def test_the_switcher_answers_as_its_manual_says(asked: str, answer: str) -> None:
    switcher = machine("kramer_p3000", {"inputs": 4, "outputs": 3})
    switcher.greet(1)
    assert told(switcher, asked) == answer


def test_a_switcher_with_a_password_does_nothing_before_the_login() -> None:
    switcher = machine("kramer_p3000", {"password": "rahasia"})
    switcher.greet(1)
    assert told(switcher, "#VID 1>1\r") == "~01@VID ERR004\r\n"
    assert told(switcher, "#LOGIN salah\r") == "~01@LOGIN ERR004\r\n"
    assert told(switcher, "#LOGIN rahasia\r#VID 1>1\r") == "~01@LOGIN rahasia OK\r\n~01@VID 1>1 OK\r\n"


# --- Lightware LW3 --------------------------------------------------------------------------------------------------


def lw3(**options: Any) -> lightware_lw3.Matrix:
    return lightware_lw3.Matrix(lightware_lw3.Options.model_validate(options))


@given(st.text(max_size=60))
def test_what_is_escaped_means_the_same(value: str) -> None:
    assert unescape(escape(value)) == value
    assert not set(escape(value).replace("\\\\", "")) & {"\r", "\n", "\t"}


def test_news_inside_the_wait_is_never_the_answer() -> None:
    matrix = lw3()
    (request,) = matrix.request(command("route", routes={"1": 1}))
    news = b"CHG /MEDIA/VIDEO/XP.DestinationConnectionList=I2;I1\r\n"
    replies = matrix.feed(news + b"{0001\r\nmO /MEDIA/VIDEO/XP:switch\r\n}\r\n" + news)
    assert [reply.topic for reply in replies] == ["news", request.topic, "news"]


def test_every_command_has_a_signature_of_its_own() -> None:
    matrix = lw3()
    topics = [request.topic for _ in range(70_000 // 7) for request in (*matrix.poll(), *matrix.hello()[:6])]
    assert len(set(topics)) == 0xFFFF
    assert all(len(topic) == 4 for topic in topics)


def test_an_answer_that_does_not_end_is_dropped_and_the_next_is_understood() -> None:
    decoder = Decoder()
    decoder.receive(b"{00AB\r\n")
    with pytest.raises(ProtocolError):
        for _ in range(MOST_LINES + 1):
            decoder.receive(b"pr /A.B=1\r\n")
            assert decoder.next() is None
    decoder.receive(b"{00ac\r\nmO /A:b\r\n}\r\n")
    blocks = iter(decoder.next, None)
    assert Block("00AC", ("mO /A:b",)) in list(blocks)


@pytest.mark.parametrize("value", ["I1;x", "I1;I999999", "1;2"])
def test_a_list_of_sources_that_is_none_is_a_protocol_error(value: str) -> None:
    with pytest.raises(ProtocolError):
        lw3(inputs=8).feed(f"CHG /MEDIA/VIDEO/XP.DestinationConnectionList={value}\r\n".encode())


@pytest.mark.real
async def test_who_has_subscribed_hears_what_another_switches_and_a_locked_output_refuses() -> None:
    async with meeting("lightware_lw3", state={"inputs": 4, "outputs": 3}) as met:
        await met.up()
        met.emulator.press("route", {"routes": {"2": 4}})
        await met.until(lambda: met.values.get("route.2") == 4)
        assert (await met.ask("lock_output", output=2, on=True)).result is Result.DONE
        outcome = await met.ask("route", routes={"1": 3, "2": 1})
        assert (outcome.result, "locked" in outcome.detail) == (Result.REFUSED, True)
        assert met.emulator.state()["routing"] == [1, 4, 3]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("GET /.ProductName\r\n", "pr /.ProductName=MMX8x8-HT420M\r\n"),
        ("GET /NONE\r\n", "nE /NONE %E002:Not exists\r\n"),
        ("HELLO\r\n", "-E / %E001:Syntax error\r\n"),
        ("0a0B#OPEN /MEDIA/VIDEO\r\n", "{0a0B\r\no- /MEDIA/VIDEO\r\n}\r\n"),
        ("CALL /MEDIA/VIDEO/XP:fly(I1)\r\n", "mE /MEDIA/VIDEO/XP:fly %E002:Not exists\r\n"),
        ("CALL /PRESETS/AVC:load(9)\r\n", "mE /PRESETS/AVC:load %E004:Invalid value\r\n"),
        ("SET /.ProductName=x\r\n", "pE /.ProductName %E006:Illegal operation\r\n"),
    ],
)  # fmt: skip
def test_the_tree_answers_as_the_manual_says(asked: str, answer: str) -> None:
    matrix = machine("lightware_lw3", {})
    matrix.greet(1)
    assert told(matrix, asked) == answer


# --- Lightware LW2 --------------------------------------------------------------------------------------------------


def test_a_chain_is_answered_link_by_link() -> None:
    driver = lightware_lw2.Matrix(lightware_lw2.Options(inputs=8, outputs=8))
    assert [request.topic for request in driver.request(command("route", routes={"2": 3, "5": 3}))] == ["O5"]
    matrix = machine("lightware_lw2", {"inputs": 4, "outputs": 3})
    matrix.greet(1)
    matrix.greet(2)
    assert (
        told(matrix, "x{4@1}y{1@9}{5@1}{#2}\r\n{VM}") == "(O01 I04)\r\n(ERR02)\r\n(ERR01)\r\n(1MT02)\r\n(MUT 0 1 0)\r\n"
    )
    assert [message for client, message in matrix.pushes() if client == 2] == [b"(O01 I04)\r\n", b"(1MT02)\r\n"]


@pytest.mark.parametrize("line", ["ALL 01", "()", "(O99 I01)", "(9MT99)", "(1MT99)", "(ALL 01 99)", "(1MT00)"])
def test_an_answer_of_lw2_that_makes_no_sense_is_a_protocol_error(line: str) -> None:
    driver: Driver = lightware_lw2.Matrix(lightware_lw2.Options(inputs=8, outputs=8))
    with pytest.raises(ProtocolError):
        driver.feed(f"{line}\r\n".encode())


# --- all of them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "driver",
    [
        kramer(inputs=4, outputs=4),
        lw3(inputs=4, outputs=4),
        lightware_lw2.Matrix(lightware_lw2.Options(inputs=4, outputs=4)),
    ],
)
@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("route", {"routes": {}}), ("route", {"routes": {"5": 1}}), ("route", {"routes": {"1": 5}}),
        ("power", {"on": True}), ("route", {"routes": {"1": -1}}), ("preset", {"preset": "a b"}),
        ("route", {"routes": {"1": 1.0}}),
    ],
)  # fmt: skip
def test_what_a_matrix_has_not_is_a_bad_command(driver: Driver, verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        driver.request(command(verb, **args))
