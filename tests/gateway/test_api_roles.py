"""Who may do what: the API decides, operation by operation, whatever a screen shows or hides."""

from __future__ import annotations

import re

import pytest

from gateway.api.operation import PREFIX, PUBLIC, Call, Operation
from gateway.api.operations import OPERATIONS
from tests.gateway.api_fakes import GRANTS, Hall, serving

TABLE = {
    "POST /session": PUBLIC,
    "GET /session": "view",
    "DELETE /session": "view",
    "GET /points": "view",
    "GET /points/{id}": "view",
    "GET /points/{id}/readings": "view",
    "POST /readings": "readings.push",
    "GET /history": "view",
    "GET /history/readings": "view",
    "GET /history/export": "view",
    "POST /history/import": "history.import",
    "GET /alarms": "view",
    "GET /annunciation": "view",
    "POST /alarms/ack": "alarm.ack",
    "GET /alarms/{id}": "view",
    "GET /alarms/{id}/actions": "view",
    "GET /alarms/{id}/actions/preview": "view",
    "POST /alarms/{id}/ack": "alarm.ack",
    "POST /alarms/{id}/reset": "alarm.ack",
    "POST /alarms/{id}/shelve": "alarm.shelve",
    "POST /alarms/{id}/unshelve": ("alarm.shelve", "alarm.ack"),
    "POST /alarms/{id}/out-of-service": "alarm.service",
    "POST /alarms/{id}/in-service": "alarm.service",
    "GET /occurrences": "view",
    "GET /occurrences/export": "view",
    "GET /occurrences/timeline": "view",
    "GET /occurrences/{id}": "view",
    "GET /reports/alarms": "view",
    "GET /reports/alarms/file": "view",
    "GET /devices": "view",
    "GET /devices/{id}": "view",
    "GET /devices/{id}/log": "device.log",
    "POST /devices/{id}/commands": "device.command",
    "GET /walls": "view",
    "GET /walls/{id}": "view",
    "POST /walls/{id}/take": "wall.take",
    "POST /walls/{id}/release": "wall.take",
    "POST /walls/{id}/undo": "wall.take",
    "POST /walls/{id}/answer": "wall.take",
    "GET /operations/{id}": "view",
    "POST /operations/{id}/retry": ("wall.take", "scene.recall", "scene.emergency"),
    "GET /scenes": "view",
    "POST /scenes/{id}/recall": ("scene.recall", "scene.emergency"),
    "GET /audit": "audit.read",
    "GET /audit/verify": "audit.read",
    "GET /health": "view",
    "GET /repairs": "view",
    "GET /sinks": "view",
    "GET /sinks/{id}/quarantine": "view",
    "POST /sinks/{id}/replay": "config.apply",
    "DELETE /sinks/{id}/quarantine": "config.apply",
    "POST /sinks/{id}/bucket": "config.apply",
    "GET /notifications": "view",
    "GET /notifications/{id}": "view",
    "POST /notifications/test": "notify.test",
    "POST /notifications/{id}/reply": "notify.reply",
    "GET /call-lists": "view",
    "GET /channels": "view",
    "GET /users": "users",
    "POST /users": "users",
    "PATCH /users/{name}": "users",
    "DELETE /users/{name}": "users",
    "GET /tokens": "tokens",
    "POST /tokens": "tokens",
    "DELETE /tokens/{id}": "tokens",
    "POST /config/check": "config.read",
    "POST /config/apply": "config.apply",
    "GET /rationalisation": "view",
    "GET /rationalisation/export": "view",
    "POST /rationalisation/import": "config.apply",
    "GET /rationalisation/{id}": "view",
    "GET /rules": "config.read",
    "GET /scales": "config.read",
    "GET /schemas/alarms": "config.read",
    "POST /rules/check": "config.read",
    "POST /rules/rehearsals": "config.read",
    "GET /rules/rehearsals/{id}": "config.read",
    "DELETE /rules/rehearsals/{id}": "config.read",
    "GET /rules/{id}": "config.read",
    "PUT /rules/{id}": "config.apply",
    "DELETE /rules/{id}": "config.apply",
    "GET /config/approvals": ("config.read", "threshold.approve"),
    "POST /config/approvals/{id}/approve": "threshold.approve",
    "POST /config/approvals/{id}/reject": "threshold.approve",
    "POST /demo/scenarios/{id}": "demo.play",
}


def test_the_table_of_permissions_is_this_one() -> None:
    assert {f"{op.method} {op.path}": op.permission for op in OPERATIONS} == TABLE


@pytest.mark.real
async def test_every_operation_admits_exactly_the_roles_of_the_table() -> None:
    hall = Hall()
    async with serving(hall) as nobody:
        for op in OPERATIONS:
            path = PREFIX + re.sub(r"{\w+}", "nothing", op.path)
            stranger = await nobody.ask(op.method, path, {})
            assert (stranger.status == 401) is (op.permission != PUBLIC), (op.path, stranger.status)
            for role, grants in GRANTS.items():
                answer = await nobody.as_program(role).ask(op.method, path, {})
                admitted = op.permission == PUBLIC or bool(grants & set(op.any_of))
                assert answer.status != 401
                assert (answer.status != 403) is admitted, (op.method, op.path, role, answer.body)
                assert answer.status < 500


async def recite(call: Call) -> None:
    """Do nothing."""


async def recite_of(call: Call, *, id: str) -> None:
    """Do nothing with one."""


@pytest.mark.parametrize("permission", ["", "views", (), ("view", "anything")])
def test_an_operation_without_a_known_permission_cannot_be_made(permission: str) -> None:
    with pytest.raises(ValueError, match="is no permission"):
        Operation("GET", "/x", recite, permission)


def test_an_operation_takes_exactly_the_names_of_its_path() -> None:
    Operation("GET", "/x/{id}", recite_of, "view")
    for path, run in (("/x/{id}", recite), ("/x", recite_of), ("/x/{name}", recite_of)):
        with pytest.raises(ValueError, match="the path has"):
            Operation("GET", path, run, "view")
