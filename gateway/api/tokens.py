"""The programs that may ask."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from gateway.api import house_shapes, shapes, views
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.problem import BadBody, not_found
from gateway.api.users import account_errors
from gateway.auth.roles import Role
from gateway.auth.tokens import LONGEST_DAYS

Permission = Annotated[str, Field(min_length=1, max_length=40)]


class TokenIn(Strict):
    """A new program's access for `days`; `only` narrows it to some of its roles' permissions.

    With `device` it is that device's own: it pushes the device's points, and has neither roles nor permissions.
    """

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_TEXT_CONTROLS)]
    roles: Annotated[list[Role], Field(max_length=10)] = Field(default_factory=list)
    only: Annotated[list[Permission], Field(max_length=20)] = Field(default_factory=list)
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 365
    device: Annotated[str, Field(max_length=63)] = ""


async def show_tokens(call: Call) -> shapes.Page[house_shapes.Token]:
    """Return the programs' access, without the secrets."""
    return shapes.Page([views.token(token) for token in call.gateway.tokens.list()])


async def make_token(call: Call, *, body: TokenIn) -> house_shapes.NewToken:
    """Make a token; its secret is shown this once."""
    if body.device and body.device not in call.gateway.pushes.devices:
        raise BadBody(f"there is no device {body.device!r} that pushes (driver: http)")
    with account_errors():
        secret, made = await call.gateway.tokens.make(
            body.name, body.roles, made_by=call.who.name, days=body.days, only=body.only, device=body.device
        )
    token = views.token(made)
    _record(call, "token.make", token)
    return house_shapes.NewToken(token, secret)


async def revoke_token(call: Call, *, id: str) -> None:  # noqa: A002 - the path's name
    """Revoke a token at once."""
    token = next((each for each in call.gateway.tokens.list() if str(each.id) == id), None)
    if token is None:
        raise not_found("token", id)
    with account_errors():
        await call.gateway.tokens.revoke(token.id)
    _record(call, "token.revoke", views.token(token))


def _record(call: Call, action: str, token: house_shapes.Token) -> None:
    told = {
        "name": token.name, "roles": list(token.roles), "only": list(token.only), "device": token.device,
        "expires_at": token.expires_at,
    }  # fmt: skip
    call.gateway.audit.record(call.who.name, action, token.id, after=told, outcome="done", request=call.request_id)


OPERATIONS = (
    Operation("GET", "/tokens", show_tokens, "tokens"),
    Operation("POST", "/tokens", make_token, "tokens", rate="write", status=HTTPStatus.CREATED),
    Operation("DELETE", "/tokens/{id}", revoke_token, "tokens", rate="write", status=HTTPStatus.NO_CONTENT),
)
