"""The page of notifications: who was told and answered, who is on call, and a channel tried out with one button."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, desk

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


async def test_the_page_tells_who_was_told_who_answered_and_who_is_on_call() -> None:
    async with desk("technician") as at:
        await at.go("notifications")
        told = at.page.locator(".deliveries li")
        await expect(told.nth(0)).to_contain_text("Sampai Ani, sms …0001 OK 4711")
        await expect(told.nth(1)).to_contain_text("Kedaluwarsa Budi (menggantikan cici)")
        await expect(told.nth(1)).to_contain_text("modem: no network")
        await expect(at.page.locator(".oncalls")).to_contain_text("Budi · Kepala BPBD · sms")
        await expect(at.page.locator(".oncalls")).to_contain_text("Tidak ada yang bertugas sekarang.")
        await expect(at.page.locator("main")).to_contain_text("535 who are you")
        await at.speak("en")
        await expect(told.nth(1)).to_contain_text("Expired Budi (for cici)")
        await expect(at.page.locator(".oncalls")).to_contain_text("Reaches nobody: Monday 07.00-19.00")
        await at.page.select_option("h1 select", "waiting")
        await expect(at.page.locator("main")).to_contain_text("Nobody has been told of anything yet.")
        assert at.errors == []


async def test_a_channel_is_tried_out_with_one_button_by_who_may() -> None:
    async with desk("technician") as at:
        await at.go("notifications")
        await at.page.select_option("tr:has-text('sms') select >> nth=0", "budi")
        await at.page.click("tr:has-text('sms') button >> nth=0")
        await expect(at.page.locator(".deliveries li")).to_have_count(3)
        assert at.gateway.notices.tested == [{"channel": "sms", "person": "budi"}]
    async with desk("leader") as at:
        await at.go("notifications")
        await expect(at.page.locator("tr:has-text('sms') button >> nth=0")).to_have_attribute("aria-disabled", "true")
