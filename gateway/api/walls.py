"""Walls: what they show, and taking, releasing and undoing what they are to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field

from gateway.api import shapes, views, wall_shapes
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.paging import Paged, paged
from gateway.api.points import Time, nanoseconds
from gateway.api.ports import KeeperPort
from gateway.api.problem import BadBody, Problem, conflict, not_found
from gateway.api.security import Caller, check_permission
from gateway.auth.roles import Actor, Role
from wall_controller.claims import Kind
from wall_controller.errors import Conflict, Unknown, WallError
from wall_controller.layout import Layout, Policy, Wall, Window, layout_faults, window_faults, window_on
from wall_controller.view import OperationView
from wall_controller.wishes import Wish

Word = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[list[Word], Field(max_length=200)]


class WindowIn(Strict):
    """A source on whole panels that make a rectangle."""

    source: Word
    panels: Annotated[list[Word], Field(min_length=1, max_length=200)]
    label: Annotated[str, Field(max_length=100, pattern=NO_TEXT_CONTROLS)] = ""


class LayoutIn(Strict):
    """What one region is to show: windows, and the panels that stay off."""

    windows: Annotated[list[WindowIn], Field(max_length=200)]
    off: Words = Field(default_factory=list)


class TakeIn(Strict):
    """A scene, or a layout for one region; `base_revision` is the one that the screen was drawn from."""

    scene: Word | None = None
    layout: LayoutIn | None = None
    regions: Words = Field(default_factory=list)
    base_revision: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    until: Time | None = None
    why: Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)] = ""
    dry_run: bool = False


class RegionIn(Strict):
    """A region of the wall."""

    region: Word


class AnswerIn(Strict):
    """What becomes of a change that somebody else made: `restore` puts the device back, `adopt` keeps it so."""

    device: Word
    answer: Literal["restore", "adopt"]


async def show_walls(call: Call, *, query: Paged) -> shapes.Page[wall_shapes.Wall]:
    """Return the walls as they are wanted, reported and verified."""
    views_of = [keeper.view() for keeper in call.gateway.walls.values()]
    page, following = paged(views_of, query)
    return shapes.Page([views.wall(view) for view in page], following)


async def show_wall(call: Call, *, id: str) -> wall_shapes.Wall:  # noqa: A002 - the path's name
    """Return one wall."""
    return views.wall(keeper_of(call, id).view())


async def take(call: Call, *, id: str, body: TakeIn) -> wall_shapes.Operation:  # noqa: A002 - the path's name
    """Show a scene or a layout; a region changed since `base_revision` is a conflict. A dry run only tells the plan."""
    keeper = keeper_of(call, id)
    with wall_errors():
        wish = _wish(call, keeper, body)
        return settle(call, keeper, wish, dry_run=body.dry_run, base_revision=body.base_revision)


async def release(call: Call, *, id: str, body: RegionIn) -> wall_shapes.Operation:  # noqa: A002 - the path's name
    """End the claim that holds a region; what waited, or the base, is shown."""
    keeper = keeper_of(call, id)
    with wall_errors():
        operation = keeper.release_region(body.region, call.who.name)
        return _written(call, keeper, "wall.release", f"{id}/{body.region}", operation)


async def undo(call: Call, *, id: str, body: RegionIn) -> wall_shapes.Operation:  # noqa: A002 - the path's name
    """Take back what people last did in a region."""
    keeper = keeper_of(call, id)
    with wall_errors():
        operation = keeper.undo(body.region, call.who.name)
        return _written(call, keeper, "wall.undo", f"{id}/{body.region}", operation)


async def answer(call: Call, *, id: str, body: AnswerIn) -> wall_shapes.Wall:  # noqa: A002 - the path's name
    """Say what becomes of a change that somebody else made, where the site asks; return the wall."""
    keeper = keeper_of(call, id)
    with wall_errors():
        keeper.answer(body.device, Policy(body.answer))
        call.gateway.audit.record(
            call.who.name, "wall.answer", f"{id}/{body.device}", outcome=body.answer, request=call.request_id
        )
        return views.wall(keeper.view())


async def show_operation(call: Call, *, id: str) -> wall_shapes.Operation:  # noqa: A002 - the path's name
    """Return a change of a wall as it stands."""
    return views.operation(_known(call, id)[1])


async def retry(call: Call, *, id: str) -> wall_shapes.Operation:  # noqa: A002 - the path's name
    """Try again what failed in a change, and nothing else; it needs what the scene of that change needs."""
    keeper, old = _known(call, id)
    scene = call.gateway.scenes.get(old.scene)
    check_permission((scene.permission if scene is not None else "wall.take",), Caller(call.who))
    with wall_errors():
        return _written(call, keeper, "wall.retry", f"{keeper.wall.id}/{id}", keeper.retry(id, call.who.name))


@contextmanager
def wall_errors() -> Iterator[None]:
    """Tell the wall's errors as problems."""
    try:
        yield
    except Unknown as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None
    except Conflict as error:
        faults = [shapes.Fault(region, "changed since the base revision") for region in error.regions]
        raise Problem(HTTPStatus.CONFLICT, str(error), errors=faults) from None
    except WallError as error:
        raise conflict(str(error)) from None


