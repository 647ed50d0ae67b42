"""What a UPS does: floats while the mains are there, lives on its battery when they are not, and says so in its MIB."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from drivers.emulators.curves import drift
from drivers.model import Clock, Value
from drivers.sensors.object_map import Oid
from drivers.sensors.ups_mib import OBJECTS, UPS_OBJECTS

LOW_MIN, DEPLETED_MIN = 7.0, 1.0
"""Below so many minutes the battery is low (upsConfigLowBattTime), and depleted."""
FULL_LOAD_MIN = 12.0
"""How long a full battery carries the full load; half of it lasts a little more than twice as long."""
RECHARGE_S = 4 * 3_600.0
CELLS_V, RATED_VA, MAINS_V = 218.0, 10_000, 220
ON_BATTERY, LOW_BATTERY, DEPLETED, OVERLOAD = 2, 3, 4, 8
"""Well-known alarm conditions (RFC 1628 §4.6)."""

Held = int | str | Oid
"""What an object holds: a number, a text or an object identifier."""
Found = tuple[str, Held]
"""The name of the SNMP type, and what is held."""


@dataclass(slots=True)
class Knobs:
    """What somebody can change of it: the mains, the load in per cent, the charge in per cent."""

    mains: bool = True
    load: float = 42.0
    charge: float = 100.0
    temperature: float = 27.0
    manufacturer: str = "CONTOH"
    model: str = "UPS 10 kVA"
    name: str = "ups-1"


@dataclass(slots=True)
class Alarms:
    """The alarm table: a row for every condition, numbered from 1 and never twice."""

    rows: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By condition: the row's number and when it came, in hundredths of a second since the start."""
    last: int = 0

    def follow(self, conditions: set[int], at: int) -> None:
        """Make the rows those of these conditions."""
        for gone in set(self.rows) - conditions:
            del self.rows[gone]
        for new in sorted(conditions - set(self.rows)):
            self.last += 1
            self.rows[new] = (self.last, at)


class Ups:
    """One UPS; it ages by the clock whenever it is looked at, `pace` times faster than life."""

    def __init__(self, *, clock: Clock, pace: float = 1.0, seed: int = 0) -> None:
        self.knobs = Knobs()
        self._clock, self._pace, self._seed = clock, pace, seed
        self._looked = self._started = clock.mono()
        self._lost_at: float | None = None
        self.bads = 0
        """How often the mains went."""
        self.alarms = Alarms()

    def restart(self) -> None:
        """Come up as the management card does after a restart: its time and its alarms begin anew."""
        self._started = self._clock.mono()
        self.alarms = Alarms()
        self._lost_at = None if self.knobs.mains else self._started

    def state(self) -> dict[str, object]:
        """Return everything, ready for JSON."""
        self._age()
        return {each.name: getattr(self.knobs, each.name) for each in fields(Knobs)} | {"minutes": self.minutes()}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError for what is none."""
        self._age()
        for name, value in state.items():
            if name == "minutes":
                continue
            if name not in Knobs.__slots__:
                raise KeyError(f"a UPS has no {name!r}; it has {', '.join(Knobs.__slots__)}")
            kind = type(getattr(self.knobs, name))
            if kind is float and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            if type(value) is not kind:
                raise ValueError(f"{name} is a {kind.__name__}, not {value!r}")
            setattr(self.knobs, name, value)
        self._age()

    def objects(self) -> Mapping[Oid, Found]:
        """Return every object that the agent has now, by its instance."""
        self._age()
        found: dict[Oid, Found] = {}
        for name, tell in TOLD.items():
            known = OBJECTS[name]
            held: Value = tell(self)
            kind = "TimeTicks" if name == "sysUpTime" else "OctetString" if isinstance(held, str) else "Integer"
            instance = (*known.oid, 1 if known.column else 0)
            found[instance] = (_GAUGES.get(name, kind), held if isinstance(held, str) else round(held / known.scale))
        for condition, (row, at) in self.alarms.rows.items():
            found[*UPS_OBJECTS, 6, 2, 1, 2, row] = ("ObjectIdentifier", (*UPS_OBJECTS, 6, 3, condition))
            found[*UPS_OBJECTS, 6, 2, 1, 3, row] = ("TimeTicks", at)
        return found

    def _age(self) -> None:
        now, knobs = self._clock.mono(), self.knobs
        passed, self._looked = (now - self._looked) * self._pace, now
        if knobs.mains:
            self._lost_at = None
            knobs.charge = min(100.0, knobs.charge + 100 * passed / RECHARGE_S)
        else:
            if self._lost_at is None:
                self._lost_at, self.bads = now, self.bads + 1
            knobs.charge = max(0.0, knobs.charge - 100 * passed / 60 / self._endurance())
        self.alarms.follow(self._conditions(), self.ticks())

    def _endurance(self) -> float:
        """Return for how many minutes a full battery carries the present load."""
        return FULL_LOAD_MIN * math.pow(100 / max(self.knobs.load, 1.0), 1.15)

    def minutes(self) -> int:
        """Return for how many minutes the battery carries the present load."""
        # The MIB's type has no zero: an empty battery still says one minute (RFC 1628 §4.2, PositiveInteger).
        return max(1, round(self._endurance() * self.knobs.charge / 100))

    def _conditions(self) -> set[int]:
        minutes = self.minutes()
        present = {
            ON_BATTERY: not self.knobs.mains,
            LOW_BATTERY: DEPLETED_MIN < minutes <= LOW_MIN,
            DEPLETED: minutes <= DEPLETED_MIN,
            OVERLOAD: self.knobs.load > 100,
        }
        return {condition for condition, there in present.items() if there}

    def battery(self) -> int:
        """Return the battery's state, as the MIB numbers it."""
        minutes = self.minutes()
        return 4 if minutes <= DEPLETED_MIN else 3 if minutes <= LOW_MIN else 2

    def ticks(self) -> int:
        """Return the hundredths of a second since its start."""
        return round((self._clock.mono() - self._started) * 100) % 2**32

    def on_battery_s(self) -> float:
        """Return the seconds since it lives on its battery, or since its card knows; 0 while it does not."""
        return 0.0 if self._lost_at is None else (self._clock.mono() - max(self._lost_at, self._started)) * self._pace

    def input_v(self) -> float:
        """Return the voltage of the mains."""
        return round(MAINS_V + 3 * drift(self._seed, self._clock.mono(), 600.0)) if self.knobs.mains else 0

    def amperes(self) -> float:
        """Return the load's current."""
        return RATED_VA * self.knobs.load / 100 / MAINS_V


