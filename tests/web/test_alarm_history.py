"""The history of alarms in a real browser: its page, its bars under a trend, one in full, and the report."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from gateway.occurrences.occurrence import Spell
from tests.web.desk import CHROMIUM, Desk, desk
from tests.web.fake_occurrences import DAY, HOUR, MINUTE
from tests.web.test_screens import AXE, JUDGE

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

RIVER = "awlr-air-bengkulu-rawamakmur"


def filled(at: Desk) -> None:
    """Let the river have rung five times, and let the gateway have been down for a while."""
    past = at.gateway.occurrences
    past.rang(RIVER, 50 * MINUTE, 20 * MINUTE)
    past.rang(RIVER, 12 * MINUTE, None, acked_at=None, acked_by="", severity=4, label_id="Siaga I", note="")
    past.rang(RIVER, 2 * HOUR, 30 * MINUTE, in_flood=1, asides="shelved")
    past.rang(RIVER, DAY, 2 * HOUR, ended="unknown", note="listrik padam")
    past.rang(RIVER, 3 * DAY, HOUR, chatter=4)
    past.spells.append(Spell("x", RIVER, "shelved", "tono", "uji pompa", 3, past.now - 2 * HOUR, until=past.now - HOUR))
    past.unknown.append((past.now - 28 * MINUTE, past.now - 15 * MINUTE))


async def trend(at: Desk) -> None:
    await at.page.evaluate(
        f"Promise.all([import('/trend.js'), import('/store.js')]).then(([trend, store]) => "
        f"trend.showTrend(store.cells.value.get('{RIVER}')))"
    )
    await at.page.wait_for_selector("dialog .timeline .lanes")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_axe_finds_no_violation_in_the_history_its_bars_one_of_it_and_the_report(theme: str) -> None:
    async with desk() as at:
        await at.wear(theme)
        filled(at)
        await at.page.evaluate(AXE)
        found = []
        for item, shown in (("history", ".occurrences tbody tr"), ("report", ".report tbody tr")):
            await at.go(f"alarms/{item}")
            await at.page.wait_for_selector(shown)
            found.append(await at.page.evaluate(JUDGE))
        await trend(at)
        found.append(await at.page.evaluate(JUDGE))
        await at.page.click("dialog .bar >> nth=0")
        await at.page.click("dialog .timelinefoot .act")
        await at.page.wait_for_selector("dialog .facelines")
        found.append(await at.page.evaluate(JUDGE))
        assert (found, at.errors) == ([[], [], [], []], [])


async def test_bars_lie_under_the_trend_where_they_were_and_say_all_by_keyboard() -> None:
    async with desk() as at:
        filled(at)
        await trend(at)
        bars = at.page.locator("dialog .bar")
        await expect(bars).to_have_count(2)
        over = await at.page.locator("dialog .u-over").bounding_box()
        first, last = await bars.nth(0).bounding_box(), await bars.nth(1).bounding_box()
        assert over and first and last
        place = [(box["x"] - over["x"]) / over["width"] for box in (first, last)]
        assert abs(place[0] - 10 / 60) < 0.02, place
        assert abs(place[1] - 48 / 60) < 0.02, place
        assert abs(first["width"] / over["width"] - 20 / 60) < 0.02
        await expect(bars.nth(0).locator(".acked")).to_have_count(1)
        await expect(bars.nth(1).locator(".acked")).to_have_count(0)
        await expect(at.page.locator("dialog .nobody")).to_have_count(1)
        await expect(at.page.locator("dialog .timelinefoot")).to_contain_text("Tidak tercatat: gateway mati")
        await bars.nth(0).focus()
        foot = at.page.locator("dialog .timelinefoot")
        await expect(foot).to_contain_text(re.compile("Siaga II.*Puncak 412,5 cm.*diakui sari setelah 1 mnt.*selesai"))
        await at.speak("en")
        await expect(foot).to_contain_text(re.compile("Peak 412.5 cm.*acknowledged by sari after 1 min.*over"))
        await at.page.keyboard.press("Tab")
        await expect(foot).to_contain_text(re.compile("until now.*not acknowledged.*still active"))
        await at.page.keyboard.press("Tab")
        await at.page.keyboard.press("Enter")
        await expect(at.page.locator("dialog .facelines")).to_contain_text("Active for")
        assert at.errors == []


async def test_a_point_without_alarms_says_so() -> None:
    async with desk() as at:
        await trend(at)
        await expect(at.page.locator("dialog .timelinefoot")).to_have_text(
            "Tidak ada alarm yang tercatat pada rentang ini."
        )
        assert await at.page.locator("dialog .bar").count() == 0


async def test_the_page_is_filtered_goes_back_and_opens_one() -> None:
    async with desk() as at:
        filled(at)
        await at.go("alarms")
        await at.page.click("nav.tools a >> nth=1")
        rows = at.page.locator(".occurrences tbody tr")
        await expect(rows).to_have_count(3)
        await at.page.click(".page .scroll .act")
        await expect(rows).to_have_count(5)
        await expect(rows.nth(3)).to_contain_text("akhirnya tidak tercatat")
        await at.page.select_option(".filters select >> nth=1", "4")
        await expect(rows).to_have_count(1)
        await at.page.select_option(".filters select >> nth=1", "0")
        await at.page.fill(".filters .filter", "listrik")
        await expect(rows).to_have_count(1)
        await expect(rows.first).to_contain_text("listrik padam")
        asked = at.gateway.occurrences.asked[-1]
        assert (asked["text"], asked["state"], "since" in asked) == ("listrik", "all", True)
        link = at.page.locator(".filters a[download] >> nth=0")
        await expect(link).to_have_attribute("href", re.compile("occurrences/export.*text=listrik.*format=csv"))
        await at.page.fill(".filters .filter", "")
        await expect(rows).to_have_count(3)
        await rows.nth(2).locator(".link").click()
        sheet = at.page.locator("dialog[open]")
        await expect(sheet).to_contain_text(re.compile("10.0.0.7.*ditunda.*tono.*uji pompa", re.DOTALL))
        await at.speak("en")
        await expect(sheet).to_contain_text("Time to acknowledge")
        assert at.errors == []


async def test_the_report_judges_every_figure_and_is_had_as_a_file() -> None:
    async with desk() as at:
        filled(at)
        await at.go("alarms/report")
        rows = at.page.locator(".report tbody tr")
        await expect(rows.first).to_contain_text(re.compile("Rata-rata alarm per 10 menit.*≤ 1 .*baik"))
        await expect(at.page.locator(".warn")).to_contain_text("kurang dari 28 hari")
        await expect(at.page.locator(".reportbody details")).to_contain_text("1 rentang tidak tercatat")
        await at.page.fill(".few", "2")
        await at.page.keyboard.press("Tab")
        link = at.page.locator(".filters a[download] >> nth=1")
        await expect(link).to_have_attribute("href", re.compile(r"positions=2&format=pdf&language=id"))
        await at.speak("en")
        await expect(link).to_have_attribute("href", re.compile("language=en"))
        await expect(rows.first).to_contain_text("Average alarms per 10 min")
        assert at.errors == []
