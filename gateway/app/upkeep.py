"""Look over the house now and then, and raise or clear the repairs that no part raises itself: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from drivers.model import Clock, DeviceState, DeviceStatus
from gateway.repairs import Repairs

EVERY_S = 5.0
LASTING_NS = 60_000_000_000
"""How long a device stands so before a person hears of it: a reload or a reboot is shorter."""
REMEMBERED_S = 3_600.0
"""How long a loss is shown after the last of it."""

DEVICES: Mapping[DeviceState, str] = {
    DeviceState.REFUSED: "device.refused",
    DeviceState.WRONG_DEVICE: "device.wrong",
    DeviceState.BAD_CONFIG: "device.config",
}
STORE: Mapping[str, tuple[str, str]] = {
    "dropped": ("store.dropped", "{n:,} readings since the service started"),
    "dropped.bytes": ("store.space", "{n:,} readings since the service started"),
    "spool.expired": ("store.unsent", "{n:,} readings since the service started"),
    "impossible": ("store.refused", "{n:,} readings whose time cannot be, since the service started"),
    "refused": ("store.refused", "{n:,} entries since the service started"),
    "quarantined": ("store.quarantine", "{n:,} rows since the service started"),
    "garbled": ("store.quarantine", "{n:,} chunks since the service started"),
}
"""What the store counts: the repair that it needs, and how it is told."""
FIELD: Mapping[str, tuple[str, str]] = {
    "dropped": ("device.dropped", "{n:,} since the service started"),
    "rejected": ("device.rejected", "{n:,} since the service started"),
}
"""What a source or a session counts when it throws something away: the same."""


class Upkeep:
    """`run` looks for ever; `store` and `field` count, `unwritable` says why the disk takes nothing, if it does not."""

    def __init__(
        self, repairs: Repairs, *, clock: Clock, statuses: Mapping[str, DeviceStatus],
        store: Callable[[], Mapping[str, int]], field: Mapping[str, Mapping[str, int]], unwritable: Callable[[], str],
        others: Sequence[Callable[[], None]] = (),
    ) -> None:  # fmt: skip
        self._repairs = repairs
        self._clock = clock
        self._statuses = statuses
        self._store = store
        self._field = field
        self._unwritable = unwritable
        self._others = others
        self._grown: dict[tuple[str, str, str], tuple[int, float]] = {}

    async def run(self) -> None:
        """Look now and then."""
        while True:
            self.look()
            await self._clock.sleep(EVERY_S)

    def look(self) -> None:
        """Look once."""
        self._look_at_devices()
        self._repairs.settle("store.unwritable", "store", self._unwritable() or None)
        told = {
            (kind, "store", what): (n, text) for what, (kind, text) in STORE.items() if (n := self._store().get(what))
        }
        for device, counters in self._field.items():
            told |= {
                (kind, device, what): (n, text) for what, (kind, text) in FIELD.items() if (n := counters.get(what))
            }
        self._settle_counts(told)
        for look in self._others:
            look()

    def _look_at_devices(self) -> None:
        now = self._clock.now()
        for name, status in self._statuses.items():
            lasting = now - status.since >= LASTING_NS
            for state, kind in DEVICES.items():
                self._repairs.settle(kind, name, status.reason if lasting and status.state is state else None)
        for repair in self._repairs.open():
            if repair.kind in DEVICES.values() and repair.subject not in self._statuses:
                self._repairs.done(repair.kind, repair.subject)

    def _settle_counts(self, told: Mapping[tuple[str, str, str], tuple[int, str]]) -> None:
        """Raise what has grown; clear it when it has not for an hour."""
        now = self._clock.mono()
        fresh: dict[tuple[str, str], str] = {}
        for key, (n, text) in told.items():
            before, since = self._grown.get(key, (0, now))
            self._grown[key] = (n, now if n > before else since)
            if now - self._grown[key][1] < REMEMBERED_S:
                fresh[key[0], key[1]] = text.format(n=n)
        for kind, subject in {(kind, subject) for kind, subject, _ in self._grown}:
            self._repairs.settle(kind, subject, fresh.get((kind, subject)))
