"""The history of alarms in the fake hall: told in the shapes of the real API, computed by the real report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from gateway.api.as_json import dumps
from gateway.api.occurrence_shapes import OccurrenceDetail, Timeline
from gateway.api.occurrences import gaps, occurrence, spell
from gateway.api.reports import told
from gateway.api.shapes import Page
from gateway.archive.stamp import read, written
from gateway.kpi.performance import performance
from gateway.occurrences.book import Life, Material, Sound, Stretch
from gateway.occurrences.occurrence import Occurrence, Spell
from tests.web.fake_world import World

S = 1_000_000_000
MINUTE, HOUR, DAY = 60 * S, 3_600 * S, 86_400 * S


class FakeOccurrences:
    """`items` are what rang, newest first; `unknown` is when nobody wrote down; `asked` are the queries that came."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.items: list[Occurrence] = []
        self.spells: list[Spell] = []
        self.unknown: list[Stretch] = []
        self.asked: list[dict[str, str]] = []

    @property
    def now(self) -> int:
        """The time of the fake hall, UTC ns."""
        return round(self._world.now() * S)

    def rang(self, point: str, ago: int, lasted: int | None, **more: Any) -> Occurrence:
        """Let an alarm of a point have rung so long ago (ns); None: it has not ended."""
        at = self.now - ago
        end = None if lasted is None else at + lasted
        one = Occurrence(
            f"{point}@{at}", point, point, "AWLR Rawa Makmur", "Water level, Rawa Makmur", "process", "banjir_siaga",
            "banjir", "flood", "cm", "Rawa Makmur, BPBD", None, None, "SIAGA2", "Siaga II", "Siaga II", 2, 3, at,
            annunciated_at=at, annunciations=1, acked_at=at + MINUTE, acked_by="sari", station="10.0.0.7", acks=1,
            cleared_at=end, closed_at=end, ended="" if end is None else "closed", peak=412.5, peak_at=at + 5 * MINUTE,
            active_since=at if end is None else None, active_ns=lasted or 0, note="pompa dinyalakan",
        )  # fmt: skip
        one = replace(one, **more)
        self.items.append(one)
        self.items.sort(key=lambda each: -each.raised_at)
        return one

    def routes(self, api: str) -> Sequence[web.RouteDef]:
        """Return the routes under `api`."""
        return [
            web.get(api + "occurrences", self._page),
            web.get(api + "occurrences/timeline", self._timeline),
            web.get(api + "occurrences/{id}", self._one),
            web.get(api + "reports/alarms", self._report),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        begin = int(request.query.get("after", "0"))
        least = int(request.query.get("severity", "0"))
        found = [one for one in self.items if one.severity >= least and request.query.get("text", "") in one.note]
        following = str(begin + 3) if len(found) > begin + 3 else None
        return _json(Page([occurrence(one, self.now) for one in found[begin : begin + 3]], following))

    async def _timeline(self, request: web.Request) -> web.Response:
        since, until = (read(request.query[name]) for name in ("since", "until"))
        items = [
            one for one in self.items
            if one.point == request.query["point"] and one.raised_at < until and (one.closed_at or until) >= since
        ]  # fmt: skip
        unknown = [(max(begin, since), min(end, until)) for begin, end in self.unknown if begin < until and end > since]
        shown = [occurrence(one, self.now) for one in items]
        return _json(Timeline(written(since), written(until), shown, False, gaps(unknown)))

    async def _one(self, request: web.Request) -> web.Response:
        one = next(one for one in self.items if one.id == request.match_info["id"])
        spells = [spell(each) for each in self.spells if each.alarm == one.alarm]
        return _json(OccurrenceDetail(occurrence(one, self.now), spells, []))

    async def _report(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        lives = [
            Life(
                one.alarm, one.name_id, one.name_en, one.severity, one.raised_at, one.annunciated_at, one.acked_at,
                one.cleared_at, one.closed_at, one.active_ns, one.active_since, one.chatter, one.asides,
            )
            for one in self.items
        ]  # fmt: skip
        sounds = sorted(Sound(one.raised_at, one.severity, one.alarm) for one in self.items)
        material = Material(self.now - 10 * DAY, self.now, lives, sounds, self.spells, self.unknown)
        return _json(told(performance(material, positions=int(request.query["positions"]))))


def _json(value: object) -> web.Response:
    return web.Response(body=dumps(value), content_type="application/json")
