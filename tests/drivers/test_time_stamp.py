"""When something was measured, in every unit that sensors use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.time_stamp import Stamped, stamp_of, zone_of

NOW = 1_768_639_330_000_000_000  # 2026-01-17T08:42:10Z
AT = 1_768_639_320_000_000_000  # 2026-01-17T08:42:00Z


@pytest.mark.parametrize(
    ("unit", "zone", "ts", "at"),
    [
        ("s", "", 1_768_639_320, AT),
        ("s", "", "1768639320", AT),
        ("s", "", " 1768639320.5 ", AT + 500_000_000),
        ("ms", "", 1_768_639_320_250, AT + 250_000_000),
        ("us", "", 1_768_639_320_000_001, AT + 1_000),
        ("ns", "", 1_768_639_320_000_000_001, AT + 1),
        ("s", "", 1_768_639_320.25, AT + 250_000_000),
        ("auto", "", "1768639320000", AT),
        ("auto", "", "2026-01-17T15:42:00+07:00", AT),
        ("auto", "+07:00", "2026-01-17 15:42:00", AT),
        ("auto", "+07:00", "2026-01-17T08:42:00Z", AT),
        ("auto", "+07:00", 1_768_639_320, AT),
        ("iso8601", "+07:00", "2026-01-17T15:42:00", AT),
        ("iso8601", "Asia/Jakarta", "2026-01-17T15:42:00", AT),
        ("iso8601", "-03:30", "2026-01-17T05:12:00", AT),
        ("iso8601", "", "20260117T084200Z", AT),
        ("iso8601", "", "2026-01-17T08:42:00", AT),
        ("s", "", None, NOW),
    ],
)
def test_r17_a_time_stamp_is_read_in_the_unit_and_zone_that_are_set(unit: str, zone: str, ts: Stamped, at: int) -> None:
    assert stamp_of(unit, zone)(ts, NOW) == at


@pytest.mark.parametrize(
    ("unit", "ts", "word", "told"),
    [
        ("s", 1_768_639_320_000, "future", "ahead"),
        ("ms", 1_768_639_320, "ts", "before the year 2000"),
        ("s", "2026-01-17T08:42:00Z", "ts", "no number of s"),
        ("iso8601", 1_768_639_320, "ts", "no ISO 8601"),
        ("iso8601", "1768639320", "ts", "neither a number nor ISO 8601"),
        ("auto", "yesterday", "ts", "neither a number nor ISO 8601"),
        ("auto", "1e999", "ts", "too large"),
        ("auto", "1e300", "ts", "too large"),
        ("auto", "1e28", "future", "ahead"),
        ("s", "1e300", "ts", "no number of s"),
        ("auto", "9" * 5_000, "ts", "neither a number nor ISO 8601"),
        ("auto", 10**400, "ts", "very many digits"),
        ("auto", -(10**400), "ts", "very many digits"),
        ("auto", "", "ts", "neither"),
        ("auto", "0001-01-01T00:00:00+14:00", "ts", "before the year 2000"),
        ("auto", "9999-12-31T23:59:59-14:00", "future", "ahead"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_a_reason_of_one_line(
    unit: str, ts: Stamped, word: str, told: str
) -> None:
    with pytest.raises(BadPayload, match=told) as refused:
        stamp_of(unit, "+07:00")(ts, NOW)
    assert refused.value.word == word
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("name", ["WIB", "+7", "Asia/Bengkulu", "../etc", "\x00", "+25:00"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_of(name)


@given(
    st.one_of(st.text(max_size=60), st.floats(allow_nan=False), st.integers(), st.datetimes()),
    st.sampled_from(["auto", "s", "ms", "us", "ns", "iso8601"]),
    st.sampled_from(["", "+07:00", "Asia/Jakarta"]),
)
def test_whatever_comes_is_a_time_that_can_be_or_refused(ts: Stamped, unit: str, zone: str) -> None:
    try:
        at = stamp_of(unit, zone)(ts, NOW)
    except BadPayload as refused:
        assert refused.word in {"ts", "future"}
    else:
        assert 946_684_800_000_000_000 <= at <= NOW + 120_000_000_000
