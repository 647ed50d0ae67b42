"""The alarms' page in a real browser: filters, lists, faceplate, shelf, flood, and the second person."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.desk import CHROMIUM, Desk, desk
from tests.web.test_screens import AXE, JUDGE, flood

pytestmark = [pytest.mark.real, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

APPROVAL = {
    "id": "one", "by": "dewi", "why": "alat dipindah", "at": "2026-11-24T01:00:00Z", "until": "2026-11-25T01:00:00Z",
    "changes": ["banjir: deadband 5 → 3"],
}  # fmt: skip


async def alarm_page(at: Desk) -> str:
    """Let the flood have begun, open the page, and return the id of its first alarm."""
    await flood(at)
    await at.go("alarms")
    shown = await at.page.locator(".page.alarms .alarm.s3 .link").first.inner_text()
    return next(
        id_ for id_, alarm in at.gateway.world.alarms.items() if shown in (alarm["name"], alarm["name"].get("id"))
    )


async def test_axe_finds_no_violation_in_the_lists_the_faceplate_and_the_forms() -> None:
    async with desk("technician") as at:
        first = await alarm_page(at)
        aside = {"by": "tek", "at": "2026-11-24T01:00:00Z", "why": "uji", "until": "2026-11-25T01:00:00Z"}
        await at.gateway.alarms.change(first, shelf={**aside, "overdue": False}, chattering=True, steadier=12.0)
        await at.gateway.alarms.drown()
        await at.page.wait_for_selector(".floodband")
        await at.page.evaluate(AXE)
        found = [await at.page.evaluate(JUDGE)]
        at.gateway.world.note("alarms", "alarm.raise", first, outcome="UNACK")
        for opener in (".listhead .switch .act >> nth=1", ".page.alarms .alarm .link", "dialog footer .act >> nth=1"):
            await at.page.click(opener)
            await at.page.wait_for_selector(".alarm.aside" if "switch" in opener else "dialog[open]")
            found.append(await at.page.evaluate(JUDGE))
        assert found == [[], [], [], []]
        assert at.errors == []


async def test_filters_narrow_the_list_and_say_so_when_nothing_is_left() -> None:
    async with desk() as at:
        await alarm_page(at)
        rows = at.page.locator(".grow .alarm")
        every = await rows.count()
        await at.page.select_option(".filters select >> nth=1", "3")
        assert 0 < await rows.count() < every
        await at.page.fill(".filters .filter", "tidak ada yang begini")
        await expect(at.page.locator(".grow .quiet")).to_have_text("Tidak ada alarm yang cocok dengan saringan.")
        await at.page.click(".filters .act")
        await expect(rows).to_have_count(every)
        await at.page.select_option(".filters select >> nth=2", "comm")
        await expect(rows).to_have_count(0)


async def test_the_faceplate_names_the_scale_beside_every_level_and_tells_the_history() -> None:
    async with desk() as at:
        first = await alarm_page(at)
        at.gateway.world.note("alarms", "alarm.raise", first, after={"occurrence": "x"}, outcome="UNACK")
        await at.page.locator(".grow .alarm.s3 .link").first.click()
        face = at.page.locator("dialog[open]")
        await expect(face.locator(".faceplate tbody tr").first).to_contain_text(re.compile("Siaga I.*skala banjir"))
        assert await face.locator(".faceplate tbody tr").count() == 3
        await expect(face.locator(".events")).to_contain_text("Alarm aktif")
        await expect(face).to_contain_text("Jeda histeresis berlaku hanya saat nilai kembali")
        await at.speak("en")
        await expect(face.locator(".events")).to_contain_text("Alarm active")


async def test_a_technician_shelves_by_keyboard_and_finds_it_on_its_list() -> None:
    async with desk("technician") as at:
        first = await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.press("Enter")
        await at.page.wait_for_selector("dialog footer .act:not([aria-busy]) >> text=Tunda sementara")
        await at.page.locator("dialog footer .act", has_text="Tunda sementara").press("Enter")
        await at.page.wait_for_selector("#aside-form input[name=seconds]")
        assert await at.page.locator("input[name=seconds]").count() == 3, "15 minutes, an hour, and the longest"
        await at.page.keyboard.press("ArrowDown")
        await at.page.fill("textarea[name=why]", "alat dibersihkan")
        await at.page.locator("dialog footer .main").press("Enter")
        await at.page.wait_for_selector("dialog", state="detached")
        path, body = at.gateway.asked[-1]
        assert (path, body) == (
            f"alarms/{first}/shelve", {"why": "alat dibersihkan", "seconds": 3600, "once": False},
        )  # fmt: skip
        await expect(at.page.locator(".listhead .switch .act >> nth=1")).to_have_text(re.compile("1$"))
        await at.page.click(".listhead .switch .act >> nth=1")
        await expect(at.page.locator(".alarm.aside .why")).to_contain_text("alat dibersihkan")
        await at.page.click(".alarm.aside .act")
        await at.page.click("dialog footer .main")
        await expect(at.page.locator(".grow .quiet")).to_have_text("Tidak ada alarm yang ditunda.")


async def test_a_shelf_without_a_reason_is_not_sent() -> None:
    async with desk("technician") as at:
        await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.click()
        await at.page.wait_for_selector("dialog footer .act:not([aria-busy]) >> text=Tunda sementara")
        await at.page.click("dialog footer .act >> text=Tunda sementara")
        await at.page.wait_for_selector("#aside-form")
        await at.page.click("dialog footer .main")
        assert await at.page.locator("textarea:invalid").count() == 1
        assert at.gateway.asked == []


async def test_out_of_service_takes_a_date_and_stays_on_its_list() -> None:
    async with desk("technician") as at:
        first = await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.click()
        await at.page.click("dialog footer .act >> text=Tidak layak operasi")
        await at.page.fill("textarea[name=why]", "sensor diganti")
        await at.page.click("dialog footer .main")
        await at.page.wait_for_selector("dialog", state="detached")
        path, body = at.gateway.asked[-1]
        assert path == f"alarms/{first}/out-of-service"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00.000Z", body["due"])
        await at.page.click(".listhead .switch .act >> nth=3")
        await expect(at.page.locator(".alarm.aside .why")).to_contain_text("sensor diganti")


async def test_an_operator_reads_why_the_shelf_is_not_for_them() -> None:
    async with desk() as at:
        await alarm_page(at)
        await at.page.locator(".grow .alarm.s3 .link").first.click()
        button = at.page.locator("dialog footer .act", has_text="Tunda sementara")
        await expect(button).to_have_attribute("aria-disabled", "true")
        await expect(button).to_have_attribute("title", "Peran Operator tidak boleh melakukan ini.")


async def test_all_that_is_shown_is_acknowledged_at_once_and_what_was_refused_is_named() -> None:
    async with desk() as at:
        await alarm_page(at)
        await at.page.wait_for_selector(".listhead > .act")
        await at.page.click(".listhead > .act")
        await at.page.wait_for_selector("dialog .subject >> nth=1")
        await at.page.click("dialog footer .main")
        path, body = at.gateway.asked[-1]
        assert (path, len(body["ids"]) > 1) == ("alarms/ack", True)
        await expect(at.page.locator(".notice.bad")).to_contain_text("the alarm is already acknowledged")


async def test_marks_tell_the_first_of_a_group_what_chatters_and_what_is_only_silent() -> None:
    async with desk() as at:
        first = await alarm_page(at)
        await at.gateway.alarms.change(first, first_out="first", chattering=True, steadier=12.0, category="comm")
        row = at.page.locator(".grow .alarm", has=at.page.locator(".tag.first_first"))
        await expect(row.locator(".tag")).to_have_text(["pertama", "berulang-ulang", "komunikasi"])
        await expect(row.locator(".tag.chatters")).to_have_attribute("title", re.compile("tunda padam 12 dtk"))


async def test_a_flood_is_told_on_every_page_and_folds_what_is_low_never_what_is_high() -> None:
    async with desk() as at:
        await alarm_page(at)
        high = await at.page.locator(".grow .alarm.s3").count()
        await at.gateway.alarms.drown()
        band = at.page.locator(".floodband")
        await expect(band).to_contain_text("Lonjakan alarm")
        await expect(band).to_contain_text("prioritas menengah ke bawah hanya masuk daftar, tidak berbunyi: 2")
        assert await at.page.locator(".grow > .alarms .alarm.s3").count() == high > 0
        assert await at.page.locator(".grow > .alarms .alarm.s2, .grow > .alarms .alarm.s1").count() == 0
        await at.page.click(".folded summary")
        await expect(at.page.locator(".folded .alarm").first).to_be_visible()
        await at.go("overview")
        await expect(band).to_be_visible()
        await at.gateway.tell("flood", {"on": False, "since": None, "counts": {}, "listed": 0, "list_only": 2})
        await expect(band).to_have_count(0)


async def test_what_is_put_aside_leaves_the_counts_and_the_first_screen() -> None:
    async with desk() as at:
        await flood(at)
        count = int(await at.page.locator(".counts li >> nth=1 >> b").inner_text())
        first = next(alarm["id"] for alarm in at.gateway.world.alarms.values() if alarm["severity"] == 3)
        await at.gateway.alarms.change(first, suppressed_by=["device:mqtt-1"])
        await expect(at.page.locator(".counts li >> nth=1 >> b")).to_have_text(str(count - 1))
        await at.go("alarms")
        await at.page.click(".listhead .switch .act >> nth=2")
        await expect(at.page.locator(".alarm.aside .why")).to_contain_text("perangkat mqtt-1 tidak terdengar")


async def test_a_second_person_reads_the_change_and_approves_it() -> None:
    async with desk("supervisor") as at:
        at.gateway.alarms.waiting = [dict(APPROVAL)]
        await at.go("health")
        card = at.page.locator(".approvals")
        await expect(card.locator(".changes")).to_have_text("banjir: deadband 5 → 3")
        await card.locator("input").fill("sudah diperiksa")
        await card.locator("button", has_text="Setujui").click()
        await expect(card).to_have_count(0)
        assert at.gateway.asked == [("config/approvals/one/approve", {"why": "sudah diperiksa"})]


async def test_nobody_approves_their_own_change() -> None:
    async with desk("supervisor") as at:
        at.gateway.alarms.waiting = [{**APPROVAL, "by": "supervisor"}]
        await at.go("health")
        button = at.page.locator(".approvals button", has_text="Setujui")
        await expect(button).to_have_attribute("aria-disabled", "true")
        await expect(at.page.locator(".approvals button", has_text="Tolak")).not_to_have_attribute(
            "aria-disabled", "true"
        )
