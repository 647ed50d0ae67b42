"""What a session tells the bus about its device: how the talk stands, and what the device has said of its state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from drivers.capability import Effects
from drivers.conversation import Garbled, LoginRefused, Unanswered
from drivers.errors import BadConfig, DriverError, ProtocolError, WrongDevice
from drivers.links import Unreachable
from drivers.model import Clock, DeviceState, DeviceStatus, Reading, Value

GARBAGE_HINT = "check driver and model in the site file, the line's settings, and who else talks on it"
MISSED_HINT = "the link may be noisy, or the device busy with another controller"
_FAILURES: tuple[tuple[type[DriverError], DeviceState, str], ...] = (
    (Unanswered, DeviceState.SILENT, "it is connected but says nothing: is it hung, or talking to another controller?"),
    (LoginRefused, DeviceState.REFUSED, "correct the login in the device's options; the next attempt comes late"),
    (WrongDevice, DeviceState.WRONG_DEVICE, "check cable and address, or correct what the site file expects"),
    (BadConfig, DeviceState.BAD_CONFIG, "correct the device in the site file"),
    (Garbled, DeviceState.DIALLING, GARBAGE_HINT),
    (DriverError, DeviceState.DIALLING, "look at its power and its cable; the gateway dials again by itself"),
)


class Report:
    """Tells each change of status once, and every reading; keeps the last values to prove commands with."""

    def __init__(self, device: str, *, clock: Clock, publish: Callable[[Sequence[object]], None]) -> None:
        self.status = DeviceStatus(device, DeviceState.DISABLED, clock.now())
        self.heard = 0
        """How often the device has told values; a place in that order is a *mark*."""
        self._device = device
        self._clock = clock
        self._publish = publish
        self._told = False
        self._failed = False
        self._worry: tuple[str, str] | None = None
        self._garbage = 0
        self._trusted = False
        self._known: dict[str, tuple[Value, int]] = {}
        self._news = asyncio.Event()

    def begin(self) -> None:
        """Forget the values of an earlier connection, and hold back new ones until the device is identified."""
        self._known.clear()
        self._trusted = False
        self._worry = None
        self._garbage = 0

    def show(self, state: DeviceState, reason: str = "", hint: str = "") -> None:
        """Publish the status if its state or reason is new."""
        if self._told and (state, reason) == (self.status.state, self.status.reason):
            return
        self._told = True
        self.status = DeviceStatus(self._device, state, self._clock.now(), reason, hint)
        self._publish([self.status])

    def step(self, state: DeviceState, reason: str = "") -> None:
        """Show a step on the way up, unless a failure is on show: that stays until the device is up again."""
        if not self._failed:
            self.show(state, reason)

    def fail(self, error: DriverError) -> None:
        """Show why the connection ended."""
        state, hint = next((state, hint) for kind, state, hint in _FAILURES if isinstance(error, kind))
        self._failed = True
        self.show(state, str(error), error.hint if isinstance(error, Unreachable) else hint)

    def worry(self, reason: str, hint: str) -> None:
        """Note trouble that the connection survives; a device that is up is DEGRADED until a round without any."""
        self._worry = (reason, hint)
        if self.status.state in (DeviceState.UP, DeviceState.DEGRADED):
            self.show(DeviceState.DEGRADED, reason, hint)

    def missed(self, error: Unanswered) -> None:
        """Note that an answer did not come."""
        self.worry(str(error), MISSED_HINT)

    def garbage(self, error: ProtocolError) -> None:
        """Note bytes that made no sense; when it happens again the hint says where to look."""
        self._garbage += 1
        if self._garbage == 1:
            self.worry(f"it sent what its protocol does not allow: {error}", "")
        else:
            self.worry("it keeps sending what its protocol does not allow", GARBAGE_HINT)

    def settle(self) -> None:
        """End a round of polls: the device is UP when there was no trouble since the last round, else DEGRADED."""
        worry, self._worry = self._worry, None
        self._failed = False
        if worry is not None:
            self.show(DeviceState.DEGRADED, *worry)
            return
        self._garbage = 0
        self.show(DeviceState.UP)

    def hear(self, values: Mapping[str, Value]) -> None:
        """Take in values of the device's state."""
        self.heard += 1
        self._known.update({name: (value, self.heard) for name, value in values.items()})
        self._news.set()
        if self._trusted:
            self._tell(values)

    def trust(self) -> None:
        """Publish what was held back, and everything from now on: the device is the right one."""
        self._trusted = True
        self._tell({name: value for name, (value, _) in self._known.items()})

    def last(self, name: str, *, since: int = 0) -> Value | None:
        """Return the value last told on this connection, or None when none was told after the mark `since`."""
        value, mark = self._known.get(name, (None, 0))
        return value if mark > since else None

    def proves(self, effects: Effects, *, since: int) -> bool:
        """Return whether values told after the mark `since` are exactly the effects."""
        return all(self.last(name, since=since) == value for name, value in effects.items())

    async def proof(self, effects: Effects, *, since: int, patience: float) -> bool:
        """Return True as soon as the effects are proved, False after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                while not self.proves(effects, since=since):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _tell(self, values: Mapping[str, Value]) -> None:
        now, mono = self._clock.now(), self._clock.mono()
        self._publish([Reading(f"{self._device}.{name}", value, now, now, mono) for name, value in values.items()])
