"""Repairs: what a person should mend."""

from __future__ import annotations

from gateway.api import house_shapes, shapes, views
from gateway.api.operation import Call, Operation


async def show_repairs(call: Call) -> shapes.Page[house_shapes.Repair]:
    """Return what stands open, the worst first."""
    return shapes.Page(views.repairs(call.gateway))


OPERATIONS = (Operation("GET", "/repairs", show_repairs, "view"),)
