"""Signing in and out with a browser."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from math import ceil
from typing import Annotated

from aiohttp import hdrs
from pydantic import Field

from gateway.api import house_shapes, views
from gateway.api.operation import PUBLIC, Call, Operation, Strict
from gateway.api.problem import Problem
from gateway.api.security import forget_session, set_session
from gateway.auth.errors import BadLogin, TooManyTries
from gateway.auth.roles import Actor
from gateway.auth.sessions import csrf_of

STRANGER = "stranger"
"""The actor of what nobody has signed in for."""
NO_LINES = r"^[^\x00-\x1f\x7f]*$"


class LoginIn(Strict):
    """Name and password."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=NO_LINES)]
    password: Annotated[str, Field(min_length=1, max_length=200)]


async def sign_in(call: Call, *, body: LoginIn) -> house_shapes.SignedIn:
    """Begin a session: the cookie is set, and the token that writes must carry is told."""
    gateway = call.gateway
    try:
        account = await gateway.accounts.login(body.name, body.password, call.address)
    except BadLogin as error:
        _record(call, body.name, "login.failed", str(error))
        raise Problem(HTTPStatus.UNAUTHORIZED, str(error)) from None
    except TooManyTries as error:
        _record(call, body.name, "login.limited", str(error))
        wait = {"Retry-After": str(ceil(error.retry_after))}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, str(error), headers=wait) from None
    agent = call.request.headers.get(hdrs.USER_AGENT, "")
    cookie = await gateway.sessions.open(account.name, address=call.address, agent=agent, old=call.session or None)
    call.amend.append(partial(set_session, secret=cookie, tls=call.request.secure))
    gateway.audit.record(account.name, "login", account.name, outcome="done", why=call.address, request=call.request_id)
    return house_shapes.SignedIn(views.me(Actor(account.name, account.roles, "session")), csrf_of(cookie))


async def show_session(call: Call) -> house_shapes.SignedIn:
    """Return who is signed in; a program has no session, so its `csrf` is empty."""
    return house_shapes.SignedIn(views.me(call.who), csrf_of(call.session) if call.session else "")


async def sign_out(call: Call) -> None:
    """End the session, here and in every page that shares it."""
    if call.session:
        await call.gateway.sessions.end(call.session)
        name = call.who.name
        call.gateway.audit.record(name, "logout", name, outcome="done", why=call.address, request=call.request_id)
    call.amend.append(partial(forget_session, tls=call.request.secure))


def _record(call: Call, name: str, action: str, why: str) -> None:
    call.gateway.audit.record(
        STRANGER, action, name, outcome="refused", why=f"{why} ({call.address})", request=call.request_id
    )


OPERATIONS = (
    Operation("POST", "/session", sign_in, PUBLIC, rate="login"),
    Operation("GET", "/session", show_session, "view"),
    Operation("DELETE", "/session", sign_out, "view", rate="write", status=HTTPStatus.NO_CONTENT),
)
