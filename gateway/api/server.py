"""The API's server: one aiohttp application made of the operations, the live socket, the figures and the screens."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from http import HTTPStatus
from uuid import uuid4

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from drivers.errors import DriverError
from drivers.model import DeviceStatus, Reading
from drivers.sensors.source import Rejected
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.flood import Flood
from gateway.api import house_shapes, metrics, openapi, static
from gateway.api.as_json import dumps
from gateway.api.live import Hub
from gateway.api.live_socket import attend, new_socket
from gateway.api.operation import PREFIX, PUBLIC, Call, Operation, read_body, read_query
from gateway.api.operations import OPERATIONS
from gateway.api.outbox import STOPPING
from gateway.api.ports import Gateway
from gateway.api.problem import PROBLEM_TYPE, BadBody, Problem, answer, of_router, unavailable, written
from gateway.api.rates import Limiter
from gateway.api.security import (
    GUARDS,
    caller,
    check_csrf,
    check_permission,
    check_rate,
    check_same_origin,
    is_loopback,
)
from gateway.audit.event import Event
from gateway.errors import GatewayError
from gateway.repairs import Repair
from gateway.supervisor import PartHealth, PartState
from wall_controller.errors import WallError
from wall_controller.view import WallView

MOST_BYTES = 1024 * 1024
MOST_CLIENTS = 300
GRACE_S = 3.0
"""How long requests under way may go on when the service stops."""
REQUEST_ID = web.RequestKey("request_id", str)


class CannotListen(GatewayError):
    """The address of the API is taken, or not this machine's."""


