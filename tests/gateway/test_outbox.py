"""What one live client is still to be sent: numbered, news never dropped, telemetry folded."""

from __future__ import annotations

import orjson

from gateway.api.outbox import MOST_WAITING, RESYNC, SIGNED_OUT, Outbox, readings_tail, tail_of
from gateway.auth.roles import Actor, Role


def outbox() -> Outbox:
    return Outbox(Actor("sari", frozenset({Role.OPERATOR}), "session"))


def drain(box: Outbox) -> list[dict[str, object]]:
    found = []
    while (frame := box.take()) is not None:
        found.append(orjson.loads(frame))
    return found


def news(n: int) -> bytes:
    return tail_of("alarm", "now", b"%d" % n)


def put_readings(box: Outbox, at: str, **values: int) -> None:
    pieces = {point: b'{"%b":%d}' % (point.encode(), value) for point, value in values.items()}
    box.put_readings(at, pieces, readings_tail(at, pieces))


def test_messages_are_numbered_from_one_without_a_gap() -> None:
    box = outbox()
    for n in range(3):
        box.put(news(n))
    put_readings(box, "t", river=5)
    assert drain(box) == [
        {"n": 1, "kind": "alarm", "at": "now", "data": 0},
        {"n": 2, "kind": "alarm", "at": "now", "data": 1},
        {"n": 3, "kind": "alarm", "at": "now", "data": 2},
        {"n": 4, "kind": "readings", "at": "t", "data": [{"river": 5}]},
    ]
    assert not box.ready.is_set()


def test_readings_are_folded_while_others_wait_the_latest_of_each_point() -> None:
    box = outbox()
    for n in range(100):
        put_readings(box, f"t{n}", river=n, tide=-n)
    put_readings(box, "end", door=1)
    assert drain(box) == [
        {"n": 1, "kind": "readings", "at": "t0", "data": [{"river": 0}, {"tide": 0}]},
        {"n": 2, "kind": "readings", "at": "end", "data": [{"river": 99}, {"tide": -99}, {"door": 1}]},
    ]
    assert box.folded == 196


def test_news_are_never_dropped_a_client_too_far_behind_starts_anew() -> None:
    box = outbox()
    for n in range(MOST_WAITING):
        box.put(news(n))
    assert box.ending is None
    box.put(news(MOST_WAITING))
    assert box.ending is RESYNC


def test_the_first_reason_to_end_stands() -> None:
    box = outbox()
    box.end(SIGNED_OUT)
    box.end(RESYNC)
    assert (box.ending, box.ready.is_set()) == (SIGNED_OUT, True)
