"""Who is on call: hours, nights, holidays, substitutes and severities; and what notify.yaml may not say."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.strict_yaml import KeyPath
from gateway.notify.compile import compile_notify
from gateway.notify.config import NotifyFile
from gateway.notify.errors import BadNotify
from gateway.notify.roster import Roster
from gateway.settings.advice import advice
from gateway.settings.fault import SiteError
from gateway.settings.site import load_site
from tests.gateway.notify_world import HALL, MODEM, S, roster

DAY = {"days": ["mon", "tue", "wed", "thu", "fri"], "since": "07:00", "until": "19:00"}
NIGHT = {"since": "19:00", "until": "07:00"}


def at(text: str) -> int:
    """Return a local time of the hall as UTC ns."""
    return round(datetime.fromisoformat(f"{text}+07:00").timestamp()) * S


def hall(*entries: dict[str, Any], **changes: object) -> Roster:
    return roster(lists=[{"id": "siaga", "name": "Siaga", "entries": list(entries)}], **changes)


def told(of: Roster, when: str, severity: int = 4) -> list[str]:
    return [duty.person.id if duty.person else duty.channel for duty in
            of.on_call("siaga", at=at(when), severity=severity)]  # fmt: skip


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("2026-11-24T06:59", ["budi"]),
        ("2026-11-24T07:00", ["ani"]),
        ("2026-11-24T18:59", ["ani"]),
        ("2026-11-24T19:00", ["budi"]),
        ("2026-11-25T03:00", ["budi"]),
        ("2026-11-28T12:00", []),
        ("2026-11-28T23:30", ["budi"]),
    ],
)
def test_hours_hold_in_the_sites_own_zone_and_nights_reach_into_the_next_day(when: str, who: list[str]) -> None:
    shifts = hall(
        {"person": "ani", "channels": ["email"], "hours": [DAY]},
        {"person": "budi", "channels": ["email"], "hours": [NIGHT]},
    )
    assert told(shifts, when) == who


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    friday = {"days": ["fri"], "since": "22:00", "until": "06:00"}
    shifts = hall({"person": "ani", "channels": ["email"], "hours": [friday]})
    assert told(shifts, "2026-11-28T05:59") == ["ani"]
    assert told(shifts, "2026-11-27T05:59") == []


def test_holidays_change_who_is_on_call() -> None:
    holidays = ["2026-12-25"]
    shifts = hall(
        {"person": "ani", "channels": ["email"], "hours": [{**DAY, "holidays": "never"}]},
        {"person": "budi", "channels": ["email"], "hours": [{"days": ["mon"], "holidays": "only"}]},
        holidays=holidays,
    )
    assert told(shifts, "2026-12-25T12:00") == ["budi"]
    assert told(shifts, "2026-12-24T12:00") == ["ani"]


def test_somebody_who_is_away_is_stood_in_for_and_nobody_is_told_twice() -> None:
    away = [{"absent": "ani", "by": "budi", "since": "2026-11-24", "until": "2026-11-25"}]
    both = hall(
        {"person": "ani", "channels": ["email"]}, {"person": "budi", "channels": ["email"]}, substitutes=away
    )  # fmt: skip
    assert told(both, "2026-11-25T23:59") == ["budi"]
    assert told(both, "2026-11-26T00:00") == ["ani", "budi"]
    (duty,) = both.on_call("siaga", at=at("2026-11-24T00:00"), severity=1)
    assert (duty.stands_for, duty.address) == ("ani", "budi@bengkulu.example")


def test_the_governor_is_told_of_the_worst_only() -> None:
    levels = hall(
        {"person": "ani", "channels": ["email"]}, {"person": "budi", "channels": ["email"], "severity": 4}
    )  # fmt: skip
    assert told(levels, "2026-11-24T12:00", 3) == ["ani"]
    assert told(levels, "2026-11-24T12:00", 4) == ["ani", "budi"]


def test_hours_in_which_a_list_reaches_nobody_are_found() -> None:
    assert roster().gaps("siaga") == []
    shifts = hall({"person": "ani", "channels": ["email"], "hours": [DAY]})
    assert shifts.gaps("siaga")[:2] == ["Monday 00.00-07.00", "Monday 19.00-07.00"]
    never = hall({"person": "ani", "channels": ["email"], "hours": [{"holidays": "never"}]})
    assert never.gaps("siaga") == ["on a holiday 00.00-00.00"]


CHANNELS: Any = HALL["channels"]
PERSONS: Any = HALL["persons"]
LISTS: Any = HALL["lists"]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"channels": [*CHANNELS, CHANNELS[0]]}, ("channels", 3, "id"), "stands here twice"),
        ({"channels": [*CHANNELS, {"id": "sms", "kind": "sms", "device": "nothing"}]}, ("channels", 3, "device"),
         "no device 'nothing'"),
        ({"channels": [*CHANNELS, {"id": "horn", "kind": "device", "device": "modem", "verb": "mute"}]},
         ("channels", 3, "verb"), "no verb 'mute'"),
        ({"channels": [*CHANNELS,
                       {"id": "x", "kind": "device", "device": "modem", "verb": "sms", "args": {"to": "1"}}]},
         ("channels", 3, "args"), "sms takes message, to, text, valid"),
        ({"persons": [{"id": "ani", "name": "Ani", "addresses": {"fax": "1"}}]}, ("persons", 0, "addresses", "fax"),
         "no channel 'fax'"),
        ({"persons": [{"id": "ani", "name": "Ani", "addresses": {"email": "ani"}}]},
         ("persons", 0, "addresses", "email"), "is not an e-mail address"),
        ({"lists": [{"id": "a", "name": "A", "entries": [{"person": "cici", "channels": ["email"]}]}]},
         ("lists", 0, "entries", 0, "person"), "no person 'cici'"),
        ({"lists": [{"id": "a", "name": "A", "entries": [{"person": "budi", "channels": ["wa"]}]}]},
         ("lists", 0, "entries", 0, "channels", 0), "has no address for wa"),
        ({"lists": [{"id": "a", "name": "A", "entries": [{"channels": ["email"]}]}]},
         ("lists", 0, "entries", 0, "channels", 0), "needs a person"),
        ({"substitutes": [{"absent": "ani", "by": "dodi", "since": "2026-01-01", "until": "2026-01-02"}]},
         ("substitutes", 0, "by"), "no person 'dodi'"),
        ({"substitutes": [{"absent": "ani", "by": "budi", "since": "2026-01-02", "until": "2026-01-01"}]},
         ("substitutes", 0, "until"), "before the first"),
        ({"substitutes": [{"absent": "ani", "by": "budi", "since": "2026-01-01", "until": "2026-01-09"},
                          {"absent": "budi", "by": "ani", "since": "2026-01-09", "until": "2026-01-12"}]},
         ("substitutes", 1, "by"), "stand in for each other"),
        ({"substitutes": [{"absent": "ani", "by": "ani", "since": "2026-01-01", "until": "2026-01-09"}]},
         ("substitutes", 0, "by"), "stand in for each other"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_where_it_stands(
    changes: dict[str, object], path: KeyPath, words: str
) -> None:
    file = NotifyFile.model_validate(HALL | changes)
    with pytest.raises(BadNotify, match=words) as refused:
        compile_notify(file, {MODEM.id: MODEM}, folder=Path("/nowhere"))
    assert refused.value.path == path


def test_two_who_stand_in_for_each_other_at_different_times_are_no_circle() -> None:
    turns = [{"absent": "ani", "by": "budi", "since": "2026-01-01", "until": "2026-01-08"},
             {"absent": "budi", "by": "ani", "since": "2026-01-09", "until": "2026-01-12"}]  # fmt: skip
    assert told(roster(substitutes=turns), "2026-01-10T00:00") == ["ani", "ani"]


WRONG = {
    "zone": ("time_zone: Mars/Base", "notify.yaml:1:", "is no time zone"),
    "holiday": ("holidays: [2026-02-30]", "notify.yaml:1:", "day"),
    "kind": ("channels: [{id: x, kind: fax}]", "notify.yaml:1:", "no such kind of channel"),
    "hour": (
        "lists: [{id: a, name: A, entries: [{person: p, channels: [c], hours: [{since: '25:00'}]}]}]",
        "notify.yaml:1:", "hour",
    ),
    "word": (
        "channels: [{id: x, kind: webhook, url: 'http://h/', body: {t: '{texts}'}}]", "notify.yaml:1:",
        "{texts} cannot be filled in",
    ),
    "open login": (
        "channels: [{id: x, kind: smtp, host: h, sender: a@b, security: none, username: u}]", "notify.yaml:1:",
        "does not go over an open wire",
    ),
    "unknown person": (
        "lists:\n  - id: a\n    name: A\n    entries:\n      - {person: p, channels: [c]}", "notify.yaml:5:",
        "there is no person 'p'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_fault_of_the_file_is_told_with_its_line(case: str, tmp_path: Path) -> None:
    text, where, words = WRONG[case]
    (tmp_path / "site.yaml").write_text("id: hall\nname: Hall\n")
    (tmp_path / "notify.yaml").write_text(text + "\n")
    with pytest.raises(SiteError) as refused:
        load_site(tmp_path)
    assert where in str(refused.value)
    assert words in str(refused.value)


def test_a_list_with_a_gap_is_advised_against_and_a_secret_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("id: hall\nname: Hall\n")
    (tmp_path / "notify.yaml").write_text(
        "channels: [{id: wa, kind: webhook, url: 'http://h/', bearer: rahasia}]\n"
        "lists: [{id: a, name: A, entries: [{channels: [wa], hours: [{since: '07:00', until: '19:00'}]}]}]\n"
    )
    site = load_site(tmp_path)
    assert any("call list a: an alarm reaches nobody on Monday 00.00-07.00" in line for line in advice(site))
    assert "rahasia" not in repr(site.notify)
