"""The newest reading of every point: the sensor's time decides, not the order of arrival."""

from __future__ import annotations

from msgspec import structs

from drivers.model import Quality, Reading, Reason
from gateway.store.latest import Latest
from tests.fakes import EPOCH_NS

S = 1_000_000_000


def reading(value: float | str, second: float, *, heard: float | None = None, retained: bool = False) -> Reading:
    at = EPOCH_NS + round(second * S)
    received = at if heard is None else EPOCH_NS + round(heard * S)
    return Reading("tma.1", value, at, received, 0.0, retained=retained)


def sifted(*readings: Reading) -> tuple[Latest, list[Reading]]:
    latest, keep = Latest(), list[Reading]()
    for one in readings:
        latest.sift([one], keep)
    return latest, keep


def test_r18_a_backlog_that_arrives_late_is_stored_and_never_becomes_the_latest() -> None:
    now, old, older = reading(3.0, 100), reading(1.0, 40, heard=101), reading(0.5, 20, heard=102)
    latest, keep = sifted(now, old, older)
    assert latest.get("tma.1") == now
    assert keep == [now, old, older]
    assert latest.late == 2


def test_r18_a_retained_message_from_before_does_not_overwrite_what_is_newer() -> None:
    now, kept = reading(3.0, 100), reading(1.0, 40, heard=101, retained=True)
    assert sifted(now, kept)[0].get("tma.1") == now


def test_the_same_reading_again_is_a_redelivery_and_counted() -> None:
    one = reading(3.0, 100)
    latest, keep = sifted(one, structs.replace(one, received_at=one.received_at + S))
    assert keep == [one]
    assert latest.duplicates == 1


def test_r17_two_events_in_one_tick_are_both_kept_and_the_second_is_the_latest() -> None:
    opened, closed = reading("open", 100), reading("closed", 100)
    latest, keep = sifted(opened, closed)
    assert keep == [opened, closed]
    assert latest.get("tma.1") == structs.replace(closed, source_at=closed.source_at + 1)


def test_r17_a_redelivery_of_the_first_of_two_events_in_one_tick_changes_nothing() -> None:
    opened, closed = reading("open", 100), reading("closed", 100)
    latest, _ = sifted(opened, closed, opened)
    newest = latest.get("tma.1")
    assert newest is not None and newest.value == "closed"


def test_r17_a_time_that_cannot_be_is_refused_and_counted() -> None:
    latest, keep = sifted(
        structs.replace(reading(1.0, 0), source_at=-1), structs.replace(reading(1.0, 0), source_at=2**70)
    )
    assert (keep, latest.impossible, latest.all()) == ([], 2, [])


def test_r19_one_time_stamp_from_the_future_is_flagged_and_does_not_block_the_point() -> None:
    wrong, right = reading(9.0, 86_400, heard=10), reading(1.0, 11)
    latest, keep = sifted(wrong)
    shown = structs.replace(wrong, source_at=wrong.received_at, quality=Quality.UNCERTAIN, reason=Reason.SOURCE)
    assert latest.get("tma.1") == shown
    latest.sift([right], keep)
    assert latest.get("tma.1") == right
    assert keep == [wrong, right]
    assert latest.ahead == 1


def test_r19_a_time_stamp_from_the_future_that_was_heard_late_is_not_the_latest() -> None:
    right, wrong = reading(1.0, 11), reading(9.0, 86_400, heard=10)
    assert sifted(right, wrong)[0].get("tma.1") == right


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    ahead = reading(1.0, 59, heard=0)
    assert sifted(ahead)[0].get("tma.1") == ahead


def test_what_was_stored_earlier_is_the_latest_until_something_newer_comes() -> None:
    stored, old, new = reading(1.0, 50), reading(0.0, 40), reading(2.0, 60)
    latest = Latest()
    latest.restore([stored])
    latest.sift([old], [])
    assert latest.get("tma.1") == stored
    latest.sift([new], [])
    assert latest.all() == [new]


def test_a_point_that_was_never_read_has_no_latest() -> None:
    assert Latest().get("tma.1") is None
