"""A driver asks its own emulator everything, without a wire: what is answered, and which points are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from drivers.capability import VERBS
from drivers.codecs.inbox import drain
from drivers.driver import Attentive, Driver, DriverSpec, EndsByHangUp, Reply, Request
from drivers.emulators.clock import RealClock
from drivers.emulators.emulator import Machine
from drivers.emulators.families import emulate
from drivers.emulators.tcp_device import TcpDevice
from drivers.emulators.udp_device import UdpDevice
from drivers.errors import ProtocolError
from drivers.model import Value

_CLIENT = 1
_MOST_BACK = 8
"""Answers to prompts in a row; a login has two."""


@dataclass(slots=True)
class Rehearsal:
    """One driver and its emulated device, both with these options."""

    spec: DriverSpec
    options: Mapping[str, Any]
    values: dict[str, Value] = field(default_factory=dict)
    """What the device has told so far."""
    driver: Driver = field(init=False)
    _device: object = field(init=False)

    def __post_init__(self) -> None:
        """Make both; raise what `emulate` raises."""
        self.driver = self.spec.make(self.spec.options.model_validate(self.options))
        plain = {name: _plain(value) for name, value in self.options.items()}
        self._device = emulate(self.spec.name, name=self.spec.name, options=plain, clock=RealClock())

    def greet(self) -> str:
        """Let the device greet; return what is wrong with it."""
        machine = self._machine()
        return self._heard(machine.greet(_CLIENT)) if machine else ""

    def questions(self) -> Sequence[Request]:
        """Return what the driver asks now."""
        return [*self.driver.hello(), *self.driver.poll()]

    def ask(self, request: Request) -> str:
        """Let the device answer a question; return what is wrong with that (empty: nothing)."""
        driver = self.driver
        sent = driver.leaving(request) if isinstance(driver, Attentive) else request.payload
        answers = self._said(sent)
        if not answers and not request.silent:
            return "the emulator says nothing"
        return self._heard(answers)

    def heard(self, data: bytes) -> Sequence[object]:
        """Return the requests that the device hears in `data`, and let it do nothing; a datagram is one."""
        machine = self._machine()
        return machine.hear(_CLIENT, data) if machine else [data]

    def untold(self) -> Sequence[str]:
        """Return the points that no answer has told."""
        points = self.spec.points(self.spec.options.model_validate(self.options))
        return [point.name for point in points if point.name not in self.values]

    def unknown(self) -> Sequence[str]:
        """Return the verbs that no schema describes."""
        return [verb for verb in self.spec.verbs if verb not in VERBS]

    def _machine(self) -> Machine[Any] | None:
        return self._device.machine if isinstance(self._device, TcpDevice) else None

    def _said(self, data: bytes) -> list[bytes]:
        machine = self._machine()
        if machine is not None:
            heard = machine.hear(_CLIENT, data)
            return [each for request in heard for each in machine.answer(_CLIENT, request)]
        return [*self._device.machine.hear(data)] if isinstance(self._device, UdpDevice) else []

    def _heard(self, answers: Iterable[bytes]) -> str:
        replies, errors = self._fed(answers)
        denied = next((each.denied for each in replies if each.denied), "")
        return str(errors[0]) if errors else denied

    def _fed(self, answers: Iterable[bytes]) -> tuple[list[Reply], list[ProtocolError]]:
        replies: list[Reply] = []
        errors: list[ProtocolError] = []
        for _ in range(_MOST_BACK):
            good, bad = self._take(answers)
            replies, errors = replies + good, errors + bad
            back = b"".join(each.back for each in good)
            if not back:
                break
            answers = self._said(back)
        return replies, errors

    def _take(self, answers: Iterable[bytes]) -> tuple[list[Reply], list[ProtocolError]]:
        replies: list[Reply] = []
        errors: list[ProtocolError] = []
        for answer in answers:
            good, bad = drain(self.driver.feed, answer)
            replies, errors = replies + good, [*errors, *bad]
        replies += self.driver.hung_up() if isinstance(self.driver, EndsByHangUp) else []
        self.values.update({name: value for each in replies for name, value in each.values.items()})
        return replies, errors


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
