"""What the wall is to show now, or would show after a wish: claims folded into what devices must read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.model import Priority, Value
from wall_controller.book import Book
from wall_controller.claims import Claim, Kind, Shown, after, changes_at, queue
from wall_controller.errors import Conflict, NotAllowed, Unknown
from wall_controller.layout import Layout, Wall
from wall_controller.plan import States, merged, targets
from wall_controller.scene import Scene

PRIORITIES: Mapping[Kind, Priority] = {
    Kind.LEADER: Priority.OPERATOR,
    Kind.ALARM: Priority.ALARM,
    Kind.OPERATOR: Priority.OPERATOR,
    Kind.SCHEDULE: Priority.SCENE,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Claims made together, and what the rooms do once: the same value is shown in a dry run and taken."""

    claims: tuple[Claim, ...]
    scene: str
    by: str
    why: str
    priority: Priority
    once: States


@dataclass(frozen=True, slots=True)
class Moved:
    """What a fold changed."""

    regions: tuple[str, ...]
    devices: tuple[str, ...]


STILL = Moved((), ())


class Wishes:
    """The claims on one wall and what they come to; times UTC ns."""

    def __init__(self, wall: Wall, scenes: Mapping[str, Scene], book: Book, now: int) -> None:
        self.book = book
        self._wall, self._scenes = wall, scenes
        self._pieces: dict[tuple[str, str], States] = {
            (scene.id, region): targets(wall, layout)
            for scene in scenes.values()
            for region, layout in scene.layouts.items()
        }
        self.shown: dict[str, Shown] = {name: Shown() for name in wall.regions}
        self._wants = self._all(self.shown)
        self.desired: States = self._wanted(self.shown)
        self.fold(now)

    def scene(
        self, scene: str, *, by: str, kind: Kind, now: int, priority: int = 0, regions: Sequence[str] = (),
        until: int | None = None, dwell: float = 0.0, why: str = "", name: str = "", layout: Layout | None = None,
    ) -> Wish:  # fmt: skip
        """Return the wish for a scene, in the regions given or all of its own; an alarm only enters where it may.

        `layout` stands for the scene's own in its region.
        Raise Unknown for what does not exist, NotAllowed when an alarm may enter none of the regions.
        """
        known = self._scenes.get(scene)
        if known is None:
            raise Unknown(f"there is no scene {scene!r} on wall {self._wall.id}")
        if lost := [region for region in regions if region not in known.layouts]:
            raise Unknown(f"scene {scene} does not fill region {', '.join(lost)}")
        chosen = [region for region in known.layouts if not regions or region in regions]
        if kind is Kind.ALARM:
            chosen = [region for region in chosen if self._wall.regions[region].alarm_may_enter]
        if not chosen:
            raise NotAllowed(f"no region of scene {scene} lets an alarm in; an operator can recall it")
        label = name or f"{kind}:{scene}"
        wall, stay = self._wall.id, max(dwell, self._wall.dwell)
        given = {} if layout is None else {layout.region: layout}
        claims = tuple(
            Claim(
                f"{label}/{region}", wall, region, scene, by, kind, now, priority, until, stay, why, given.get(region)
            )
            for region in chosen
        )
        once = merged({step.device: step.effects} for step in known.steps)
        return Wish(claims, scene, by, why or f"scene {scene}", PRIORITIES[kind], once)

    def drawn(
        self, layouts: Mapping[str, Layout], *, by: str, kind: Kind, now: int, priority: int = 0,
        until: int | None = None, dwell: float = 0.0, why: str = "", name: str = "",
    ) -> Wish:  # fmt: skip
        """Return the wish for layouts that somebody drew, by region."""
        wall, stay, label = self._wall.id, max(dwell, self._wall.dwell), name or f"{kind}:{now}"
        claims = tuple(
            Claim(f"{label}/{region}", wall, region, "", by, kind, now, priority, until, stay, why, layout)
            for region, layout in layouts.items()
        )
        return Wish(claims, "", by, why or "a drawn layout", PRIORITIES[kind], {})

    def check(self, claims: Iterable[Claim], base_revision: int | None = None) -> None:
        """Raise Unknown, NotAllowed or Conflict when these claims cannot be made."""
        regions = []
        for claim in claims:
            region = self._wall.regions.get(claim.region)
            if region is None or claim.wall != self._wall.id:
                raise Unknown(f"wall {self._wall.id} has no region {claim.region!r}")
            if claim.layout is None and (claim.scene, claim.region) not in self._pieces:
                raise Unknown(f"there is no scene {claim.scene!r} that fills region {claim.region}")
            if claim.kind is Kind.ALARM and not region.alarm_may_enter:
                raise NotAllowed(f"region {claim.region} lets no alarm in")
            regions.append(claim.region)
        if base_revision is not None:
            moved = [name for name in regions if self.book.moved[name] > base_revision]
            if moved:
                raise Conflict(moved, base_revision)

    def stands(self, wish: Wish) -> bool:
        """Return whether all of it is claimed already: a worse alarm renews claims, not room steps."""
        known = self.book.claims
        return all(claim.id in known and known[claim.id].wish == claim.wish for claim in wish.claims)

    def fold(self, now: int) -> Moved:
        """Take up what is in force now; return what that changed."""
        before, was = self._wants, self.desired
        self.shown = self._after(self.book.claims.values(), now)
        self._wants = self._all(self.shown)
        if self._wants == before:
            return STILL
        self.desired = self._wanted(self.shown)
        regions = tuple(name for name in self.shown if self._wants[name] != before.get(name))
        self.book.changed(regions)
        devices = sorted(was.keys() | self.desired.keys())
        return Moved(regions, tuple(device for device in devices if was.get(device) != self.desired.get(device)))

    def with_wish(self, wish: Wish, now: int) -> States:
        """Return what would be wanted if the wish were taken now."""
        claims = {**self.book.claims, **{claim.id: claim for claim in wish.claims}}
        return merged([self._wanted(self._after(claims.values(), now)), wish.once])

    def let_go(self, region: str) -> Claim:
        """Drop the claim that holds a region, at once and whoever made it; raise Unknown when there is none."""
        held = self.shown.get(region, Shown()).claim
        if held is None:
            raise Unknown(f"nobody claims region {region!r} of wall {self._wall.id}")
        if held.id in self.book.claims:
            self.book.drop(held)
        self.shown[region] = Shown(held, 0)
        return held

    def layouts(self) -> list[Layout]:
        """Return the layout that each region shows."""
        return [self._layout(name, held) for name, held in self.shown.items()]

    def changes_at(self, now: int) -> int | None:
        """Return when the wall changes by itself next; None: it does not."""
        times = [
            changes_at(held, self._queue(self.book.claims.values(), name, now), now=now)
            for name, held in self.shown.items()
        ]
        return min((time for time in times if time is not None), default=None)

    def holder(self, regions: Sequence[str]) -> Claim | None:
        """Return the claim that a change of these regions is owed to; None: they fell back to the base."""
        return next((claim for name in regions if (claim := self.shown[name].claim) is not None), None)

    def _after(self, claims: Iterable[Claim], now: int) -> dict[str, Shown]:
        known = tuple(claims)
        return {
            name: after(held, self._queue(known, name, now), now=now, urgent=self._wall.urgent)
            for name, held in self.shown.items()
        }

    def _queue(self, claims: Iterable[Claim], region: str, now: int) -> tuple[Claim, ...]:
        return queue(claims, region=region, now=now, urgent=self._wall.urgent)

    def _wanted(self, shown: Mapping[str, Shown]) -> dict[str, dict[str, Value]]:
        return merged(self._piece(name, held) for name, held in shown.items())

    def _piece(self, region: str, held: Shown) -> States:
        claim = held.claim
        if claim is not None and claim.layout is not None:
            return targets(self._wall, claim.layout)
        return self._pieces[claim.scene if claim is not None else self._wall.base, region]

    def _layout(self, region: str, held: Shown) -> Layout:
        claim = held.claim
        if claim is not None and claim.layout is not None:
            return claim.layout
        return self._scenes[claim.scene if claim is not None else self._wall.base].layouts[region]

    def _all(self, shown: Mapping[str, Shown]) -> dict[str, tuple[str, Layout | None]]:
        base = self._wall.base, None
        return {name: held.claim.wish if held.claim is not None else base for name, held in shown.items()}
