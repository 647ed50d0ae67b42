"""The emulated machines without a wire, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.emulators.emulator import Machine
from drivers.emulators.pjlink import Projector
from drivers.emulators.samsung_mdc import Panel
from drivers.emulators.videohub import Matrix
from tests.fakes import FakeClock

MACHINES: Mapping[str, Any] = {"samsung_mdc": Panel, "videohub": Matrix, "pjlink": Projector}


def machine(family: str, state: Mapping[str, object] | None = None, *, clock: FakeClock | None = None) -> Machine[Any]:
    """Return a machine of a family, in this state."""
    made: Machine[Any] = MACHINES[family](state or {}, clock=clock or FakeClock())
    return made
