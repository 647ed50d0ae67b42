"""The OpenAPI document is made from the code and keeps its own rules."""

from __future__ import annotations

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.api.openapi import document
from gateway.api.operation import PREFIX, PUBLIC
from gateway.api.operations import OPERATIONS
from tests.gateway.api_fakes import Hall, serving

DOCUMENT = document(OPERATIONS, version="1.2.3")
BODIES = {
    name: schema
    for name, schema in DOCUMENT["components"]["schemas"].items()
    if name.endswith(("In", "Change")) and name != "SignedIn"
}


def test_the_document_is_valid_openapi_3_1() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []
    assert (DOCUMENT["openapi"], DOCUMENT["info"]["version"]) == ("3.1.0", "1.2.3")


def test_every_operation_is_in_it_with_its_contract_and_its_permission() -> None:
    for op in OPERATIONS:
        told = DOCUMENT["paths"][PREFIX + op.path][op.method.lower()]
        assert told["summary"].endswith(".")
        assert told["x-permission"] == " or ".join(op.any_of)
        assert (told["security"] == []) is (op.permission == PUBLIC)
        assert ("requestBody" in told) is (op.body is not None or op.takes != ())
        assert set(told["responses"]) == {str(int(op.status)), "default"}
    assert sum(len(methods) for methods in DOCUMENT["paths"].values()) == len(OPERATIONS)


def test_every_body_refuses_what_it_does_not_know() -> None:
    assert len(BODIES) > 10
    assert all(schema["additionalProperties"] is False for schema in BODIES.values())


def test_every_text_in_a_body_is_bounded() -> None:
    loose = [
        (name, field)
        for name, schema in BODIES.items()
        for field, of in schema.get("properties", {}).items()
        for each in (of, *of.get("anyOf", ()))
        if each.get("type") == "string" and not {"maxLength", "pattern", "format", "enum", "const"} & set(each)
    ]
    assert loose == []


@pytest.mark.real
async def test_the_document_is_served_to_anybody() -> None:
    async with serving(Hall()) as nobody:
        answer = await nobody.ask("GET", "openapi.json")
        assert (answer.status, answer.body["openapi"], len(answer.body["paths"])) == (
            200,
            "3.1.0",
            len(DOCUMENT["paths"]),
        )
