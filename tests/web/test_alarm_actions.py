"""The faceplate says what happens when an alarm rings, at which level, to whom, and what of it is under way."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, desk
from tests.web.test_alarm_screens import alarm_page
from tests.web.test_screens import AXE, JUDGE

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

PART = "section[aria-labelledby=face-response]"


async def test_the_faceplate_says_what_happens_when_an_alarm_rings_and_what_is_under_way() -> None:
    async with desk() as at:
        await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.click()
        part = at.page.locator(PART)
        await at.page.select_option(f"{PART} select", "SIAGA2")
        rows = part.locator("tbody tr")
        await expect(rows).to_have_count(3)
        await expect(rows.nth(0)).to_contain_text("seketika")
        await expect(rows.nth(0)).to_contain_text("Lalu:")
        await expect(rows.nth(0).locator("td").last).to_contain_text("Selesai")
        await expect(rows.nth(1)).to_contain_text("Beri tahu: Sekretaris Daerah")
        await expect(rows.nth(1)).to_contain_text("Dewi Anggraini (sms)")
        await expect(rows.nth(1)).to_contain_text("eskalasi")
        await expect(rows.nth(2)).to_contain_text("setelah 10 mnt")
        await expect(rows.nth(2)).to_contain_text("r1c3 r1c4 r2c3 r2c4")
        await expect(rows.nth(2).locator("td").last).to_contain_text("Menunggu")
        await expect(part.locator(".warn")).to_have_count(0)
        assert at.errors == []


async def test_another_level_sets_other_things_in_motion_in_both_languages() -> None:
    async with desk() as at:
        await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.click()
        await at.page.select_option(f"{PART} select", "SIAGA1")
        part = at.page.locator(PART)
        await expect(part).to_contain_text("Beri tahu: Gubernur")
        await expect(part.locator(".warn")).to_contain_text("Akan ditolak: interlock listrik")
        await at.speak("en")
        await expect(part).to_contain_text("Tell: Governor")
        await expect(part.locator(".warn")).to_contain_text("Would be refused")
        await at.page.select_option(f"{PART} select", "SIAGA3")
        await expect(part).to_contain_text("sets nothing in motion")


async def test_axe_finds_no_violation_and_the_level_is_chosen_by_keyboard() -> None:
    async with desk() as at:
        await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.press("Enter")
        choice = at.page.locator(f"{PART} select")
        await choice.select_option("SIAGA1")
        await expect(at.page.locator(f"{PART} .warn")).to_be_visible()
        await choice.press("ArrowDown")
        await expect(choice).to_have_value("SIAGA2")
        await expect(at.page.locator(f"{PART} .warn")).to_have_count(0)
        await at.page.evaluate(AXE)
        assert await at.page.evaluate(JUDGE) == []
