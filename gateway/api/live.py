"""The live hub: hears the bus, writes every change once, and hands it to every client that may see it."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence

from drivers.model import DeviceStatus, Reading
from drivers.sensors.source import Rejected
from gateway.alarms.alarm import AlarmChange
from gateway.alarms.flood import Flood
from gateway.api import shapes, views
from gateway.api.as_json import dumps
from gateway.api.outbox import CHANGED, SIGNED_OUT, Ending, Outbox, readings_tail, tail_of
from gateway.api.ports import Gateway
from gateway.api.security import still
from gateway.audit.event import Event
from gateway.auth.roles import Actor
from gateway.repairs import Repair
from gateway.supervisor import PartHealth
from wall_controller.view import WallView

READINGS_S = 0.2
"""At most five readings a second of one point."""
STALE_S = 1.0
DEVICES_S = 1.0
BEAT_S = 1.0
"""Health is told at least this often: a page that hears nothing for three seconds says so."""
LOOK_S = 5.0
"""How often it is checked whether a client's session still holds."""
EVENTS = 50
MOST_PLACES = 1000
"""Places that garbage came from, remembered with their counts; the oldest is forgotten first."""


class Hub:
    """All live clients; everything but `run` returns at once."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.clients: set[Outbox] = set()
        self.counters: Counter[str] = Counter(resyncs=0, folded=0, messages=0)
        self.rejected: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._fresh: set[str] = set()
        self._changed: set[str] = set()
        self._stale: set[str] = set()
        self._garbage: dict[tuple[str, str], Rejected] = {}
        self._active: dict[str, bool] = {}
        self._site = self._site_now()
        self._every = {
            self._tell_stale: STALE_S, self._tell_devices: DEVICES_S,
            self._tell_garbage: DEVICES_S, self._beat: BEAT_S, self._look: LOOK_S,
        }  # fmt: skip
        self._due = dict.fromkeys(self._every, 0.0)

    # ── clients ───────────────────────────────────────────────────────────────────────────────────────────────────

    def join(self, actor: Actor) -> Outbox:
        """Return a new client's outbox, with the snapshot in it: what changes from now on follows."""
        outbox = Outbox(actor)
        outbox.put(tail_of("snapshot", self._now(), dumps(self._snapshot(outbox))))
        self.clients.add(outbox)
        return outbox

    def leave(self, outbox: Outbox) -> None:
        """Forget a client."""
        self.clients.discard(outbox)
        self.counters["folded"] += outbox.folded
        if outbox.ending is not None and outbox.ending.code == CHANGED.code:
            self.counters["resyncs"] += 1

    def end_all(self, ending: Ending) -> None:
        """Close every connection."""
        for outbox in self.clients:
            outbox.end(ending)

    # ── news ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Note which points have news; what they read is told at the next tick."""
        if self.clients:
            self._fresh.update([reading.point for reading in batch])

    def on_status(self, batch: Sequence[DeviceStatus]) -> None:
        """Tell how the talk with devices stands."""
        self._send_devices({status.device for status in batch})

    def on_alarms(self, batch: Sequence[AlarmChange]) -> None:
        """Tell alarms that changed."""
        if not self.clients:
            return
        for change in batch:
            self._send("alarm", views.alarm(change.alarm))

    def on_floods(self, batch: Sequence[Flood]) -> None:
        """Tell that a flood of alarms began, grew or ended."""
        if self.clients:
            self._send("flood", views.flood(batch[-1]))

    def on_walls(self, batch: Sequence[WallView]) -> None:
        """Tell walls that changed, and the scenes that came or went with it."""
        if not self.clients:
            return
        for view in batch:
            self._send("wall", views.wall(view))
            self._tell_scenes(view.id, views.shown_on(view))

    def on_events(self, batch: Sequence[Event]) -> None:
        """Tell what was written into the audit, to those who may read it."""
        for event in batch:
            self._send("audit", views.event(event), needs="audit.read")

    def on_repairs(self, _batch: Sequence[Repair]) -> None:
        """Tell what a person should mend."""
        if self.clients:
            self._send("repairs", views.repairs(self._gateway))

    def on_rejected(self, batch: Sequence[Rejected]) -> None:
        """Count garbage by where it came from; the latest of each place is told once a second."""
        for rejected in batch:
            place = (rejected.device, rejected.where)
            self.rejected[place] = self.rejected.get(place, 0) + 1
            self.rejected.move_to_end(place)
            if len(self.rejected) > MOST_PLACES:
                self._garbage.pop(self.rejected.popitem(last=False)[0], None)
            self._garbage[place] = rejected

    def on_parts(self, _batch: Sequence[PartHealth]) -> None:
        """Tell health at the next tick."""
        self._due[self._beat] = 0.0

    # ── the loop ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Tell what is due, for ever."""
        self._site = self._site_now()
        while True:
            await self._gateway.clock.sleep(READINGS_S)
            self.tick()

    def tick(self) -> None:
        """Tell what is due now."""
        self._tell_readings()
        now = self._gateway.clock.mono()
        for tell, pause in self._every.items():
            if now >= self._due[tell]:
                self._due[tell] = now + pause
                tell()

    def _tell_readings(self) -> None:
        fresh, self._fresh = self._fresh, set()
        if not self.clients:
            return
        points, latest, now = self._gateway.points, self._gateway.store.latest, self._gateway.clock.mono()
        pieces: dict[str, bytes] = {}
        for name in fresh:
            point, newest = points.get(name), latest.get(name)
            if point is not None and newest is not None:
                pieces[name] = dumps(views.reading(newest, now, stale_after=point.stale_after))
            owner = views.owner_of(name, self._gateway.devices)
            if owner is not None:
                self._changed.add(owner)
        if pieces:
            at = self._now()
            tail = readings_tail(at, pieces)
            for outbox in self.clients:
                outbox.put_readings(at, pieces, tail)
            self.counters["messages"] += len(self.clients)

    def _tell_stale(self) -> None:
        """Have those told again that have been silent for too long since the last look."""
        if not self.clients:
            return
        latest, now = self._gateway.store.latest, self._gateway.clock.mono()
        limits = {point.id: point.stale_after for point in self._gateway.points.values() if point.stale_after}
        newest = {name: reading for name in limits if (reading := latest.get(name)) is not None}
        stale = {name for name, reading in newest.items() if views.age(reading, now) > limits[name]}
        self._fresh |= stale - self._stale
        self._stale = stale

    def _tell_devices(self) -> None:
        changed, self._changed = self._changed, set()
        self._send_devices(changed)

    def _tell_garbage(self) -> None:
        garbage, self._garbage = self._garbage, {}
        for place, latest in garbage.items():
            told = shapes.Rejected(*place, latest.why, views.time(latest.at), self.rejected[place])
            self._send("rejected", told)

    def _tell_scenes(self, wall: str, shown: frozenset[str]) -> None:
        for scene in self._gateway.scenes.values():
            active = scene.id in shown
            if scene.wall == wall and self._active.get(scene.id) is not active:
                self._active[scene.id] = active
                self._send("scene", views.scene(scene, shown))

    def _beat(self) -> None:
        if self.clients:
            self._send("health", views.health(self._gateway))

    def _look(self) -> None:
        site = self._site_now()
        if site != self._site:
            self._site = site
            self.end_all(CHANGED)
        for outbox in self.clients:
            actor = still(outbox.actor, self._gateway)
            if actor is None:
                outbox.end(SIGNED_OUT)
            elif outbox.allowed != set(actor.permissions()):
                outbox.end(CHANGED)

    def _site_now(self) -> list[object]:
        """Return what a snapshot tells of the site's files."""
        gateway = self._gateway
        kept = (gateway.points, gateway.devices, gateway.rules, gateway.scenes)
        return [each for mapping in kept for each in mapping.values()]

    # ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _send(self, kind: str, data: object, *, needs: str = "view", lacks: str = "") -> None:
        """Hand a message to the clients that have the permission `needs` and not the permission `lacks`."""
        readers = [each for each in self.clients if needs in each.allowed and lacks not in each.allowed]
        if not readers:
            return
        tail = tail_of(kind, self._now(), dumps(data))
        for outbox in readers:
            outbox.put(tail)
        self.counters["messages"] += len(readers)

    def _send_devices(self, wanted: set[str]) -> None:
        known = [device for device in wanted if device in self._gateway.devices]
        if not known or not self.clients:
            return
        for device in views.devices(self._gateway, known, with_log=True):
            self._send("device", device, needs="device.log")
        if any("device.log" not in outbox.allowed for outbox in self.clients):
            for device in views.devices(self._gateway, known, with_log=False):
                self._send("device", device, lacks="device.log")

    def _snapshot(self, outbox: Outbox) -> dict[str, object]:
        gateway = self._gateway
        with_log = "device.log" in outbox.allowed
        scenes = views.scenes(gateway, gateway.scenes.values())
        self._active = {scene.id: scene.active for scene in scenes}
        events = gateway.audit.recent(EVENTS) if "audit.read" in outbox.allowed else []
        return {
            "me": views.me(outbox.actor),
            "site": views.site(gateway),
            "points": [views.point(gateway, point) for point in gateway.points.values()],
            "alarms": [views.alarm(each) for each in gateway.alarms.every() if each.standing or each.facts.quiet],
            "flood": views.flood(gateway.handling.flood),
            "devices": views.devices(gateway, list(gateway.devices), with_log=with_log),
            "walls": [views.wall(keeper.view()) for keeper in gateway.walls.values()],
            "scenes": scenes,
            "health": views.health(gateway),
            "audit": [views.event(event) for event in events],
            "repairs": views.repairs(gateway),
        }

    def _now(self) -> str:
        return views.time(self._gateway.clock.now())
