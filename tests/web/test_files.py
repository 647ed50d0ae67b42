"""What the screens are made of can be checked without a browser: vendored files, words, and what modules may not do."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WEB = HERE.parent.parent / "gateway" / "web"
VENDORS = (WEB / "vendor", HERE / "vendor")
MODULES = sorted(WEB.glob("*.js"))
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
WORDS: dict[str, dict[str, str]] = {
    code: json.loads((WEB / "i18n" / f"{code}.json").read_text(encoding="utf-8")) for code in ("id", "en")
}
GLOSSARY = {
    "ack.disposition": "disposition (route to an agency)",
    "action.alarm.raise": "active alarm",
    "alarm.acknowledge": "acknowledge",
    "alarm.history": "alarm history",
    "alarm.list": "alarm list",
    "alarm.rule.deadband": "hysteresis / deadband",
    "alarm.rule.limit": "threshold",
    "alarm.state.NORM": "cleared / return to normal",
    "alarm.state.UNACK": "unacknowledged",
    "alarm.tab.out_of_service": "out of service",
    "alarm.tab.shelved": "shelve (temporarily)",
    "alarm.tab.suppressed": "suppress",
    "app.subtitle": "command centre",
    "approval.approve": "approve / reject",
    "approval.reject": "approve / reject",
    "approval.title": "two-person rule",
    "aside.out_of_service": "out of service",
    "aside.shelve": "shelve (temporarily)",
    "device.state.silent": "online / offline",
    "device.state.up": "online / offline",
    "flood.label": "alarm flood",
    "group.rain": "rain gauge",
    "group.rivers": "water level",
    "group.sea": "tide gauge",
    "login.enter": "log in / log out",
    "notice.dismiss": "dismiss",
    "panel.dead": "out of service",
    "panel.source": "source",
    "reason.stuck": "stuck value",
    "role.auditor": "auditor",
    "role.leader": "leadership",
    "role.operator": "operator",
    "role.supervisor": "shift supervisor",
    "role.technician": "technician",
    "section.audit": "audit trail",
    "section.scenes": "scene",
    "section.wall": "video wall",
    "simulation.label": "simulation mode",
    "trust.stale": "stale data",
    "user.log_out": "log in / log out",
    "verb.freeze": "freeze",
    "verb.mute": "mute / unmute",
}
RIVALS = re.compile(
    r"\b(online|offline|dashboard|ok|konfirmasi|acknowledge|stale|video wall|scene|monitor)\b", re.IGNORECASE
)
UNSAFE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function|https?://"
)


def forms(term: str) -> set[str]:
    """Return the ways in which a term of the glossary may be written: without its brackets, and each alternative."""
    plain = re.sub(r"\s*\(.*?\)", "", term).strip().lower()
    return {plain, *(part.strip() for part in plain.split("/"))}


def used_keys() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return the keys that modules ask for by name, and patterns of those that they put together."""
    literal = re.findall(r'"([a-z0-9]+(?:\.[A-Za-z0-9_]+)+)"', SOURCE)
    made = re.findall(r"`([a-z]+\.[^`\s]*\$\{[^`]*)`", SOURCE)
    patterns = [re.compile(re.sub(r"\\\$\\\{.*?\\\}", r"[A-Za-z0-9_.]+", re.escape(one))) for one in made]
    return set(literal), patterns


@pytest.mark.parametrize("folder", VENDORS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_the_one_that_was_accounted_for(folder: Path) -> None:
    account = dict(
        re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", (folder / "VENDORED.md").read_text(), re.MULTILINE)
    )
    held = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}
    del held["VENDORED.md"]
    assert held == account


@pytest.mark.parametrize("folder", VENDORS, ids=lambda folder: folder.parent.name)
def test_every_vendored_package_comes_with_its_licence(folder: Path) -> None:
    packages = re.findall(r"(@?[\w/.-]+) \d+\.\d+\.\d+ \(", (folder / "VENDORED.md").read_text())
    wanted = {f"{name.removeprefix('@').replace('/', '-')}.txt" for name in packages}
    assert {path.name for path in (folder / "licences").iterdir()} == wanted


def test_the_pinned_versions_are_the_vendored_ones() -> None:
    pinned = json.loads((WEB.parent.parent / "tools/vendor/package.json").read_text())["dependencies"]
    accounts = "".join((folder / "VENDORED.md").read_text() for folder in VENDORS)
    assert dict(re.findall(r"(@?[\w/.-]+) (\d+\.\d+\.\d+) \(", accounts)) == pinned


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["id"].keys() == WORDS["en"].keys()
    blanks = {
        code: {key: set(re.findall(r"\{\w+\}", text)) for key, text in words.items()} for code, words in WORDS.items()
    }
    assert blanks["id"] == blanks["en"]
    assert all(text.strip() for words in WORDS.values() for text in words.values())


def test_words_that_the_screens_ask_for_are_in_the_catalogue() -> None:
    asked = set(re.findall(r'\bt\("([^"]+)"', SOURCE))
    assert asked - WORDS["id"].keys() == set()


def test_no_word_of_the_catalogue_is_left_over() -> None:
    literal, patterns = used_keys()
    left = [
        key for key in WORDS["id"] if key not in literal and not any(pattern.fullmatch(key) for pattern in patterns)
    ]
    assert left == []


def test_indonesian_words_are_those_of_the_glossary() -> None:
    with (HERE.parent / "samples" / "glosarium.csv").open(encoding="utf-8") as file:
        terms = {row["english"]: row["bahasa_indonesia"] for row in csv.DictReader(file)}
    wrong = {
        key: (WORDS["id"][key], terms[term])
        for key, term in GLOSSARY.items()
        if not forms(WORDS["id"][key]) & forms(terms[term])
    }
    assert wrong == {}


def test_indonesian_words_have_no_rivals() -> None:
    assert [text for text in WORDS["id"].values() if RIVALS.search(re.sub(r"\{\w+\}", "", text))] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_short_and_writes_no_markup_as_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 250
    assert UNSAFE.findall(text) == []
    assert text.startswith("// "), "a module opens with what it is for"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_imports_only_files_that_are_there(path: Path) -> None:
    imported = re.findall(r'^(?:import|export)\b[^;]*?from "([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert all(name.startswith("./") for name in imported)
    assert [name for name in imported if not (WEB / name).is_file()] == []


def test_the_screens_stay_small_enough_to_need_no_build() -> None:
    assert len(SOURCE.splitlines()) < 5000


def test_the_page_holds_no_script_no_style_and_no_foreign_address() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|https?://|<script(?![^>]*\bsrc=)", page) == []
    files = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [name for name in files if not (WEB / name).is_file()] == []


def test_the_style_sheets_fetch_nothing_from_elsewhere() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in WEB.glob("*.css"))
    assert re.findall(r"@import|https?://", text) == []
    assert [name for name in re.findall(r'url\("([^"]+)"\)', text) if not (WEB / name).is_file()] == []


def test_the_palette_is_the_one_that_colour_blind_eyes_can_tell_apart() -> None:
    theme = dict(re.findall(r"--(s\d|exercise|field): (#[0-9a-f]{6});", (WEB / "theme.css").read_text()))
    assert {name: theme[name] for name in ("s4", "s3", "s2", "s1", "exercise")} == {
        "s4": "#d55e00",
        "s3": "#e69f00",
        "s2": "#f0e442",
        "s1": "#56b4e9",
        "exercise": "#cc79a7",
    }
