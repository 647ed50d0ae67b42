"""Tells a person which sensors are doubted: a repair for each, until it is believed again."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.model import Reason
from gateway.plausibility.plausibility import Plausibility
from gateway.repairs import Repairs

REPAIR = "point.doubted"
WORDS: Mapping[Reason, str] = {
    Reason.RATE: "it jumped further than what it measures can change, and nothing bears that out",
    Reason.STUCK: "it reports, and its value no longer moves",
    Reason.TWIN: "its twin gauge says otherwise",
}


class Doubts:
    """Looked at now and then."""

    def __init__(self, plausibility: Plausibility, repairs: Repairs) -> None:
        self._plausibility, self._repairs = plausibility, repairs
        self._told: set[str] = set()

    def watch(self) -> None:
        """Raise what is new, clear what is over."""
        doubts = self._plausibility.doubts()
        for point in self._told - doubts.keys():
            self._repairs.done(REPAIR, point)
        for point, reason in doubts.items():
            self._repairs.needed(REPAIR, point, WORDS[reason])
        self._told = set(doubts)
