"""The matrices and wall processors that can be emulated, by the name of their driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from drivers.emulators.barco_crp import proxy
from drivers.emulators.barco_vwm import manager
from drivers.emulators.coriomaster import processor
from drivers.emulators.emulator import Machine
from drivers.emulators.extron_quantum import quantum
from drivers.emulators.extron_sis import switcher
from drivers.emulators.hikvision_isapi import wall
from drivers.emulators.kramer_p3000 import unit
from drivers.emulators.lightware_lw2 import matrix_lw2
from drivers.emulators.lightware_lw3 import crosspoint
from drivers.emulators.novastar import sender
from drivers.emulators.polywall import controller
from drivers.model import Clock


class Maker(Protocol):
    """What makes a machine in a state."""

    def __call__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> Machine[Any]:
        """Return the machine; raise KeyError, TypeError or ValueError for a state that it cannot have."""


MATRICES: Mapping[str, Maker] = {
    "extron_sis": switcher,
    "extron_quantum": quantum,
    "kramer_p3000": unit,
    "lightware_lw3": crosspoint,
    "novastar": sender,
    "lightware_lw2": matrix_lw2,
    "coriomaster": processor,
    "hikvision_isapi": wall,
    "barco_vwm": manager,
    "barco_crp": proxy,
    "polywall": controller,
}
