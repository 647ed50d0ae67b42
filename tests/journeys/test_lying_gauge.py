"""A gauge lies: it is doubted on every screen, somebody is told to look at it, and no bell rings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.world import Hall, Person

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

GAUGE = "awlr-air-bengkulu-rawamakmur"
TOLD = f"point.doubted:{GAUGE}"
RAIN = "arr-curup"
ON_DELAY_S = 0.5
"""Five minutes at the pace of the hall."""


def thought_of(person: Person, point: str) -> tuple[Any, str, str]:
    reading = person.screen.readings.get(point, {"value": None, "quality": "", "reason": ""})
    return reading["value"], reading["quality"], reading["reason"]


@pytest.mark.parametrize(("says", "reason"), [(690.0, "rate"), (1190.0, "range")])
async def test_a_gauge_that_jumps_high_raises_no_alarm(hall: Hall, says: float, reason: str) -> None:
    async with Person(hall, "operator") as operator:
        await operator.until(lambda: thought_of(operator, GAUGE)[1] == "good", what="the gauge at rest")
        lie = {"fault": "lying", "point": GAUGE, "value": says}
        await operator.side_door("POST", "devices/field/fault", lie)
        await operator.until(lambda: thought_of(operator, GAUGE) == (says, "uncertain", reason), what="the doubt")
        await operator.listen(6 * ON_DELAY_S)
        assert thought_of(operator, GAUGE) == (says, "uncertain", reason)
        assert not operator.screen.alarms.get(GAUGE, {}).get("active")
        if reason == "rate":
            await operator.until(lambda: TOLD in operator.screen.repairs, what="the repair")
            assert TOLD in {each["id"] for each in (await operator.get("repairs")).body["items"]}
        await operator.side_door("DELETE", "devices/field/fault")
        await operator.until(lambda: thought_of(operator, GAUGE)[1] == "good", what="the gauge mended")
        await operator.until(lambda: TOLD not in operator.screen.repairs, what="the repair done")
        assert not operator.screen.alarms.get(GAUGE, {}).get("active")


async def test_a_doubt_outlives_a_restart_of_the_service(hall: Hall) -> None:
    async with Person(hall, "operator") as operator:
        await operator.until(lambda: thought_of(operator, GAUGE)[1] == "good", what="the gauge at rest")
        await operator.side_door("POST", "devices/field/fault", {"fault": "lying", "point": GAUGE, "value": 690})
        await operator.until(lambda: thought_of(operator, GAUGE)[2] == "rate", what="the doubt")
    hall.kill()
    hall.start()
    async with Person(hall, "operator") as operator:
        await operator.until(lambda: operator.screen.counts.get(GAUGE, 0) > 3, what="the gauge after the restart")
        await operator.listen(4 * ON_DELAY_S)
        assert thought_of(operator, GAUGE) == (690.0, "uncertain", "rate")
        assert not operator.screen.alarms.get(GAUGE, {}).get("active")
        await operator.side_door("DELETE", "devices/field/fault")
        await operator.until(lambda: thought_of(operator, GAUGE)[1] == "good", what="the gauge mended")


async def test_derived_points_are_points_like_any_other(hall: Hall) -> None:
    async with Person(hall, "operator") as operator:
        derived = (await operator.get("points?device=derived&limit=100")).body["items"]
        assert len(derived) == 22
        day, index = f"hujan-24jam-{RAIN[4:]}", "ispu-panorama"
        for point in (day, index, "ispu-kategori-panorama", "kenaikan-1jam-rawamakmur", "hujan-hulu-bengkulu"):
            await operator.until(lambda name=point: name in operator.screen.readings, what=point, within=60)
        assert thought_of(operator, "hujan-hulu-bengkulu")[1] == "good"
        assert thought_of(operator, "ispu-kategori-panorama")[0] in {"Baik", "Sedang"}
        history = (await operator.get(f"points/{day}/readings")).body["items"]
        assert {(each["quality"], each["reason"]) for each in history} == {("uncertain", "coverage")}
