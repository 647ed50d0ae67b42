"""Problems are told in one shape, and say what, where and what next."""

from __future__ import annotations

from http import HTTPStatus

import orjson
from aiohttp import web

from gateway.api.problem import Problem, not_found, of_router, unavailable, written
from gateway.api.shapes import Fault


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    problem = Problem(HTTPStatus.CONFLICT, "the wall moved", errors=[Fault("right", "changed")])
    assert orjson.loads(written(problem, "/api/v1/walls/main/take")) == {
        "type": "urn:semarak:problem:conflict",
        "title": "Conflict",
        "status": 409,
        "detail": "the wall moved",
        "instance": "/api/v1/walls/main/take",
        "errors": [{"path": "right", "message": "changed", "file": None, "line": None, "hint": None}],
    }


def test_the_router_s_errors_keep_what_the_caller_needs() -> None:
    problem = of_router(web.HTTPMethodNotAllowed("PUT", ["GET", "POST"]))
    assert (problem.status, problem.headers) == (405, {"Allow": "GET,POST"})
    assert of_router(web.HTTPNotFound()).headers == {}


def test_what_is_not_there_is_named_in_bounds() -> None:
    assert not_found("point", "a" * 5000).detail == f"there is no point {'a' * 100!r}"


def test_what_cannot_serve_now_says_when_to_come_back() -> None:
    assert unavailable("the disk is full").headers == {"Retry-After": "5"}
