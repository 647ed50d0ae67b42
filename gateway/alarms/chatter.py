"""Alarms that come and go all the time: marked, with what would hold them, and shelved once where the site wants it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from drivers.model import Clock
from gateway.alarms.alarm import Alarm, AlarmChange
from gateway.alarms.engine import AlarmEngine
from gateway.alarms.lifecycle import Cue
from gateway.alarms.timers import Timers

ACTIVATIONS = 3
WINDOW_S = 60.0
"""So many activations within this time are chatter."""
CALM_S = 600.0
"""So long without another one and it is over."""


class Chatter:
    """The activations of every alarm lately; `shelve` is asked once for each alarm that begins to chatter."""

    def __init__(
        self, engine: AlarmEngine, *, clock: Clock, timers: Timers, pace: float, shelve: Callable[[Alarm, float], None]
    ) -> None:
        self._engine, self._clock, self._timers, self._shelve = engine, clock, timers, shelve
        self._window, self._calm = WINDOW_S / pace, CALM_S / pace
        self._came: dict[str, deque[float]] = {}
        self._gap: dict[str, float] = {}

    def begin(self) -> None:
        """Take up those that are marked, and forget the others."""
        known = {alarm.id: alarm for alarm in self._engine.every()}
        self._came = {id_: came for id_, came in self._came.items() if id_ in known}
        self._gap = {id_: gap for id_, gap in self._gap.items() if id_ in known}
        for alarm in known.values():
            if alarm.chattering:
                self._await_calm(alarm.id)

    def on_change(self, change: AlarmChange) -> None:
        """Count an activation."""
        alarm = change.alarm
        if change.cue is not Cue.ON or change.was.active:
            return
        now = self._clock.mono()
        came = self._came.setdefault(alarm.id, deque(maxlen=ACTIVATIONS))
        if came and now - came[-1] > self._window:
            came.clear()
            self._gap.pop(alarm.id, None)
        if came and change.was.cleared_at is not None:
            gap = (self._clock.now() - change.was.cleared_at) / 1e9
            self._gap[alarm.id] = max(self._gap.get(alarm.id, 0.0), gap)
        came.append(now)
        if len(came) == ACTIVATIONS and now - came[0] <= self._window:
            self._begins(alarm)

    def _begins(self, alarm: Alarm) -> None:
        steadier = float(math.floor(self._gap.get(alarm.id, 0.0)) + 1)
        self._await_calm(alarm.id)
        if alarm.chattering and alarm.steadier >= steadier:
            return
        marked = self._engine.act(alarm.id, Cue.MARK, chattering=True, steadier=steadier, why=advice(alarm, steadier))
        if not alarm.chattering:
            self._shelve(marked, self._calm)

    def _await_calm(self, id: str) -> None:  # noqa: A002 - the glossary's word
        self._timers.at(f"calm:{id}", self._clock.mono() + self._calm, lambda: self._is_calm(id))

    def _is_calm(self, id: str) -> None:  # noqa: A002 - the glossary's word
        self._engine.act(id, Cue.MARK, chattering=False, steadier=0.0, why="it has come to rest")


def advice(alarm: Alarm, steadier: float) -> str:
    """Return what would hold an alarm that chatters, for whoever writes its rule."""
    return f"{alarm.id} comes and goes: off_delay: {steadier:g} would have held it; a larger deadband may as well"
