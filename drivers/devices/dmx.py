"""The levels of a universe: zones in percent, moves that take their time, and when the next packet is due.

There is no clock here: a driver of lights is polled every 40 ms, and each poll is one tick.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import field_validator

from drivers.capability import levels_of
from drivers.codecs.named import Named, known, numbers, table
from drivers.device_config import Strict
from drivers.model import Arg

TICK_S = 0.04
"""Seconds between two polls: 25 packets a second while a level moves; DMX512 itself has 44 at most."""
KEEP_ALIVE_TICKS = 20
"""Ticks between two packets while nothing moves: 0.8 s (E1.31-2018, 6.6.2: 800 to 1000 ms; Art-Net: 800 to 1000 ms)."""
REPEATS = 3
"""Packets that follow the last change at full rate, for one may be lost (E1.31-2018, 6.6.2)."""
SLOTS = 512
LONGEST_MOVE_S = 600.0


class Zones(Strict):
    """Which slots of the universe are which lights."""

    zones: Named = ""
    """Lights by name and their slots, as `podium=1,2; audience=10-14`."""
    start: Named = ""
    """Levels in percent that are sent from the start, as `podium=80`; empty: nothing is sent before a command."""

    @field_validator("zones")
    @classmethod
    def _slots(cls, text: str) -> str:
        for name, slots in table(text).items():
            try:
                numbers(slots, most=SLOTS)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return text

    @field_validator("start")
    @classmethod
    def _percents(cls, text: str) -> str:
        for name, level in table(text).items():
            if not level.isdecimal() or int(level) > 100:
                raise ValueError(f"{name}: {level!r} is not a whole number of percent from 0 to 100")
        return text


class Lights:
    """What is sent now, what is wished, and how many ticks are left until then."""

    def __init__(self, options: Zones) -> None:
        self._zones = {name: numbers(slots, most=SLOTS) for name, slots in table(options.zones).items()}
        start = {name: float(level) for name, level in table(options.start).items()}
        self._now = {name: start.get(name, 0.0) for name in self._zones}
        self._wish = dict(self._now)
        self._left = dict.fromkeys(self._zones, 0)
        self._speaking = bool(start)
        self._owed = REPEATS if start else 0
        self._quiet = 0
        self.size = max((slot for slots in self._zones.values() for slot in slots), default=0)
        """The highest slot in use."""

    def wish(self, args: Mapping[str, Arg]) -> None:
        """Begin to move; raise BadCommand for zones that are not there and for levels that cannot be."""
        wished = {zone: level for zone, level in levels_of(args).items() if known(self._zones, zone, "zone")}
        seconds = min(max(float(str(args["seconds"])), 0.0), LONGEST_MOVE_S)
        for zone, level in wished.items():
            self._wish[zone] = float(level)
            self._left[zone] = max(round(seconds / TICK_S), 1)
        self._speaking, self._owed = True, REPEATS
        self._step()

    def due(self) -> bool:
        """Count one tick, and return whether a packet is due."""
        if self._step():
            self._owed = REPEATS
            return True
        if self._owed:
            self._owed, self._quiet = self._owed - 1, 0
            return True
        self._quiet = (self._quiet + 1) % KEEP_ALIVE_TICKS
        return self._speaking and self._quiet == 0

    def slots(self) -> bytes:
        """Return the levels of all slots in use, 0 to 255."""
        raw = bytearray(self.size)
        for zone, slots in self._zones.items():
            for slot in slots:
                raw[slot - 1] = round(self._now[zone] * 255 / 100)
        return bytes(raw)

    def _step(self) -> bool:
        """Move every level by one tick; return whether any has moved."""
        moving = [zone for zone, left in self._left.items() if left]
        for zone in moving:
            self._now[zone] += (self._wish[zone] - self._now[zone]) / self._left[zone]
            self._left[zone] -= 1
        return bool(moving)
