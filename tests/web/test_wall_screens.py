"""The wall's page in a real browser: what failed is tried again, what somebody else changed is answered."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, desk

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


async def test_a_person_says_what_becomes_of_a_change_that_somebody_else_made() -> None:
    async with desk() as at:
        await at.go("wall")
        at.gateway.hall.asks = [{"device": f"lfd-r1c{n}", "detail": "input reads displayport1"} for n in (1, 2)]
        await at.gateway.show()
        lines = at.page.locator(".touched li")
        await expect(lines).to_have_count(2)
        await expect(lines.first).to_contain_text("Panel 55 inci baris 1 kolom 1 diubah orang lain.")
        await lines.first.get_by_text("Kembalikan").click()
        await expect(lines).to_have_count(1)
        await at.speak("en")
        await lines.first.get_by_text("Keep it so").click()
        await expect(lines).to_have_count(0)
        assert at.gateway.hall.asked == [("lfd-r1c1", "restore"), ("lfd-r1c2", "adopt")]


async def test_what_failed_in_a_change_is_tried_again_by_its_number() -> None:
    async with desk() as at:
        await at.go("wall")
        at.gateway.hall.troubled = True
        at.gateway.hall.take("rutin", "sari", "operator")
        at.gateway.world.taken_at -= 60
        await at.gateway.show()
        await at.page.locator(".operation summary").click()
        await at.page.get_by_text("Ulangi yang gagal").click()
        await expect(at.page.locator(".notices")).to_contain_text("Yang gagal sedang diulangi.")
        assert at.gateway.hall.asked == [("op-1", "retry")]
