"""The screens in a real browser, in front of the fake gateway."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, Desk, desk

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
JUDGE = """axe.run(document, {resultTypes: ["violations"]}).then((told) =>
    told.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))"""
WATCH_LINE = """window.back = new Promise((resolve) => {
    const line = document.querySelector(".line");
    let lost = false;
    new MutationObserver(() => {
        lost ||= line.classList.contains("lost");
        if (lost && line.classList.contains("live")) resolve(true);
    }).observe(line, {attributes: true});
}); undefined"""
SECTIONS = ("overview", "alarms", "wall", "scenes", "points", "devices", "notifications", "audit", "health")


async def flood(at: Desk, *, seconds: float = 20.0) -> None:
    """Let the flood have begun some seconds ago, and wait until the wall shows it."""
    at.gateway.world.flood_at = at.gateway.world.now() - seconds
    await at.page.wait_for_selector(".alarms .alarm.s3")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_axe_finds_no_violation_in_any_section(theme: str) -> None:
    async with desk("administrator") as at:
        await flood(at)
        at.gateway.hall.troubled = True
        await at.wear(theme)
        await at.page.evaluate(AXE)
        found = {}
        for section in SECTIONS:
            await at.go(section)
            found[section] = await at.page.evaluate(JUDGE)
        assert found == {section: [] for section in SECTIONS}


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_axe_finds_no_violation_in_the_dialogs_and_at_the_door(theme: str) -> None:
    async with desk("") as at:
        await at.wear(theme)
        await at.page.evaluate(AXE)
        found = [await at.page.evaluate(JUDGE)]
        await at.log_in("administrator")
        await flood(at)
        for opener in (".pointline .link", ".alarms .act", ".scenestrip .act >> nth=1"):
            await at.page.click(opener)
            await at.page.wait_for_selector("dialog[open]")
            found.append(await at.page.evaluate(JUDGE))
            await at.page.keyboard.press("Escape")
            await at.page.wait_for_selector("dialog", state="detached")
        assert found == [[], [], [], []]


async def test_the_screens_run_under_the_strict_content_policy() -> None:
    async with desk("administrator") as at:
        for section in SECTIONS:
            await at.go(section)
        await at.go("overview")
        await at.page.click(".pointline .link")
        await at.page.wait_for_selector("dialog canvas")
        assert await at.page.evaluate("window.violations") == []
        assert at.errors == []


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
async def test_the_first_screen_shows_wall_alarms_and_rivers_without_scrolling(width: int, height: int) -> None:
    async with desk(width=width, height=height) as at:
        await flood(at)
        for shown in (
            ".mimic",
            ".alarms .alarm >> nth=0",
            ".pointline >> nth=0",
            ".pointline >> nth=11",
            ".scenestrip .act >> nth=6",
        ):
            await expect(at.page.locator(shown)).to_be_in_viewport(ratio=0.99)
        assert await at.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert await at.page.evaluate(
            "[...document.querySelectorAll('main, .pointlines')].every((one) => one.scrollHeight <= one.clientHeight)"
        )


async def test_a_wrong_password_is_told_in_a_sentence() -> None:
    async with desk("") as at:
        await at.page.fill("input[name=name]", "operator")
        await at.page.fill("input[name=password]", "bukan")
        await at.page.keyboard.press("Enter")
        await expect(at.page.locator(".login .trouble")).to_have_text("Nama atau kata sandi salah.")


async def test_the_keyboard_alone_acknowledges_the_worst_alarm() -> None:
    async with desk() as at:
        await flood(at)
        await at.page.locator(".alarms .alarm >> nth=0").wait_for()
        await at.page.keyboard.press("F2")
        await at.page.wait_for_selector("dialog[open]")
        await at.page.keyboard.press("ArrowDown")
        await at.page.keyboard.press("Tab")
        await at.page.keyboard.type("Regu piket ke lokasi")
        await at.page.keyboard.press("Tab")
        await at.page.keyboard.press("Tab")
        await at.page.keyboard.press("Enter")
        await at.page.wait_for_selector("dialog", state="detached")
        path, body = at.gateway.asked[-1]
        assert re.fullmatch(r"alarms/[\w-]+/ack", path)
        assert body == {"note": "Regu piket ke lokasi", "disposition": "no_impact"}
        await expect(at.page.locator(".alarm .note")).to_contain_text("Regu piket ke lokasi")


async def test_an_alarm_names_its_scale_beside_its_level() -> None:
    async with desk() as at:
        await flood(at)
        await expect(at.page.locator(".alarm .level", has_text="Siaga II · skala banjir").first).to_be_visible()


async def test_only_what_is_high_and_unacknowledged_blinks_and_never_for_who_asked_for_stillness() -> None:
    async with desk(motion="reduce") as at:
        await flood(at)
        assert (
            await at.page.locator(".alarms .blink").count()
            == await at.page.locator(".alarms .s3.open, .alarms .s4.open").count()
            > 0
        )
        assert await at.page.evaluate("document.getAnimations().length") == 0


async def test_three_seconds_of_silence_grey_the_screen_and_news_bring_it_back() -> None:
    async with desk() as at:
        at.gateway.silent = True
        await expect(at.page.locator("main")).to_have_class(re.compile("frozen"))
        await expect(at.page.locator(".lineband")).to_contain_text("TANPA KABAR")
        at.gateway.silent = False
        await expect(at.page.locator("main")).not_to_have_class(re.compile("frozen"))


async def test_a_lost_line_is_told_and_taken_up_again() -> None:
    async with desk() as at:
        await at.page.evaluate(WATCH_LINE)
        await at.gateway.drop()
        assert await at.page.evaluate("window.back")


async def test_a_gap_in_the_numbers_brings_a_fresh_snapshot() -> None:
    async with desk() as at, at.page.expect_websocket():
        await at.gateway.skip()


async def test_a_role_that_may_not_reads_why_and_nothing_is_sent() -> None:
    async with desk("auditor") as at:
        button = at.page.locator(".regionline .act").first
        await expect(button).to_have_attribute("aria-disabled", "true")
        await button.click(force=True)
        await expect(at.page.locator(".notice")).to_contain_text("Auditor (Inspektorat) tidak boleh")
        assert at.gateway.asked == []


async def test_a_scene_that_wants_it_is_confirmed_after_its_estimate() -> None:
    async with desk() as at:
        await at.page.keyboard.press("Control+2")
        await expect(at.page.locator("dialog")).to_contain_text("perkiraan 0,4 dtk")
        await at.page.keyboard.press("Enter")
        await at.page.wait_for_selector(".scene.active >> text=Siaga Banjir")
        assert at.gateway.asked == [("scenes/banjir/recall", {"dry_run": True}), ("scenes/banjir/recall", {})]


async def test_a_refusal_of_the_service_is_shown_as_its_sentence() -> None:
    async with desk() as at:
        await at.page.keyboard.press("Control+3")
        await expect(at.page.locator("dialog .trouble")).to_contain_text("Lepaskan klaim itu dahulu.")


async def test_a_panel_that_is_not_proven_says_so_in_words_and_arrows_walk_the_wall() -> None:
    async with desk() as at:
        await flood(at)
        at.gateway.hall.troubled = True
        await at.gateway.show()
        await at.page.wait_for_selector(".panel.unreachable")
        await at.page.focus("#panel-aula-r1c1")
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
            await at.page.keyboard.press(key)
        await expect(at.page.locator("dialog h2")).to_have_text("Panel layar baris 3 kolom 4")
        await expect(at.page.locator("dialog")).to_contain_text("Luring — tidak menjawab dalam 3 s")


async def test_values_carry_their_quality_and_speak_the_language() -> None:
    async with desk() as at:
        await at.go("points")
        await expect(at.page.locator(".pointcard", has_text="Kota Manna").locator(".figure.stale")).to_be_visible()
        await expect(at.page.locator(".pointcard", has_text="Kelembapan ruang server").locator(".doubt")).to_have_text(
            "?"
        )
        figure = at.page.locator(".pointcard", has_text="Jembatan Rawa Makmur").locator(".figure b")
        await expect(figure).to_have_text(re.compile(r"^\d+,\d$"))
        await expect(at.page.locator(".clock")).to_have_text(re.compile(r"^\w+, \d+ \w+ \d{4} \d\d\.\d\d\.\d\d WIB$"))
        await at.speak("en")
        await expect(figure).to_have_text(re.compile(r"^\d+\.\d$"))
        await expect(at.page.locator(".clock")).to_have_text(re.compile(r"^\w+, \d+ \w+ \d{4} \d\d:\d\d:\d\d WIB$"))


async def test_the_audit_can_be_searched_and_its_chain_verified() -> None:
    async with desk("auditor") as at:
        await at.go("audit")
        await at.page.click("text=Periksa rantai")
        await expect(at.page.locator(".verdict")).to_contain_text("Jejak audit utuh")
        await at.page.fill(".filter", "tidak ada yang seperti ini")
        await expect(at.page.locator(".audit tbody tr")).to_have_count(0)


async def test_a_technician_commands_a_device_and_reads_the_outcome() -> None:
    async with desk("technician") as at:
        await at.go("devices/matriks-1")
        await at.page.fill("input[name=routes]", "1=4, 2=4")
        await at.page.fill("input[name=why]", "uji")
        await at.page.click(".command button")
        await expect(at.page.locator(".outcome")).to_contain_text("Terbukti")
        assert at.gateway.asked == [
            ("devices/matriks-1/commands", {"verb": "route", "args": {"routes": {"1": 4, "2": 4}}, "why": "uji"})
        ]
        assert await at.page.locator(".bytes .hex").count() == 6


async def test_a_repair_says_what_to_do_and_its_button_does_it() -> None:
    async with desk("administrator") as at:
        await at.go("health")
        await expect(at.page.locator(".repairs li")).to_contain_text("Baris yang ditolak basis data")
        await at.page.click(".repairs button")
        await expect(at.page.locator("main")).to_contain_text("Tidak ada yang perlu diperbaiki.")
        assert at.gateway.asked == [("sinks/influx/replay", {})]


async def test_a_repair_has_no_button_for_who_may_not_press_it() -> None:
    async with desk("leader") as at:
        await at.go("health")
        await expect(at.page.locator(".repairs li")).to_contain_text("kirim ulang")
        assert await at.page.locator(".repairs button").count() == 0
