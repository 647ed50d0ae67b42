"""Changes of thresholds that wait for a second person, and what was approved last, kept over restarts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from drivers.model import Clock
from gateway.alarms.chronicle import AuditPort
from gateway.alarms.kept import KeptPort
from gateway.errors import GatewayError

KIND = "approval"
WAITING, APPROVED = "waiting", "approved"
LASTS_NS = 24 * 3_600 * 10**9
"""How long a change waits before it is dropped."""

Texts = Mapping[str, str]
"""The text of site files by name."""


class NoSuchApproval(GatewayError):
    """Nothing of that number waits for approval."""


class NotApproved(GatewayError):
    """A change of thresholds that this person may not approve, or not alone; the text says what to do."""


class Person(Protocol):
    """Who proposes, approves or rejects; only somebody who is signed in is a person."""

    @property
    def name(self) -> str: ...
    @property
    def via(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Approval:
    """A change of thresholds that waits: `changes` is what the second person reads, `texts` what then holds."""

    id: str
    by: str
    why: str
    at: int
    until: int
    changes: tuple[str, ...]
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply changed, one sentence a difference; with an `approval` that waits: would change."""

    changes: Sequence[str]
    approval: Approval | None = None


class Approvals:
    """At most one change waits: a new one takes the place of the one before."""

    def __init__(self, *, clock: Clock, store: KeptPort, audit: AuditPort, new_id: Callable[[], str]) -> None:
        self._clock, self._store, self._audit, self._new_id = clock, store, audit, new_id

    def waiting(self) -> Approval | None:
        """Return what waits; what has waited too long is dropped."""
        doc = self._store.kept(KIND).get(WAITING)
        approval = None if doc is None else msgspec.convert(doc, Approval)
        if approval is not None and approval.until <= self._clock.now():
            self.drop()
            self._audit.record(
                "system", "config.expire", approval.id, before={"by": approval.by, "changes": list(approval.changes)}
            )
            return None
        return approval

    def propose(self, by: Person, *, why: str, changes: Sequence[str], texts: Texts) -> Approval:
        """Let a change wait for a second person; raise NotApproved when nobody is signed in as the first."""
        check_person(by)
        now = self._clock.now()
        approval = Approval(self._new_id(), by.name, why, now, now + LASTS_NS, tuple(changes), dict(texts))
        self._store.keep(KIND, WAITING, msgspec.to_builtins(approval))
        return approval

    def second(self, id: str, person: Person) -> Approval:  # noqa: A002 - the glossary's word
        """Return what `person` approves; raise NoSuchApproval, or NotApproved for who proposed it."""
        approval = self.find(id)
        check_person(person)
        if approval.by == person.name:
            raise NotApproved(f"{person.name} proposed this change; somebody else has to approve it")
        return approval

    def find(self, id: str) -> Approval:  # noqa: A002 - the glossary's word
        """Return what waits under a number; raise NoSuchApproval."""
        approval = self.waiting()
        if approval is None or approval.id != id:
            raise NoSuchApproval(f"no change {id!r} waits for approval; it was decided, replaced, or waited too long")
        return approval

    def drop(self) -> None:
        """Forget what waits."""
        self._store.keep(KIND, WAITING, None)

    def approved(self) -> Texts | None:
        """Return the texts that hold; None: nobody had to approve any yet."""
        doc = self._store.kept(KIND).get(APPROVED)
        return None if doc is None else {name: str(text) for name, text in doc.items()}

    def hold(self, texts: Texts | None) -> None:
        """Have these hold from now on, over restarts too; None: whatever the files say."""
        if texts != self.approved():
            self._store.keep(KIND, APPROVED, texts)


def check_person(person: Person) -> None:
    """Raise NotApproved for a program, or for the service itself."""
    if person.via != "session":
        raise NotApproved(
            "a change of thresholds takes two persons: sign in, apply the configuration, and have a second one approve"
        )
