"""What nature and the building do on an ordinary day, as pure functions of time and a seed; inside the limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.model import Point, PointKind, Value

HOUR, DAY = 3_600.0, 86_400.0
TIDE_S = 44_714.0
"""The principal lunar tide: two high waters in 24 h 50 min."""
DOOR_SLOT_S, DOOR_OPEN_S = 900.0, 25.0
MASK = 0xFFFF_FFFF


def dice(seed: int, throw: int) -> float:
    """Return a number from -1 to 1 that looks random and is always the same for the same throw."""
    mixed = (seed * 0x9E37_79B1 + throw * 0x85EB_CA77) & MASK
    for shift, factor in ((16, 0x7FEB_352D), (15, 0x846C_A68B)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & MASK
    return (mixed ^ (mixed >> 16)) / (MASK / 2) - 1


def drift(seed: int, at: float, period: float) -> float:
    """Return a smooth wander from -1 to 1 that turns about once in `period` seconds."""
    throw = math.floor(at / period)
    part = (1 - math.cos(math.pi * (at / period - throw))) / 2
    return dice(seed, throw) * (1 - part) + dice(seed, throw + 1) * part


def _wave(at: float, period: float, *, peak: float) -> float:
    """Return a cosine from -1 to 1 whose peak is `peak` seconds after midnight."""
    return math.cos(2 * math.pi * (at - peak) / period)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and for whom a curve is read: `at` in local seconds since 1970, the point's range, the sensor's own seed."""

    at: float
    seed: int
    low: float
    high: float

    def noise(self, size: float) -> float:
        """Return the sensor's own noise, up to `size`, new every second."""
        return size * dice(self.seed, math.floor(self.at))

    def drift(self, size: float, period: float) -> float:
        """Return a slow wander, up to `size`."""
        return size * drift(self.seed, self.at, period)

    def wave(self, size: float, period: float, *, peak: float) -> float:
        """Return a daily wave, up to `size`, highest at `peak` seconds after midnight."""
        return size * _wave(self.at, period, peak=peak)


def _river(now: Moment) -> float:
    return (
        now.high * 0.255
        + now.drift(now.high * 0.012, 6 * HOUR)
        + now.drift(now.high * 0.002, HOUR / 3)
        + now.noise(0.4)
    )


def _rain(now: Moment) -> float:
    """Showers, mostly after noon."""
    sky = now.drift(1, 1.5 * HOUR) + now.wave(0.15, DAY, peak=15 * HOUR)
    return max(0.0, (sky - 0.55) * 12)


def _tide(now: Moment) -> float:
    moon = 45 * math.sin(2 * math.pi * now.at / TIDE_S)
    return 95 + moon + 12 * math.sin(2 * math.pi * now.at / 86_164) + now.drift(3, HOUR) + now.noise(1.5)


def _dust(now: Moment) -> float:
    """Two rush hours over a quiet night."""
    hour = now.at % DAY / HOUR
    rush = math.exp(-((hour - 7.5) ** 2) / 2) + math.exp(-((hour - 18) ** 2) / 3)
    return 18 + 14 * rush + now.drift(5, 2 * HOUR) + now.noise(1.5)


def _wind(now: Moment) -> float:
    return max(0.0, 11 + now.wave(6, DAY, peak=14 * HOUR) + now.drift(5, HOUR) + now.noise(3))


def _pressure(now: Moment) -> float:
    return 1010.2 + now.wave(1.4, DAY / 2, peak=10 * HOUR) + now.drift(1.2, 9 * HOUR) + now.noise(0.1)


def _door(now: Moment) -> bool:
    """Somebody goes through now and then in office hours."""
    slot, since = divmod(now.at, DOOR_SLOT_S)
    return 7 <= now.at % DAY / HOUR < 17 and since < DOOR_OPEN_S and dice(now.seed, int(slot)) > 0.2


CURVES: Mapping[str, Callable[[Moment], float | bool]] = {
    "tma": _river,
    "hujan_1jam": _rain,
    "muka_laut": _tide,
    "anomali_laut": lambda now: now.drift(4, 180) + now.noise(2),
    "pga": lambda now: 0.12 + abs(now.noise(0.2)),
    "pm25": _dust,
    "angin_maks": _wind,
    "tekanan": _pressure,
    "suhu": lambda now: 23.4 + now.wave(0.8, DAY, peak=15 * HOUR) + now.drift(0.4, HOUR) + now.noise(0.1),
    "rh": lambda now: 54 + now.drift(4, 2 * HOUR) + now.noise(0.5),
    "tegangan": lambda now: 221 + now.wave(3, DAY, peak=4 * HOUR) + now.drift(3, HOUR / 2) + now.noise(0.8),
    "solar": lambda now: 78 + now.drift(1, DAY) + now.noise(0.3),
    "aki": lambda now: 13.4 + now.drift(0.15, 3 * HOUR) + now.noise(0.05),
    "siap": lambda _: True,
    "terbuka": _door,
    "bocor": lambda _: False,
    "asap": lambda _: False,
}

DIGITS: Mapping[str, int] = {"pga": 3, "aki": 2, "tekanan": 2}


def metric_of(point: Point) -> str:
    """Return what a point measures: its address says so, or one of its tags."""
    named = str(point.address.get("metric", ""))
    return named or next((tag for tag in point.tags if tag in CURVES), "")


def seed_of(name: str, seed: int) -> int:
    """Return a sensor's own seed, the same in every process."""
    return (int.from_bytes(name.encode()[-8:].rjust(8, b"\0"), "big") * 31 + len(name) + seed * 7_919) & MASK


def value(point: Point, at: float, *, seed: int = 0) -> Value:
    """Return what a point reads at `at` (local seconds since 1970): believable, and the same for the same seed."""
    low = 0.0 if point.low is None else point.low
    high = 100.0 if point.high is None else point.high
    metric = metric_of(point)
    now = Moment(at, seed_of(point.id, seed), low, high)
    curve = CURVES.get(metric)
    if curve is None and point.kind is PointKind.NUMBER:
        raw: float | bool = (low + high) / 2 + now.drift((high - low) / 20, HOUR)
    else:
        raw = curve(now) if curve is not None else False
    if point.kind is PointKind.FLAG:
        return bool(raw)
    if point.kind is PointKind.TEXT:
        return "normal"
    return round(min(max(float(raw), low), high), DIGITS.get(metric, 1))
