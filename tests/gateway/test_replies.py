"""What a server's reply means: InfluxDB's own sentences, and how long to wait."""

from __future__ import annotations

from random import Random

import pytest

from gateway.forward.replies import Answer, Reply, pause, seconds_to_wait
from tests.fakes import EPOCH_NS

OLD_18 = b'{"error":"partial write: points beyond retention policy dropped=2"}'
CONFLICT_18 = (
    b'{"error":"partial write: field type conflict: input field \\"value\\" on measurement \\"reading\\" is type float,'
    b' already exists as type integer dropped=1"}'
)
PARSE_18 = b'{"error":"partial write: unable to parse \'m,point=b value=x 2\': invalid number dropped=0"}'
CONFLICT_2 = b'{"code":"unprocessable entity","message":"failure writing points to database: partial write: conflict"}'
PARSE_2 = b'{"code":"invalid","message":"unable to parse \'m,point=b value=x 2\': invalid number"}'
PARSE_CLOUD = (
    b'{"code":"invalid","message":"failed to parse line protocol: errors encountered on line(s):\\nline 2: x"}'
)
LINE_CLOUD = b'{"code":"invalid","line":2,"message":"failed to parse line protocol"}'
PARSE_3 = (
    b'{"error":"partial write of line protocol occurred","data":[{"original_line":"m v=x","line_number":2,'
    b'"error_message":"No fields were provided"}]}'
)
BODY = b"m,point=a value=1 1\nm,point=b value=x 2\nm,point=c value=3 3\n"


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (204, b"", Answer.STORED),
        (200, b"", Answer.STORED),
        (400, OLD_18, Answer.OLD),
        (422, OLD_18, Answer.OLD),
        (400, CONFLICT_18, Answer.REFUSED),
        (400, PARSE_2, Answer.REFUSED),
        (422, CONFLICT_2, Answer.REFUSED),
        (401, b"", Answer.CREDENTIALS),
        (403, b"", Answer.CREDENTIALS),
        (404, b"", Answer.MISSING),
        (413, b"", Answer.TOO_LARGE),
        (429, b"", Answer.BUSY),
        (503, b"", Answer.BUSY),
        (502, b"", Answer.BUSY),
        (504, b"", Answer.BUSY),
        (500, b"", Answer.AWAY),
        (301, b"", Answer.AWAY),
        (0, b"connection refused", Answer.AWAY),
    ],
)
def test_every_reply_has_one_meaning(status: int, body: bytes, answer: Answer) -> None:
    assert Reply(status, body).answer is answer


@pytest.mark.parametrize(
    ("body", "suspects"),
    [
        (PARSE_18, [1]),
        (PARSE_2, [1]),
        (PARSE_CLOUD, [1]),
        (LINE_CLOUD, [1]),
        (PARSE_3, [1]),
        (CONFLICT_18, []),
        (CONFLICT_2, []),
        (b'{"line": 99}', []),
        (b"<html>line 0", []),
        (b"", []),
    ],
)
def test_the_rows_that_a_server_names_are_found(body: bytes, suspects: list[int]) -> None:
    assert Reply(400, body).suspects(BODY) == suspects


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (OLD_18, "partial write: points beyond retention policy dropped=2"),
        (CONFLICT_2, "failure writing points to database: partial write: conflict"),
        (PARSE_3, "partial write of line protocol occurred; No fields were provided"),
        (b"404 page not found\n", "404 page not found"),
        (b"[1, 2]", "[1, 2]"),
        (b"\xff{", "�{"),
        (b"", "status 400"),
    ],
)
def test_the_sentence_of_a_server_is_told_as_it_is(body: bytes, text: str) -> None:
    assert Reply(400, body).text == text


def test_rows_that_are_too_old_are_counted() -> None:
    assert (Reply(400, OLD_18).old, Reply(204, OLD_18).old, Reply(400, CONFLICT_18).old) == (2, 0, 0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("1e9", 600.0),
        ("Sat, 17 Jan 2026 00:01:00 GMT", 60.0),
        ("Sat, 17 Jan 2026 00:01:00", 60.0),
        ("Fri, 16 Jan 2026 00:01:00 GMT", 0.0),
        ("soon", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float) -> None:
    assert seconds_to_wait(header, EPOCH_NS) == seconds


def test_the_pauses_grow_are_spread_and_respect_what_the_server_asks_for() -> None:
    random = Random(1)
    assert {pause(Reply(status), 1, random) for status in (401, 403, 404, 400, 413)} == {30.0}
    assert max(pause(Reply(500), 1, random) for _ in range(99)) <= 1 / 40
    many = [pause(Reply(0), 200, random) for _ in range(999)]
    assert max(many) <= 60.0
    assert min(many) < 5.0 < 55.0 < max(many)
    assert 90.0 <= pause(Reply(429, b"", 90.0), 1, random) <= 90.1
