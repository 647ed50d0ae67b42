"""The Videohub driver: one block a command, the greeting, and what it knows of locks and sizes."""

from __future__ import annotations

import pytest

from drivers.devices.videohub import SPEC, Options, Videohub
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg
from tests.drivers.asking import command, payloads

DEVICE = (
    b"VIDEOHUB DEVICE:\nDevice present: true\nModel name: Smart Videohub 12x12\nVideo inputs: 12\nVideo outputs: 12\n\n"
)


@pytest.fixture
def matrix() -> Videohub:
    return Videohub(Options())


def topics(matrix: Videohub, data: bytes) -> list[str | None]:
    return [reply.topic for reply in matrix.feed(data)]


def test_the_greeting_comes_with_the_routes_and_says_who_it_is(matrix: Videohub) -> None:
    replies = matrix.feed(DEVICE + b"VIDEO OUTPUT ROUTING:\n0 3\n\n")
    assert [reply.topic for reply in replies] == ["VIDEOHUB DEVICE", "VIDEO OUTPUT ROUTING", "greeting"]
    assert dict(replies[-1].values) == {"model": "Smart Videohub 12x12", "present": "yes"}


def test_it_greets_once(matrix: Videohub) -> None:
    matrix.feed(DEVICE + b"VIDEO OUTPUT ROUTING:\n0 3\n\n")
    assert topics(matrix, b"END PRELUDE:\n\n") == []
    assert topics(matrix, b"VIDEO OUTPUT ROUTING:\n0 4\n\n") == ["VIDEO OUTPUT ROUTING"]


def test_a_matrix_without_its_device_greets_all_the_same(matrix: Videohub) -> None:
    (news, greeting) = matrix.feed(b"VIDEOHUB DEVICE:\nDevice present: false\n\n")
    assert (dict(news.values), greeting.topic) == ({"present": "no"}, "greeting")


def test_hello_and_verify_ask_nothing_because_the_matrix_tells_by_itself(matrix: Videohub) -> None:
    assert (matrix.hello(), matrix.verify(command("route", routes={"1": 1}))) == ([], [])


def test_a_block_never_answers_a_request(matrix: Videohub) -> None:
    asked = {request.topic for request in (*matrix.poll(), *matrix.request(command("route", routes={"1": 1})))}
    told = topics(matrix, DEVICE + b"VIDEO OUTPUT ROUTING:\n0 3\n\nVIDEO OUTPUT LOCKS:\n0 U\n\n")
    assert asked.isdisjoint(told)


@pytest.mark.parametrize(
    "args",
    [
        {"routes": {}},
        {"routes": {"0": 1}},
        {"routes": {"13": 1}},
        {"routes": {"1": 13}},
        {"routes": {"1": True}},
        {"routes": {"one": 1}},
        {"routes": {"01": 1}},
        {"routes": {"1": "2"}},
    ],
)
def test_routes_that_are_not_there_are_bad_commands(matrix: Videohub, args: dict[str, Arg]) -> None:
    matrix.feed(DEVICE)
    with pytest.raises(BadCommand):
        matrix.request(command("route", **args))


def test_what_a_matrix_cannot_do_is_a_bad_command(matrix: Videohub) -> None:
    with pytest.raises(BadCommand):
        matrix.request(command("power", on=True))


def test_the_size_in_the_site_file_counts_until_the_device_says_its_own() -> None:
    matrix = Videohub(Options(inputs=4, outputs=4))
    with pytest.raises(BadCommand):
        matrix.request(command("route", routes={"5": 1}))
    matrix.feed(DEVICE)
    assert payloads(matrix, "route", routes={"5": 1}) == [b"VIDEO OUTPUT ROUTING:\n4 0\n\n"]


def test_a_refusal_names_the_outputs_that_others_have_locked(matrix: Videohub) -> None:
    matrix.feed(b"VIDEO OUTPUT LOCKS:\n1 L\n2 O\n4 L\n\n")
    matrix.request(command("route", routes={"1": 1, "2": 1, "3": 1, "5": 1}))
    (reply,) = matrix.feed(b"NAK\n\n")
    assert reply.refused is not None
    assert "output 2, 5 is locked" in reply.refused.text


@pytest.mark.parametrize(
    "block",
    [
        b"VIDEO OUTPUT ROUTING:\n0\n\n", b"VIDEO OUTPUT ROUTING:\n0 x\n\n", b"VIDEO OUTPUT ROUTING:\n99 0\n\n",
        b"VIDEO OUTPUT ROUTING:\n0 99\n\n", b"VIDEO OUTPUT LOCKS:\n0 Z\n\n", b"VIDEO OUTPUT LOCKS:\n77 U\n\n",
        b"VIDEOHUB DEVICE:\nVideo outputs: many\n\n", b"VIDEOHUB DEVICE:\nDevice present: perhaps\n\n",
    ],
)  # fmt: skip
def test_a_block_that_makes_no_sense_is_a_protocol_error(matrix: Videohub, block: bytes) -> None:
    matrix.feed(DEVICE)
    with pytest.raises(ProtocolError):
        matrix.feed(block)


def test_carriage_returns_and_unknown_lines_are_left_out(matrix: Videohub) -> None:
    (reply,) = matrix.feed(b"VIDEOHUB DEVICE:\r\nMood\r\nModel name: Hub: the second\r\n\r\n")
    assert dict(reply.values) == {"model": "Hub: the second"}


def test_there_are_as_many_points_as_outputs() -> None:
    names = {point.name for point in SPEC.points(Options(outputs=40))}
    assert {"route.40", "lock.40", "model", "present"} <= names
    assert "route.41" not in names
