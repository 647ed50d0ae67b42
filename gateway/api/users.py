"""The people who may sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from gateway.api import house_shapes, shapes, views
from gateway.api.operation import Call, Operation, Strict
from gateway.api.problem import Problem, conflict, not_found
from gateway.api.shapes import Fault
from gateway.audit.event import Json
from gateway.auth.errors import BadAccount, BadToken, WeakPassword
from gateway.auth.roles import Role

UserName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{1,31}$")]
Password = Annotated[str, Field(min_length=1, max_length=200)]
Roles = Annotated[list[Role], Field(min_length=1, max_length=10)]


class UserIn(Strict):
    """A new person."""

    name: UserName
    password: Password
    roles: Roles


class UserChange(Strict):
    """What is to change of a person; what is not given stays."""

    password: Password | None = None
    roles: Roles | None = None
    enabled: bool | None = None


async def show_users(call: Call) -> shapes.Page[house_shapes.User]:
    """Return who may sign in."""
    return shapes.Page([views.user(user) for user in call.gateway.accounts.list()])


async def add_user(call: Call, *, body: UserIn) -> house_shapes.User:
    """Add a person."""
    with account_errors():
        user = views.user(await call.gateway.accounts.add(body.name, body.password, body.roles))
    _record(call, "user.add", body.name, {"roles": list(user.roles)})
    return user


async def change_user(call: Call, *, name: str, body: UserChange) -> house_shapes.User:
    """Change a person's roles or password, or close the account."""
    _known(call, name)
    accounts = call.gateway.accounts
    with account_errors():
        if body.roles is not None:
            await accounts.set_roles(name, body.roles)
        if body.password is not None:
            await accounts.set_password(name, body.password)
        if body.enabled is not None:
            await (accounts.enable(name) if body.enabled else accounts.disable(name))
    user = views.user(accounts.get(name))
    told: Json = {
        "roles": list(user.roles),
        "enabled": user.enabled,
        "password": "new" if body.password else "as before",
    }
    _record(call, "user.change", name, told)
    return user


async def remove_user(call: Call, *, name: str) -> None:
    """Remove a person; the sessions end."""
    _known(call, name)
    with account_errors():
        await call.gateway.accounts.remove(name)
    _record(call, "user.remove", name, None)


@contextmanager
def account_errors() -> Iterator[None]:
    """Tell what cannot be done to an account as a conflict, a weak password as one that is not taken."""
    try:
        yield
    except WeakPassword as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), errors=[Fault("password", str(error))]) from None
    except (BadAccount, BadToken) as error:
        raise conflict(str(error)) from None


def _known(call: Call, name: str) -> None:
    if all(account.name != name for account in call.gateway.accounts.list()):
        raise not_found("user", name)


def _record(call: Call, action: str, name: str, after: Json) -> None:
    call.gateway.audit.record(call.who.name, action, name, after=after, outcome="done", request=call.request_id)


OPERATIONS = (
    Operation("GET", "/users", show_users, "users"),
    Operation("POST", "/users", add_user, "users", rate="write", status=HTTPStatus.CREATED),
    Operation("PATCH", "/users/{name}", change_user, "users", rate="write"),
    Operation("DELETE", "/users/{name}", remove_user, "users", rate="write", status=HTTPStatus.NO_CONTENT),
)
