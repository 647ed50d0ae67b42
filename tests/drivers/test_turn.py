"""The order on one wire, without a wire."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from drivers.driver import Request
from drivers.model import Arg, Command, Priority, Result
from drivers.turn import MOST_WAITING, Job, Turn, remainder


def command(
    id: str, verb: str, *, deadline: float = 100.0, priority: Priority = Priority.OPERATOR, **args: Arg
) -> Command:
    return Command(id, "panel", verb, args, "ani", "test", 0, deadline, priority)


def job(wish: Command) -> Job:
    return Job(wish.priority, asyncio.get_running_loop().create_future(), wish)


def question(priority: Priority = Priority.POLL) -> Job:
    return Job(priority, asyncio.get_running_loop().create_future(), requests=(Request(b"?", "power"),))


def taken(turn: Turn, now: float = 0.0) -> list[str]:
    """Take everything that may go now, and name it."""
    order = []
    while (one := turn.take(now)) is not None:
        order.append(one.command.id if one.command else "question")
    return order


async def test_the_most_urgent_goes_first_and_among_equals_the_oldest() -> None:
    turn = Turn(Counter())
    turn.add(question(), 0.0)
    for id, verb, priority in (
        ("reconcile", "freeze", Priority.RECONCILE),
        ("first", "power", Priority.OPERATOR),
        ("second", "mute", Priority.OPERATOR),
        ("scene", "picture_mute", Priority.SCENE),
        ("alarm", "lock_output", Priority.ALARM),
    ):
        turn.add(job(command(id, verb, on=True, priority=priority)), 0.0)
    assert taken(turn) == ["alarm", "first", "second", "scene", "reconcile", "question"]


async def test_of_two_wishes_for_one_value_the_newer_counts() -> None:
    counters: Counter[str] = Counter()
    turn = Turn(counters)
    older, other, newer = (
        job(command("a", "input", source="hdmi1")),
        job(command("b", "power", on=True)),
        job(command("c", "input", source="hdmi2")),
    )
    for one in (older, other, newer):
        turn.add(one, 0.0)
    assert older.end.result().result is Result.SUPERSEDED
    assert taken(turn) == ["b", "c"]
    assert counters == {"superseded": 1}


async def test_locks_of_two_outputs_do_not_replace_each_other() -> None:
    turn = Turn(Counter())
    turn.add(job(command("a", "lock_output", output=1, on=True)), 0.0)
    turn.add(job(command("b", "lock_output", output=2, on=True)), 0.0)
    assert taken(turn) == ["a", "b"]


async def test_a_newer_route_takes_its_outputs_out_of_an_older_salvo() -> None:
    turn = Turn(Counter())
    older = job(command("a", "route", routes={"1": 4, "2": 4, "3": 4}))
    turn.add(older, 0.0)
    turn.add(job(command("b", "route", routes={"2": 7}, priority=Priority.ALARM)), 0.0)
    assert taken(turn) == ["b", "a"]
    assert older.command is not None
    assert older.command.args == {"routes": {"1": 4, "3": 4}}


outputs = st.dictionaries(st.sampled_from("12345"), st.integers(1, 9), min_size=1)


@given(outputs, outputs)
def test_whatever_the_order_of_sending_the_newer_routes_win(older: dict[str, int], newer: dict[str, int]) -> None:
    left = remainder(command("a", "route", routes=older), command("b", "route", routes=newer))
    routes = left.args["routes"] if left else {}
    assert isinstance(routes, dict)
    assert {**newer, **routes} == {**older, **newer}


async def test_what_is_too_late_is_reported_and_never_handed_out() -> None:
    counters: Counter[str] = Counter()
    turn = Turn(counters)
    late, timely = job(command("late", "power", on=True, deadline=5.0)), job(command("timely", "mute", on=True))
    turn.add(late, 0.0)
    turn.add(timely, 0.0)
    assert taken(turn, now=5.1) == ["timely"]
    assert late.end.result().result is Result.EXPIRED
    assert counters == {"expired": 1}


async def test_what_comes_too_late_replaces_nothing() -> None:
    turn = Turn(Counter())
    turn.add(job(command("a", "power", on=True)), 50.0)
    turn.add(job(command("b", "power", on=False, deadline=49.0)), 50.0)
    assert taken(turn, now=50.0) == ["a"]


async def test_a_full_queue_refuses_commands_with_a_reason_but_still_takes_questions() -> None:
    counters: Counter[str] = Counter()
    turn = Turn(counters)
    for number in range(MOST_WAITING):
        turn.add(job(command(str(number), "lock_output", output=number, on=True)), 0.0)
    over = job(command("over", "power", on=True))
    turn.add(over, 0.0)
    turn.add(question(), 0.0)
    assert over.end.result().result is Result.FAILED
    assert "too slow" in over.end.result().detail
    assert counters == {"dropped": 1}
    assert len(taken(turn)) == MOST_WAITING + 1


async def test_nobody_goes_while_the_wire_rests_and_a_busy_device_is_left_alone() -> None:
    turn = Turn(Counter())
    turn.rest(2.0)
    turn.put_back(job(command("busy", "power", on=True)), not_before=4.0)
    turn.add(job(command("other", "mute", on=True)), 0.0)
    assert taken(turn, now=1.9) == []
    assert taken(turn, now=2.0) == ["other"]
    assert taken(turn, now=4.0) == ["busy"]


async def test_when_the_state_is_in_doubt_questions_go_first() -> None:
    turn = Turn(Counter())
    turn.add(question(), 0.0)
    turn.add(job(command("operator", "power", on=True)), 0.0)
    turn.hurry_questions()
    assert taken(turn) == ["question", "operator"]


async def test_a_job_that_was_out_is_not_put_back_over_a_newer_wish() -> None:
    turn = Turn(Counter())
    turn.add(job(command("older", "power", on=True)), 0.0)
    older = turn.take(0.0)
    assert older is not None
    turn.add(job(command("newer", "power", on=False)), 0.0)
    turn.put_back(older, not_before=1.0)
    assert older.end.result().result is Result.SUPERSEDED
    assert taken(turn, now=9.0) == ["newer"]


async def test_who_does_not_wait_any_more_is_not_served() -> None:
    turn = Turn(Counter())
    gone = job(command("gone", "power", on=True))
    turn.add(gone, 0.0)
    gone.end.cancel()
    assert turn.take(0.0) is None


async def test_waiting_ends_when_the_rest_is_over_or_a_job_comes() -> None:
    turn = Turn(Counter())
    loop = asyncio.get_running_loop()
    turn.rest(3.0)
    turn.add(question(), 0.0)
    await turn.wait(0.0)
    assert loop.time() == 3.0
    assert taken(turn, now=3.0) == ["question"]
    loop.call_later(1.0, lambda: turn.add(question(), 4.0))
    await turn.wait(3.0)
    assert loop.time() == 4.0


async def test_at_the_end_everything_fails_with_the_reason() -> None:
    turn = Turn(Counter())
    waiting = job(command("a", "power", on=True))
    turn.add(waiting, 0.0)
    turn.clear("the line is cut")
    assert (waiting.end.result().result, waiting.end.result().detail) == (Result.FAILED, "the line is cut")
    assert turn.take(0.0) is None