_GAUGES = {"upsAlarmsPresent": "Gauge32", "upsInputLineBads": "Counter32"}

TOLD: Mapping[str, Callable[[Ups], Value]] = {
    "sysDescr": lambda ups: f"{ups.knobs.manufacturer} {ups.knobs.model}, SNMP card",
    "sysUpTime": lambda ups: ups.ticks() / 100,
    "sysName": lambda ups: ups.knobs.name,
    "upsIdentManufacturer": lambda ups: ups.knobs.manufacturer,
    "upsIdentModel": lambda ups: ups.knobs.model,
    "upsIdentName": lambda ups: ups.knobs.name,
    "upsBatteryStatus": lambda ups: ups.battery(),
    "upsSecondsOnBattery": lambda ups: round(ups.on_battery_s()),
    "upsEstimatedMinutesRemaining": lambda ups: ups.minutes(),
    "upsEstimatedChargeRemaining": lambda ups: round(ups.knobs.charge),
    "upsBatteryVoltage": lambda ups: CELLS_V * (0.85 + 0.15 * ups.knobs.charge / 100),
    "upsBatteryCurrent": lambda ups: 0.0 if ups.knobs.mains else RATED_VA * ups.knobs.load / 100 / CELLS_V,
    "upsBatteryTemperature": lambda ups: round(ups.knobs.temperature),
    "upsInputLineBads": lambda ups: ups.bads,
    "upsInputNumLines": lambda _: 1,
    "upsInputFrequency": lambda ups: 50.0 if ups.knobs.mains else 0.0,
    "upsInputVoltage": lambda ups: ups.input_v(),
    "upsInputCurrent": lambda ups: ups.amperes() if ups.knobs.mains else 0.0,
    "upsOutputSource": lambda ups: 3 if ups.knobs.mains else 5 if ups.knobs.charge > 0 else 2,
    "upsOutputFrequency": lambda _: 50.0,
    "upsOutputNumLines": lambda _: 1,
    "upsOutputVoltage": lambda ups: MAINS_V if ups.knobs.mains or ups.knobs.charge > 0 else 0,
    "upsOutputCurrent": lambda ups: ups.amperes(),
    "upsOutputPower": lambda ups: round(0.9 * RATED_VA * ups.knobs.load / 100),
    "upsOutputPercentLoad": lambda ups: round(ups.knobs.load),
    "upsAlarmsPresent": lambda ups: len(ups.alarms.rows),
    "upsTestResultsSummary": lambda _: 6,
    "upsConfigOutputVA": lambda _: RATED_VA,
    "upsConfigLowBattTime": lambda _: round(LOW_MIN),
}
"""What the agent tells, each in the unit of the MIB's table."""
