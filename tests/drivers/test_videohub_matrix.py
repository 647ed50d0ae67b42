"""The emulated matrix: prelude, salvos that switch whole or not at all, locks, labels, and news to everybody."""

from __future__ import annotations

import pytest

from drivers.emulators.videohub import Matrix
from tests.fakes import FakeClock

SECOND = 2


@pytest.fixture
def matrix() -> Matrix:
    made = Matrix({}, clock=FakeClock())
    made.greet(1)
    made.greet(SECOND)
    return made


def told(matrix: Matrix, text: str, *, client: int = 1) -> str:
    """Return what the matrix answers to this client."""
    return b"".join(
        said for block in matrix.hear(client, text.encode()) for said in matrix.answer(client, block)
    ).decode()


def news(matrix: Matrix) -> dict[int, str]:
    """Return what each client is told unasked."""
    pushed: dict[int, str] = {}
    for client, block in matrix.pushes():
        pushed[client] = pushed.get(client, "") + block.decode()
    return pushed


def test_the_prelude_has_every_block_in_order() -> None:
    prelude = [block.decode().split(":")[0] for block in Matrix({}, clock=FakeClock()).greet(1)]
    assert prelude == [
        "PROTOCOL PREAMBLE", "VIDEOHUB DEVICE", "INPUT LABELS", "OUTPUT LABELS", "VIDEO OUTPUT LOCKS",
        "VIDEO OUTPUT ROUTING", "CONFIGURATION", "END PRELUDE",
    ]  # fmt: skip


def test_old_firmware_ends_its_prelude_with_the_routes() -> None:
    assert Matrix({"version": "2.3"}, clock=FakeClock()).greet(1)[-1].startswith(b"VIDEO OUTPUT ROUTING:\n0 0\n")


def test_a_salvo_is_acknowledged_and_told_to_everybody(matrix: Matrix) -> None:
    assert told(matrix, "VIDEO OUTPUT ROUTING:\n0 3\n2 7\n\n") == "ACK\n\n"
    block = "VIDEO OUTPUT ROUTING:\n0 3\n2 7\n\n"
    assert news(matrix) == {1: block, SECOND: block}


def test_a_salvo_with_one_locked_output_switches_nothing(matrix: Matrix) -> None:
    told(matrix, "VIDEO OUTPUT LOCKS:\n2 O\n\n", client=SECOND)
    news(matrix)
    assert told(matrix, "VIDEO OUTPUT ROUTING:\n0 3\n2 7\n\n") == "NAK\n\n"
    assert (news(matrix), matrix.state()["routing"]) == ({}, list(range(16)))


@pytest.mark.parametrize("lines", ["16 0", "0 16", "0", "x 1", "0 x", "0 -1"])
def test_routes_that_are_not_there_are_refused(matrix: Matrix, lines: str) -> None:
    assert told(matrix, f"VIDEO OUTPUT ROUTING:\n{lines}\n\n") == "NAK\n\n"


def test_a_lock_is_own_to_one_and_other_to_the_rest(matrix: Matrix) -> None:
    assert told(matrix, "VIDEO OUTPUT LOCKS:\n3 O\n\n") == "ACK\n\n"
    assert news(matrix) == {1: "VIDEO OUTPUT LOCKS:\n3 O\n\n", SECOND: "VIDEO OUTPUT LOCKS:\n3 L\n\n"}
    assert told(matrix, "VIDEO OUTPUT ROUTING:\n3 1\n\n") == "ACK\n\n"
    assert told(matrix, "VIDEO OUTPUT LOCKS:\n3 U\n\n", client=SECOND) == "NAK\n\n"
    assert told(matrix, "VIDEO OUTPUT LOCKS:\n3 F\n\n", client=SECOND) == "ACK\n\n"


def test_what_a_client_has_locked_stays_locked_when_it_goes(matrix: Matrix) -> None:
    told(matrix, "VIDEO OUTPUT LOCKS:\n3 O\n\n")
    matrix.leave(1)
    assert told(matrix, "VIDEO OUTPUT ROUTING:\n3 1\n\n", client=SECOND) == "NAK\n\n"


@pytest.mark.parametrize("lines", ["3 X", "3 OO", "3 ", "99 O"])
def test_a_lock_that_is_none_is_refused(matrix: Matrix, lines: str) -> None:
    assert told(matrix, f"VIDEO OUTPUT LOCKS:\n{lines}\n\n") == "NAK\n\n"


def test_a_header_alone_asks_for_the_block_and_only_the_asker_is_told(matrix: Matrix) -> None:
    answer = told(matrix, "VIDEO OUTPUT ROUTING:\n\n")
    assert answer.startswith("ACK\n\nVIDEO OUTPUT ROUTING:\n0 0\n1 1\n")
    assert news(matrix) == {}


def test_labels_have_at_most_64_characters(matrix: Matrix) -> None:
    assert told(matrix, f"INPUT LABELS:\n0 {'x' * 64}\n\n") == "ACK\n\n"
    assert told(matrix, f"INPUT LABELS:\n0 {'x' * 65}\n\n") == "NAK\n\n"
    assert told(matrix, "OUTPUT LABELS:\n99 y\n\n") == "NAK\n\n"
    assert matrix.state()["input_labels"][0] == "x" * 64  # type: ignore[index]  # a list, as state() says


def test_ping_is_acknowledged_and_an_unknown_block_is_not(matrix: Matrix) -> None:
    assert (told(matrix, "PING:\n\n"), told(matrix, "HELLO:\nyou\n\n")) == ("ACK\n\n", "NAK\n\n")


def test_name_and_take_mode_can_be_changed(matrix: Matrix) -> None:
    assert told(matrix, "VIDEOHUB DEVICE:\nFriendly name: Aula\n\n") == "ACK\n\n"
    assert told(matrix, "CONFIGURATION:\nTake Mode: false\n\n") == "ACK\n\n"
    assert told(matrix, "VIDEOHUB DEVICE:\nModel name: mine\n\n") == "NAK\n\n"
    assert (matrix.state()["friendly_name"], matrix.state()["take_mode"]) == ("Aula", False)


def test_without_its_device_it_tells_little_and_when_it_is_back_everything(matrix: Matrix) -> None:
    matrix.load({"present": "false"})
    assert "Device present: false" in news(matrix)[1]
    assert told(matrix, "VIDEO OUTPUT ROUTING:\n0 3\n\n") == "NAK\n\n"
    matrix.load({"present": "true"})
    assert "VIDEO OUTPUT ROUTING:\n0 0" in news(matrix)[SECOND]


def test_its_state_goes_out_and_in_again(matrix: Matrix) -> None:
    told(matrix, "VIDEO OUTPUT ROUTING:\n0 3\n\n")
    other = Matrix({}, clock=FakeClock())
    other.load(matrix.state())
    assert other.state() == matrix.state()


def test_a_smaller_matrix_keeps_its_routes_in_range() -> None:
    matrix = Matrix({}, clock=FakeClock())
    matrix.load({"inputs": 4, "outputs": 6})
    assert matrix.state()["routing"] == [0, 1, 2, 3, 0, 1]


@pytest.mark.parametrize(
    ("state", "error"), [({"smell": 1}, KeyError), ({"outputs": 900}, ValueError), ({"routing": 3}, TypeError)]
)
def test_a_state_that_is_none_is_refused(matrix: Matrix, state: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        matrix.load(state)
