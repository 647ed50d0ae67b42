"""The story on the screen: a real browser before the real service, handled as an operator does."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from gateway.cli.demonstration import PASSWORD
from tests.journeys.world import Demonstration, Hall, Person, verified

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
AXE = Path(__file__).parents[1] / "web" / "vendor" / "axe.min.js"
GAUGE = "awlr-air-bengkulu-rawamakmur"
NOTE = "Tim lapangan menuju lokasi."
SLOW_MS = 30_000


@asynccontextmanager
async def browser_at(hall: Hall, name: str) -> AsyncIterator[Page]:
    """Open a browser, signed in; skip when there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(SLOW_MS)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(hall.url)
        await page.get_by_label(re.compile("^(Nama|Name)")).fill(name)
        await page.get_by_label(re.compile("^(Kata sandi|Password)")).fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("navigation").first.wait_for()
        yield page
        assert not errors, errors
        await browser.close()


async def violations(page: Page) -> list[str]:
    """Return what axe finds on the page."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}" for each in found["violations"]]


async def test_an_operator_plays_the_flood_acknowledges_by_keyboard_and_the_auditor_reads_it(tmp_path: Path) -> None:
    with Demonstration(tmp_path) as hall:
        async with Person(hall, "operator") as person:
            await person.until(verified(person), what="the wall at rest")
            async with browser_at(hall, "operator") as page:
                shown = page.get_by_role("main")
                await expect(shown).to_contain_text("Rutin Harian", timeout=SLOW_MS)
                assert await violations(page) == []
                await page.get_by_role("button", name=re.compile("skenario banjir")).first.click()
                await person.until(lambda: person.screen.scene_in("tanggap") == "banjir", within=50, what="the scene")
                await person.until(verified(person), what="the flood on the wall")
                await expect(shown).to_contain_text("Siaga Banjir", timeout=SLOW_MS)
                await expect(shown).to_contain_text("Siaga II", timeout=SLOW_MS)
                await acknowledge_by_keyboard(page)
                await person.until(lambda: person.screen.alarms[GAUGE]["note"] == NOTE, what="the note")
                await expect(page.get_by_text(NOTE).first).to_be_visible(timeout=SLOW_MS)
        async with browser_at(hall, "auditor") as page:
            await page.get_by_role("navigation").get_by_role("link", name="Audit").click()
            await expect(page.get_by_role("main")).to_contain_text(NOTE, timeout=SLOW_MS)
            assert await violations(page) == []


async def acknowledge_by_keyboard(page: Page) -> None:
    """Open the most urgent alarm with F2, write a note, and send it from the last button."""
    await page.keyboard.press("F2")
    dialog = page.get_by_role("dialog")
    await dialog.wait_for()
    await page.keyboard.press("Tab")
    await dialog.get_by_role("textbox").focus()
    await page.keyboard.type(NOTE)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await dialog.wait_for(state="hidden")
