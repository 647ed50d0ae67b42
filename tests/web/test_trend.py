"""The trend of a point: a gap and a doubt are seen to be such, and what is shown can be had as a file."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, Desk, desk

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

PAINTED = """([name, least]) => {
    const canvas = document.querySelector("dialog canvas");
    const wanted = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const lines = new Map();
    for (let n = 0; n < data.length; n += 4) {
        if (Math.abs(data[n] - r) + Math.abs(data[n + 1] - g) + Math.abs(data[n + 2] - b) < 12 && data[n + 3] > 200) {
            const x = (n / 4) % canvas.width;
            lines.set(x, (lines.get(x) ?? 0) + 1);
        }
    }
    const found = [...lines].filter(([, count]) => count >= least).map(([x]) => x);
    return found.sort((a, b) => a - b).map((x) => x / canvas.width);
}"""
"""Where across the canvas, from 0 to 1, at least so many points have this colour of the theme."""


ASKED_DAYS = """(days) => {
    const asked = new URL(document.querySelector("dialog a[download]").href).searchParams;
    return new Date(asked.get("until")) - new Date(asked.get("since")) === days * 86_400_000;
}"""
"""Whether the file that is offered spans so many days."""


async def opened(at: Desk) -> None:
    await at.page.click(".pointline .link >> nth=0")
    await at.page.wait_for_selector("dialog canvas")


async def test_a_gap_is_hatched_and_named_and_doubt_is_underlined() -> None:
    async with desk() as at:
        now = at.gateway.world.now()
        at.gateway.world.silences = [(now - 3_000, now - 2_100)]
        at.gateway.world.doubts = [(now - 1_000, now - 500)]
        await opened(at)
        await expect(at.page.locator("dialog .trendkey")).to_have_text(["Tidak ada data", "meragukan"])
        hatched = await at.page.evaluate(PAINTED, ["--hatch", 10])
        doubted = await at.page.evaluate(PAINTED, ["--trouble", 1])
        assert 0.15 < hatched[0] < hatched[-1] < 0.5, (hatched[0], hatched[-1])
        assert 0.7 < doubted[0] < doubted[-1] < 0.9, (doubted[0], doubted[-1])
        assert at.errors == []


async def test_a_whole_series_has_no_hatch_and_no_legend() -> None:
    async with desk() as at:
        await opened(at)
        assert await at.page.locator("dialog .trendkey").count() == 0
        assert await at.page.evaluate(PAINTED, ["--trouble", 1]) == []


async def test_a_span_of_thirty_days_is_chosen_and_had_as_a_file() -> None:
    async with desk() as at:
        await opened(at)
        await at.page.click("dialog .switch button >> nth=4")
        await expect(at.page.locator('dialog .switch button[aria-pressed="true"]')).to_have_text("30 hari")
        link = at.page.locator("dialog a[download]")
        await expect(link).to_have_attribute("href", re.compile("format=csv"))
        await at.speak("en")
        await expect(link).to_have_text("Export CSV")
        await at.page.wait_for_function(ASKED_DAYS, arg=30)
        asked = parse_qs(urlsplit(await link.get_attribute("href") or "").query)
        since, until = (datetime.fromisoformat(asked[name][0]) for name in ("since", "until"))
        assert (len(asked["points"]), until - since) == (1, timedelta(days=30))


async def test_a_span_without_any_reading_is_told_in_words() -> None:
    async with desk() as at:
        at.gateway.world.silences = [(0, at.gateway.world.now() + 60)]
        await opened(at)
        await expect(at.page.locator("dialog .trendfoot")).to_contain_text("Belum ada data untuk rentang ini.")
        await expect(at.page.locator("dialog .trendkey")).to_have_text(["Tidak ada data"])


async def test_the_small_trend_breaks_where_nothing_came() -> None:
    async with desk() as at:
        now = at.gateway.world.now()
        at.gateway.world.silences = [(now - 250, now - 100)]
        at.gateway.world.doubts = [(now - 60, now)]
        await at.page.reload()
        path = at.page.locator(".pointline .spark .trace").first
        await expect(path).to_have_attribute("d", re.compile("^M.*M"))
        assert await at.page.locator(".pointline .spark .doubted").count() > 0
