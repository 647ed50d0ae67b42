"""A workstation for tests: a real browser in front of the fake gateway."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Page, async_playwright, expect

from gateway.clock import SystemClock
from tests.web.fake_gateway import PASSWORD, FakeGateway, run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
expect.set_options(timeout=20_000)  # of a slow machine

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@dataclass(slots=True)
class Desk:
    """One page, the gateway that it talks to, and what went wrong in it."""

    page: Page
    gateway: FakeGateway
    address: str
    errors: list[str] = field(default_factory=list)

    async def log_in(self, name: str) -> None:
        """Sign in as one of the roles, and wait for the wall."""
        await self.page.fill("input[name=name]", name)
        await self.page.fill("input[name=password]", PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_selector(".mimic")

    async def go(self, section: str) -> None:
        """Open a section."""
        await self.page.evaluate(f"location.hash = '{section}'")
        await self.page.wait_for_selector(f"main.{section.partition('/')[0]}")

    async def wear(self, theme: str) -> None:
        """Wear a theme."""
        await self.page.evaluate(f"import('/look.js').then((look) => look.wear('{theme}'))")

    async def speak(self, language: str) -> None:
        """Speak a language."""
        await self.page.evaluate(f"import('/words.js').then((words) => words.speak('{language}'))")


@asynccontextmanager
async def desk(
    name: str = "operator",
    *,
    width: int = 1366,
    height: int = 768,
    motion: Literal["no-preference", "reduce"] = "no-preference",
) -> AsyncIterator[Desk]:
    """Open a browser at the fake gateway, signed in as `name` (nobody when empty)."""
    clock = SystemClock()
    gateway = FakeGateway(clock)
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serve = run(gateway, clock, port=0, ready=ready.set_result)
    served = asyncio.create_task(serve, name="fake gateway")  # noqa: TID251 - a TaskGroup would wrap what a test asserts
    try:
        address = f"http://127.0.0.1:{await ready}/"
        async with async_playwright() as play:
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            context = await browser.new_context(viewport={"width": width, "height": height}, reduced_motion=motion)
            page = await context.new_page()
            found = Desk(page, gateway, address)
            page.on("pageerror", lambda error: found.errors.append(str(error)))
            await page.add_init_script(WATCH)
            await page.goto(address)
            await page.wait_for_selector("form")
            if name:
                await found.log_in(name)
            yield found
            await browser.close()
    finally:
        served.cancel()
        with suppress(asyncio.CancelledError):
            await served
