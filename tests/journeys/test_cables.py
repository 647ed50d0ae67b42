"""Cables are pulled and put back: the screens say so at once, the rest goes on, and the wall is put right by itself."""

from __future__ import annotations

import pytest

from tests.journeys.world import Hall, Person, orders, salvos, verified

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

SOON_S = 10.0
"""So soon the screens tell of a device that is gone."""
RETURN_S = 90.0
"""So long it may take until a device that is back is found, asked and put right."""


def state(person: Person, device: str) -> str:
    return str(person.screen.devices[device]["status"]["state"])


async def gone(person: Person, device: str) -> None:
    await person.side_door("POST", f"devices/{device}/stop")
    await person.until(lambda: state(person, device) != "up", within=SOON_S, what=f"{device} gone on the screen")


async def back(person: Person, device: str) -> None:
    await person.side_door("POST", f"devices/{device}/start")
    await person.until(lambda: state(person, device) == "up", within=RETURN_S, what=f"{device} back on the screen")


async def fresh(person: Person, point: str) -> None:
    """Wait for two more readings of a point."""
    heard = person.screen.counts.get(point, 0)
    await person.until(lambda: person.screen.counts.get(point, 0) >= heard + 2, what=f"readings of {point}")


async def recall(person: Person, scene: str) -> None:
    answer = await person.post(f"scenes/{scene}/recall")
    assert answer.status < 300, answer
    await person.until(lambda: person.screen.scene_in("tanggap") == scene, what=f"the scene {scene}")


async def release(person: Person) -> None:
    for region in ("tanggap", "informasi"):
        await person.post("walls/utama/release", {"region": region})
    await person.until(lambda: not person.screen.scene_in("tanggap"), what="the region given back")
    await person.until(verified(person), what="the wall at rest")


async def test_without_the_broker_the_polled_devices_and_the_wall_go_on(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        await person.until(verified(person), what="the wall at rest")
        await gone(person, "broker-lapangan")
        await fresh(person, "pln-tegangan")
        await recall(person, "gempa")
        await person.until(verified(person), what="the wall switched without the broker")
        await back(person, "broker-lapangan")
        await fresh(person, "awlr-air-bengkulu-rawamakmur")
        await release(person)


async def test_a_panel_that_comes_back_is_put_right_without_a_replay(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        await person.until(verified(person), what="the wall at rest")
        await gone(person, "lfd-r1c3")
        others = {f"r{row}c{column}" for row in (1, 2, 3) for column in (1, 2, 3, 4)} - {"r1c3"}
        await recall(person, "banjir")
        await person.until(lambda: others <= person.screen.panels("verified"), what="the panels that are alive")
        await release_now(person)
        await recall(person, "gempa")
        await person.until(lambda: others <= person.screen.panels("verified"), what="the panels that are alive")
        assert "r1c3" not in person.screen.panels("verified")
        known = await person.mark("lfd-r1c3")
        await back(person, "lfd-r1c3")
        await person.until(verified(person), within=RETURN_S, what="the panel put right")
        tiled = orders(await person.heard_by("lfd-r1c3", known))
        assert 1 <= len(tiled) <= 2, f"only what is wanted now: {tiled}"
        await release(person)


async def release_now(person: Person) -> None:
    await person.post("walls/utama/release", {"region": "tanggap"})
    await person.until(lambda: not person.screen.scene_in("tanggap"), what="the region given back")


async def test_a_matrix_that_comes_back_gets_one_salvo_of_what_is_wanted_now(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        await person.until(verified(person), what="the wall at rest")
        known = await person.mark("matriks-1")
        await gone(person, "matriks-1")
        await recall(person, "banjir")
        tiled = ("r1c3", "r1c4", "r2c3", "r2c4")
        await person.until(
            lambda: all(
                panel["reported"]["tile"] == panel["desired"]["tile"]
                for panel in person.screen.walls["utama"]["panels"]
                if panel["id"] in tiled
            ),
            what="the panels switched without the matrix",
        )
        await release_now(person)
        await recall(person, "gempa")
        await back(person, "matriks-1")
        await person.until(verified(person), within=RETURN_S, what="the wall put right")
        routed = salvos(await person.heard_by("matriks-1", known))
        assert len(routed) == 1, f"one salvo, of what is wanted now: {routed}"
        await release(person)


async def test_a_panel_changed_with_the_remote_is_put_back(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        await person.until(verified(person), what="the wall at rest")
        await person.side_door("POST", "devices/lfd-r2c2/press", {"verb": "power", "args": {"on": False}})
        await person.until(lambda: "r2c2" not in person.screen.panels("verified"), within=RETURN_S, what="the change")
        await person.until(verified(person), within=RETURN_S, what="the panel put back")
        assert (await person.side_door("GET", "state"))["devices"]["lfd-r2c2"]["power"] == 1


async def test_routes_changed_at_the_matrix_itself_are_put_back(hall: Hall) -> None:
    async with Person(hall, "operator") as person:
        await person.until(verified(person), what="the wall at rest")
        await person.side_door("POST", "devices/matriks-1/press", {"verb": "route", "args": {"routes": {"1": 16}}})
        await person.until(lambda: "r1c1" not in person.screen.panels("verified"), what="the change")
        await person.until(verified(person), within=RETURN_S, what="the route put back")
