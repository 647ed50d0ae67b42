"""The PJLink driver: the login, what it asks in which state, and what a refusal means."""

from __future__ import annotations

import pytest

from drivers.devices.pjlink import SPEC, Options, Pjlink
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg
from tests.drivers.asking import command, payloads

LOGIN = b"5d8409bc1c3fa39749434aa3a5c38682"


@pytest.fixture
def projector() -> Pjlink:
    made = Pjlink(Options())
    made.feed(b"PJLINK 0\r")
    return made


def asked(projector: Pjlink) -> list[str]:
    return [request.topic for request in projector.poll()]


def test_the_login_precedes_only_the_first_line_of_a_connection() -> None:
    projector = Pjlink(Options.model_validate({"password": "JBMIAProjectorLink"}))
    projector.feed(b"PJLINK 1 498e4a67\r")
    lines = [request.payload for request in projector.hello()]
    assert lines[0] == LOGIN + b"%1CLSS ?\r"
    assert not any(LOGIN in line for line in lines[1:])
    assert not any(LOGIN in request.payload for request in projector.poll())


def test_the_password_is_in_no_repr() -> None:
    options = Options.model_validate({"password": "rahasia"})
    assert "rahasia" not in f"{options} {options!r} {vars(Pjlink(options))}"


def test_of_a_projector_that_is_off_only_power_and_errors_are_asked(projector: Pjlink) -> None:
    assert asked(projector) == ["POWR", "ERST", "LAMP"]
    assert asked(projector) == ["POWR", "ERST"]


def test_of_a_projector_that_is_on_the_picture_is_asked_too(projector: Pjlink) -> None:
    projector.poll()
    projector.feed(b"%1POWR=1\r")
    assert asked(projector) == ["POWR", "INPT", "AVMT", "ERST"]
    projector.feed(b"%1CLSS=2\r")
    assert asked(projector) == ["POWR", "INPT", "AVMT", "FREZ", "IRES", "ERST"]


def test_a_question_that_the_projector_does_not_know_is_not_asked_again(projector: Pjlink) -> None:
    (reply,) = projector.feed(b"%1ERST=ERR1\r")
    assert (reply.topic, reply.refused) == ("ERST", None)
    assert "ERST" not in asked(projector)


def test_power_is_asked_whatever_the_projector_says(projector: Pjlink) -> None:
    (reply,) = projector.feed(b"%1POWR=ERR1\r")
    assert reply.refused is not None
    assert "POWR" in asked(projector)


def test_a_command_that_the_projector_does_not_know_is_refused_and_the_question_stays(projector: Pjlink) -> None:
    projector.request(command("picture_mute", on=True))
    (reply,) = projector.feed(b"%1AVMT=ERR1\r")
    assert reply.refused is not None
    projector.feed(b"%1POWR=1\r")
    assert "AVMT" in asked(projector)


@pytest.mark.parametrize(("error", "busy"), [("ERR2", False), ("ERR3", True), ("ERR4", False)])
def test_only_err3_means_not_now(projector: Pjlink, error: str, busy: bool) -> None:
    (reply,) = projector.feed(f"%1INPT={error}\r".encode())
    assert reply.refused is not None
    assert reply.refused.busy is busy


def test_class_1_cannot_freeze(projector: Pjlink) -> None:
    with pytest.raises(BadCommand, match="class 1"):
        projector.request(command("freeze", on=True))


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("input", {"source": "hdmi1"}),
        ("input", {"source": "digital"}),
        ("input", {"source": ""}),
        ("volume", {"level": 3}),
    ],
)
def test_what_a_projector_cannot_do_is_a_bad_command(projector: Pjlink, verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        projector.request(command(verb, **args))


def test_inputs_go_by_their_words_up_to_the_letters_of_class_2(projector: Pjlink) -> None:
    assert payloads(projector, "input", source="digitalA") == [b"%1INPT 3A\r"]
    (reply,) = projector.feed(b"%2INPT=3a\r")
    assert dict(reply.values) == {"input": "digitalA"}


@pytest.mark.parametrize(
    "line",
    [
        b"%1POWR=7\r",
        b"%1INPT=9\r",
        b"%1INPT=91\r",
        b"%1AVMT=99\r",
        b"%1ERST=0000\r",
        b"%1ERST=000009\r",
        b"%1LAMP=x 1\r",
        b"%1CLSS=9\r",
        b"%3POWR=1\r",
        b"POWR=1\r",
        b"PJLINK 2\r",
    ],
)
def test_a_line_that_makes_no_sense_is_a_protocol_error(projector: Pjlink, line: bytes) -> None:
    with pytest.raises(ProtocolError):
        projector.feed(line)


def test_each_command_is_verified_with_its_one_question(projector: Pjlink) -> None:
    wishes = [command("power", on=True), command("input", source="rgb1"), command("mute", on=True)]
    assert [[request.payload for request in projector.verify(wish)] for wish in wishes] == [
        [b"%1POWR ?\r"], [b"%1INPT ?\r"], [b"%1AVMT ?\r"],
    ]  # fmt: skip


def test_lines_that_end_with_both_signs_are_read_once(projector: Pjlink) -> None:
    assert len(projector.feed(b"%1POWR=1\r\n%1POWR=0\r\n")) == 2


def test_the_spec_keeps_the_password_of_its_options() -> None:
    driver = SPEC.make(Options.model_validate({"password": "JBMIAProjectorLink"}))
    driver.feed(b"PJLINK 1 498e4a67\r")
    assert driver.hello()[0].payload.startswith(LOGIN)
