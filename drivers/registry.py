"""Every driver and every source, by the name that a site file uses."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.devices import pjlink, samsung_mdc, videohub
from drivers.driver import DriverSpec
from drivers.sensors import csv_drop, http_push, modbus, mqtt, serial_lines, snmp, sparkplug
from drivers.sensors.source import SourceSpec

DRIVERS: Mapping[str, DriverSpec] = {spec.name: spec for spec in (samsung_mdc.SPEC, videohub.SPEC, pjlink.SPEC)}
SOURCES: Mapping[str, SourceSpec] = {
    spec.name: spec
    for spec in (mqtt.SPEC, modbus.SPEC, http_push.SPEC, csv_drop.SPEC, snmp.SPEC, serial_lines.SPEC, sparkplug.SPEC)
}
