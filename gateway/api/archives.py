"""History as files: sent while it is read, and taken while it comes, so that nothing else waits."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, BinaryIO, Literal

import structlog
from aiohttp import hdrs, web
from pydantic import Field

from gateway.api import history_shapes
from gateway.api.history import Asked, SpanQuery, asked_for
from gateway.api.operation import Call, Operation
from gateway.api.problem import BadBody
from gateway.archive import export, table
from gateway.archive.errors import BadFile
from gateway.archive.export import MEDIA, Format, Piece, Wanted
from gateway.archive.importing import LINES, Import, Tally
from gateway.archive.past import Past
from gateway.archive.stamp import SECOND_NS, written
from gateway.errors import GatewayError

log = structlog.get_logger()

MOST_BYTES = 2**30
"""Of an import: it waits in a file of its own while it is read."""
AT_ONCE = 64 * 1024
HOUR_S = 3_600.0
FORMATS = {media: format_ for format_, media in MEDIA.items()}


class ExportQuery(SpanQuery):
    """`want` readings as they are (`raw`), or `buckets` of `resolution` seconds (default: an hour)."""

    format: Literal["csv", "parquet"] = "csv"
    want: Literal["raw", "buckets"] = "raw"
    resolution: Annotated[float, Field(ge=1, le=366 * 86_400)] = HOUR_S


async def export_history(call: Call, *, query: ExportQuery) -> web.StreamResponse:
    """Send history as a file, point by point, oldest first; of any length."""
    asked, format_ = asked_for(call, query), Format(query.format)
    pieces = _pieces(call, asked, query)
    name = f"semarak-{query.want}-{written(asked.since)[:10]}.{format_}"
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: MEDIA[format_],
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
        }
    )
    async with aclosing(pieces):
        await response.prepare(call.request)
        await send(call, response, pieces)
    return response


def _pieces(call: Call, asked: Asked, query: ExportQuery) -> AsyncGenerator[Piece, None]:
    wanted = Wanted({point.id: point.unit for point in asked.points}, asked.since, asked.until)
    if query.want == "raw":
        slices, columns = export.readings(call.gateway.store, wanted), table.READINGS
    else:
        past = Past(call.gateway.store, call.gateway.older)
        slices, columns = export.buckets(past, wanted, width=round(query.resolution * SECOND_NS)), table.BUCKETS
    return export.pieces(slices, export.SHEETS[Format(query.format)](columns))


async def send(call: Call, response: web.StreamResponse, pieces: AsyncGenerator[Piece, None]) -> None:
    """Send the pieces; a file that cannot be finished is broken off, so that nobody takes it for the whole."""
    try:
        async for piece in pieces:
            if piece.data:
                await response.write(piece.data)
        await response.write_eof()
    except GatewayError as error:
        log.warning("an export is broken off", why=str(error), to=call.who.name)
        if call.request.transport is not None:
            call.request.transport.abort()


async def import_history(call: Call) -> history_shapes.Imported:
    """Take an exported file into the journal: each reading once, as history that rings nothing; bad lines are told."""
    lines_of = LINES[FORMATS[call.request.content_type]]
    with tempfile.TemporaryFile() as file:
        await _received(call.request, file)
        gateway = call.gateway
        taking = Import(gateway.store, gateway.points, clock=gateway.clock, raw_days=gateway.raw_days())
        outcome = "failed"
        try:
            async for _ in taking.run(lines_of(file)):
                pass
            outcome = "done"
        except BadFile as error:
            raise BadBody(str(error)) from None
        finally:
            _note(call, taking.tally, outcome)
    tally = taking.tally
    lines = [history_shapes.RefusedLine(number, reason) for number, reason in tally.faults]
    return history_shapes.Imported(tally.accepted, tally.duplicates, tally.refused, lines)


async def _received(request: web.Request, file: BinaryIO) -> None:
    """Put the body into a file as it comes; raise BadBody for one that breaks off or is too large."""
    size = 0
    try:
        async for data in request.content.iter_chunked(AT_ONCE):
            size += len(data)
            if size > MOST_BYTES:
                raise BadBody(
                    f"the file is larger than {MOST_BYTES // 2**20} MiB; import it in parts",
                    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                )
            await asyncio.to_thread(file.write, data)
    except web.RequestPayloadError as error:
        raise BadBody(f"the body broke off: {error}", status=HTTPStatus.BAD_REQUEST) from None
    await asyncio.to_thread(file.seek, 0)


def _note(call: Call, tally: Tally, outcome: str) -> None:
    call.gateway.audit.record(
        call.who.name, "history.import", "history", outcome=outcome, request=call.request_id,
        after={"accepted": tally.accepted, "duplicates": tally.duplicates, "refused": tally.refused},
    )  # fmt: skip


OPERATIONS = (
    Operation("GET", "/history/export", export_history, "view", rate="archive", gives=tuple(MEDIA.values())),
    Operation("POST", "/history/import", import_history, "history.import", rate="archive", takes=tuple(FORMATS)),
)
