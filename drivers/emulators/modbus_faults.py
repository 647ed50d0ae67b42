"""The ways in which an emulated Modbus device fails, and which of them are in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Params = Mapping[str, object]

FAULTS: Mapping[str, str] = {
    "illegal": "has no such address: `point`, or `unit`, `table` and `address`",
    "unknown": "does not know the function `function`",
    "most": "gives no more than `count` at once",
    "busy": "says that it is busy",
    "silent": "`unit` is dead",
    "wrong": "`point` reads `value`",
    "nan": "`point` reads what is no number",
    "stuck": "`point` reads what it reads now, whatever happens",
    "slow": "every answer takes `seconds` more",
    "late": "the next `times` answers take `seconds` more",
    "lost": "the next `times` answers are lost",
    "garbled": "the next `times` answers come with a bit turned over",
    "noise": "sends noise before the next `times` answers",
    "misplaced": "the next `times` answers are those of another unit or question",
    "deaf": "acknowledges what is written, and does nothing",
    "half_open": "is gone from the open connections without closing them",
    "stop": "closes its port",
}
"""What each fault means; what is not given is 1."""
COUNTED = ("late", "lost", "garbled", "noise", "misplaced")


@dataclass(slots=True)
class Troubles:
    """What is wrong now; an address is (unit, table, address)."""

    holes: set[tuple[int, str, int]] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    nan: set[str] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)
    deaf: bool = False
    busy: bool = False
    most: int = 0
    slow: float = 0.0
    counted: dict[str, tuple[int, float]] = field(default_factory=dict)
    """How often a fault will still strike, and with how many seconds."""

    def add(self, fault: str, params: Params) -> None:
        """Put a fault in force that is a matter of numbers; raise KeyError for another, ValueError for no number."""
        if fault in COUNTED:
            self.counted[fault] = int(number(params, "times")), number(params, "seconds")
        else:
            _SETTING[fault](self, params)

    def strikes(self, fault: str) -> float | None:
        """Return the seconds of a fault that strikes now, and count it; None when it is not in force."""
        times, seconds = self.counted.get(fault, (0, 0.0))
        if not times:
            return None
        self.counted[fault] = times - 1, seconds
        return seconds


def number(params: Params, name: str) -> float:
    """Return a parameter, 1 when it is not given; raise ValueError for what is no number."""
    return float(str(params.get(name, 1)))


def _hole(troubles: Troubles, params: Params) -> None:
    where = int(number(params, "unit")), str(params["table"]), int(number(params, "address"))
    troubles.holes.add(where)


def _set(name: str, value: Callable[[Params], object]) -> Callable[[Troubles, Params], None]:
    return lambda troubles, params: setattr(troubles, name, value(params))


_SETTING: Mapping[str, Callable[[Troubles, Params], None]] = {
    "illegal": _hole,
    "unknown": lambda troubles, params: troubles.unknown.add(int(number(params, "function"))),
    "silent": lambda troubles, params: troubles.silent.add(int(number(params, "unit"))),
    "nan": lambda troubles, params: troubles.nan.add(str(params["point"])),
    "most": _set("most", lambda params: int(number(params, "count"))),
    "slow": _set("slow", lambda params: number(params, "seconds")),
    "busy": _set("busy", lambda _: True),
    "deaf": _set("deaf", lambda _: True),
}
