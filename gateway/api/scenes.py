"""Scenes: which there are, and their recall."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.api import shapes, views, wall_shapes
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.paging import Paged, paged
from gateway.api.problem import not_found
from gateway.api.security import Caller, check_permission
from gateway.api.walls import keeper_of, kind_of, settle, wall_errors


class RecallIn(Strict):
    """Whether to do it, or only to tell what it would do."""

    dry_run: bool = False
    why: Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)] = ""


async def show_scenes(call: Call, *, query: Paged) -> shapes.Page[wall_shapes.Scene]:
    """Return the scenes, and which of them is shown."""
    page, following = paged(call.gateway.scenes.values(), query)
    return shapes.Page(views.scenes(call.gateway, page), following)


async def recall(call: Call, *, id: str, body: RecallIn) -> wall_shapes.Operation:  # noqa: A002 - the path's name
    """Show a scene in all its regions and run its room steps; each scene names the permission that it needs."""
    scene = call.gateway.scenes.get(id)
    if scene is None:
        raise not_found("scene", id)
    check_permission((scene.permission,), Caller(call.who))
    keeper = keeper_of(call, scene.wall)
    with wall_errors():
        wish = keeper.scene_wish(id, call.who.name, kind=kind_of(call.who), why=body.why)
        return settle(call, keeper, wish, dry_run=body.dry_run, action="scene.recall")


OPERATIONS = (
    Operation("GET", "/scenes", show_scenes, "view"),
    Operation("POST", "/scenes/{id}/recall", recall, ("scene.recall", "scene.emergency"), rate="write"),
)
