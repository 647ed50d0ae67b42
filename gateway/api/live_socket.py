"""One live client's WebSocket: sends what its outbox holds, and notices when it goes."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web

from gateway.api.outbox import GONE, RESYNC, Outbox

HEARTBEAT_S = 10.0
SEND_S = 10.0
"""A message that cannot be handed over for this long: the client does not read any more."""
CLOSE_S = 2.0
MOST_BYTES = 4096
"""Clients have nothing to say."""


def new_socket() -> web.WebSocketResponse:
    """Return a socket, not yet prepared."""
    return web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MOST_BYTES, timeout=CLOSE_S, compress=False)


async def attend(socket: web.WebSocketResponse, outbox: Outbox, transport: asyncio.Transport) -> None:
    """Serve one client until it goes or is ended."""
    async with asyncio.TaskGroup() as tasks:
        listener = tasks.create_task(_listen(socket, outbox), name="live listen")
        await _send(socket, outbox, transport)
        listener.cancel()


async def _listen(socket: web.WebSocketResponse, outbox: Outbox) -> None:
    """Answer pings, let what the client says go by, and notice when it goes."""
    async for _ in socket:
        pass
    outbox.end(GONE)


async def _send(socket: web.WebSocketResponse, outbox: Outbox, transport: asyncio.Transport) -> None:
    try:
        while outbox.ending is None:
            frame = outbox.take()
            if frame is None:
                await outbox.ready.wait()
                continue
            async with asyncio.timeout(SEND_S):
                await socket.send_frame(frame, WSMsgType.TEXT)
    except TimeoutError:
        outbox.end(RESYNC)
    except ConnectionError:
        outbox.end(GONE)
    await _close(socket, outbox, transport)


async def _close(socket: web.WebSocketResponse, outbox: Outbox, transport: asyncio.Transport) -> None:
    """Tell the client why, if it still reads; then hang up, whatever is left unsent."""
    ending = outbox.ending or RESYNC
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(CLOSE_S):
            await socket.close(code=ending.code, message=ending.why.encode())
    # An orderly close waits until the client has read everything, which this one may never do.
    transport.abort()
