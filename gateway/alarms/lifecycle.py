"""What an alarm is and may become: orthogonal facts, one table of transitions, labels derived from the facts.

Sources: ISA-18.2 (NORM, UNACK, ACKED, RTNUN), the latched variants of marine controllers, OPC UA Part 9 (the facts that
lie across the labels: shelved, suppressed, out of service).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from gateway.errors import GatewayError


class NotAllowed(GatewayError):
    """The alarm cannot take this cue now; the text says why and what to do."""


class Label(StrEnum):
    """The state that people see."""

    NORM = "NORM"
    UNACK = "UNACK"
    ACKED = "ACKED"
    RTNUN = "RTNUN"
    LATCH_UNACK = "LATCH_UNACK"
    LATCH_ACK = "LATCH_ACK"


class Cue(StrEnum):
    """What can happen to an alarm; ON, OFF, RISE and FALL come after delays and deadband."""

    ON = "on"
    OFF = "off"
    OFF_LATCHING = "off_latching"
    """OFF of a rule that latches."""
    RISE = "rise"
    FALL = "fall"
    REALARM = "realarm"
    ACK = "ack"
    RESET = "reset"
    SHELVE = "shelve"
    SHELVE_ONCE = "shelve_once"
    UNSHELVE = "unshelve"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    UNKNOWN = "unknown"
    """The input can no longer be trusted."""
    KNOWN = "known"
    MARK = "mark"
    """Something was noted about it: it chatters, or it was the first of its group."""
    BOOT = "boot"
    RETIRE = "retire"
    """The rule is no longer configured."""


class Effect(StrEnum):
    """What a transition asks of whoever listens."""

    OPEN = "open"
    """A new occurrence begins."""
    ANNUNCIATE = "annunciate"
    """Sound and show it as new."""
    SILENCE = "silence"
    """Stop the horn and the escalation."""
    CHATTER = "chatter"
    """It came back before anybody had seen it go."""
    CLOSE = "close"
    """The occurrence ends."""


class Facts(Struct, frozen=True, gc=False):
    """All that is true of an alarm; `shelved_until` is UTC ns, and bounds a one-shot shelf as well."""

    active: bool = False
    acked: bool = True
    latched: bool = False
    shelved_until: int | None = None
    oneshot: bool = False
    suppressed_by: tuple[str, ...] = ()
    out_of_service: bool = False
    cond_unknown: bool = False

    @property
    def shelved(self) -> bool:
        """Whether somebody has put it aside, until a time or until it goes."""
        return self.oneshot or self.shelved_until is not None

    @property
    def quiet(self) -> bool:
        """Whether it must neither sound nor move the wall, though it is still judged."""
        return self.shelved or bool(self.suppressed_by) or self.out_of_service

    @property
    def label(self) -> Label:
        """The state that people see."""
        return LABELS[self.active, self.acked, self.latched]


LABELS: Mapping[tuple[bool, bool, bool], Label] = MappingProxyType(
    {
        (False, True, False): Label.NORM,
        (True, False, False): Label.UNACK,
        (True, True, False): Label.ACKED,
        (False, False, False): Label.RTNUN,
        (False, False, True): Label.LATCH_UNACK,
        (False, True, True): Label.LATCH_ACK,
    }
)
"""(active, acked, latched) → label; a latch holds only what is no longer active."""

_FACTS = {label: facts for facts, label in LABELS.items()}


@dataclass(frozen=True, slots=True)
class Move:
    """Where a cue leads, and what it asks for."""

    to: Label
    effects: frozenset[Effect] = frozenset()


def _move(to: Label, *effects: Effect) -> Move:
    return Move(to, frozenset(effects))


STAYS = (
    Cue.SHELVE,
    Cue.SHELVE_ONCE,
    Cue.SUPPRESS,
    Cue.OUT_OF_SERVICE,
    Cue.UNKNOWN,
    Cue.KNOWN,
    Cue.MARK,
    Cue.BOOT,
)
RETURNS = (Cue.UNSHELVE, Cue.UNSUPPRESS, Cue.IN_SERVICE)
_RETURNED = {
    Label.NORM: _move(Label.NORM),
    Label.UNACK: _move(Label.UNACK, Effect.ANNUNCIATE),
    Label.ACKED: _move(Label.UNACK, Effect.ANNUNCIATE),
    Label.RTNUN: _move(Label.NORM, Effect.CLOSE),
    # A latch is undone by RESET only, whoever has looked away meanwhile.
    Label.LATCH_UNACK: _move(Label.LATCH_UNACK, Effect.ANNUNCIATE),
    Label.LATCH_ACK: _move(Label.LATCH_ACK),
}

TRANSITIONS: Mapping[tuple[Label, Cue], Move] = MappingProxyType(
    {
        (Label.NORM, Cue.ON): _move(Label.UNACK, Effect.OPEN, Effect.ANNUNCIATE),
        (Label.UNACK, Cue.ON): _move(Label.UNACK),
        (Label.UNACK, Cue.OFF): _move(Label.RTNUN),
        (Label.UNACK, Cue.OFF_LATCHING): _move(Label.LATCH_UNACK),
        (Label.UNACK, Cue.RISE): _move(Label.UNACK, Effect.ANNUNCIATE),
        (Label.UNACK, Cue.FALL): _move(Label.UNACK),
        (Label.UNACK, Cue.ACK): _move(Label.ACKED, Effect.SILENCE),
        (Label.ACKED, Cue.ON): _move(Label.ACKED),
        (Label.ACKED, Cue.OFF): _move(Label.NORM, Effect.CLOSE),
        (Label.ACKED, Cue.OFF_LATCHING): _move(Label.LATCH_ACK),
        (Label.ACKED, Cue.RISE): _move(Label.UNACK, Effect.ANNUNCIATE),
        (Label.ACKED, Cue.FALL): _move(Label.ACKED),
        (Label.ACKED, Cue.REALARM): _move(Label.UNACK, Effect.ANNUNCIATE),
        (Label.RTNUN, Cue.ON): _move(Label.UNACK, Effect.ANNUNCIATE, Effect.CHATTER),
        (Label.RTNUN, Cue.ACK): _move(Label.NORM, Effect.SILENCE, Effect.CLOSE),
        (Label.LATCH_UNACK, Cue.ON): _move(Label.UNACK, Effect.ANNUNCIATE, Effect.CHATTER),
        (Label.LATCH_UNACK, Cue.ACK): _move(Label.LATCH_ACK, Effect.SILENCE),
        (Label.LATCH_ACK, Cue.ON): _move(Label.UNACK, Effect.ANNUNCIATE, Effect.CHATTER),
        (Label.LATCH_ACK, Cue.RESET): _move(Label.NORM, Effect.CLOSE),
    }
    | {(label, cue): _move(label) for label in Label for cue in STAYS}
    | {(label, cue): move for label, move in _RETURNED.items() for cue in RETURNS}
    | {(label, Cue.RETIRE): _move(Label.NORM, *(() if label is Label.NORM else (Effect.CLOSE,))) for label in Label}
)
"""The whole machine: a pair that is not here is refused."""

NEEDS_KNOWN = frozenset({Cue.ON, Cue.OFF, Cue.OFF_LATCHING, Cue.RISE, Cue.FALL, Cue.RESET})
"""No cue of these can be true while nobody knows the condition."""

_AUDIBLE = frozenset({Effect.ANNUNCIATE})

_REFUSALS: Mapping[tuple[Label, Cue], str] = {
    (Label.NORM, Cue.ACK): "there is nothing to acknowledge: the alarm is not standing",
    (Label.ACKED, Cue.ACK): "the alarm is already acknowledged",
    (Label.LATCH_ACK, Cue.ACK): "the alarm is already acknowledged; reset it",
    (Label.NORM, Cue.RESET): "there is nothing to reset: the alarm is not standing",
    (Label.UNACK, Cue.RESET): "the alarm is still active; reset it once the condition has gone and it is acknowledged",
    (Label.ACKED, Cue.RESET): "the alarm is still active; reset it once the condition has gone",
    (Label.RTNUN, Cue.RESET): "this alarm does not latch; acknowledge it",
    (Label.LATCH_UNACK, Cue.RESET): "the alarm is not acknowledged; acknowledge it, then reset it",
}


def _out_of_list(facts: Facts, by: str) -> Facts:
    if by not in facts.suppressed_by:
        raise NotAllowed(f"the alarm is not suppressed by {by!r}")
    return replace(facts, suppressed_by=tuple(rule for rule in facts.suppressed_by if rule != by))


def _unshelved(facts: Facts) -> Facts:
    if not facts.shelved:
        raise NotAllowed("the alarm is not shelved")
    return replace(facts, shelved_until=None, oneshot=False)


def _in_service(facts: Facts) -> Facts:
    if not facts.out_of_service:
        raise NotAllowed("the alarm is not out of service")
    return replace(facts, out_of_service=False)


_ASIDE: Mapping[Cue, Callable[[Facts, str, int | None], Facts]] = {
    Cue.SHELVE: lambda facts, _by, until: replace(facts, shelved_until=until, oneshot=False),
    Cue.SHELVE_ONCE: lambda facts, _by, until: replace(facts, shelved_until=until, oneshot=True),
    Cue.UNSHELVE: lambda facts, _by, _until: _unshelved(facts),
    Cue.SUPPRESS: lambda facts, by, _until: replace(
        facts, suppressed_by=tuple(dict.fromkeys((*facts.suppressed_by, by)))
    ),
    Cue.UNSUPPRESS: lambda facts, by, _until: _out_of_list(facts, by),
    Cue.OUT_OF_SERVICE: lambda facts, _by, _until: replace(facts, out_of_service=True),
    Cue.IN_SERVICE: lambda facts, _by, _until: _in_service(facts),
    Cue.UNKNOWN: lambda facts, _by, _until: replace(facts, cond_unknown=True),
    Cue.KNOWN: lambda facts, _by, _until: replace(facts, cond_unknown=False),
    Cue.RETIRE: lambda _facts, _by, _until: Facts(),
}
"""The facts that lie across the labels, and the cues that change them."""


class Step(Struct, frozen=True, gc=False):
    """The facts after a cue, and what it asks for."""

    facts: Facts
    effects: frozenset[Effect]


def after(facts: Facts, cue: Cue, *, by: str = "", until: int | None = None) -> Step:
    """Return what a cue makes of the facts, or raise NotAllowed; `by` suppresses, `until` (UTC ns) ends a shelf."""
    move = TRANSITIONS.get((facts.label, cue))
    if move is None:
        raise NotAllowed(_REFUSALS.get((facts.label, cue), f"{cue} means nothing to an alarm in {facts.label}"))
    if facts.cond_unknown and cue in NEEDS_KNOWN:
        raise NotAllowed("the condition is not known: its input is silent or bad; see to the sensor first")
    aside = _ASIDE[cue](facts, by, until) if cue in _ASIDE else facts
    if cue in RETURNS and aside.quiet:
        return Step(aside, frozenset())
    moved = _labelled(aside, move.to)
    step = Step(moved, move.effects - _AUDIBLE if moved.quiet else move.effects)
    return _shelf_spent(step) if cue in (Cue.OFF, Cue.OFF_LATCHING) and facts.oneshot else step


def _labelled(facts: Facts, label: Label) -> Facts:
    active, acked, latched = _FACTS[label]
    return replace(facts, active=active, acked=acked, latched=latched)


def _shelf_spent(step: Step) -> Step:
    """A one-shot shelf ends with the activation that it was for."""
    ended = after(step.facts, Cue.UNSHELVE)
    return Step(ended.facts, step.effects | ended.effects)
