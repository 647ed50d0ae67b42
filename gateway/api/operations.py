"""The table of every operation: what is not in it does not exist."""

from __future__ import annotations

from gateway.api import (
    alarms,
    audit,
    config,
    demo,
    devices,
    health,
    points,
    readings,
    scenes,
    session,
    tokens,
    users,
    walls,
)
from gateway.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *session.OPERATIONS,
    *points.OPERATIONS,
    *readings.OPERATIONS,
    *alarms.OPERATIONS,
    *devices.OPERATIONS,
    *walls.OPERATIONS,
    *scenes.OPERATIONS,
    *audit.OPERATIONS,
    *health.OPERATIONS,
    *users.OPERATIONS,
    *tokens.OPERATIONS,
    *config.OPERATIONS,
    *demo.OPERATIONS,
)
