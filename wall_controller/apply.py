"""The keeper of a wall: who wants what, what came of it, and the one loop that keeps the wall as it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property

from drivers.model import Clock, DeviceStatus, Priority, Reading
from wall_controller.book import Book, KeptPort
from wall_controller.capacity import MATRIX, Capacity
from wall_controller.claims import PEOPLE, Claim, Kind
from wall_controller.errors import Unknown
from wall_controller.layout import Layout, Policy, Wall
from wall_controller.operation import Mark, Operation
from wall_controller.plan import Plan, plan
from wall_controller.reconcile import CommandPort, Reconciler
from wall_controller.reflex import Call, Reflexes
from wall_controller.scene import Scene
from wall_controller.view import OperationView, WallView, operation_view, wall_view
from wall_controller.wishes import PRIORITIES, Wish, Wishes

MOST_OPERATIONS = 50
PUBLISH_EVERY = 0.05
"""Least seconds between two views: an operator sees a change in a tenth of a second, and a salvo makes one view."""


class WallKeeper:
    """One wall: wishes in, commands out, and a `WallView` published whenever something changed.

    Everything but `run` is called in the loop's own thread and returns at once; on an idle link a wish's
    first bytes have left by then. Kept claims are taken up on first use, when `store` can be read.
    """

    def __init__(
        self, wall: Wall, scenes: Mapping[str, Scene], *, commands: CommandPort, clock: Clock,
        publish: Callable[[Sequence[object]], None], store: KeptPort,
        capabilities: Mapping[str, Capacity] | None = None,
    ) -> None:  # fmt: skip
        self.wall = wall
        self._scenes = {scene.id: scene for scene in scenes.values() if scene.wall == wall.id}
        self._clock, self._publish, self._store = clock, publish, store
        self._capabilities = {wall.matrix: MATRIX, **(capabilities or {})}
        self._operations: dict[str, Operation] = {}
        self._newest: Operation | None = None
        self._count = 0
        self._wake = asyncio.Event()
        self._dirty = True
        self._published = float("-inf")
        self._reflexes = Reflexes()
        self._hands = Reconciler(
            wall, self._scenes.values(), commands=commands, clock=clock, capabilities=self._capabilities,
            begin=lambda why: self._begin("", "wall", why, Priority.RECONCILE), stir=self._stir,
        )  # fmt: skip

    @cached_property
    def _wishes(self) -> Wishes:
        wishes = Wishes(self.wall, self._scenes, Book(self.wall, self._scenes, self._store), self._clock.now())
        self._hands.desired = wishes.desired
        return wishes

    def claim(self, claim: Claim) -> str:
        """Take a claim in force; return the operation's id. Raise Unknown or NotAllowed when it cannot be."""
        why = claim.why or f"scene {claim.scene}"
        return self.take(Wish((claim,), claim.scene, claim.by, why, PRIORITIES[claim.kind], {}))

    def recall(
        self, scene: str, by: str, *, kind: Kind = Kind.OPERATOR, priority: int = 0, regions: Sequence[str] = (),
        until: int | None = None, dwell: float = 0.0, why: str = "", name: str = "", base_revision: int | None = None,
    ) -> str:  # fmt: skip
        """Claim a scene's regions and run its room steps; `name` is what `release` takes. Return the operation's id."""
        if kind is Kind.ALARM:
            call = Call(scene, regions[0] if regions else "", priority)
            return self.ring(call, by, dwell=dwell, until=until, why=why, name=name)
        wish = self.scene_wish(
            scene, by, kind=kind, priority=priority, regions=regions, until=until, dwell=dwell, why=why, name=name
        )
        return self.take(wish, base_revision=base_revision)

    def ring(
        self, call: Call, by: str, *, until: int | None = None, dwell: float = 0.0, why: str = "", name: str = ""
    ) -> str:
        """Claim what an alarm calls for; what was expected of it leaves first. Return the operation's id."""
        ahead = self._react(call, by, why)
        wish = self.call_wish(call, by, until=until, dwell=dwell, why=why, name=name)
        return self.take(wish, operation=ahead)

    def expect(self, calls: Iterable[Call]) -> None:
        """Be ready for what alarms may ask for."""
        self._reflexes.expect(calls)
        self._stir()

    def _react(self, call: Call, by: str, why: str) -> Operation | None:
        """Send the salvo of an expected alarm at once; return the operation that this begins, or None."""
        salvo = self._reflexes.of(call)
        if salvo is None:
            return None
        operation = self._begin(call.scene, by, why, Priority.ALARM)
        self._hands.send_ahead(salvo, operation)
        return operation

    def scene_wish(
        self, scene: str, by: str, *, kind: Kind = Kind.OPERATOR, priority: int = 0, regions: Sequence[str] = (),
        until: int | None = None, dwell: float = 0.0, why: str = "", name: str = "",
    ) -> Wish:  # fmt: skip
        """Return the wish for a scene, to preview or to take."""
        return self._wishes.scene(
            scene, by=by, kind=kind, now=self._clock.now(), priority=priority, regions=regions, until=until,
            dwell=dwell, why=why, name=name,
        )  # fmt: skip

    def call_wish(
        self, call: Call, by: str, *, until: int | None = None, dwell: float = 0.0, why: str = "", name: str = ""
    ) -> Wish:
        """Return the wish of an alarm, to preview or to take."""
        now, kind, layout = self._clock.now(), Kind.ALARM, call.layout
        if not call.scene and layout is not None:
            return self._wishes.drawn(
                {layout.region: layout}, by=by, kind=kind, now=now, priority=call.priority, until=until, dwell=dwell,
                why=why, name=name,
            )  # fmt: skip
        return self._wishes.scene(
            call.scene, by=by, kind=kind, now=now, priority=call.priority, regions=call.regions, until=until,
            dwell=dwell, why=why, name=name, layout=layout,
        )  # fmt: skip

    def layout_wish(
        self, layouts: Mapping[str, Layout], by: str, *, kind: Kind = Kind.OPERATOR, until: int | None = None,
        why: str = "",
    ) -> Wish:  # fmt: skip
        """Return the wish for layouts by region, to preview or to take."""
        return self._wishes.drawn(layouts, by=by, kind=kind, now=self._clock.now(), until=until, why=why)

    def preview(self, wish: Wish) -> Plan:
        """Return the plan that taking the wish now would carry out; nothing changes."""
        self._wishes.check(wish.claims)
        wanted = self._wishes.with_wish(wish, self._clock.now())
        changed = {name: values for name, values in wanted.items() if values != self._hands.wanted(name)}
        reported = {name: seen.expected() if seen.up else {} for name, seen in self._hands.devices.items()}
        return plan(changed, reported, self._capabilities)

    def take(self, wish: Wish, *, base_revision: int | None = None, operation: Operation | None = None) -> str:
        """Take a wish; return the operation's id. Raise Conflict when a region changed after `base_revision`.

        `operation` is given when it has begun already.
        """
        self._wishes.check(wish.claims, base_revision)
        personal = any(claim.kind in PEOPLE for claim in wish.claims)
        once = wish.once if personal or not self._wishes.stands(wish) else {}
        for claim in wish.claims:
            self._wishes.book.put(claim)
        self._hands.want_once(once)
        operation = operation or self._begin(wish.scene, wish.by, wish.why, wish.priority)
        return self._refold(operation, also=tuple(once), shown=personal)

    def release(self, name: str) -> None:
        """End the claim of that id, or all made under that name; the regions get back what was there before."""
        claims = self._wishes.book.named(name)
        for claim in claims:
            self._wishes.book.drop(claim)
        if claims:
            self._refold(
                self._begin("", claims[0].by, f"{claims[0].scene or 'a drawn layout'} is over", Priority.SCENE)
            )

    def release_region(self, region: str, by: str) -> str:
        """End the claim that holds a region, at once; return the operation's id, or raise Unknown without one."""
        held = self._wishes.let_go(region)
        why = f"{by} released {held.scene or 'a drawn layout'}"
        return self._refold(self._begin("", by, why, Priority.OPERATOR), shown=True)

    def undo(self, region: str, by: str) -> str:
        """Take back what people last did in a region; return the operation's id, or raise Unknown without any."""
        if region not in self.wall.regions or not self._wishes.book.undo(region):
            raise Unknown(f"there is nothing to undo in region {region!r} of wall {self.wall.id}")
        return self._refold(self._begin("", by, f"{by} took back the last change", Priority.OPERATOR), shown=True)

    def retry(self, operation: str, by: str) -> str:
        """Try again what failed in an operation, and nothing else; return the new operation's id, or raise Unknown."""
        old = self._operation(operation)
        failed = [a for a in old.attempts if not a.live and not a.good and a.mark is not Mark.SUPERSEDED]
        if not failed:
            raise Unknown(f"nothing of operation {operation} has failed; there is nothing to try again")
        new = self._begin(old.scene, by, f"{by} tried again what failed", Priority.OPERATOR)
        self._remember(new)
        self._newest = new
        self._hands.retry(failed, new)
        return new.id

    def answer(self, device: str, policy: Policy) -> None:
        """RESTORE or ADOPT what somebody else changed; raise Unknown for a device that asks nothing."""
        if not self._hands.answer(device, policy):
            raise Unknown(f"{device!r} asks nothing")

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Take what devices report."""
        self._hands.on_readings(batch)

    def on_status(self, batch: Sequence[DeviceStatus]) -> None:
        """Take how the talk with devices stands."""
        self._hands.on_status(batch)

    def view(self) -> WallView:
        """Return the wall as it stands now."""
        wishes, hands = self._wishes, self._hands
        return wall_view(
            self.wall, revision=wishes.book.revision, shown=wishes.shown, layouts=wishes.layouts(),
            claims=wishes.book.claims.values(), undo={name: wishes.book.undoable(name) for name in self.wall.regions},
            desired={name: hands.wanted(name) for name in hands.devices},
            devices=hands.devices, operation=self._newest, now=self._clock.now(),
        )  # fmt: skip

    def operation(self, name: str) -> OperationView:
        """Return the operation of that id as it stands; raise Unknown when it is not one of the last fifty."""
        return operation_view(self._operation(name))

    async def run(self) -> None:
        """Keep the wall as it is wanted until cancelled."""
        self._hands.desired = self._wishes.desired
        async with asyncio.TaskGroup() as tasks:
            self._hands.start(tasks)
            try:
                while True:
                    self._wake.clear()
                    pause = self._tick()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await self._wake.wait()
            finally:
                self._hands.tasks = None

    def _tick(self) -> float | None:
        """Do what is due; return the seconds until the next thing is, None when only news can bring it."""
        self._expire()
        self._dirty |= self._hands.tick()
        for operation in self._operations.values():
            if operation.ended_at is None and operation.state != "running":
                operation.ended_at = self._clock.now()
                self._dirty = True
        if not self._hands.busy:
            self._reflexes.get_ready(self._expected)
        now = self._clock.mono()
        if self._dirty and now >= self._published + PUBLISH_EVERY:
            self._dirty, self._published = False, now
            self._publish([self.view()])
        return self._pause(now)

    def _expected(self, call: Call) -> Plan:
        return self.preview(self.call_wish(call, ""))

    def _expire(self) -> None:
        """Take up what time alone has changed: a claim that ended, an alarm that has dwelt its time."""
        now = self._clock.now()
        self._wishes.book.expire(now)
        moved = self._wishes.fold(now)
        if moved.regions:
            claim = self._wishes.holder(moved.regions)
            scene, by = (claim.scene, claim.by) if claim else ("", "wall")
            operation = self._begin(scene, by, f"it is the turn of {scene or 'what was there before'}", self._of(claim))
            self._carry(operation, moved.devices)

    def _pause(self, now: float) -> float | None:
        times = [] if (due := self._hands.next_due()) is None else [due - now]
        utc = self._clock.now()
        if (changes_at := self._wishes.changes_at(utc)) is not None:
            times.append((changes_at - utc) / 1e9)
        if self._dirty:
            times.append(self._published + PUBLISH_EVERY - now)
        return max(min(times), 0.001) if times else None

    def _refold(self, operation: Operation, *, also: Sequence[str] = (), shown: bool = False) -> str:
        """Act on what the claims of now have changed; `shown`: the screens show it even when nothing had to be done."""
        moved = self._wishes.fold(self._clock.now())
        if operation.priority is Priority.SCENE:
            operation.priority = self._of(self._wishes.holder(moved.regions))
        devices = sorted({*moved.devices, *also})
        if devices or shown:
            self._carry(operation, devices)
        else:
            self._remember(operation)
        return operation.id

    def _carry(self, operation: Operation, devices: Sequence[str]) -> None:
        self._hands.desired = self._wishes.desired
        self._hands.carry(devices, operation)
        self._remember(operation)
        self._newest = operation

    def _begin(self, scene: str, by: str, why: str, priority: Priority) -> Operation:
        self._count += 1
        now = self._clock.now()
        return Operation(f"{self.wall.id}-{now:x}-{self._count}", scene, by, why, priority, now)

    def _remember(self, operation: Operation) -> None:
        self._operations[operation.id] = operation
        while len(self._operations) > MOST_OPERATIONS:
            del self._operations[next(iter(self._operations))]
        self._stir()

    def _operation(self, name: str) -> Operation:
        found = self._operations.get(name)
        if found is None:
            raise Unknown(f"there is no operation {name!r}; only the last {MOST_OPERATIONS} are remembered")
        return found

    def _of(self, claim: Claim | None) -> Priority:
        return PRIORITIES[claim.kind] if claim is not None else Priority.SCENE

    def _stir(self) -> None:
        self._dirty = True
        self._reflexes.forget()
        self._wake.set()
