"""Two persons for a threshold: what waits, who may decide, how long, and what a restart puts into force."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.app.configuration import UNAPPROVED, Configuration, Source, standing_site
from gateway.auth.roles import SYSTEM, Actor
from gateway.settings.approval import LASTS_NS, Approvals, NoSuchApproval, NotApproved
from gateway.settings.difference import Difference
from gateway.settings.fault import SiteError
from gateway.settings.site import Site, load_site
from tests.fakes import FakeClock
from tests.gateway.alarm_world import Audit, Store

SITE = {
    "site.yaml": "id: hall\nname: Hall\napprovals: {thresholds: true}\n",
    "devices.yaml": "devices:\n  - {id: logger, name: Logger, driver: http, link: 'http://192.0.2.7'}\n",
    "points.yaml": (
        "points:\n  - {id: river, device: logger, name: River, kind: number, unit: cm, range: [0, 700], every: 300}\n"
    ),
    "scales.yaml": "scales:\n  - {id: s, name: s, levels: [{code: L1, label: low, severity: 1}]}\n",
    "alarms.yaml": "rules:\n  - {id: flood, point: river, kind: high, scale: s, levels: {L1: 250}, deadband: 5}\n",
}
DEWI, BUDI = (Actor(name, frozenset(), "session") for name in ("dewi", "budi"))
ROBOT = Actor("robot", frozenset(), "token")


@dataclass(frozen=True)
class Files:
    folder: Path

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def load(self, texts: Mapping[str, str] | None = None) -> Site:
        return load_site(self.folder, texts=texts)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    for name, text in SITE.items():
        (tmp_path / name).write_text(text)
    return Files(tmp_path)


class House:
    """A configuration with its surroundings; `start` is what a start of the service does."""

    def __init__(self, files: Files) -> None:
        self.files, self.clock, self.store, self.audit = files, FakeClock(), Store(), Audit()
        self.ids = iter("abcdefgh")
        self.start()

    def start(self) -> None:
        self.approvals = Approvals(clock=self.clock, store=self.store, audit=self.audit, new_id=lambda: next(self.ids))
        source = Source(self.files.folder, self.files.load)
        self.site, self.wrong = standing_site(self.files.load(), source, self.approvals)
        self.configuration = Configuration(self.site, source, adopt=self._adopt, approvals=self.approvals)

    async def _adopt(self, new: Site, changed: Difference) -> None:
        self.site, self.changed = new, changed

    @property
    def deadband(self) -> float:
        return self.site.rules[0].deadband


def moved(files: Files) -> House:
    house = House(files)
    files.edit("alarms.yaml", "deadband: 5", "deadband: 3")
    return house


async def test_a_changed_threshold_waits_and_holds_once_somebody_else_approves(files: Files) -> None:
    house = moved(files)
    assert await house.configuration.check() == ("rules: flood", "flood: deadband 5 → 3")
    waits = (await house.configuration.apply(DEWI, why="gauge moved")).approval
    assert waits is not None
    assert (waits.by, waits.why, waits.changes) == ("dewi", "gauge moved", ("flood: deadband 5 → 3",))
    assert house.deadband == 5.0
    applied = await house.configuration.approve(waits.id, BUDI)
    assert (applied.changes, house.deadband, house.configuration.waiting()) == (("rules: flood",), 3.0, None)
    assert await house.configuration.check() == ()


async def test_nobody_approves_alone_and_no_program_does_at_all(files: Files) -> None:
    house = moved(files)
    for nobody in (SYSTEM, ROBOT):
        with pytest.raises(NotApproved, match="two persons"):
            await house.configuration.apply(nobody)
    waits = (await house.configuration.apply(DEWI)).approval
    assert waits is not None
    for who, why in ((DEWI, "somebody else"), (ROBOT, "two persons")):
        with pytest.raises(NotApproved, match=why):
            await house.configuration.approve(waits.id, who)
    with pytest.raises(NoSuchApproval):
        await house.configuration.approve("z", BUDI)
    assert house.deadband == 5.0


async def test_what_is_approved_is_what_was_read_whatever_the_files_say_by_then(files: Files) -> None:
    house = moved(files)
    waits = (await house.configuration.apply(DEWI)).approval
    assert waits is not None
    files.edit("alarms.yaml", "deadband: 3", "deadband: 0.1")
    await house.configuration.approve(waits.id, BUDI)
    assert house.deadband == 3.0
    assert await house.configuration.check() == ("rules: flood", "flood: deadband 3 → 0.1")


async def test_a_change_that_touches_no_threshold_needs_nobody(files: Files) -> None:
    house = House(files)
    files.edit("devices.yaml", "name: Logger", "name: Another")
    assert (await house.configuration.apply(ROBOT)).approval is None
    assert house.changed == Difference(devices=("logger",))


async def test_without_the_sites_wish_one_person_is_enough(files: Files) -> None:
    files.edit("site.yaml", "thresholds: true", "thresholds: false")
    house = moved(files)
    assert (await house.configuration.apply(ROBOT)).approval is None
    assert house.deadband == 3.0


async def test_to_ask_for_nobody_any_longer_takes_two_persons(files: Files) -> None:
    house = House(files)
    files.edit("site.yaml", "thresholds: true", "thresholds: false")
    waits = (await house.configuration.apply(DEWI)).approval
    assert waits is not None
    assert waits.changes == ("approvals: no longer asked for",)
    await house.configuration.approve(waits.id, BUDI)
    files.edit("alarms.yaml", "deadband: 5", "deadband: 3")
    house.start()
    assert (house.deadband, house.wrong) == (3.0, "")


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("alarms.yaml", "L1: 250", "L1: 260", "flood: levels L1 ≥ 250 (severity 1) → L1 ≥ 260 (severity 1)"),
        ("alarms.yaml", "deadband: 5", "deadband: 5, on_delay: 60", "flood: on_delay 0 s → 60 s"),
        ("alarms.yaml", "deadband: 5", "deadband: 5, off_delay: 60", "flood: off_delay 0 s → 60 s"),
        ("alarms.yaml", "deadband: 5", "deadband: 5, latching: true", "flood: latching false → true"),
        ("alarms.yaml", "id: flood", "id: tide", "flood: no longer judged (was L1 ≥ 250 (severity 1))"),
        ("alarms.yaml", "rules:", "shelving: {1: 1h}\nrules:", "shelving 1: 28800 s → 3600 s"),
        (
            "alarms.yaml", "rules:",
            "suppress: [{id: off, when: {point: river, above: 600}, rules: [flood]}]\nrules:",
            "suppress off: none → Reads(point='river', above=600.0, below=None, equals=None) silences flood",
        ),
        ("alarms.yaml", "kind: high", "kind: rate, window: 1h",
         "flood: judges its value → Rate(window=3600.0, samples=3, counter=False)"),
        ("scales.yaml", "severity: 1", "severity: 2", "flood: levels L1 ≥ 250 (severity 1) → L1 ≥ 250 (severity 2)"),
    ],
)  # fmt: skip
async def test_whatever_changes_what_rings_is_told_in_a_sentence(
    files: Files, name: str, old: str, new: str, told: str
) -> None:
    house = House(files)
    files.edit(name, old, new)
    waits = (await house.configuration.apply(DEWI)).approval
    assert waits is not None
    assert told in waits.changes


async def test_a_change_that_waits_too_long_is_dropped_and_written_down(files: Files) -> None:
    house = moved(files)
    waits = (await house.configuration.apply(DEWI)).approval
    assert waits is not None
    house.clock.advance(LASTS_NS / 1e9 - 1)
    assert house.configuration.waiting() is not None
    house.clock.advance(1)
    with pytest.raises(NoSuchApproval):
        await house.configuration.approve(waits.id, BUDI)
    assert [(entry.action, entry.before["by"]) for entry in house.audit.entries] == [("config.expire", "dewi")]


async def test_a_new_proposal_takes_the_place_of_the_one_before(files: Files) -> None:
    house = moved(files)
    first = (await house.configuration.apply(DEWI)).approval
    files.edit("alarms.yaml", "deadband: 3", "deadband: 2")
    second = (await house.configuration.apply(BUDI)).approval
    assert first is not None
    assert second is not None
    with pytest.raises(NoSuchApproval):
        await house.configuration.approve(first.id, BUDI)
    await house.configuration.approve(second.id, DEWI)
    assert house.deadband == 2.0


async def test_what_is_rejected_is_gone_and_nothing_has_changed(files: Files) -> None:
    house = moved(files)
    waits = (await house.configuration.apply(DEWI)).approval
    assert waits is not None
    assert (await house.configuration.reject(waits.id)).by == "dewi"
    assert (house.configuration.waiting(), house.deadband) == (None, 5.0)
    with pytest.raises(NoSuchApproval):
        await house.configuration.reject(waits.id)


async def test_a_restart_puts_no_threshold_into_force_and_what_waits_goes_on_waiting(files: Files) -> None:
    house = moved(files)
    waits = (await house.configuration.apply(DEWI)).approval
    assert waits is not None
    house.start()
    assert (house.deadband, house.wrong) == (5.0, UNAPPROVED)
    await house.configuration.approve(waits.id, BUDI)
    house.start()
    assert (house.deadband, house.wrong) == (3.0, "")


async def test_a_restart_takes_what_touches_no_threshold(files: Files) -> None:
    house = House(files)
    files.edit("devices.yaml", "name: Logger", "name: Another")
    house.start()
    assert (house.site.devices["logger"].name.en, house.wrong) == ("Another", "")


async def test_a_rule_that_somebody_deletes_from_the_files_still_rings_after_a_restart(files: Files) -> None:
    house = House(files)
    (files.folder / "alarms.yaml").unlink()
    house.start()
    assert ([rule.id for rule in house.site.rules], house.wrong) == (["flood"], UNAPPROVED)


async def test_what_was_approved_and_no_longer_fits_the_other_files_is_said_and_the_files_hold(files: Files) -> None:
    house = House(files)
    files.edit("devices.yaml", "id: logger", "id: other")
    files.edit("points.yaml", "device: logger", "device: other")
    house.start()
    assert house.site.points["river"].device == "other"
    assert "cannot be used any more" in house.wrong


async def test_a_broken_file_changes_nothing_and_lets_nothing_wait(files: Files) -> None:
    house = House(files)
    files.edit("alarms.yaml", "deadband: 5", "deadbnd: 5")
    with pytest.raises(SiteError):
        await house.configuration.apply(DEWI)
    assert house.configuration.waiting() is None


def test_a_tables_limits_are_among_what_was_approved(files: Files) -> None:
    files.edit("alarms.yaml", "point: river, kind: high, scale: s, levels: {L1: 250}", "points: [river], kind: high, "
               "scale: s, table: limits.csv")  # fmt: skip
    (files.folder / "limits.csv").write_text("point,L1\nriver,250\n")
    house = House(files)
    (files.folder / "limits.csv").write_text("point,L1\nriver,600\n")
    house.start()
    assert (house.site.rules[0].levels[0].limit, house.wrong) == (250.0, UNAPPROVED)
    shutil.rmtree(files.folder)
