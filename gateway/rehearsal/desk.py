"""Where rules are written and rehearsed: drafts of the site's file beside what is in force."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from drivers.model import Clock
from gateway.rehearsal.job import Job
from gateway.rehearsal.rehearsals import Rehearsals, Running
from gateway.settings.rule_drafts import RuleDrafts

LONGEST_S = 31 * 86_400.0
"""The longest span that is rehearsed at once."""


class RuleDesk:
    """`in_force` tells the texts that the running alarms follow from; `flush` has everything committed."""

    def __init__(
        self,
        drafts: RuleDrafts,
        rehearsals: Rehearsals,
        *,
        database: Path,
        clock: Clock,
        pace: float,
        in_force: Callable[[], Mapping[str, str]],
        flush: Callable[[], Awaitable[None]],
    ) -> None:
        self.drafts, self.rehearsals = drafts, rehearsals
        self._database, self._clock, self._pace = database, clock, pace
        self._in_force, self._flush = in_force, flush

    async def rehearse(self, by: str, *, was: str, yaml: str, seconds: float) -> Running:
        """Begin to rehearse a draft over the last `seconds`.

        Raise YamlError or RuleTextError for a draft that is no rule, RehearsalError while too many wait.
        """
        meant = await asyncio.to_thread(self.drafts.meant, was, yaml)
        await self._flush()
        until = self._clock.now()
        job = Job(
            folder=str(self.drafts.folder.resolve()), database=str(self._database), pace=self._pace, rule=meant.id,
            was=was, meant=dict(meant.texts), now=dict(self._in_force()),
            since=until - round(min(seconds, LONGEST_S) * 1e9), until=until,
        )  # fmt: skip
        return self.rehearsals.begin(by, job)
