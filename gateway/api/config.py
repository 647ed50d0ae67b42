"""The site's files: checking them, making the running site follow them, and what a second person has to approve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from gateway.api import alarm_shapes, house_shapes, shapes, views
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.problem import Problem, conflict, not_found
from gateway.settings.approval import NoSuchApproval, NotApproved
from gateway.settings.fault import SiteError

FAULTS_SHOWN = 50


class ApplyIn(Strict):
    """Why, for the audit."""

    why: Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)] = ""


async def check_config(call: Call) -> house_shapes.ConfigReport:
    """Read the site's files and tell what would change; nothing changes."""
    with _refusals():
        config = call.gateway.config
        return house_shapes.ConfigReport(await config.check(), applied=False, warnings=config.advice())


async def apply_config(call: Call, *, body: ApplyIn) -> house_shapes.ConfigReport:
    """Make the running site follow its files; with a fault in any of them nothing changes.

    Where thresholds take two persons, a change of them waits: `approval` is its number, and nothing is applied yet.
    """
    with _refusals():
        try:
            applied = await call.gateway.config.apply(call.who, why=body.why)
        except SiteError as error:
            _record(call, "config.apply", body, [str(fault) for fault in error.faults[:FAULTS_SHOWN]], "refused")
            raise
        except NotApproved as error:
            _record(call, "config.apply", body, [str(error)], "refused")
            raise
    waits, warnings = applied.approval, call.gateway.config.advice()
    if waits is None:
        _record(call, "config.apply", body, applied.changes, "done")
        return house_shapes.ConfigReport(applied.changes, applied=True, warnings=warnings)
    _record(call, "config.apply", body, waits.changes, "waits", subject=waits.id)
    return house_shapes.ConfigReport(waits.changes, applied=False, warnings=warnings, approval=waits.id)


async def show_approvals(call: Call) -> shapes.Page[alarm_shapes.Approval]:
    """Return the changes of thresholds that wait for a second person."""
    waits = call.gateway.config.waiting()
    return shapes.Page([] if waits is None else [views.approval(waits)])


async def approve(call: Call, *, id: str, body: ApplyIn) -> house_shapes.ConfigReport:  # noqa: A002 - the path's name
    """Put a change of thresholds into force; refused to whoever proposed it, and to a program."""
    with _refusals(id):
        applied = await call.gateway.config.approve(id, call.who)
    proposed = {"by": applied.approval.by, "why": applied.approval.why} if applied.approval else None
    told = applied.approval.changes if applied.approval else applied.changes
    _record(call, "config.approve", body, told, "done", subject=id, before=proposed)
    return house_shapes.ConfigReport(applied.changes, applied=True, warnings=call.gateway.config.advice())


async def reject(call: Call, *, id: str, body: ApplyIn) -> alarm_shapes.Approval:  # noqa: A002 - the path's name
    """Drop a change of thresholds that waits; the files stay as they are written."""
    with _refusals(id):
        dropped = await call.gateway.config.reject(id)
    before = {"by": dropped.by, "why": dropped.why}
    _record(call, "config.reject", body, dropped.changes, "rejected", subject=id, before=before)
    return views.approval(dropped)


def _record(
    call: Call, action: str, body: ApplyIn, told: Sequence[str], outcome: str, *,
    subject: str = "", before: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    call.gateway.audit.record(
        call.who.name, action, subject or call.gateway.site.id, before=before, after=list(told), outcome=outcome,
        why=body.why, request=call.request_id,
    )  # fmt: skip


@contextmanager
def _refusals(id: str = "") -> Iterator[None]:  # noqa: A002 - the glossary's word
    """Tell what is wrong in the files, each fault with its place, and who else is needed."""
    try:
        yield
    except SiteError as error:
        faults = [shapes.Fault(f.path, f.message, f.file, f.line, f.hint) for f in error.faults[:FAULTS_SHOWN]]
        detail = "the site's files cannot be used; the running site stays as it is"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=faults) from None
    except NoSuchApproval:
        raise not_found("change that waits for approval", id) from None
    except NotApproved as error:
        raise conflict(str(error)) from None


READERS = ("config.read", "threshold.approve")

OPERATIONS = (
    Operation("POST", "/config/check", check_config, "config.read", rate="write"),
    Operation("POST", "/config/apply", apply_config, "config.apply", rate="write"),
    Operation("GET", "/config/approvals", show_approvals, READERS),
    Operation("POST", "/config/approvals/{id}/approve", approve, "threshold.approve", rate="write"),
    Operation("POST", "/config/approvals/{id}/reject", reject, "threshold.approve", rate="write"),
)
