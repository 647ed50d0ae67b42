"""What a region shows is a fold over the claims in force."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wall_controller.wall_world import Memory, demo_scenes, demo_wall
from wall_controller.book import MOST_CLAIMS, Book
from wall_controller.claims import LEAST_DWELL, Claim, Kind, Shown, after, changes_at, hidden_alarms, queue, rank
from wall_controller.wishes import Wishes

SECOND = 1_000_000_000
LATER = 10_000 * SECOND
SCENES = ("banjir", "gempa", "asap", "tsunami", "rutin", "malam")


def claim(name: str, kind: Kind, **fields: object) -> Claim:
    return replace(Claim(name, "utama", "tanggap", "banjir", name, kind, 0), **fields)  # type: ignore[arg-type]  # a test's shorthand


@st.composite
def claim_lists(draw: st.DrawFn) -> list[Claim]:
    moments = draw(st.lists(st.integers(0, 1000), unique=True, max_size=8))
    return [
        claim(
            f"c{number}",
            draw(st.sampled_from(Kind)),
            scene=draw(st.sampled_from(SCENES)),
            since=moment * SECOND,
            priority=draw(st.integers(0, 4)),
            until=draw(st.none() | st.integers(0, 20_000).map(lambda s: s * SECOND)),
            dwell=draw(st.sampled_from([LEAST_DWELL, 15.0])),
        )
        for number, moment in enumerate(moments)
    ]


def settled(claims: list[Claim], *, now: int = LATER, shown: Shown | None = None) -> Shown:
    """Return what stands once every dwell is over."""
    waiting = queue(claims, region="tanggap", now=now, urgent=3)
    return after(shown or Shown(), waiting, now=now, urgent=3)


@given(claim_lists(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_changes_the_queue(claims: list[Claim], random: object) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' Random
    assert queue(claims, region="tanggap", now=LATER, urgent=3) == queue(
        shuffled, region="tanggap", now=LATER, urgent=3
    )


@given(claim_lists(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_changes_what_the_wall_comes_to_show(claims: list[Claim], random: object) -> None:
    ends = []
    for _ in range(2):
        wishes = Wishes(demo_wall(), demo_scenes(), Book(demo_wall(), demo_scenes(), Memory()), 0)
        for number, one in enumerate(claims):
            wishes.book.put(one)
            wishes.fold(number)
        wishes.fold(LATER)
        ends.append((wishes.shown["tanggap"].claim, wishes.desired))
        random.shuffle(claims)  # type: ignore[attr-defined]  # hypothesis' Random
    assert ends[0] == ends[1]


@given(claim_lists(), claim_lists())
def test_a_release_gives_back_what_was_there_before(claims: list[Claim], more: list[Claim]) -> None:
    others = [replace(one, id=f"x{one.id}") for one in more]
    before = settled(claims)
    during = settled(claims + others, shown=before)
    assert settled(claims, shown=during, now=2 * LATER).claim == settled(claims, now=2 * LATER).claim


@given(claim_lists(), st.integers(0, 2000))
def test_only_claims_in_force_are_shown_and_the_first_of_the_queue_wins(claims: list[Claim], second: int) -> None:
    now = second * SECOND
    waiting = queue(claims, region="tanggap", now=now, urgent=3)
    assert {one.id for one in waiting} == {one.id for one in claims if one.until is None or one.until > now}
    assert settled(claims, now=now).claim == (waiting[0] if waiting else None)
    assert [rank(one, 3) for one in waiting] == sorted(rank(one, 3) for one in waiting)


@given(claim_lists(), st.integers(0, 3000))
def test_an_alarm_on_the_wall_gives_way_within_its_dwell_to_people_only(claims: list[Claim], tenths: int) -> None:
    first = claim("first", Kind.ALARM, priority=3, since=1)
    shown = Shown(first, LATER)
    now = LATER + tenths * SECOND // 100
    waiting = queue([one for one in claims if one.until is None], region="tanggap", now=now, urgent=3)
    then = after(shown, waiting, now=now, urgent=3)
    if tenths < LEAST_DWELL * 100:
        assert then == shown or (then.claim is not None and then.claim.kind is Kind.LEADER)
    else:
        assert then.claim == (waiting[0] if waiting else None)


def test_who_goes_first() -> None:
    claims = [
        claim("schedule", Kind.SCHEDULE, since=9),
        claim("low", Kind.ALARM, since=8, priority=2),
        claim("older operator", Kind.OPERATOR, since=6),
        claim("operator", Kind.OPERATOR, since=7),
        claim("later urgent", Kind.ALARM, since=5, priority=3),
        claim("urgent", Kind.ALARM, since=4, priority=3),
        claim("worst", Kind.ALARM, since=3, priority=4),
        claim("leader", Kind.LEADER, since=2),
        claim("elsewhere", Kind.LEADER, region="informasi"),
    ]
    order = [one.id for one in queue(claims, region="tanggap", now=100, urgent=3)]
    assert order == [
        "leader", "worst", "urgent", "later urgent", "operator", "older operator", "low", "schedule",
    ]  # fmt: skip


def test_an_urgent_alarm_waits_for_the_dwell_of_a_lesser_one_and_an_operator_does_not() -> None:
    shown = Shown(claim("low", Kind.ALARM, priority=2), 0)
    urgent, operator = claim("urgent", Kind.ALARM, priority=4), claim("operator", Kind.OPERATOR)
    assert after(shown, (urgent,), now=SECOND, urgent=3) == shown
    assert after(shown, (operator,), now=SECOND, urgent=3) == Shown(operator, SECOND)


def test_a_longer_dwell_of_its_own_is_kept() -> None:
    shown = Shown(claim("a", Kind.ALARM, dwell=30.0), 0)
    assert after(shown, (), now=29 * SECOND, urgent=3) == shown
    assert after(shown, (), now=30 * SECOND, urgent=3) == Shown(None, 30 * SECOND)
    assert changes_at(shown, (), now=SECOND) == 30 * SECOND


def test_an_alarm_whose_severity_rises_keeps_its_place_and_its_time() -> None:
    first = claim("a", Kind.ALARM, priority=3)
    worse = replace(first, priority=4)
    assert after(Shown(first, 5), (worse,), now=6, urgent=3) == Shown(worse, 5)
    assert hidden_alarms(Shown(first, 5), (worse, claim("b", Kind.ALARM))) == 1


def test_a_region_says_when_it_will_change_by_itself() -> None:
    ends = claim("o", Kind.OPERATOR, until=50)
    assert changes_at(Shown(ends, 0), (ends,), now=10) == 50
    assert changes_at(Shown(ends, 0), (ends,), now=50) is None
    assert changes_at(Shown(), (), now=0) is None


@pytest.mark.parametrize("count", [MOST_CLAIMS, MOST_CLAIMS + 5])
def test_the_claims_of_people_are_bounded_and_what_is_dropped_is_counted(count: int) -> None:
    memory = Memory()
    book = Book(demo_wall(), demo_scenes(), memory)
    for number in range(count):
        book.put(claim(f"p{number}", Kind.OPERATOR, since=number))
    assert len(book.claims) == len(memory.kept("wall.claim")) == MOST_CLAIMS
    assert book.dropped == count - MOST_CLAIMS
    assert "p0" in book.claims or count > MOST_CLAIMS


def test_a_scene_that_is_recalled_again_takes_its_own_place() -> None:
    book = Book(demo_wall(), demo_scenes(), Memory())
    for since in (1, 2, 3):
        book.put(claim("operator:banjir/tanggap", Kind.OPERATOR, since=since))
    assert [one.since for one in book.claims.values()] == [3]
    book.put(claim("a", Kind.ALARM, since=5))
    book.put(claim("a", Kind.ALARM, since=9, priority=4))
    assert (book.claims["a"].since, book.claims["a"].priority) == (5, 4)
