"""What the process that rehearses is told, and what it tells: JSON, a line each."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.rehearsal.replay import Rehearsal
from gateway.settings.fault import SiteFault


@dataclass(frozen=True, slots=True)
class Job:
    """Rehearse rule `rule` of the site's files with `meant` in place of their texts, beside `was` with `now`.

    `was` is empty when there is no such rule yet; `pace` is that of the running site, the span is UTC ns.
    """

    folder: str
    database: str
    pace: float
    rule: str
    was: str
    meant: dict[str, str]
    now: dict[str, str]
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Word:
    """How far it is; or the end of it: a rehearsal, the faults of the files that are meant, or a refusal."""

    share: float = 0.0
    readings: int = 0
    rehearsal: Rehearsal | None = None
    faults: tuple[SiteFault, ...] = ()
    refused: str = ""

    @property
    def last(self) -> bool:
        """Whether nothing follows."""
        return self.rehearsal is not None or bool(self.faults) or bool(self.refused)
