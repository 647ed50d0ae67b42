"""The rules of the fake hall: real drafts on a copy of the demonstration's files; only rehearsals are told by heart."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from aiohttp import web

from gateway.alarms.config import AlarmsConfig
from gateway.api import shapes
from gateway.api.as_json import dumps
from gateway.api.rule_shapes import HazardScale, HazardScales, RuleDraft, RuleLine, Rules, RuleVerdict, ScaleStep
from gateway.settings.fault import SiteError
from gateway.settings.rule_drafts import FileMoved, RuleDrafts
from gateway.settings.site import load_site
from tests.web.fake_world import Json, World, rfc3339

DEMO = Path(__file__).parent.parent.parent / "config" / "balai-raya"
DAY_S = 86_400.0
LEFT_OUT = "full readings begin 2026-11-20; the days before are not in it"


class FakeRules:
    """`rehearsals` are the drafts that came; `stays` keeps one at work; with `two` a second person is asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.rehearsals: list[Json] = []
        self.stays = False
        self.two = False
        self.applied: list[str] = []
        self._given_up = False

    @cached_property
    def folder(self) -> Path:
        """The site's folder; a copy, gone with this hall."""
        self._place = mkdtemp()
        weakref.finalize(self, shutil.rmtree, self._place, ignore_errors=True)
        return Path(shutil.copytree(DEMO, Path(self._place) / "site", ignore=shutil.ignore_patterns("data")))

    @cached_property
    def drafts(self) -> RuleDrafts:
        """The real drafts on these files."""
        running = load_site(self.folder)
        return RuleDrafts(self.folder, lambda texts: load_site(self.folder, texts=texts), running=lambda: running)

    def routes(self, api: str) -> Sequence[web.RouteDef]:
        """Return the routes under `api`."""
        return [
            web.get(api + "rules", _answered(self._every)),
            web.get(api + "scales", _answered(self._scales)),
            web.get(api + "schemas/alarms", _answered(self._schema)),
            web.post(api + "rules/check", _answered(self._check)),
            web.post(api + "rules/rehearsals", _answered(self._begin)),
            web.get(api + "rules/rehearsals/{id}", _answered(self._show)),
            web.delete(api + "rules/rehearsals/{id}", _answered(self._cancel)),
            web.get(api + "rules/{id}", _answered(self._one)),
            web.put(api + "rules/{id}", _answered(self._write)),
            web.post(api + "config/check", _answered(self._difference)),
            web.post(api + "config/apply", _answered(self._apply)),
        ]

    def _every(self, _request: web.Request, _body: Json) -> object:
        rules, stamp = self.drafts.every()
        lines = [
            RuleLine(
                str(rule["id"]), str(rule["kind"]), str(rule["scale"]), str(rule.get("point", "")),
                rule.get("levels", {}), 1,
            )
            for rule in rules
        ]  # fmt: skip
        return Rules(lines, stamp)

    def _scales(self, _request: web.Request, _body: Json) -> object:
        return HazardScales(
            [
                HazardScale(
                    scale.id, shapes.Name(scale.name.id, scale.name.en),
                    [ScaleStep(s.code, shapes.Name(s.label.id, s.label.en), s.severity) for s in scale.levels.values()],
                )
                for scale in self.drafts.scales()
            ]
        )  # fmt: skip

    def _schema(self, _request: web.Request, _body: Json) -> object:
        return AlarmsConfig.model_json_schema()

    def _one(self, request: web.Request, _body: Json) -> object:
        draft = self.drafts.draft(request.match_info["id"])
        return RuleDraft(draft.id, draft.yaml, draft.rule, draft.stamp)

    def _check(self, _request: web.Request, body: Json) -> object:
        told = self.drafts.check(body["id"], body["yaml"], body.get("rule"))
        faults = [shapes.Fault(f.path, f.message, f.file, f.line, f.hint) for f in told.faults]
        return RuleVerdict(told.yaml, told.rule, faults, told.changes)

    def _write(self, request: web.Request, body: Json) -> object:
        draft = self.drafts.write(request.match_info["id"], body["yaml"], stamp=body["stamp"])
        return RuleDraft(draft.id, draft.yaml, draft.rule, draft.stamp)

    def _difference(self, _request: web.Request, _body: Json) -> object:
        return {"changes": self._changes(), "applied": False, "warnings": [], "approval": None}

    def _apply(self, _request: web.Request, body: Json) -> object:
        self.applied.append(body["why"])
        approval = "one" if self.two else None
        return {"changes": self._changes(), "applied": not self.two, "warnings": [], "approval": approval}

    def _changes(self) -> Sequence[str]:
        id_ = "tma-danau-dendam"
        return list(self.drafts.check(id_, self.drafts.draft(id_).yaml).changes)

    def _begin(self, _request: web.Request, body: Json) -> object:
        self.rehearsals.append(body)
        self._given_up = False
        return self._rehearsal()

    def _show(self, _request: web.Request, _body: Json) -> object:
        return self._rehearsal()

    def _cancel(self, _request: web.Request, _body: Json) -> object:
        self._given_up = True
        return self._rehearsal()

    def _rehearsal(self) -> Json:
        seconds = self.rehearsals[-1]["seconds"]
        until = self._world.now()
        state = "cancelled" if self._given_up else "running" if self.stays else "done"
        done = state == "done"
        return {
            "id": str(len(self.rehearsals)), "state": state, "share": 1.0 if done else 0.4, "readings": 60_480,
            "since": rfc3339(until - seconds), "until": rfc3339(until), "upto": rfc3339(until) if done else None,
            "meant": _part(until, 14, seconds) if done else None, "now": _part(until, 3, seconds) if done else None,
            "left_out": [LEFT_OUT] if done else [], "faults": [], "why": "",
        }  # fmt: skip


def _part(until: float, rang: int, seconds: float) -> Json:
    apart = seconds / (rang + 1)
    told = [
        {
            "alarm": "tma-danau-dendam", "code": "SIAGA3", "label": {"id": "Siaga III", "en": "Siaga III"},
            "severity": 2 + n % 2, "raised_at": rfc3339(until - seconds + apart * (n + 1)),
            "cleared_at": rfc3339(until - seconds + apart * (n + 1) + 3_600), "seconds": 3_600.0, "peak": 123.5,
            "silenced": n == 1,
        }
        for n in range(rang)
    ]  # fmt: skip
    days = int(seconds / DAY_S)
    return {
        "alarms": 1, "rang": rang, "silenced": 1, "before": 0, "standing": 0, "by_severity": {"2": rang},
        "days": [
            {"since": rfc3339(until - DAY_S * (n + 1)), "until": rfc3339(until - DAY_S * n), "rang": rang // days}
            for n in range(days - 1, -1, -1)
        ],
        "longest": 3_600.0, "seconds": 3_600.0 * rang, "chatter": 2 if rang > 3 else 0, "steadier": 45.0, "told": told,
    }  # fmt: skip


def _answered(tell: Callable[[web.Request, Json], object]) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.Response:
        body: Mapping[str, Any] = await request.json() if request.method in ("POST", "PUT") else {}
        try:
            return web.Response(body=dumps(tell(request, dict(body))), content_type="application/json")
        except FileMoved as error:
            return _problem(HTTPStatus.CONFLICT, str(error))
        except SiteError as error:
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    return answer


def _problem(status: int, detail: str) -> web.Response:
    return web.json_response({"title": "Refused", "status": status, "detail": detail}, status=status)