class Api:
    """The API and the screens on one address; `url` is known once `listening` is set."""

    def __init__(self, gateway: Gateway, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._gateway = gateway
        self._host, self._port, self._tls = host, port, tls
        self.hub = Hub(gateway)
        self.listening = asyncio.Event()
        self._limiter = Limiter(gateway.clock)
        self._requests = metrics.Requests()
        self._figures = metrics.Figures(gateway, hub=self.hub, limiter=self._limiter, requests=self._requests)
        self._pages: dict[str, static.Page] = {}
        self._openapi = b""
        bus, hub = gateway.bus, self.hub
        bus.subscribe(Reading, hub.on_readings)
        bus.subscribe(DeviceStatus, hub.on_status)
        bus.subscribe(AlarmChange, hub.on_alarms)
        bus.subscribe(Flood, hub.on_floods)
        bus.subscribe(WallView, hub.on_walls)
        bus.subscribe(Rejected, hub.on_rejected)
        bus.subscribe(PartHealth, hub.on_parts)
        bus.subscribe(Repair, hub.on_repairs)
        bus.subscribe(Event, hub.on_events)

    @property
    def address(self) -> tuple[str, int]:
        """Return the host and port on which the API listens."""
        return self._host, self._port

    @property
    def url(self) -> str:
        """Return where the API listens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    async def run(self) -> None:
        """Serve until cancelled; raise CannotListen."""
        self._pages = static.pages()
        self._openapi = dumps(openapi.document(OPERATIONS, version=self._gateway.version))
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=GRACE_S, auto_decompress=False)
        await runner.setup()
        try:
            await self._listen(runner)
            await self.hub.run()
        finally:
            self.listening.clear()
            await runner.cleanup()
            self._gateway.pushes.settle()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._host, self._port, ssl_context=self._tls).start()
        except OSError as error:
            raise CannotListen(
                f"cannot listen on {self._host}:{self._port}: {error.strerror or error}; "
                "stop whoever holds it, or choose another address with --http"
            ) from None
        self._port = runner.addresses[0][1]
        self.listening.set()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._problems], client_max_size=MOST_BYTES)
        for operation in OPERATIONS:
            app.router.add_route(operation.method, PREFIX + operation.path, partial(self._operate, operation))
        app.router.add_get(f"{PREFIX}/openapi.json", self._document)
        app.router.add_get(f"{PREFIX}/live", self._live, allow_head=False)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/{path:(?!api/).*}", self._page)
        app.on_response_prepare.append(self._guard)
        app.on_shutdown.append(self._end_live)
        return app

    # ── every request ─────────────────────────────────────────────────────────────────────────────────────────────

    @web.middleware
    async def _problems(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Tell every error in the one shape."""
        request[REQUEST_ID] = uuid4().hex
        try:
            return await handler(request)
        except BadBody as error:
            self._reject(request, error)
            return answer(error, request.path)
        except Problem as error:
            return answer(error, request.path)
        except web.HTTPException as error:
            problem = of_router(error)
            if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                self._reject(request, problem)
            return answer(problem, request.path)
        except (GatewayError, DriverError, WallError) as error:
            return answer(unavailable(str(error)), request.path)

    def _reject(self, request: web.Request, error: Problem) -> None:
        """Let the operators see that somebody sends what we cannot use."""
        why = "; ".join([error.detail, *(f"{fault.path}: {fault.message}" for fault in error.errors[:3])])
        where = f"{request.method} {request.path[:80]} from {request.remote}"
        self._gateway.bus.publish([Rejected("api", where, why[:300], b"", self._gateway.clock.now())])

    async def _guard(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(GUARDS)
        response.headers["X-Request-ID"] = request.get(REQUEST_ID, "")
        if request.path.startswith(PREFIX):
            response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
        if response.status == HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(response, web.Response):
            _explain_fault(response, request)
        resource = request.match_info.route.resource
        self._requests.by_status[f"{request.method} {resource.canonical}" if resource else "none", response.status] += 1

    # ── operations ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _operate(self, operation: Operation, request: web.Request) -> web.StreamResponse:
        """Check who asks and what, run the operation, and tell what it gives."""
        call = self._admit(operation, request)
        query, body = read_query(operation, request), await read_body(operation, request)
        given = {"query": query, "body": body}
        taken = {name: value for name, value in given.items() if name in operation.hints}
        result = await operation.run(call, **request.match_info, **taken)
        response = _response(operation, result)
        for amend in call.amend:
            amend(response)
        return response

    def _admit(self, operation: Operation, request: web.Request) -> Call:
        """Return the call of somebody who may; raise Problem."""
        address = request.remote or ""
        who = caller(request, self._gateway, self._limiter)
        if request.headers.get(hdrs.AUTHORIZATION) is None and operation.method != "GET":
            check_same_origin(request)
        check_permission(operation.any_of, who)
        check_rate(self._limiter, operation.rate, who.actor.name if who.actor is not None else address)
        if operation.any_of != (PUBLIC,):
            check_csrf(request, who)
        return Call(self._gateway, request, request[REQUEST_ID], address, who.actor, who.session)

    # ── the other addresses ───────────────────────────────────────────────────────────────────────────────────────

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Serve the live socket: a snapshot, then every change."""
        check_same_origin(request)
        who = caller(request, self._gateway, self._limiter)
        check_permission(("view",), who)
        if len(self.hub.clients) >= MOST_CLIENTS:
            raise unavailable(f"{MOST_CLIENTS} live connections are open, which is all that this service serves")
        socket = new_socket()
        transport = request.transport
        if who.actor is None or transport is None or not socket.can_prepare(request):
            raise Problem(HTTPStatus.UPGRADE_REQUIRED, "this address is a WebSocket", headers={"Upgrade": "websocket"})
        await socket.prepare(request)
        outbox = self.hub.join(who.actor)
        try:
            await attend(socket, outbox, transport)
        finally:
            self.hub.leave(outbox)
        return socket

    async def _document(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._openapi, content_type="application/json")

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        if not is_loopback(request):
            check_permission(("view",), caller(request, self._gateway, self._limiter))
        return web.Response(body=metrics.text(self._figures), headers={hdrs.CONTENT_TYPE: metrics.CONTENT_TYPE})

    async def _alive(self, _request: web.Request) -> web.StreamResponse:
        well = all(part.state is not PartState.FAILED for part in self._gateway.parts())
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        return web.Response(body=dumps(house_shapes.Alive(well)), status=status, content_type="application/json")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return static.answer(self._pages.get(request.match_info["path"]), request)

    async def _end_live(self, _app: web.Application) -> None:
        self.hub.end_all(STOPPING)


def _explain_fault(response: web.Response, request: web.Request) -> None:
    """Put a fault of our own, which aiohttp has logged, into the one shape."""
    fault = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of this service; its log says more")
    body = written(fault, request.path)
    response.body = body
    response.headers[hdrs.CONTENT_TYPE] = PROBLEM_TYPE
    response.headers[hdrs.CONTENT_LENGTH] = str(len(body))


def _response(operation: Operation, result: object) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    return web.Response(body=dumps(result), status=operation.status, content_type="application/json")
