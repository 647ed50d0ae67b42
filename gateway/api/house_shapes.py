"""What the API answers about the house itself: audit, health, who may, configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    """A program's access; `prefix` is how its secret begins, `only` the permissions that it is narrowed to."""

    id: str
    name: str
    prefix: str
    roles: Sequence[str]
    only: Sequence[str]
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
    """What the site's files say that the running site does not, one sentence a difference."""

    changes: Sequence[str]
    applied: bool


@dataclass(frozen=True, slots=True)
class ScenarioStarted:
    """A simulated story that now plays."""

    scenario: str
