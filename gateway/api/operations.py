"""The table of every operation: what is not in it does not exist."""

from __future__ import annotations

from gateway.api import (
    actions,
    alarms,
    archives,
    audit,
    config,
    demo,
    devices,
    health,
    history,
    notifications,
    occurrences,
    points,
    readings,
    repairs,
    reports,
    rules,
    scenes,
    session,
    sinks,
    tokens,
    users,
    walls,
)
from gateway.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *session.OPERATIONS,
    *points.OPERATIONS,
    *readings.OPERATIONS,
    *history.OPERATIONS,
    *archives.OPERATIONS,
    *alarms.OPERATIONS,
    *occurrences.OPERATIONS,
    *reports.OPERATIONS,
    *actions.OPERATIONS,
    *devices.OPERATIONS,
    *walls.OPERATIONS,
    *scenes.OPERATIONS,
    *audit.OPERATIONS,
    *health.OPERATIONS,
    *repairs.OPERATIONS,
    *sinks.OPERATIONS,
    *notifications.OPERATIONS,
    *users.OPERATIONS,
    *tokens.OPERATIONS,
    *config.OPERATIONS,
    *rules.OPERATIONS,
    *demo.OPERATIONS,
)
