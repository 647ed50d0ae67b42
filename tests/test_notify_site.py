"""The hall's notify.yaml says what the table of contacts says, and nobody real is ever told by a demonstration."""

from __future__ import annotations

import csv
from pathlib import Path

from gateway.settings.advice import advice
from gateway.settings.site import load_site

HERE = Path(__file__).parent
HALL = load_site(HERE.parent / "config" / "balai-raya")


def test_the_leaders_forum_is_called_in_the_order_of_the_table() -> None:
    with (HERE / "samples" / "demo_kontak_forkopimda.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["urutan"]))
    persons = [HALL.notify.persons[entry.person] for entry in HALL.notify.lists["forkopimda"].entries]
    assert [(each.office and each.office.id, each.name, dict(each.addresses)) for each in persons] == [
        (row["jabatan"], row["nama"], {"sms": row["sms"], "email": row["email"]}) for row in rows
    ]


def test_a_flood_reaches_the_governor_at_the_worst_level_only() -> None:
    told = {
        severity: [duty.person.id for duty in HALL.notify.on_call("siaga-banjir", at=0, severity=severity)
                   if duty.person and duty.channel == "sms"]
        for severity in (1, 2, 3, 4)
    }  # fmt: skip
    assert told == {
        1: ["piket"],
        2: ["piket", "kepala-bpbd"],
        3: ["piket", "kepala-bpbd", "sekda"],
        4: ["piket", "kepala-bpbd", "sekda", "gubernur"],
    }


def test_the_demonstration_is_an_exercise_and_nothing_leaves_the_house() -> None:
    assert HALL.notify.exercise
    assert [name for name, channel in HALL.notify.channels.items() if channel.enabled] == ["sms"]
    assert not [line for line in advice(HALL) if "call list" in line]
