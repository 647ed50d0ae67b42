"""A sensor that says it is offline, or whose will does: its points are BAD at once, until it speaks again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from drivers.model import Quality, Reading, Reason
from drivers.sensors.bad_payload import BadPayload
from drivers.sensors.presence import Presence
from gateway.store.latest import Latest

SECOND = 1_000_000_000
NOW = 1_768_639_330 * SECOND
STATUS = "pos-1.status"


def presence(known: Mapping[str, Reading] | None = None, words: tuple[str, str] = ("online", "offline")) -> Presence:
    return Presence("pos-1", ["pos-1", "pos-2"], words=words, last=lambda point: (known or {}).get(point))


def test_offline_takes_back_what_its_points_said_last() -> None:
    was = Reading("pos-1", 412.0, NOW - 300 * SECOND, NOW - 290 * SECOND, 1.0)
    gone = presence({"pos-1": was})
    assert gone.read(b'{"v":1,"state":"offline"}', retained=False, now=NOW, mono=7.0) == [
        Reading(STATUS, "offline", NOW, NOW, 7.0),
        Reading("pos-1", 412.0, NOW - 300 * SECOND + 1, NOW, 7.0, Quality.BAD, Reason.COMM),
    ]
    assert not gone.online


def test_online_is_only_said_and_a_will_has_no_time() -> None:
    back = presence({"pos-1": Reading("pos-1", 1.0, NOW, NOW, 1.0)})
    payload = b'{"v":1,"ts":"2026-01-17T15:42:00+07:00","state":"online","fw":"x"}'
    assert back.read(payload, retained=True, now=NOW, mono=7.0) == [
        Reading(STATUS, "online", 1_768_639_320 * SECOND, NOW, 7.0, retained=True)
    ]
    assert back.online


@pytest.mark.parametrize("skew", [-600 * SECOND, 0, 50 * SECOND])
def test_the_next_reading_is_newer_whatever_the_sensors_clock_says(skew: int) -> None:
    latest = Latest()
    latest.sift([Reading("pos-1", 1.0, NOW + skew, NOW, 1.0)], [])
    gone = Presence("pos-1", ["pos-1"], words=("online", "offline"), last=latest.get)
    later = NOW + 5 * SECOND
    readings = [one for one in gone.read(b"offline", retained=False, now=later, mono=6.0) if isinstance(one, Reading)]
    latest.sift(readings, [])
    shown = latest.get("pos-1")
    assert shown is not None and (shown.quality, shown.reason) == (Quality.BAD, Reason.COMM)
    latest.sift([Reading("pos-1", 2.0, NOW + skew + SECOND, NOW + 6 * SECOND, 7.0)], [])
    back = latest.get("pos-1")
    assert back is not None and (back.value, back.quality) == (2.0, Quality.GOOD)


def test_what_is_taken_back_already_is_not_taken_back_again() -> None:
    bad = Reading("pos-1", 412.0, NOW, NOW, 1.0, Quality.BAD, Reason.COMM)
    assert [one.point for one in _read(presence({"pos-1": bad}), b"offline")] == [STATUS]


def test_a_site_may_have_other_words() -> None:
    gone = presence(words=("1", "Disconnected"))
    assert [one.value for one in _read(gone, b" Disconnected\n")] == ["offline"]
    assert [one.value for one in _read(gone, b'{"state":"1"}')] == ["online"]


def _read(gone: Presence, payload: bytes) -> list[Reading]:
    return [one for one in gone.read(payload, retained=False, now=NOW, mono=7.0) if isinstance(one, Reading)]


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b'{"state":"asleep"}', "state"),
        (b'{"v":1}', "state"),
        (b"asleep", "state"),
        (b"", "state"),
        (b"\xff", "state"),
        (b'{"state":', "json"),
        (b'{"state":"online","ts":12}', "ts"),
        (b'{"state":"offline","ts":1' + b"0" * 300 + b"}", "ts"),
        (b'{"x":"' + b"y" * 70_000 + b'"}', "oversize"),
    ],
)
def test_what_is_no_state_is_refused_and_changes_nothing(payload: bytes, word: str) -> None:
    gone = presence({"pos-1": Reading("pos-1", 1.0, NOW, NOW, 1.0)})
    [refused] = gone.read(payload, retained=False, now=NOW, mono=7.0)
    assert isinstance(refused, BadPayload)
    assert (refused.word, gone.online) == (word, True)
