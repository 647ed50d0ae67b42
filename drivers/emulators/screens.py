"""The displays and cameras that can be emulated on a TCP port, by the name of their driver."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.emulators.lg_signage import Panel
from drivers.emulators.matrices import Maker
from drivers.emulators.nec_display import Display
from drivers.emulators.onvif_ptz import Head
from drivers.emulators.pelco_d import Dome
from drivers.emulators.visca import Chain

SCREENS: Mapping[str, Maker] = {
    "lg_signage": Panel,
    "nec_display": Display,
    "visca": Chain,
    "pelco_d": Dome,
    "onvif_ptz": Head,
}
