"""The site's files: checking them, and making the running site follow them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from gateway.api import house_shapes, shapes
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.ports import ConfigReport
from gateway.api.problem import Problem

FAULTS_SHOWN = 50


class ApplyIn(Strict):
    """Why, for the audit."""

    why: Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)] = ""


async def check_config(call: Call) -> house_shapes.ConfigReport:
    """Read the site's files and tell what would change; nothing changes."""
    report = _sound(await call.gateway.config.check())
    return house_shapes.ConfigReport(report.changes, applied=False)


async def apply_config(call: Call, *, body: ApplyIn) -> house_shapes.ConfigReport:
    """Make the running site follow its files; with a fault in any of them nothing changes."""
    report = await call.gateway.config.apply()
    call.gateway.audit.record(
        call.who.name, "config.apply", call.gateway.site.id, after={"changes": list(report.changes)},
        outcome="refused" if report.faults else "done", why=body.why, request=call.request_id,
    )  # fmt: skip
    return house_shapes.ConfigReport(_sound(report).changes, applied=True)


def _sound(report: ConfigReport) -> ConfigReport:
    if report.faults:
        faults = [shapes.Fault(f.path, f.message, f.file, f.line, f.hint) for f in report.faults[:FAULTS_SHOWN]]
        detail = "the site's files cannot be used; the running site stays as it is"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=faults)
    return report


OPERATIONS = (
    Operation("POST", "/config/check", check_config, "config.read", rate="write"),
    Operation("POST", "/config/apply", apply_config, "config.apply", rate="write"),
)
