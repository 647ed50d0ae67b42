"""The emulated devices and their machines without a wire, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from drivers.emulators.emulator import Emulator, Machine
from drivers.emulators.families import emulate
from tests.fakes import FakeClock


def device(family: str, state: Mapping[str, Any] | None = None, *, clock: FakeClock | None = None) -> Emulator:
    """Return an emulated device of a family, in this state, that does not listen yet."""
    return emulate(family, name=family, options=state or {}, clock=clock or FakeClock())


def machine(family: str, state: Mapping[str, object] | None = None, *, clock: FakeClock | None = None) -> Machine[Any]:
    """Return a machine of a family, in this state."""
    return cast("Machine[Any]", cast("Any", device(family, state, clock=clock)).machine)
