"""Sinks: how far each server is behind, and the rows that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from gateway.api import house_shapes, shapes, views
from gateway.api.operation import Call, Operation
from gateway.api.ports import SinkPort
from gateway.api.problem import Problem, not_found
from gateway.forward.errors import SinkError


async def show_sinks(call: Call) -> shapes.Page[house_shapes.Sink]:
    """Return every server that gets the readings, and what waits for it."""
    return shapes.Page([views.sink(sink.status()) for sink in call.gateway.sinks.values()])


async def show_quarantine(call: Call, *, id: str) -> shapes.Page[house_shapes.SetAside]:  # noqa: A002 - the path's name
    """Return the rows that a server refused, with its sentences, oldest first."""
    entries = _found(call, id).quarantine.entries()
    return shapes.Page([house_shapes.SetAside(e.id, views.time(e.at), e.why, e.lines) for e in entries])


async def replay(call: Call, *, id: str) -> house_shapes.Replayed:  # noqa: A002 - the path's name
    """Write the refused rows again; what is refused again stays in quarantine."""
    sink = _found(call, id)
    with _server_errors():
        done = await sink.replay()
    _record(call, "sink.replay", id, {"written": done.written, "left": done.left})
    return house_shapes.Replayed(done.written, done.left)


async def discard(call: Call, *, id: str) -> None:  # noqa: A002 - the path's name
    """Throw the refused rows away; the journal still has their readings."""
    _record(call, "sink.discard", id, {"rows": _found(call, id).discard()})


async def create_bucket(call: Call, *, id: str) -> None:  # noqa: A002 - the path's name
    """Create the bucket that a server misses."""
    sink = _found(call, id)
    with _server_errors():
        await sink.create()
    _record(call, "sink.bucket", id, {})


def _found(call: Call, wanted: str) -> SinkPort:
    sink = call.gateway.sinks.get(wanted)
    if sink is None:
        raise not_found("sink", wanted)
    return sink


def _record(call: Call, action: str, sink: str, after: dict[str, int]) -> None:
    call.gateway.audit.record(call.who.name, action, sink, after=after, outcome="done", request=call.request_id)


@contextmanager
def _server_errors() -> Iterator[None]:
    """Tell what the server of a sink says."""
    try:
        yield
    except SinkError as error:
        raise Problem(HTTPStatus.BAD_GATEWAY, str(error)) from None


OPERATIONS = (
    Operation("GET", "/sinks", show_sinks, "view"),
    Operation("GET", "/sinks/{id}/quarantine", show_quarantine, "view"),
    Operation("POST", "/sinks/{id}/replay", replay, "config.apply", rate="write"),
    Operation("DELETE", "/sinks/{id}/quarantine", discard, "config.apply", rate="write", status=HTTPStatus.NO_CONTENT),
    Operation("POST", "/sinks/{id}/bucket", create_bucket, "config.apply", rate="write", status=HTTPStatus.NO_CONTENT),
)
