"""A sink's place in the journal: nothing is forgotten, whatever is left behind, sent, kept and restored."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gateway.forward import positions as module
from gateway.forward.positions import Positions, Stretch, restored

Deed = tuple[str, int]
deeds = st.lists(
    st.tuples(st.sampled_from(["commit", "new", "leave", "old", "restart"]), st.integers(1, 5)), max_size=60
)


@given(deeds)
def test_every_commit_is_sent_and_what_counts_as_safe_really_is(history: list[Deed]) -> None:
    positions, newest, sent = Positions(0), 0, set[int]()
    for deed, n in history:
        if deed == "commit":
            newest += n
        elif deed == "new" and newest > positions.head:
            upto = min(positions.head + n, newest)
            sent |= set(range(positions.head + 1, upto + 1))
            positions.sent_new(upto, upto - positions.head)
        elif deed == "leave":
            positions.leave_behind(newest)
        elif deed == "old" and positions.behind:
            first = positions.behind[0]
            upto = first.after + n
            sent |= set(range(first.after + 1, upto + 1))
            positions.sent_old(upto)
        elif deed == "restart":
            document = positions.document()
            kept = (
                None if document is None else msgspec.json.decode(msgspec.json.encode(document), type=dict[str, object])
            )
            positions = restored(positions.safe, kept)
        assert set(range(1, positions.safe + 1)) <= sent
        pending = {seq for each in positions.behind for seq in range(each.after + 1, each.upto + 1)}
        assert set(range(1, positions.head + 1)) - sent <= pending
        assert positions.ahead <= len(sent)


def test_stretches_side_by_side_are_one() -> None:
    positions = Positions(0)
    positions.leave_behind(5)
    positions.leave_behind(9)
    positions.sent_new(12, 3)
    positions.leave_behind(20)
    assert positions.behind == [Stretch(0, 9, 3), Stretch(12, 20)]
    assert (positions.safe, positions.ahead) == (0, 3)


def test_too_many_stretches_are_joined_and_some_rows_sent_again() -> None:
    positions = Positions(0)
    for n in range(1, 200):
        positions.leave_behind(2 * n)
        positions.sent_new(2 * n + 1, 1)
    assert len(positions.behind) <= module.MOST_STRETCHES
    assert positions.behind[-1].upto == 2 * 199


def test_what_is_kept_but_makes_no_sense_begins_at_the_safe_place() -> None:
    assert restored(7, {"head": "x", "behind": []}) == Positions(7)
    assert restored(7, {"head": 3, "behind": [[0, 5, 1], [6, 9, 2]]}) == Positions(7, [Stretch(7, 9, 2)])
