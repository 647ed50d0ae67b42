"""The faceplate says why an alarm rings, what to do and how long there is, in the operator's language."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, desk
from tests.web.test_alarm_screens import alarm_page

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

PART = "section[aria-labelledby=face-rationale]"


async def test_the_faceplate_says_why_it_rings_what_to_do_and_how_long_there_is() -> None:
    async with desk() as at:
        await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.click()
        part = at.page.locator(PART)
        await expect(part.locator("dd")).to_have_text(
            ["Hujan lebat di hulu.", "Buka adegan Siaga Banjir.", "15 mnt", "Warga terjebak air.", "BPBD"]
        )
        await at.speak("en")
        await expect(part).to_contain_text("Open the flood scene.")
        await expect(part).to_contain_text("Time to act")
        assert at.errors == []
