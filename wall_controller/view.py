"""The wall as the screens see it: desired, reported and verified for every panel, and who holds which region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from drivers.model import Name, Value
from wall_controller.claims import Claim, Shown, changes_at, hidden_alarms, queue
from wall_controller.geometry import Panel
from wall_controller.layout import Layout, Wall
from wall_controller.observed import Observed
from wall_controller.operation import Mark, Operation
from wall_controller.plan import ROUTE, States

TIMES = frozenset({"since", "until", "started_at", "ended_at"})


@dataclass(frozen=True, slots=True)
class PanelValues:
    """What a panel is to show, or says that it shows; None: not known."""

    source: str | None = None
    power: str | None = None
    tile: str | None = None


@dataclass(frozen=True, slots=True)
class PanelView:
    """One panel; millimetres."""

    id: str
    device: str
    x: float
    y: float
    width: float
    height: float
    row: int
    column: int
    dead: bool
    state: str
    desired: PanelValues
    reported: PanelValues
    detail: str


@dataclass(frozen=True, slots=True)
class ClaimView:
    """What somebody wants a region to show; times UTC ns."""

    id: str
    scene: str
    region: str
    by: str
    kind: str
    priority: int
    since: int
    until: int | None
    why: str


@dataclass(frozen=True, slots=True)
class RegionView:
    """A region with the claim that holds it, and how many alarms wait unseen; None: the base layout.

    `undo` is how many changes of people can be taken back.
    """

    id: str
    name: Name
    panels: tuple[str, ...]
    alarm_may_enter: bool
    claim: ClaimView | None
    waiting: int
    until: int | None
    undo: int


@dataclass(frozen=True, slots=True)
class WindowView:
    """A window; millimetres."""

    id: str
    source: str
    label: str
    region: str
    x: float
    y: float
    width: float
    height: float
    panels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceView:
    """Something that a window can show."""

    id: str
    name: Name


@dataclass(frozen=True, slots=True)
class StepView:
    """What became of one step."""

    device: str
    verb: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class OperationView:
    """A change of the wall; times UTC ns."""

    id: str
    scene: str
    state: str
    steps: tuple[StepView, ...]
    estimated_s: float
    started_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class TouchedView:
    """A device that somebody else changed, which waits for a person to say: put it back, or keep it so."""

    device: str
    detail: str


@dataclass(frozen=True, slots=True)
class WallView:
    """One wall, whole; times UTC ns."""

    id: str
    name: Name
    width: float
    height: float
    revision: int
    panels: tuple[PanelView, ...]
    regions: tuple[RegionView, ...]
    windows: tuple[WindowView, ...]
    sources: tuple[SourceView, ...]
    claims: tuple[ClaimView, ...]
    asks: tuple[TouchedView, ...]
    operation: OperationView | None


def document(view: WallView | OperationView) -> dict[str, object]:
    """Return a view as the API tells it: times in RFC 3339 UTC."""
    return _written(asdict(view))


def _written(doc: dict[str, object]) -> dict[str, object]:
    return {key: _time(value) if key in TIMES else _deeper(value) for key, value in doc.items()}


def _deeper(value: object) -> object:
    if isinstance(value, dict):
        return _written(value)
    if isinstance(value, list | tuple):
        return [_deeper(entry) for entry in value]
    return value


def _time(value: object) -> str | None:
    if not isinstance(value, int):
        return None
    return datetime.fromtimestamp(value / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wall_view(
    wall: Wall,
    *,
    revision: int,
    shown: Mapping[str, Shown],
    layouts: Iterable[Layout],
    claims: Iterable[Claim],
    undo: Mapping[str, int],
    desired: States,
    devices: Mapping[str, Observed],
    operation: Operation | None,
    now: int,
) -> WallView:
    """Return the wall as it stands at `now` (UTC ns)."""
    known = tuple(claims)
    canvas = wall.canvas
    return WallView(
        id=wall.id, name=wall.name, width=canvas.width, height=canvas.height, revision=revision,
        panels=tuple(_panel(wall, panel, desired, devices) for panel in wall.panels.values()),
        regions=tuple(_region(wall, shown[name], known, name=name, undo=undo[name], now=now) for name in wall.regions),
        windows=tuple(window for layout in layouts for window in _windows(wall, layout)),
        sources=tuple(SourceView(source.id, source.name) for source in wall.sources.values()),
        claims=tuple(_claim(claim) for claim in known),
        asks=tuple(TouchedView(seen.device, seen.trouble) for seen in devices.values() if seen.asks),
        operation=operation_view(operation) if operation is not None else None,
    )  # fmt: skip


def operation_view(operation: Operation) -> OperationView:
    """Return an operation as it stands."""
    steps = tuple(
        StepView(attempt.step.device, attempt.step.verb, str(attempt.mark), attempt.detail)
        for attempt in operation.attempts
    )
    return OperationView(
        operation.id, operation.scene, operation.state, steps, operation.estimate, operation.started_at,
        operation.ended_at,
    )  # fmt: skip


def _region(
    wall: Wall, shown: Shown, claims: tuple[Claim, ...], *, name: str, undo: int, now: int
) -> RegionView:  # fmt: skip
    region = wall.regions[name]
    waiting = queue(claims, region=name, now=now, urgent=wall.urgent)
    holder = _claim(shown.claim) if shown.claim is not None else None
    until = holder.until if holder is not None else None
    if until is None and shown.claim is not None and (not waiting or waiting[0].id != shown.claim.id):
        until = changes_at(shown, waiting, now=now)
    return RegionView(
        name,
        region.name,
        region.panels,
        region.alarm_may_enter,
        holder,
        hidden_alarms(shown, waiting),
        until,
        undo,
    )


def _claim(claim: Claim) -> ClaimView:
    return ClaimView(
        claim.id, claim.scene, claim.region, claim.by, str(claim.kind), claim.priority, claim.since, claim.until,
        claim.why,
    )  # fmt: skip


def _windows(wall: Wall, layout: Layout) -> Iterable[WindowView]:
    for window in layout.windows:
        rect = window.rect
        yield WindowView(
            window.id, window.source, window.label or wall.sources[window.source].name.id, layout.region,
            rect.x, rect.y, rect.width, rect.height, window.panels,
        )  # fmt: skip


def _panel(wall: Wall, panel: Panel, desired: States, devices: Mapping[str, Observed]) -> PanelView:
    route = f"{ROUTE}{panel.output}"
    wanted, routes = desired.get(panel.device, {}), desired.get(wall.matrix, {})
    device, matrix = devices[panel.device], devices[wall.matrix]
    fed = {route: routes[route]} if route in routes and wanted.get("power") != "off" else {}
    state, detail = _state(panel, device, matrix, wanted, fed)
    return PanelView(
        panel.id, panel.device, panel.rect.x, panel.rect.y, panel.rect.width, panel.rect.height, panel.row,
        panel.column, panel.dead, state, _values(wall, wanted, fed.get(route)),
        _values(wall, device.reported, matrix.reported.get(route)), detail,
    )  # fmt: skip


def _values(wall: Wall, values: Mapping[str, Value], route: Value | None) -> PanelValues:
    power, tile = values.get("power"), values.get("tile")
    return PanelValues(_source(wall, route), None if power is None else str(power), None if tile is None else str(tile))


def _source(wall: Wall, route: Value | None) -> str | None:
    if route is None:
        return None
    return next((source.id for source in wall.sources.values() if source.input == route), f"input {route}")


def _state(
    panel: Panel, device: Observed, matrix: Observed, wanted: Mapping[str, Value], fed: Mapping[str, Value]
) -> tuple[str, str]:
    """Return what may be said of a panel, and why; the first that holds is said."""
    if panel.dead:
        return "unreachable", "marked as dead in the site file; it is left alone"
    if device.away:
        return "unreachable", device.away
    if fed and matrix.away:
        return "unsure", f"what it shows is not known: {matrix.away}"
    sides = [(device, wanted), (matrix, fed)]
    open_sides = [(side, side.differences(values)) for side, values in sides]
    if any(_on_its_way(side, names) or not side.reported for side, names in open_sides if names):
        return "pending", "; ".join(_waits(side, names) for side, names in open_sides if names)
    reasons = [side.trouble or f"{side.device}: {side.unlike(names)}" for side, names in open_sides if names]
    if not reasons:
        return "verified", ""
    doubtful = any(_doubtful(side, names) for side, names in open_sides if names)
    return ("unsure" if doubtful else "differs"), "; ".join(reasons)


def _on_its_way(side: Observed, names: Mapping[str, Value]) -> bool:
    """Whether a first try is under way; one that went wrong before is told as what it is, while it is tried again."""
    return not side.failures and any(a.live and a.left.keys() & names.keys() for a in side.attempts)


def _doubtful(side: Observed, names: Mapping[str, Value]) -> bool:
    over = [a.mark for a in side.attempts if not a.live and a.left.keys() & names.keys()]
    return bool(over) and over[-1] is Mark.UNSURE


def _waits(side: Observed, names: Mapping[str, Value]) -> str:
    if not side.reported:
        return f"{side.device} is being read"
    return side.unlike(names)
