"""The site's files and the running site: what differs, making it follow, and what a second person has to approve."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gateway.alarms.thresholds import threshold_changes
from gateway.settings.advice import advice
from gateway.settings.approval import Applied, Approval, Approvals, Person, Texts
from gateway.settings.difference import Difference, difference
from gateway.settings.fault import SiteError
from gateway.settings.site import Site, judging_texts

Load = Callable[[Texts | None], Site]
"""Reads the site's files, some of them replaced by other texts; raises SiteError."""
UNAPPROVED = "the files hold thresholds that nobody has approved; those that were approved last are in force"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the site's files lie, and how they are read."""

    folder: Path
    load: Load


class Configuration:
    """Checks and applies the files; one at a time, validated whole before anything changes. Raises SiteError."""

    def __init__(
        self,
        site: Site,
        source: Source,
        *,
        adopt: Callable[[Site, Difference], Awaitable[None]],
        approvals: Approvals,
        today: Callable[[], date] = lambda: date.min,
    ) -> None:
        self._site = self._seen = site
        self._source, self._adopt, self._approvals = source, adopt, approvals
        self._today = today
        self._taken: Texts = {}
        self._one_at_a_time = asyncio.Lock()

    async def check(self) -> Sequence[str]:
        """Return what the files would change, one sentence a difference."""
        _, new = await asyncio.to_thread(self._read)
        self._seen = new
        return (*difference(self._site, new).sentences(), *_thresholds(self._site, new))

    def advice(self) -> Sequence[str]:
        """Return what is sound in the files, as they were last read, and will not work well all the same."""
        return advice(self._seen, today=self._today())

    async def apply(self, by: Person, *, why: str = "") -> Applied:
        """Make the running site follow the files, or let it wait when that takes a second person.

        Raise NotApproved when it takes two persons and `by` is none.
        """
        async with self._one_at_a_time:
            texts, new = await asyncio.to_thread(self._read)
            self._seen = new
            changes = _thresholds(self._site, new) if self._site.approvals else ()
            if changes:
                approval = self._approvals.propose(by, why=why, changes=changes, texts=texts)
                return Applied(difference(self._site, new).sentences(), approval)
            return Applied(await self._take(new, texts))

    async def approve(self, id: str, person: Person) -> Applied:  # noqa: A002 - the glossary's word
        """Make the running site follow what waits; raise NoSuchApproval, or NotApproved for who proposed it."""
        async with self._one_at_a_time:
            approval = self._approvals.second(id, person)
            new = await asyncio.to_thread(self._source.load, approval.texts)
            changes = await self._take(new, approval.texts)
            self._approvals.drop()
            return Applied(changes, approval)

    async def reject(self, id: str) -> Approval:  # noqa: A002 - the glossary's word
        """Drop what waits; raise NoSuchApproval."""
        async with self._one_at_a_time:
            approval = self._approvals.find(id)
            self._approvals.drop()
            return approval

    @property
    def site(self) -> Site:
        """Return the site that runs."""
        return self._site

    def hold(self, texts: Texts) -> None:
        """Note the texts that the running site was read from."""
        self._taken = texts

    def in_force(self) -> Texts:
        """Return the texts that what rings now follows from."""
        return self._approvals.approved() or self._taken

    def waiting(self) -> Approval | None:
        """Return what waits for a second person."""
        return self._approvals.waiting()

    def _read(self) -> tuple[Texts, Site]:
        """Read the files once: what is judged is what is kept."""
        texts = judging_texts(self._source.folder)
        return texts, self._source.load(texts)

    async def _take(self, new: Site, texts: Texts) -> Sequence[str]:
        changed = difference(self._site, new)
        await self._adopt(new, changed)
        self._site, self._taken = new, texts
        self._approvals.hold(texts if new.approvals else None)
        return changed.sentences()


def _thresholds(old: Site, new: Site) -> tuple[str, ...]:
    """Return what two readings of the files differ in that may take a second person, one sentence each."""
    changes = threshold_changes(old.rules, new.rules, before=old.handling, after=new.handling)
    return (*changes, "approvals: no longer asked for") if old.approvals and not new.approvals else changes


def standing_site(files: Site, source: Source, approvals: Approvals) -> tuple[Site, str]:
    """Return the site to start with, and what is wrong with it: a restart puts no threshold into force by itself."""
    texts = approvals.approved()
    if texts is None:
        if files.approvals:
            approvals.hold(judging_texts(source.folder))
        return files, ""
    try:
        approved = source.load(texts)
    except SiteError as error:
        return files, f"the files are in force, since what was approved last cannot be used any more: {error.faults[0]}"
    return (approved, UNAPPROVED) if _thresholds(approved, files) else (files, "")
