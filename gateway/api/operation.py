"""One operation of the API: its address, who may, and what it takes and gives, read from its function's types."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, get_type_hints

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from gateway.api.ports import Gateway
from gateway.api.problem import BadBody, faults
from gateway.auth.roles import PERMISSIONS, Actor

PREFIX = "/api/v1"
PUBLIC = "public"
"""The permission of what anybody may ask; it has to be spelled, so that nothing is open by omission."""

NOTHING_SENT = (b"", b"{}")
NO_TEXT_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
"""What people write: no control characters but tab and line ends."""


class Strict(BaseModel):
    """What enters the API: unknown keys are refused, types are not guessed, strings are short, numbers are finite."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, str_max_length=500, validate_default=False
    )


class Query(BaseModel):
    """What enters by the query string: text, turned into the types declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=200)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, from where, and under which number the audit finds it."""

    gateway: Gateway
    request: web.Request
    request_id: str
    address: str
    actor: Actor | None
    session: str = ""
    """The session's secret when the caller came with a cookie."""
    amend: list[Callable[[web.StreamResponse], None]] = field(default_factory=list)
    """What else is done to the response: a cookie set or taken."""

    @property
    def who(self) -> Actor:
        """Return the caller of an operation that is not public."""
        if self.actor is None:
            raise RuntimeError(f"{self.request.path} is public and has no caller")
        return self.actor


Run = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Operation:
    """`run(call, *, <path names>, query=…, body=…)` at `method path`.

    `permission` is one of PERMISSIONS, several of which one is enough, or PUBLIC.
    """

    method: str
    path: str
    run: Run
    permission: str | tuple[str, ...]
    rate: str = "read"
    status: int = HTTPStatus.OK
    takes: tuple[str, ...] = ()
    """Media types of a body that `run` reads itself, as it comes; none: JSON."""
    gives: tuple[str, ...] = ()
    """Media types of the answer that `run` sends itself, as it is made; none: JSON."""
    hints: Mapping[str, Any] = field(init=False)
    body: TypeAdapter[Any] | None = field(init=False)

    def __post_init__(self) -> None:
        if self.any_of != (PUBLIC,) and (not self.any_of or not PERMISSIONS.keys() >= set(self.any_of)):
            raise ValueError(f"{self.method} {self.path}: {self.permission!r} is no permission")
        hints = get_type_hints(self.run, include_extras=True)
        given = set(inspect.signature(self.run).parameters) - {"call", "query", "body"}
        if given != set(self.names):
            raise ValueError(f"{self.method} {self.path}: {self.run.__name__} takes {given}, the path has {self.names}")
        object.__setattr__(self, "hints", hints)
        object.__setattr__(self, "body", TypeAdapter(hints["body"]) if "body" in hints else None)

    @property
    def any_of(self) -> tuple[str, ...]:
        """Return the permissions of which the caller needs one."""
        return (self.permission,) if isinstance(self.permission, str) else self.permission

    @property
    def name(self) -> str:
        """Return the operation's id: module and function."""
        return f"{self.run.__module__.rpartition('.')[2]}.{self.run.__name__}"

    @property
    def summary(self) -> str:
        """Return the function's contract."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def query(self) -> type[Query] | None:
        """Return the model of the query string, or None when there is none."""
        return self.hints.get("query")


def read_query(operation: Operation, request: web.Request) -> Query | None:
    """Return the query string as the operation's model; raise BadBody when it is not."""
    given = request.query
    repeated = sorted(key for key in set(given) if len(given.getall(key)) > 1)
    if repeated:
        raise BadBody(f"the query gives {repeated[0]} more than once")
    if operation.query is None:
        if given:
            raise BadBody(f"this operation takes no query; it got {', '.join(sorted(given))[:200]}")
        return None
    try:
        return operation.query.model_validate_strings(dict(given))
    except ValidationError as error:
        raise BadBody("the query is not as this operation takes it", errors=faults(error)) from None


async def read_body(operation: Operation, request: web.Request) -> object:
    """Return the body as the operation's model; raise BadBody when it is not, None when the operation takes none."""
    if operation.takes:
        _check_kind(operation, request)
        return None
    raw = await _received(request)
    if operation.body is None:
        if raw.strip() not in NOTHING_SENT:
            raise BadBody("this operation takes no body", status=HTTPStatus.BAD_REQUEST)
        return None
    if raw and request.content_type != "application/json":
        raise BadBody(
            f"the body must be application/json, not {request.content_type[:100]!r}",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )
    try:
        return operation.body.validate_json(raw or b"{}")
    except ValidationError as error:
        not_json = error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid"
        status = HTTPStatus.BAD_REQUEST if not_json else HTTPStatus.UNPROCESSABLE_ENTITY
        raise BadBody("the body is not what this operation takes", errors=faults(error), status=status) from None


def _check_kind(operation: Operation, request: web.Request) -> None:
    _check_coding(request)
    if request.content_type not in operation.takes:
        raise BadBody(
            f"the body must be {' or '.join(operation.takes)}, not {request.content_type[:100]!r}",
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        )


def _check_coding(request: web.Request) -> None:
    """Raise BadBody for a packed body, which may unpack to anything."""
    coding = request.headers.get(hdrs.CONTENT_ENCODING, "identity")
    if coding != "identity":
        raise BadBody(f"the body must not be packed ({coding[:40]!r})", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


async def _received(request: web.Request) -> bytes:
    """Return the body's bytes; raise BadBody for a packed and for a broken one."""
    _check_coding(request)
    try:
        return await request.read()
    except web.RequestPayloadError as error:
        raise BadBody(f"the body broke off: {error}", status=HTTPStatus.BAD_REQUEST) from None
