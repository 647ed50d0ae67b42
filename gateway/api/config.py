"""The site's files: checking them, and making the running site follow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from gateway.api import house_shapes, shapes
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.problem import Problem
from gateway.settings.fault import SiteError

FAULTS_SHOWN = 50


class ApplyIn(Strict):
    """Why, for the audit."""

    why: Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)] = ""


async def check_config(call: Call) -> house_shapes.ConfigReport:
    """Read the site's files and tell what would change; nothing changes."""
    with _site_errors():
        config = call.gateway.config
        return house_shapes.ConfigReport(await config.check(), applied=False, warnings=config.advice())


async def apply_config(call: Call, *, body: ApplyIn) -> house_shapes.ConfigReport:
    """Make the running site follow its files; with a fault in any of them nothing changes."""
    with _site_errors():
        try:
            changes = await call.gateway.config.apply()
        except SiteError as error:
            _record(call, body, [str(fault) for fault in error.faults[:FAULTS_SHOWN]], "refused")
            raise
    _record(call, body, changes, "done")
    return house_shapes.ConfigReport(changes, applied=True, warnings=call.gateway.config.advice())


def _record(call: Call, body: ApplyIn, told: Sequence[str], outcome: str) -> None:
    call.gateway.audit.record(
        call.who.name, "config.apply", call.gateway.site.id, after=list(told), outcome=outcome, why=body.why,
        request=call.request_id,
    )  # fmt: skip


@contextmanager
def _site_errors() -> Iterator[None]:
    """Tell what is wrong in the files, each fault with its place."""
    try:
        yield
    except SiteError as error:
        faults = [shapes.Fault(f.path, f.message, f.file, f.line, f.hint) for f in error.faults[:FAULTS_SHOWN]]
        detail = "the site's files cannot be used; the running site stays as it is"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=faults) from None


OPERATIONS = (
    Operation("POST", "/config/check", check_config, "config.read", rate="write"),
    Operation("POST", "/config/apply", apply_config, "config.apply", rate="write"),
)
