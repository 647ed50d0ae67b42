"""Health: how every part of the service stands."""

from __future__ import annotations

from gateway.api import house_shapes, views
from gateway.api.operation import Call, Operation


async def show_health(call: Call) -> house_shapes.Health:
    """Return how every part of the service stands."""
    return views.health(call.gateway)


OPERATIONS = (Operation("GET", "/health", show_health, "view"),)
