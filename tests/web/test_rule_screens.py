"""The rules in a real browser: the list, the form beside the text, faults, the preview, saving and applying."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, Desk, desk
from tests.web.test_screens import AXE, JUDGE

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

DENDAM = "tma-danau-dendam"
TEXT = "textarea[name=yaml]"
CHOSEN = "(place) => place.value.slice(place.selectionStart, place.selectionEnd)"
SIAGA3 = "input[name='levels.SIAGA3']"


async def editor(at: Desk) -> None:
    """Open the rule of the lake from the list, and wait until it was rehearsed."""
    await at.go("alarms/rules")
    await at.page.fill(".filters .filter", "dendam")
    await expect(at.page.locator(".rules tbody tr")).to_have_count(1)
    await at.page.click(".rules tbody a")
    await at.page.wait_for_selector(TEXT)
    await at.page.wait_for_selector(".rulepreview .rang, .rulepreview progress")


@pytest.mark.parametrize(("theme", "language"), [("dark", "id"), ("light", "en")])
async def test_axe_finds_no_violation_in_the_list_and_the_editor(theme: str, language: str) -> None:
    async with desk("administrator") as at:
        await at.wear(theme)
        await at.speak(language)
        await at.page.evaluate(AXE)
        await at.go("alarms/rules")
        await at.page.wait_for_selector(".rules tbody tr")
        found = [await at.page.evaluate(JUDGE)]
        await editor(at)
        await at.page.wait_for_selector(".rulepreview canvas")
        found.append(await at.page.evaluate(JUDGE))
        assert (found, at.errors, await at.page.evaluate("window.violations")) == ([[], []], [], [])


async def test_what_the_form_says_is_written_into_the_text_and_the_text_into_the_form() -> None:
    async with desk("administrator") as at:
        await editor(at)
        await at.page.fill(SIAGA3, "110")
        await at.page.press(SIAGA3, "Tab")
        await expect(at.page.locator(TEXT)).to_have_value(re.compile("SIAGA3: 110, SIAGA2: 160"))
        text = await at.page.input_value(TEXT)
        await at.page.fill(TEXT, text.replace("110", "105"))
        await expect(at.page.locator(SIAGA3)).to_have_value("105")
        await expect(at.page.locator(".ruletext .changes")).to_contain_text("105")


async def test_a_fault_stands_beside_its_line_and_its_field() -> None:
    async with desk("administrator") as at:
        await editor(at)
        text = await at.page.input_value(TEXT)
        await at.page.fill(TEXT, text.replace("on_delay: 300", "on_delay: -5"))
        await expect(at.page.locator(".rulefaults .link")).to_contain_text("Baris 7, on_delay")
        await expect(at.page.locator("input[name=on_delay]")).to_have_attribute("aria-invalid", "true")
        await at.page.click(".rulefaults .link")
        assert await at.page.eval_on_selector(TEXT, CHOSEN) == "on_delay: -5"
        await expect(at.page.locator("h1 .main")).to_have_attribute("aria-disabled", "true")


async def test_the_preview_says_how_often_it_would_have_rung_and_what_it_left_out() -> None:
    async with desk("administrator") as at:
        await editor(at)
        shown = at.page.locator(".rulepreview")
        await expect(shown.locator(".rang")).to_have_text("Akan berbunyi 14 kali dalam 7 hari terakhir (sekarang: 3).")
        await expect(shown).to_contain_text("tunda padam 45 dtk akan menahannya")
        await expect(shown.locator(".leftout")).to_contain_text("full readings begin")
        await expect(shown.locator(".bar")).to_have_count(14)
        await shown.locator(".bar").first.focus()
        await expect(shown.locator(".timeline p")).to_contain_text("Siaga III")


async def test_a_rehearsal_that_goes_on_is_stopped() -> None:
    async with desk("administrator") as at:
        at.gateway.rules.stays = True
        await editor(at)
        await at.page.locator(".rulepreview .listhead > .act").press("Enter")
        await expect(at.page.locator(".rulepreview .quiet").first).to_have_text("Uji dihentikan.")
        await expect(at.page.locator(".rulepreview progress")).to_have_count(0)


async def test_a_draft_is_saved_then_applied_with_a_reason_and_waits_for_the_second_person() -> None:
    async with desk("administrator") as at:
        at.gateway.rules.two = True
        await editor(at)
        await at.page.fill(SIAGA3, "110")
        await at.page.press(SIAGA3, "Tab")
        await expect(at.page.locator(".ruletext .changes")).to_contain_text("110")
        await at.page.click("h1 .main")
        await expect(at.page.locator(".notice")).to_contain_text("belum berlaku sebelum diterapkan")
        assert "SIAGA3: 110" in (at.gateway.rules.folder / "alarms.yaml").read_text(encoding="utf-8")
        await at.page.click("h1 .act:last-child")
        await expect(at.page.locator("dialog .changes")).to_contain_text("110")
        await at.page.fill("dialog textarea", "diminta balai")
        await at.page.click("dialog footer .main")
        await expect(at.page.locator(".notice").last).to_have_text(re.compile("orang kedua"))
        assert at.gateway.rules.applied == ["diminta balai"]
        await at.go("alarms/rules")
        await expect(at.page.locator(".rules .tag")).to_have_text("belum diterapkan")


async def test_who_was_slower_reads_what_the_file_says_and_keeps_the_draft() -> None:
    async with desk("administrator") as at:
        await editor(at)
        await at.page.fill(SIAGA3, "110")
        await at.page.press(SIAGA3, "Tab")
        await expect(at.page.locator(".ruletext .changes")).to_contain_text("110")
        drafts = at.gateway.rules.drafts
        other = drafts.draft(DENDAM)
        drafts.write(DENDAM, other.yaml.replace("120", "115"), stamp=other.stamp)
        await at.page.click("h1 .main")
        await expect(at.page.locator("section[role=alert] pre")).to_contain_text("SIAGA3: 115")
        await at.page.click("section[role=alert] .act >> nth=0")
        await at.page.click("h1 .main")
        await expect(at.page.locator(".notice")).to_contain_text("disimpan")
        assert "SIAGA3: 110" in drafts.draft(DENDAM).yaml


async def test_who_may_only_read_reads_and_writes_nothing() -> None:
    async with desk("technician") as at:
        await editor(at)
        await expect(at.page.locator(TEXT)).not_to_be_editable()
        await expect(at.page.locator(SIAGA3)).to_be_disabled()
        await expect(at.page.locator("h1 .main")).to_have_attribute("aria-disabled", "true")
        await expect(at.page.locator(".rulepreview .rang")).to_contain_text("14")


async def test_an_operator_is_told_that_rules_are_not_theirs_to_read() -> None:
    async with desk() as at:
        await at.go("alarms/rules")
        await expect(at.page.locator(".page .trouble")).to_have_text("Peran Anda tidak boleh membaca aturan alarm.")


async def test_the_live_list_leads_to_the_history_instead_of_telling_half_of_it() -> None:
    async with desk() as at:
        await at.go("alarms")
        await at.page.click("a >> text=Riwayat alarm")
        await at.page.wait_for_selector("table.occurrences")
