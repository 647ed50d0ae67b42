"""The audit: who did what, when, why and with what result; and whether the chain is whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.api import house_shapes, shapes, views
from gateway.api.operation import Call, Operation, Query
from gateway.api.problem import BadBody
from gateway.audit.audit import Audit
from gateway.audit.event import Event

LAST = 2**63 - 1
STRETCH = 200
Seq = Annotated[int, Field(ge=0, le=LAST)]


class AuditQuery(Query):
    """With `after`: events after that number, oldest first. Without: the newest (before `before`), newest first."""

    after: Seq | None = None
    before: Seq | None = None
    action: str = ""
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


async def show_events(call: Call, *, query: AuditQuery) -> shapes.Page[house_shapes.Event]:
    """Return entries of the audit; `next` goes into `after` or `before`, whichever was asked."""
    if query.after is not None and query.before is not None:
        raise BadBody("give `after` or `before`, not both")
    audit = call.gateway.audit
    if query.after is not None:
        events = audit.events(after=query.after, action=query.action, limit=query.limit)
    else:
        events = _newest(audit, query)
    following = str(events[-1].seq) if len(events) == query.limit else None
    return shapes.Page([views.event(event) for event in events], following)


def _newest(audit: Audit, query: AuditQuery) -> list[Event]:
    """Return the newest events that fit, newest first: those in memory, then back through ever longer stretches."""
    end = LAST if query.before is None else query.before
    recent = audit.recent(STRETCH)
    found = [event for event in recent if event.seq < end and query.action in ("", event.action)]
    first, length = min(end, recent[0].seq if recent else 1), STRETCH
    while len(found) < query.limit and first > 1:
        start = max(1, first - length)
        older = audit.events(after=start - 1, action=query.action, limit=first - start)
        found = [event for event in older if event.seq < first] + found
        first, length = start, length * 2
    return found[::-1][: query.limit]


async def verify(call: Call) -> house_shapes.Verdict:
    """Walk the whole chain and tell whether an entry was changed, or is missing."""
    verdict = await call.gateway.prove()
    return house_shapes.Verdict(verdict.ok, verdict.count, verdict.first_bad, verdict.why)


OPERATIONS = (
    Operation("GET", "/audit", show_events, "audit.read"),
    Operation("GET", "/audit/verify", verify, "audit.read", rate="write"),
)
