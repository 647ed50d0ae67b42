"""The screens: the files of gateway/web, read once from the installed package and served with their fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable

from aiohttp import hdrs, web

from gateway.api.problem import EXPLAINED, Problem

TYPES: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "geojson": "application/geo+json",
    "md": "text/markdown; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}
"""What is served, by the end of its name; the rest is not."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file with its content type and fingerprint."""

    body: bytes
    kind: str
    etag: str


def pages() -> dict[str, Page]:
    """Return every file of the screens by its path, `index.html` as "" too."""
    found = {
        path: Page(body, TYPES[path.rpartition(".")[2]], f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        for path, body in _files(resources.files("gateway") / "web", "")
        if path.rpartition(".")[2] in TYPES
    }
    return {**found, "": found["index.html"]} if "index.html" in found else found


def answer(page: Page | None, request: web.Request) -> web.Response:
    """Return the page, or only that it has not changed; raise Problem when there is none."""
    if page is None:
        raise Problem(HTTPStatus.NOT_FOUND, EXPLAINED[HTTPStatus.NOT_FOUND])
    headers = {hdrs.ETAG: page.etag, hdrs.CACHE_CONTROL: "no-cache"}
    known = [each.strip().removeprefix("W/") for each in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")]
    if page.etag in known or known == ["*"]:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=page.body, headers={**headers, hdrs.CONTENT_TYPE: page.kind})


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()
