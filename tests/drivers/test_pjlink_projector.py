"""The emulated projector: login, warm-up, classes, and what it answers in which state."""

from __future__ import annotations

import pytest

from drivers.codecs.pjlink import digest
from drivers.emulators.pjlink import Projector
from tests.fakes import FakeClock


def lit(**state: object) -> Projector:
    """Return a projector that is on, with a client that has been greeted."""
    projector = Projector({"power": "on", **state}, clock=FakeClock())
    projector.greet(1)
    return projector


def told(projector: Projector, line: str) -> str:
    """Return what the projector answers."""
    heard = projector.hear(1, f"{line}\r".encode())
    return b"".join(said for request in heard for said in projector.answer(1, request)).decode().rstrip("\r")


def test_it_warms_up_and_cools_down_by_the_clock() -> None:
    clock = FakeClock()
    projector = Projector({"warm_up": 20.0, "cool_down": 60.0}, clock=clock)
    seen = [told(projector, "%1POWR ?")]
    for wish, seconds in (("1", 0), ("1", 19), ("0", 0), ("1", 2), ("0", 59), ("1", 0), ("0", 2)):
        seen.append(told(projector, f"%1POWR {wish}")[7:])
        clock.advance(seconds)
        seen.append(told(projector, "%1POWR ?")[7:])
    assert seen == [
        "%1POWR=0", "OK", "3", "OK", "3", "ERR3", "3", "OK", "1", "OK", "2", "ERR3", "2", "OK", "0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "question", ["%1INPT ?", "%1AVMT ?", "%2FREZ ?", "%2IRES ?", "%1INPT 31", "%1AVMT 31", "%2FREZ 1"]
)
def test_in_standby_the_picture_is_unavailable(question: str) -> None:
    assert told(Projector({}, clock=FakeClock()), question).endswith("=ERR3")


@pytest.mark.parametrize("question", ["CLSS", "NAME", "INF1", "INF2", "INFO", "INST", "ERST", "LAMP", "POWR"])
def test_in_standby_it_tells_who_and_how_it_is(question: str) -> None:
    assert "ERR" not in told(Projector({}, clock=FakeClock()), f"%1{question} ?")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("%1POWR 2", "%1POWR=ERR2"),
        ("%1INPT 99", "%1INPT=ERR2"),
        ("%1AVMT 41", "%1AVMT=ERR2"),
        ("%1AVMT 3", "%1AVMT=ERR2"),
        ("%1HOLO ?", "%1HOLO=ERR1"),
        ("%1FREZ ?", "%1FREZ=ERR1"),
        ("%1SNUM ?", "%1SNUM=ERR1"),
        ("%2FREZ 7", "%2FREZ=ERR2"),
        ("%2SVOL ?", "%2SVOL=ERR2"),
        ("%1NAME x", "%1NAME=ERR2"),
        ("%1powr ?", "%1POWR=1"),
        ("%2INNM ?31", "%2INNM=HDMI 1"),
        ("%2INNM ?39", "%2INNM=ERR2"),
        ("%2POWR ?", "%2POWR=1"),
        ("rubbish", ""),
        ("%3POWR ?", ""),
    ],
)
def test_each_line_has_its_answer(line: str, answer: str) -> None:
    assert told(lit(), line) == answer


def test_class_1_knows_nothing_of_class_2() -> None:
    assert told(lit(**{"class": 1}), "%2FREZ ?") == "%2FREZ=ERR1"


def test_class_1_lists_only_its_own_inputs() -> None:
    projector = lit()
    assert ("61" in told(projector, "%1INST ?"), "61 3A" in told(projector, "%2INST ?")) == (False, True)
    assert (told(projector, "%1INPT 61"), told(projector, "%2INPT 61")) == ("%1INPT=ERR2", "%2INPT=OK")


def test_picture_and_sound_are_muted_apart() -> None:
    projector = lit()
    seen = []
    for code in ("11", "21", "10", "31", "20", "30"):
        told(projector, f"%1AVMT {code}")
        seen.append(told(projector, "%1AVMT ?")[7:])
    assert seen == ["11", "31", "21", "31", "11", "30"]


def test_the_login_is_asked_once_a_connection() -> None:
    projector = lit(password="rahasia")
    salt = projector.greet(7)[0].decode().split()[2]
    for line in (digest(salt, "rahasia") + "%1POWR ?", "%1POWR ?"):
        (request,) = projector.hear(7, f"{line}\r".encode())
        assert projector.answer(7, request) == [b"%1POWR=1\r"]
    assert 7 not in projector.expelled


@pytest.mark.parametrize("login", ["", "0" * 32])
def test_a_wrong_login_is_expelled_until_it_comes_again(login: str) -> None:
    projector = lit(password="rahasia")
    assert told(projector, f"{login}%1POWR 0") == "PJLINK ERRA"
    assert (projector.expelled, projector.state()["power"]) == ({1}, "on")
    projector.leave(1)
    assert projector.expelled == set()


def test_without_network_standby_it_is_gone_when_it_is_off() -> None:
    clock = FakeClock()
    projector = Projector({"power": "on", "network_standby": 0, "cool_down": 5.0}, clock=clock)
    told(projector, "%1POWR 0")
    assert projector.listens()
    clock.advance(5)
    assert not projector.listens()


def test_its_state_goes_out_and_in_again() -> None:
    projector = lit()
    told(projector, "%1INPT 32")
    other = Projector({}, clock=FakeClock())
    other.load(projector.state())
    assert (other.state(), other.state()["input"]) == (projector.state(), "32")


@pytest.mark.parametrize(("state", "error"), [({"smell": 1}, KeyError), ({"class": "two"}, ValueError)])
def test_a_state_that_is_none_is_refused(state: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        lit().load(state)


def test_no_login_is_in_the_log() -> None:
    assert lit().tell(b"5d8409bc1c3fa39749434aa3a5c38682%1POWR ?\r") == "(login) %1POWR ?"
