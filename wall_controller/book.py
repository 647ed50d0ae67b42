"""The claims on one wall, kept across restarts, with the way back for what people did."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from wall_controller.claims import PEOPLE, Claim, Kind
from wall_controller.errors import Unknown
from wall_controller.layout import Layout, Wall, layout_faults, window_faults, window_on
from wall_controller.scene import Scene

CLAIMS, WALLS, UNDO = "wall.claim", "wall", "wall.undo"
MOST_UNDO = 20
MOST_CLAIMS = 20
"""Claims of people that one region remembers; the oldest go first, and are counted."""


class KeptPort(Protocol):
    """Where state outlives the process."""

    def keep(self, kind: str, name: str, doc: Mapping[str, object] | None, /) -> None:
        """Keep `doc` under kind and name; None forgets it."""

    def kept(self, kind: str, /) -> Mapping[str, Mapping[str, object]]:
        """Return what is kept of a kind, by name."""


class Book:
    """Who wants what on one wall, and when each region last changed."""

    def __init__(self, wall: Wall, scenes: Mapping[str, Scene], store: KeptPort) -> None:
        self._wall, self._store = wall, store
        self.dropped = 0
        self.claims: dict[str, Claim] = {}
        self._undo: dict[str, deque[tuple[Claim, ...]]] = {name: deque(maxlen=MOST_UNDO) for name in wall.regions}
        self._restore(scenes)
        self._restore_undo(scenes)
        revision = store.kept(WALLS).get(wall.id, {}).get("revision", 0)
        self.revision = revision if isinstance(revision, int) else 0
        self.moved = dict.fromkeys(wall.regions, self.revision)

    def put(self, claim: Claim) -> None:
        """Add a claim, or renew the one of that id; a renewed alarm keeps its age; no two people share a moment."""
        known = self.claims.get(claim.id)
        if claim.kind in PEOPLE:
            self._remember(claim.region)
            self._make_room(claim.region)
            moments = {other.since for other in self._people(claim.region) if other.id != claim.id}
            while claim.since in moments:
                claim = replace(claim, since=claim.since + 1)
        elif claim.kind is Kind.ALARM and known is not None:
            claim = replace(claim, since=known.since)
        self.claims[claim.id] = claim
        self._store.keep(CLAIMS, claim.id, _document(claim))

    def drop(self, claim: Claim) -> None:
        """Take a claim off."""
        if claim.kind in PEOPLE:
            self._remember(claim.region)
        self._forget(claim)

    def expire(self, now: int) -> None:
        """Forget the claims that have ended by `now` (UTC ns)."""
        for claim in [claim for claim in self.claims.values() if claim.until is not None and claim.until <= now]:
            self._forget(claim)

    def named(self, name: str) -> list[Claim]:
        """Return the claim of that id, or all that were made together under that name."""
        return [claim for claim in self.claims.values() if claim.id == name or claim.id.startswith(f"{name}/")]

    def undo(self, region: str) -> bool:
        """Put the claims of people back to what they were before the last change; return whether there was one."""
        if not self._undo[region]:
            return False
        before = self._undo[region].pop()
        self._keep_undo(region)
        for claim in self._people(region):
            self._forget(claim)
        for claim in before:
            self.claims[claim.id] = claim
            self._store.keep(CLAIMS, claim.id, _document(claim))
        return True

    def undoable(self, region: str) -> int:
        """Return how many changes of people can be taken back in a region."""
        return len(self._undo[region])

    def changed(self, regions: Iterable[str]) -> None:
        """Count one more revision, at which these regions changed."""
        self.revision += 1
        for name in regions:
            self.moved[name] = self.revision
        self._store.keep(WALLS, self._wall.id, {"revision": self.revision})

    def _people(self, region: str) -> list[Claim]:
        return [claim for claim in self.claims.values() if claim.region == region and claim.kind in PEOPLE]

    def _remember(self, region: str) -> None:
        self._undo[region].append(tuple(self._people(region)))
        self._keep_undo(region)

    def _keep_undo(self, region: str) -> None:
        """Keep the way back of a region; without one, nothing of it is kept."""
        steps = [[{"id": claim.id, **_document(claim)} for claim in before] for before in self._undo[region]]
        doc = {"wall": self._wall.id, "region": region, "steps": steps} if steps else None
        self._store.keep(UNDO, f"{self._wall.id}/{region}", doc)

    def _make_room(self, region: str) -> None:
        people = sorted(self._people(region), key=lambda claim: (claim.since, claim.id))
        for claim in people[: max(len(people) - MOST_CLAIMS + 1, 0)]:
            self._forget(claim)
            self.dropped += 1

    def _forget(self, claim: Claim) -> None:
        del self.claims[claim.id]
        self._store.keep(CLAIMS, claim.id, None)

    def _restore(self, scenes: Mapping[str, Scene]) -> None:
        for name, doc in self._store.kept(CLAIMS).items():
            if doc.get("wall") != self._wall.id:
                continue
            try:
                self.claims[name] = _claim(self._wall, scenes, name, doc)
            except Unknown:
                self._store.keep(CLAIMS, name, None)
                self.dropped += 1

    def _restore_undo(self, scenes: Mapping[str, Scene]) -> None:
        for doc in self._store.kept(UNDO).values():
            region = str(doc.get("region", ""))
            if doc.get("wall") == self._wall.id and region in self._undo:
                for step in _sequence(doc.get("steps")):
                    self._undo[region].append(tuple(self._known(scenes, _sequence(step))))

    def _known(self, scenes: Mapping[str, Scene], step: Sequence[object]) -> Iterable[Claim]:
        for doc in step:
            if isinstance(doc, Mapping):
                try:
                    yield _claim(self._wall, scenes, str(doc.get("id", "")), doc)
                except Unknown:
                    self.dropped += 1


def _document(claim: Claim) -> dict[str, object]:
    doc: dict[str, object] = {
        "wall": claim.wall, "region": claim.region, "scene": claim.scene, "by": claim.by, "kind": str(claim.kind),
        "since": claim.since, "priority": claim.priority, "until": claim.until, "dwell": claim.dwell, "why": claim.why,
    }  # fmt: skip
    if claim.layout is not None:
        doc["off"] = list(claim.layout.off)
        doc["windows"] = [
            {"id": window.id, "source": window.source, "panels": list(window.panels), "label": window.label}
            for window in claim.layout.windows
        ]
    return doc


def _claim(wall: Wall, scenes: Mapping[str, Scene], name: str, doc: Mapping[str, object]) -> Claim:
    """Return a kept claim; raise Unknown when today's site files have no place for it."""
    until, region, scene = doc.get("until"), str(doc.get("region", "")), str(doc.get("scene", ""))
    drawn = "windows" in doc
    if region not in wall.regions or (not drawn and (scene not in scenes or region not in scenes[scene].layouts)):
        raise Unknown(f"scene {scene!r} does not fill a region {region!r} of wall {wall.id}")
    return Claim(
        id=name, wall=wall.id, region=region, scene=scene, by=str(doc.get("by", "")), kind=Kind(str(doc.get("kind"))),
        since=_whole(doc.get("since")), priority=_whole(doc.get("priority")),
        until=until if isinstance(until, int) else None, dwell=_seconds(doc.get("dwell")), why=str(doc.get("why", "")),
        layout=_layout(wall, region, doc) if drawn else None,
    )  # fmt: skip


def _layout(wall: Wall, region: str, doc: Mapping[str, object]) -> Layout:
    entries = [entry for entry in _sequence(doc["windows"]) if isinstance(entry, Mapping)]
    if not all(name in wall.panels for entry in entries for name in entry["panels"]):
        raise Unknown(f"a window of region {region} stands on a panel that is gone")
    windows = tuple(
        window_on(wall, entry["id"], source=entry["source"], panels=entry["panels"], label=entry["label"])
        for entry in entries
    )
    layout = Layout(region, windows, tuple(map(str, _sequence(doc.get("off")))))
    if any(window_faults(wall, window) for window in windows) or layout_faults(wall, layout):
        raise Unknown(f"the drawn layout does not fit region {region} any more")
    return layout


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) else ()


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
