"""The screens are served from the package, and only the screens."""

from __future__ import annotations

from importlib import resources

import pytest

from tests.gateway.api_fakes import Hall, serving

pytestmark = pytest.mark.real


async def test_the_screens_are_served_with_their_types_and_fingerprints() -> None:
    async with serving(Hall()) as nobody:
        page = await nobody.ask("GET", "/")
        assert (page.status, page.headers["Content-Type"], page.headers["Cache-Control"]) == (
            200, "text/html; charset=utf-8", "no-cache",
        )  # fmt: skip
        assert page.raw == (resources.files("gateway") / "web" / "index.html").read_bytes()
        script = await nobody.ask("GET", "/app.js")
        assert (script.status, script.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
        assert (await nobody.ask("GET", "/vendor/ui.js")).status == 200
        same = await nobody.ask("GET", "/app.js", headers={"If-None-Match": f'W/"x", {script.headers["ETag"]}'})
        assert (same.status, same.raw, same.headers["ETag"]) == (304, b"", script.headers["ETag"])
        head = await nobody.ask("HEAD", "/app.js")
        assert (head.status, head.raw, head.headers["Content-Length"]) == (200, b"", str(len(script.raw)))


@pytest.mark.parametrize(
    "path", ["/nothing.js", "/../errors.py", "/%2e%2e/errors.py", "/vendor", "/vendor/", "//etc/passwd", "/api/nothing"]
)
async def test_nothing_else_is(path: str) -> None:
    async with serving(Hall()) as nobody:
        answer = await nobody.ask("GET", path)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
