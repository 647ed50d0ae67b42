"""Every driver and every source, by the name that a site file uses."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.devices import gsm_modem, pjlink, samsung_mdc, videohub
from drivers.devices.rooms import ROOMS
from drivers.devices.screens import SCREENS
from drivers.devices.walls import WALLS
from drivers.driver import DriverSpec
from drivers.profiles.library import shipped
from drivers.profiles.profile_driver import spec_of
from drivers.sensors import csv_drop, http_push, knx, modbus, mqtt, serial_lines, snmp, sparkplug
from drivers.sensors.source import SourceSpec

DRIVERS: Mapping[str, DriverSpec] = {
    spec.name: spec
    for spec in (
        samsung_mdc.SPEC,
        videohub.SPEC,
        *ROOMS,
        gsm_modem.SPEC,
        pjlink.SPEC,
        *SCREENS,
        *WALLS,
        *map(spec_of, shipped().values()),
    )
}
SOURCES: Mapping[str, SourceSpec] = {
    spec.name: spec
    for spec in (
        mqtt.SPEC,
        modbus.SPEC,
        http_push.SPEC,
        csv_drop.SPEC,
        snmp.SPEC,
        knx.SPEC,
        serial_lines.SPEC,
        sparkplug.SPEC,
    )
}
