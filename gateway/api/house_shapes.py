"""What the API answers about the house itself: audit, health, who may, configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.api.shapes import Name


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the audit; `hash` covers all fields and the entry before."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    before: Any
    after: Any
    outcome: str
    why: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the audit's chain is whole; `first_bad` is the sequence number where it breaks."""

    ok: bool
    count: int
    first_bad: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """How a part of the service stands."""

    name: str
    state: str
    since: str
    restarts: int
    reason: str


@dataclass(frozen=True, slots=True)
class Site:
    """The site that is served."""

    id: str
    name: Name


@dataclass(frozen=True, slots=True)
class Health:
    """Every part of the service; `pace` is how many times faster than life a simulation runs."""

    parts: Sequence[Part]
    pace: float
    simulation: bool
    version: str
    site: Site


@dataclass(frozen=True, slots=True)
class Repair:
    """Something that a person should mend; `act` is what a button beside it does, by posting to `action`."""

    id: str
    kind: str
    severity: Literal["warning", "error"]
    subject: str
    title: Name
    detail: str
    hint: Name
    since: str
    act: Name | None
    action: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a sink has not had: `age` is seconds since the oldest of it came.

    `time_to_full` is the seconds until the journal is full if it goes on like this, null: it does not fill.
    """

    rows: int
    bytes: int
    age: float
    time_to_full: float | None


@dataclass(frozen=True, slots=True)
class Sink:
    """A server that gets every reading; `batch` is how many rows it takes in a request, as far as is learnt."""

    id: str
    kind: str
    url: str
    state: str
    since: str
    reason: str
    backlog: Backlog
    batch: int
    quarantined: int
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows that a sink's server refused, as line protocol, with its sentence."""

    id: int
    at: str
    why: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of rows that were written again: `left` are still in quarantine."""

    written: int
    left: int


@dataclass(frozen=True, slots=True)
class Alive:
    """The public answer to "are you there": nothing that a stranger could use."""

    ok: bool


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in."""

    name: str
    roles: Sequence[str]
    permissions: Sequence[str]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, with the token that writes must carry in the header X-CSRF-Token."""

    me: Me
    csrf: str


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in."""

    name: str
    roles: Sequence[str]
    enabled: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A program's access; `prefix` is how its secret begins, `only` the permissions that it is narrowed to.

    `device` is whose own it is: it pushes that device's points only.
    """

    id: str
    name: str
    prefix: str
    roles: Sequence[str]
    only: Sequence[str]
    device: str
    made_by: str
    created_at: str
    expires_at: str
    last_used_at: str | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made; `secret` is shown this once."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True)
class ConfigReport:
    """What the site's files say that the running site does not, and what in them will not work well: sentences.

    `approval` is the number under which it waits for a second person.
    """

    changes: Sequence[str]
    applied: bool
    warnings: Sequence[str]
    approval: str | None = None


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    """A simulated story that now plays."""

    scenario: str
