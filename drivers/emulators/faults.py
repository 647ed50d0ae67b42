"""The ways in which devices and wires fail, as data, and which of them are in force."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

State = Mapping[str, object]
Params = Mapping[str, float]
CHECKSUM = "a checksum"
"""What a device has whose frames can be spoilt."""
REFUSAL = "a refusal"
"""What a device has that can say no."""


def _nothing(_params: Params, _stranger: State) -> State:
    return {}


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: `params` with their defaults (seconds or counts), `times` how often it strikes (0: always)."""

    name: str
    meaning: str
    params: Params = field(default_factory=dict)
    times: int = 0
    needs: tuple[str, ...] = ()
    """What a device must have to fail so: values of its state, or CHECKSUM."""
    state: Callable[[Params, State], State] = _nothing
    """Values of the device's state that the fault changes for as long as it is in force."""


FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("no_answer", "hears, does nothing and says nothing"),
        Fault("late", "answers after a while", {"seconds": 1.0}),
        Fault("dribble", "sends one byte at a time", {"gap": 0.02}),
        Fault("glued", "sends every answer twice in one packet"),
        Fault("bad_checksum", "sends frames with a wrong checksum", needs=(CHECKSUM,)),
        Fault("garbage_before", "sends noise before the frame", {"size": 7}),
        Fault("nak_once", "says no, or not now, once and then works", times=1, needs=(REFUSAL,)),
        Fault("accepts_but_does_not_act", "acknowledges and changes nothing"),
        Fault("ack_lost", "acts, and its acknowledgement is lost"),
        Fault("close_mid_frame", "hangs up in the middle of an answer", times=1),
        Fault("refuse_second_connection", "closes every connection but the first"),
        Fault("half_open", "is gone from the open connections without closing them"),
        Fault("push_between", "says something else between a request and its answer"),
        Fault("reboot", "is away for some seconds and comes up in another state", {"seconds": 3.0}, times=1),
        Fault("other_identity", "is another specimen", state=lambda _, stranger: stranger),
        Fault("id_collision", "shares its id with another display, which answers too", needs=("id",)),
        Fault(
            "wrong_password",
            "wants another password or PIN",
            needs=("password",),
            state=lambda *_: {"password": "8520"},
        ),
        Fault("pin_blocked", "has blocked the PIN", needs=("blocked",), state=lambda *_: {"blocked": True}),
        Fault("pacing", "drops a request that follows the last too soon", {"gap": 0.05}),
        Fault(
            "standby_port_closed",
            "closes its port in standby",
            needs=("network_standby",),
            state=lambda *_: {"network_standby": 0},
        ),
        Fault(
            "slow_power",
            "needs time to come on and says not now meanwhile",
            {"seconds": 8.0},
            needs=("warm_up", "cool_down"),
            state=lambda params, _: {"warm_up": params["seconds"], "cool_down": params["seconds"]},
        ),
        Fault("second_controller", "is changed by somebody else after every command"),
        Fault("flood", "pushes far too much before every answer", {"count": 500}),
        Fault("unknown_block", "says what only a newer firmware says"),
        Fault(
            "big_state",
            "has a state larger than a read buffer",
            {"size": 288},
            needs=("inputs", "outputs"),
            state=lambda params, _: {"inputs": params["size"], "outputs": params["size"]},
        ),
    )
}


class Faults:
    """The faults in force at one device of `family` that has these things, with how often each will still strike."""

    def __init__(self, family: str, has: Container[str]) -> None:
        self._family = family
        self.known = tuple(fault.name for fault in FAULTS.values() if all(each in has for each in fault.needs))
        """The names of the faults that it can have."""
        self._params: dict[str, Params] = {}
        self._left: dict[str, int] = {}

    def add(self, name: str, params: Mapping[str, object]) -> tuple[Fault, Params]:
        """Put a fault in force; raise KeyError for one that the family cannot have, ValueError for its parameters."""
        fault = FAULTS.get(name)
        if fault is None or name not in self.known:
            raise KeyError(f"{self._family} has no fault {name!r}; it has {', '.join(self.known)}")
        given = {key: _number(key, value) for key, value in params.items()}
        times = given.pop("times", fault.times)
        strange = set(given) - set(fault.params)
        if strange:
            raise ValueError(
                f"{name} has no {', '.join(sorted(strange))}; it has {', '.join((*fault.params, 'times'))}"
            )
        self._params[name] = {**fault.params, **given}
        self._left[name] = int(times) or -1
        return fault, self._params[name]

    def has(self, name: str) -> bool:
        """Return whether it is in force, without using it up."""
        return self._left.get(name, 0) != 0

    def strikes(self, name: str) -> Params | None:
        """Return the parameters of a fault that strikes now, and count it; None when it is not in force."""
        if not self.has(name):
            return None
        self._left[name] -= 1
        return self._params[name]

    def clear(self) -> None:
        """Put none in force."""
        self._left.clear()

    def state(self) -> dict[str, object]:
        """Return what is in force, ready for JSON; `times` -1 and less is for ever."""
        return {name: {**self._params[name], "times": left} for name, left in self._left.items() if left}


def _number(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100_000:
        raise ValueError(f"{key} must be a number from 0 to 100000, not {value!r}")
    return value
