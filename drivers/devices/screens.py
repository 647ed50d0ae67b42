"""The displays and cameras, for the registry."""

from __future__ import annotations

from drivers.devices import lg_signage, nec_display, onvif_ptz, pelco_d, visca, visca_ip
from drivers.driver import DriverSpec

SCREENS: tuple[DriverSpec, ...] = (
    lg_signage.SPEC,
    nec_display.SPEC,
    visca.SPEC,
    visca_ip.SPEC,
    pelco_d.SPEC,
    onvif_ptz.SPEC,
)
