"""Who asks and whether they may: session cookie or bearer token, CSRF, Origin, and the headers that guard a browser."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from gateway.api.operation import PUBLIC
from gateway.api.ports import Gateway
from gateway.api.problem import Problem
from gateway.api.rates import Limiter
from gateway.auth.roles import Actor
from gateway.auth.sessions import csrf_fits
from gateway.auth.tokens import actor_of

CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD"})
SECRET_CHARS = 200
"""A longer secret is none of ours."""

FORWARDED = ("X-Forwarded-For", "Forwarded", "Via")
"""A proxy on this machine asks for somebody else."""

GUARDS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "semarak",
}
"""Headers of every answer."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; `session` is the cookie's secret, empty for a program or a stranger."""

    actor: Actor | None = None
    session: str = ""


STRANGER = Caller()


def cookie_name(*, tls: bool) -> str:
    """Return the session cookie's name; the prefix makes browsers insist on TLS, so it is for TLS only."""
    return "__Host-semarak" if tls else "semarak"


def set_session(response: web.StreamResponse, secret: str, *, tls: bool) -> None:
    """Give the browser its session."""
    response.set_cookie(cookie_name(tls=tls), secret, httponly=True, secure=tls, samesite="Strict", path="/")


def forget_session(response: web.StreamResponse, *, tls: bool) -> None:
    """Take the session from the browser."""
    response.del_cookie(cookie_name(tls=tls), httponly=True, secure=tls, samesite="Strict", path="/")


def caller(request: web.Request, gateway: Gateway, limiter: Limiter) -> Caller:
    """Return who asks; raise Problem for a token that is not known (any more)."""
    address = request.remote or ""
    offered = request.headers.get(hdrs.AUTHORIZATION)
    if offered is not None:
        scheme, _, secret = offered.partition(" ")
        known = scheme.lower() == "bearer" and _is_secret(secret)
        actor = gateway.tokens.find(secret) if known else None
        if actor is None:
            check_rate(limiter, "guess", address)
            raise unauthorized("the bearer token is not known, has expired or was revoked")
        return Caller(actor)
    session = request.cookies.get(cookie_name(tls=request.secure), "")
    if not _is_secret(session):
        return STRANGER
    actor = gateway.sessions.find(session)
    if actor is None:
        check_rate(limiter, "guess", address)
        return STRANGER
    return Caller(actor, session)


def still(actor: Actor, gateway: Gateway) -> Actor | None:
    """Return the actor with the rights of now, None once the session or the token is over; it is no activity."""
    if actor.via == "token":
        now = gateway.clock.now()
        token = next(
            (each for each in gateway.tokens.list() if str(each.id) == actor.id and each.expires_at > now), None
        )
        return None if token is None else actor_of(token)
    account = next((each for each in gateway.accounts.list() if each.name == actor.name and each.enabled), None)
    if account is None or all(str(session.id) != actor.id for session in gateway.sessions.list(actor.name)):
        return None
    return Actor(account.name, account.roles, "session", actor.id)


def unauthorized(detail: str) -> Problem:
    """Return the problem of somebody whom we do not know."""
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": 'Bearer realm="semarak"'})


def check_rate(limiter: Limiter, rate: str, caller: str) -> None:
    """Raise Problem when this caller asks too often."""
    wait = limiter.take(rate, caller)
    if wait > 0:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"too many requests of this kind ({rate}); try again in {ceil(wait)} s",
            headers={"Retry-After": str(ceil(wait))},
        )


def check_permission(any_of: Sequence[str], who: Caller) -> None:
    """Raise Problem when the caller has none of these permissions."""
    if PUBLIC in any_of:
        return
    if who.actor is None:
        raise unauthorized("sign in first, or send a bearer token")
    if not any(who.actor.may(permission) for permission in any_of):
        needed = " or ".join(any_of)
        raise Problem(HTTPStatus.FORBIDDEN, f"{who.actor.name} may not do this; it needs the permission {needed}")


def check_same_origin(request: web.Request) -> None:
    """Raise Problem for what another site's page makes a browser send."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get(hdrs.ORIGIN)
    if site not in ("same-origin", "none") or (origin is not None and not _is_ours(origin, request)):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            f"this comes from another site's page ({(origin or site)[:100]!r}), which may not act here",
        )


def check_csrf(request: web.Request, who: Caller) -> None:
    """Raise Problem for a write with a session that does not carry the session's token."""
    if request.method in SAFE_METHODS or not who.session:
        return
    offered = request.headers.get(CSRF_HEADER, "")
    if not csrf_fits(who.session, offered):
        raise Problem(
            HTTPStatus.FORBIDDEN, f"a write with a session needs the header {CSRF_HEADER}; GET /api/v1/session tells it"
        )


def is_loopback(request: web.Request) -> bool:
    """Whether this machine asks itself, for nobody else, by a name that no other site can take."""
    if any(header in request.headers for header in FORWARDED):
        return False
    return _loopback(request.remote or "") and _loopback(urlsplit(f"//{request.host}").hostname or "")


def _is_secret(text: str) -> bool:
    return text.isascii() and 0 < len(text) <= SECRET_CHARS


def _is_ours(origin: str, request: web.Request) -> bool:
    parts = urlsplit(origin)
    return (parts.scheme, parts.netloc) == (request.scheme, request.host)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
