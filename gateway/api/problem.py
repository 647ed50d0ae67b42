"""The one shape of every error that the API answers: problem details, RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from aiohttp import web
from pydantic import ValidationError

from gateway.api.as_json import dumps
from gateway.api.shapes import Fault, ProblemDetails
from gateway.errors import GatewayError

PROBLEM_TYPE = "application/problem+json"
FAULTS_SHOWN = 20
"""How many faults of one body are told; the rest would only repeat themselves."""


class Problem(GatewayError):
    """An error that the caller is told: what is wrong, where, and what to do next."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class BadBody(Problem):
    """What the caller sent is not what the operation takes; it is counted and shown to the operators."""

    def __init__(
        self, detail: str, *, errors: Sequence[Fault] = (), status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
    ) -> None:
        super().__init__(status, detail, errors=errors)


def not_found(what: str, name: str) -> Problem:
    """Return the problem of a thing that is not there."""
    return Problem(HTTPStatus.NOT_FOUND, f"there is no {what} {name[:100]!r}")


def conflict(detail: str) -> Problem:
    """Return the problem of a wish that the present state does not allow."""
    return Problem(HTTPStatus.CONFLICT, detail)


def unavailable(detail: str, *, again_in: int = 5) -> Problem:
    """Return the problem of a part that cannot serve now; `again_in` seconds is when to try again."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(again_in)})


def faults(error: ValidationError) -> list[Fault]:
    """Return what pydantic found, each with the dotted path of its field."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [Fault(".".join(str(step) for step in fault["loc"]), fault["msg"]) for fault in found[:FAULTS_SHOWN]]


def written(problem: Problem, instance: str) -> bytes:
    """Return the body that tells `problem`; `instance` is the path that was asked."""
    details = ProblemDetails(
        type=f"urn:semarak:problem:{problem.status.name.lower().replace('_', '-')}",
        title=problem.status.phrase,
        status=problem.status.value,
        detail=problem.detail,
        instance=instance,
        errors=problem.errors,
    )
    return dumps(details)


def answer(problem: Problem, instance: str) -> web.Response:
    """Return the response that tells `problem`."""
    return web.Response(
        body=written(problem, instance), status=problem.status, headers=problem.headers, content_type=PROBLEM_TYPE
    )


EXPLAINED: Mapping[int, str] = {
    404: "nothing is served at this address; /api/v1/openapi.json lists what is",
    405: "this address does not take this method; the Allow header says which it takes",
    413: "the body is larger than this server takes (1 MiB); send it in several requests",
}


def of_router(error: web.HTTPException) -> Problem:
    """Return the problem that stands for an error of aiohttp itself, with its Allow header when it has one."""
    status = HTTPStatus(error.status)
    kept = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return Problem(status, EXPLAINED.get(error.status, status.description or status.phrase), headers=kept)