def settle(
    call: Call,
    keeper: KeeperPort,
    wish: Wish,
    *,
    dry_run: bool,
    base_revision: int | None = None,
    action: str = "wall.take",
) -> wall_shapes.Operation:
    """Take a wish, or only tell its plan."""
    if dry_run:
        return views.dry_run(wish.scene, keeper.preview(wish))
    subject = wish.scene if action == "scene.recall" else keeper.wall.id
    return _written(call, keeper, action, subject, keeper.take(wish, base_revision=base_revision), wish)


def kind_of(actor: Actor) -> Kind:
    """Return as whose wish the wall takes it."""
    return Kind.LEADER if Role.LEADER in actor.roles else Kind.OPERATOR


def keeper_of(call: Call, wanted: str) -> KeeperPort:
    """Return the keeper of a wall; raise Problem when there is none."""
    keeper = call.gateway.walls.get(wanted)
    if keeper is None:
        raise not_found("wall", wanted)
    return keeper


def _known(call: Call, wanted: str) -> tuple[KeeperPort, OperationView]:
    """Return a change and the keeper of its wall; raise Problem when none remembers it."""
    for keeper in call.gateway.walls.values():
        with suppress(Unknown):
            return keeper, keeper.operation(wanted)
    raise not_found("operation", wanted)


def _wish(call: Call, keeper: KeeperPort, body: TakeIn) -> Wish:
    until = None if body.until is None else nanoseconds(body.until)
    kind, by = kind_of(call.who), call.who.name
    if (body.scene is None) == (body.layout is None):
        raise BadBody("give either `scene` or `layout`")
    if body.scene is not None:
        scene = call.gateway.scenes.get(body.scene)
        if scene is not None:
            check_permission((scene.permission,), Caller(call.who))
        return keeper.scene_wish(body.scene, by, kind=kind, regions=body.regions, until=until, why=body.why)
    if body.layout is None or len(body.regions) != 1:
        raise BadBody("a layout is for one region: name it in `regions`")
    layout = _layout(keeper.wall, body.regions[0], body.layout)
    return keeper.layout_wish({layout.region: layout}, by, kind=kind, until=until, why=body.why)


def _layout(wall: Wall, region: str, given: LayoutIn) -> Layout:
    if region not in wall.regions:
        raise not_found("region", region)
    strange = sorted({name for window in given.windows for name in window.panels} - set(wall.panels))
    if strange:
        raise BadBody(f"wall {wall.id} has no panels {', '.join(strange)}")
    windows = tuple(
        window_on(wall, f"w{n}", source=each.source, panels=each.panels, label=each.label)
        for n, each in enumerate(given.windows, 1)
    )
    layout = Layout(region, windows, tuple(given.off))
    faults = [*_faults(wall, windows), *(shapes.Fault("layout", text) for text in layout_faults(wall, layout))]
    if faults:
        raise BadBody(f"the layout does not fit region {region}", errors=faults)
    return layout


def _faults(wall: Wall, windows: Sequence[Window]) -> list[shapes.Fault]:
    return [
        shapes.Fault(f"layout.windows.{n}", text)
        for n, window in enumerate(windows)
        for text in window_faults(wall, window)
    ]


def _written(
    call: Call, keeper: KeeperPort, action: str, subject: str, operation: str, wish: Wish | None = None
) -> wall_shapes.Operation:
    regions = [claim.region for claim in wish.claims] if wish else []
    call.gateway.audit.record(
        call.who.name, action, subject,
        after={"operation": operation, "scene": wish.scene if wish else "", "regions": regions},
        outcome="taken", why=wish.why if wish else "", request=call.request_id,
    )  # fmt: skip
    return views.operation(keeper.operation(operation))


OPERATIONS = (
    Operation("GET", "/walls", show_walls, "view"),
    Operation("GET", "/walls/{id}", show_wall, "view"),
    Operation("POST", "/walls/{id}/take", take, "wall.take", rate="write"),
    Operation("POST", "/walls/{id}/release", release, "wall.take", rate="write"),
    Operation("POST", "/walls/{id}/undo", undo, "wall.take", rate="write"),
    Operation("POST", "/walls/{id}/answer", answer, "wall.take", rate="write"),
    Operation("GET", "/operations/{id}", show_operation, "view"),
    Operation("POST", "/operations/{id}/retry", retry, ("wall.take", "scene.recall", "scene.emergency"), rate="write"),
)
