"""What a broker repeats without a time: the known reading again, or one of unknown age; never a fresh one."""

from __future__ import annotations

from msgspec import structs

from drivers.model import Name, Point, Quality, Reading, Reason
from gateway.plausibility.repeats import Repeats
from gateway.store.latest import Latest
from tests.fakes import EPOCH_NS

S = 1_000_000_000
POINTS = [Point("river", "broker", Name("Sungai", "River"), stale_after=900.0), Point("door", "broker", Name("P", "D"))]


def reading(point: str, value: float | bool, second: float, **more: object) -> Reading:
    at = EPOCH_NS + round(second * S)
    return structs.replace(Reading(point, value, at, at, 0.0), **more)  # type: ignore[arg-type]


def repeats(*known: Reading) -> tuple[Repeats, Latest]:
    latest = Latest()
    latest.sift(known, [])
    return Repeats(POINTS, last=latest.get), latest


def test_what_is_known_is_the_known_reading_again_and_is_not_stored_twice() -> None:
    known = reading("river", 2.0, 10, quality=Quality.BAD, reason=Reason.COMM)
    one, latest = repeats(known)
    (again,) = one.judged([reading("river", 2.0, 500, retained=True)])
    assert (again.source_at, again.quality, again.reason) == (known.source_at, Quality.BAD, Reason.COMM)
    keep: list[Reading] = []
    latest.sift([again], keep)
    assert (keep, latest.get("river"), latest.duplicates) == ([], known, 1)


def test_what_is_not_known_is_of_unknown_age_if_its_point_can_be_stale() -> None:
    one, _ = repeats(reading("river", 2.0, 10))
    river, door = reading("river", 3.0, 500, retained=True), reading("door", True, 500, retained=True)
    stale = structs.replace(river, quality=Quality.UNCERTAIN, reason=Reason.STALE)
    assert one.judged([river, door]) == [stale, door]
    one.adopt([])
    assert one.judged([river]) == [river]


def test_what_says_when_it_was_measured_and_what_is_news_stays_as_it_is() -> None:
    one, _ = repeats(reading("river", 2.0, 10))
    dated = reading("river", 2.0, 500, retained=True, source_at=EPOCH_NS)
    doubted = reading("river", 9.0, 500, retained=True, quality=Quality.UNCERTAIN, reason=Reason.MANUAL)
    batch = [dated, doubted, reading("river", 2.0, 501)]
    assert one.judged(batch) == batch
