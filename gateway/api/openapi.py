"""The OpenAPI 3.1 document, made from the operations, so that it promises nothing that the code does not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import NoneType
from typing import Any, Literal

from pydantic import TypeAdapter

from gateway.api.operation import PREFIX, PUBLIC, Operation
from gateway.api.problem import PROBLEM_TYPE
from gateway.api.shapes import ProblemDetails

REFERENCE = "#/components/schemas/{model}"
Json = dict[str, Any]
Mode = Literal["validation", "serialization"]
Key = tuple[str, str]
Schemas = Mapping[tuple[Key, Mode], Json]
PROBLEM: Key = ("", "problem")

SECURITY_SCHEMES: Json = {
    "session": {"type": "apiKey", "in": "cookie", "name": "semarak", "description": "Made by POST /api/v1/session."},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "Writes with a session."},
    "token": {"type": "http", "scheme": "bearer", "description": "A program's token."},
}


def document(operations: Sequence[Operation], *, version: str) -> Json:
    """Return the whole document as plain JSON values."""
    wanted = [model for op in operations for model in _models(op)]
    wanted.append((PROBLEM, "serialization", TypeAdapter(ProblemDetails)))
    schemas, definitions = TypeAdapter.json_schemas(wanted, ref_template=REFERENCE)
    paths: Json = {}
    for op in operations:
        paths.setdefault(PREFIX + op.path, {})[op.method.lower()] = _operation(op, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Semarak",
            "version": version,
            "description": "Readings, alarms, devices, walls, audit of one site. Errors are problem details, RFC 9457.",
        },
        "paths": paths,
        "components": {"schemas": definitions.get("$defs", {}), "securitySchemes": SECURITY_SCHEMES},
    }


def _models(op: Operation) -> list[tuple[Key, Mode, TypeAdapter[Any]]]:
    found: list[tuple[Key, Mode, TypeAdapter[Any]]] = []
    if op.body is not None:
        found.append(((op.name, "body"), "validation", op.body))
    if op.hints["return"] is not NoneType and not op.gives:
        found.append(((op.name, "answer"), "serialization", TypeAdapter(op.hints["return"])))
    return found


def _operation(op: Operation, schemas: Schemas) -> Json:
    told: Json = {
        "operationId": op.name,
        "summary": op.summary,
        "tags": [op.name.partition(".")[0]],
        "x-permission": " or ".join(op.any_of),
        "security": _security(op),
        "parameters": [_in_path(name) for name in op.names] + _in_query(op),
        "responses": {str(int(op.status)): _answer(op, schemas), "default": _problem(schemas)},
    }
    if op.body is not None:
        body = schemas[(op.name, "body"), "validation"]
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if op.takes:
        told["requestBody"] = {"required": True, "content": _streams(op.takes)}
    return told


def _security(op: Operation) -> list[Json]:
    if op.any_of == (PUBLIC,):
        return []
    session: Json = {"session": []} if op.method == "GET" else {"session": [], "csrf": []}
    return [session, {"token": []}]


def _in_path(name: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    }


def _in_query(op: Operation) -> list[Json]:
    if op.query is None:
        return []
    schema = op.query.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": of}
        for name, of in schema["properties"].items()
    ]


def _answer(op: Operation, schemas: Schemas) -> Json:
    told: Json = {"description": HTTPStatus(op.status).phrase}
    schema = schemas.get(((op.name, "answer"), "serialization"))
    if schema is not None:
        told["content"] = {"application/json": {"schema": schema}}
    if op.gives:
        told["content"] = _streams(op.gives)
    return told


def _streams(kinds: Sequence[str]) -> Json:
    return {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}


def _problem(schemas: Schemas) -> Json:
    return {
        "description": "Why not: what, where, and what next.",
        "content": {PROBLEM_TYPE: {"schema": schemas[PROBLEM, "serialization"]}},
    }
