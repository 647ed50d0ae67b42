"""Puts a rule's measure to work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from gateway.alarms.measure import Activations, Combined, OneOf, Silence
from gateway.alarms.meter import (
    ActivationsMeter,
    CombinedMeter,
    Meter,
    OneOfMeter,
    Outage,
    SilenceMeter,
    WindowMeter,
)
from gateway.alarms.watch import Track, Watch
from gateway.derive.term import Term


@dataclass(frozen=True, slots=True)
class Built:
    """What a measure may be made of: the watches of points, and the tracks of rules."""

    watches: Mapping[str, Watch]
    tracks: Mapping[str, Track]
    outage: Outage
    pace: float


def meter_of(track: Track, built: Built, *, memory: Meter | None) -> Meter:
    """Return the meter of a rule that has a measure; `memory` is one of the same measure, to go on from."""
    measure, pace = track.rule.measure, built.pace
    watch = built.watches[track.rule.points[0]] if track.rule.points else track.watch
    match measure:
        case Silence():
            watches = [built.watches[point] for point in measure.points]
            return SilenceMeter(measure, watches, held=track.held, outage=built.outage, pace=pace)
        case Activations():
            return ActivationsMeter(
                measure, watch, held=track.held, born=track.watch.heard, memory=memory, pace=pace
            )  # fmt: skip
        case OneOf():
            return OneOfMeter(measure, watch)
        case Combined():
            return CombinedMeter(measure, _terms(measure, built))
        case None:
            raise TypeError(f"rule {track.rule.id} judges the value of its point: there is nothing to measure")
        case _:
            return WindowMeter(measure, track.watch.point, watch, memory=memory, pace=pace)


def _terms(measure: Combined, built: Built) -> Mapping[str, Callable[[], Term]]:
    points = {point: partial(_term, built.watches[point]) for point in measure.points}
    conditions = {each.key: partial(built.tracks[each.rule].entered, each.level) for each in measure.conditions}
    return points | conditions


def _term(watch: Watch) -> Term:
    return watch.term
