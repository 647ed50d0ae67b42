"""The site's files while it runs: a broken one is refused and the site stays; a sound one touches what it names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.world import Hall, Person, run, verified

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

GAUGE = "awlr-air-bengkulu-rawamakmur"


@contextmanager
def edited(hall: Hall, name: str, old: str, new: str) -> Iterator[int]:
    """Have a file with one change until the block ends; give the number of the changed line."""
    path = hall.site / name
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    try:
        yield before[: before.index(old)].count("\n") + 1
    finally:
        path.write_text(before)


BROKEN = [
    ("alarms.yaml", "deadband: 5", "deadbnd: 5", "deadbnd"),
    ("alarms.yaml", "scene: listrik,", "scene: listrk,", "did you mean"),
    ("actions.yaml", "scene: banjir", "scene: banjr", "did you mean"),
    ("devices.yaml", "driver: samsung_mdc", "driver: samsung_mcd", "did you mean"),
    ("points.yaml", "every: 300", "every: 300\n    every: 301", "every"),
    ("walls.yaml", "id: utama", "id: [", ""),
]


@pytest.mark.parametrize(("name", "old", "new", "hint"), BROKEN)
async def test_a_broken_file_is_refused_with_file_line_and_hint_and_the_site_stays(
    hall: Hall, name: str, old: str, new: str, hint: str
) -> None:
    async with Person(hall, "admin") as person:
        await person.until(verified(person), what="the wall")
        with edited(hall, name, old, new) as line:
            told = run("check", str(hall.site))
            assert told.returncode == 1
            assert f"{name}:" in told.stderr
            assert hint in told.stderr
            answer = await person.post("config/apply", {"why": "uji"})
        assert answer.status == 422, answer
        fault = answer.body["errors"][0]
        assert fault["file"] == name
        assert abs(fault["line"] - line) <= 2, fault
        assert hint in f"{fault['message']} {fault['hint']}"
        await stands(person)
        assert (await person.post("config/check")).body["changes"] == []
        newest = (await person.get("audit?action=config.apply&limit=500")).body["items"]
        assert "refused" in {each["outcome"] for each in newest}


async def stands(person: Person) -> None:
    """The wall is verified, readings flow, and nothing was restarted."""
    await person.until(verified(person), what="the wall")
    heard = person.screen.counts.get(GAUGE, 0)
    await person.until(lambda: person.screen.counts.get(GAUGE, 0) > heard, what="a reading")
    assert not {name: count for name, count in person.screen.restarts().items() if count}


async def test_a_new_limit_is_applied_and_raises_the_alarm_with_no_part_restarted(hall: Hall) -> None:
    async with Person(hall, "admin") as person:
        await person.until(verified(person), what="the wall")
        with edited(hall, "alarms.yaml", "{SIAGA3: 250", "{SIAGA3: 20"):
            assert run("check", str(hall.site)).returncode == 0
            before = dict(since(person))
            answer = await person.post("config/apply", {"why": "uji"})
            assert answer.body["changes"] == [f"rules: {GAUGE}"], answer
            await person.until(lambda: active(person), what="the alarm at the new limit")
            assert since(person) == before, "a part was stopped"
        assert (await person.post("config/apply", {"why": "uji"})).status == 200
        await person.until(lambda: not active(person), what="the alarm back at the old limit")
        await stands(person)


def active(person: Person) -> bool:
    return bool(person.screen.alarms.get(GAUGE, {}).get("active"))


def since(person: Person) -> dict[str, str]:
    """Return since when each part runs."""
    return {each["name"]: each["since"] for each in person.screen.health["parts"]}


NEW_POINT = """points:
  - id: uji-tegangan
    name: {id: Titik uji, en: Test point}
    device: meter-pln
    kind: number
    address: {"""


async def test_a_new_point_starts_only_its_own_source(hall: Hall) -> None:
    points = (hall.site / "points.yaml").read_text()
    address = points[points.index("- id: pln-tegangan") :].partition("address: {")[2].partition("}")[0]
    async with Person(hall, "admin") as person:
        await person.until(verified(person), what="the wall")
        before = since(person)
        with edited(hall, "points.yaml", "points:", NEW_POINT + address + "}"):
            answer = await person.post("config/apply", {"why": "uji"})
            assert answer.status == 200, answer
            assert set(answer.body["changes"]) == {"devices: meter-pln", "points: uji-tegangan"}
            await person.until(lambda: "uji-tegangan" in person.screen.readings, what="a reading of the new point")
            await person.until(lambda: since(person)["source/meter-pln"] != before["source/meter-pln"], what="health")
            others = {name for name, at in since(person).items() if before.get(name) != at}
            assert others == {"source/meter-pln"}
        assert (await person.post("config/apply", {"why": "uji"})).status == 200
        await stands(person)
