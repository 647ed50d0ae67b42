"""How far a sink is: everything up to a head, but for the stretches that it left behind to be up to date first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_STRETCHES = 64


@dataclass(slots=True)
class Stretch:
    """Commits after `after` up to and with `upto` that are still to be sent; `then` rows that follow have been sent."""

    after: int
    upto: int
    then: int = 0


@dataclass(slots=True)
class Positions:
    """Numbers of commits; the stretches are in order and never touch."""

    head: int
    behind: list[Stretch] = field(default_factory=list)

    @property
    def safe(self) -> int:
        """Return up to where the sink has everything."""
        return self.behind[0].after if self.behind else self.head

    @property
    def ahead(self) -> int:
        """Return how many rows after `safe` have been sent already."""
        return sum(stretch.then for stretch in self.behind)

    def leave_behind(self, upto: int) -> None:
        """Be up to date from `upto` on, and make up for what lies between later."""
        if upto <= self.head:
            return
        last = self.behind[-1] if self.behind else None
        if last is not None and (last.then == 0 or len(self.behind) >= MOST_STRETCHES):
            last.upto, last.then = upto, 0
        else:
            self.behind.append(Stretch(self.head, upto))
        self.head = upto

    def skip(self, upto: int) -> None:
        """Be up to date up to `upto`, and owe nothing of what lies before."""
        self.head = max(self.head, upto)
        self.behind = []

    def sent_new(self, upto: int, rows: int) -> None:
        """Note that the newest rows, up to `upto`, are sent."""
        self.head = max(self.head, upto)
        if self.behind:
            self.behind[-1].then += rows

    def sent_old(self, upto: int) -> None:
        """Note that the oldest stretch is sent up to `upto`."""
        first = self.behind[0]
        first.after = max(first.after, upto)
        if first.after >= first.upto:
            self.behind.pop(0)

    def document(self) -> dict[str, object] | None:
        """Return what is kept over a restart; nothing when nothing is left behind."""
        if not self.behind:
            return None
        return {"head": self.head, "behind": [[each.after, each.upto, each.then] for each in self.behind]}


def restored(safe: int, document: Mapping[str, object] | None) -> Positions:
    """Return the positions of a sink that has everything up to `safe`, after what was kept of it."""
    if document is None:
        return Positions(safe)
    head, behind = document["head"], document["behind"]
    if not isinstance(head, int) or not isinstance(behind, list):
        return Positions(safe)
    stretches = [Stretch(max(after, safe), upto, then) for after, upto, then in behind if upto > safe]
    return Positions(max(head, safe), stretches)
