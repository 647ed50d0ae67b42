"""The drivers of matrices and wall processors."""

from __future__ import annotations

from drivers.devices import (
    barco_crp,
    barco_vwm,
    coriomaster,
    extron_quantum,
    extron_sis,
    hikvision_isapi,
    kramer_p3000,
    lightware_lw2,
    lightware_lw3,
    novastar,
    novastar_h,
    polywall,
)
from drivers.driver import DriverSpec

WALLS: tuple[DriverSpec, ...] = (
    extron_sis.SPEC,
    extron_quantum.SPEC,
    kramer_p3000.SPEC,
    lightware_lw3.SPEC,
    novastar.SPEC,
    novastar_h.SPEC,
    lightware_lw2.SPEC,
    coriomaster.SPEC,
    hikvision_isapi.SPEC,
    barco_vwm.SPEC,
    barco_crp.SPEC,
    polywall.SPEC,
)
