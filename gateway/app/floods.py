"""Tells a person which points report so often that what is stored of them is thinned."""

from __future__ import annotations

from gateway.repairs import Repairs
from gateway.store.store import Store

REPAIR = "point.flood"


class Floods:
    """Looked at now and then."""

    def __init__(self, store: Store, repairs: Repairs) -> None:
        self._store, self._repairs = store, repairs
        self._told: set[str] = set()

    def watch(self) -> None:
        """Raise what is new, clear what is over."""
        floods = self._store.floods()
        for point in self._told - floods.keys():
            self._repairs.done(REPAIR, point)
        for point, thinned in floods.items():
            self._repairs.needed(REPAIR, point, f"{thinned:,} readings of these ten minutes are not stored")
        self._told = set(floods)
