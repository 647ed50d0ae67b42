"""What a UPS tells over SNMP: the objects of the UPS-MIB (RFC 1628) by name, each with its unit, step and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MIB_2 = (1, 3, 6, 1, 2, 1)
UPS_OBJECTS = (*MIB_2, 33, 1)
Words = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Managed:
    """One object: its value is raw × `scale` in `unit`; `column`: a table's, so that a row must be named."""

    oid: tuple[int, ...]
    clause: str
    unit: str = ""
    scale: float = 1
    words: Words = field(default_factory=dict)
    column: bool = False


BATTERY_STATUS: Words = {1: "unknown", 2: "batteryNormal", 3: "batteryLow", 4: "batteryDepleted"}
OUTPUT_SOURCE: Words = {1: "other", 2: "none", 3: "normal", 4: "bypass", 5: "battery", 6: "booster", 7: "reducer"}
TEST_RESULTS: Words = {
    1: "donePass", 2: "doneWarning", 3: "doneError", 4: "aborted", 5: "inProgress", 6: "noTestsInitiated",
}  # fmt: skip
SHUTDOWN_TYPE: Words = {1: "output", 2: "system"}
AUTO_RESTART: Words = {1: "on", 2: "off"}
AUDIBLE_STATUS: Words = {1: "disabled", 2: "enabled", 3: "muted"}


def _system(at: int, unit: str = "", scale: float = 1) -> Managed:
    """Return a scalar of the system group."""
    return Managed((*MIB_2, 1, at), "RFC 3418 §2", unit, scale)


def _ups(clause: str, group: int, at: int, unit: str = "", scale: float = 1, *, words: Words | None = None) -> Managed:
    """Return a scalar of one of the UPS-MIB's groups."""
    return Managed((*UPS_OBJECTS, group, at), f"RFC 1628 §{clause}", unit, scale, words or {})


def _line(clause: str, group: int, table: int, at: int, unit: str, *, scale: float = 1) -> Managed:
    """Return a column of a table that has a row for every line."""
    return Managed((*UPS_OBJECTS, group, table, 1, at), f"RFC 1628 §{clause}", unit, scale, column=True)


OBJECTS: Mapping[str, Managed] = {
    "sysDescr": _system(1),
    "sysUpTime": _system(3, "s", 0.01),
    "sysContact": _system(4),
    "sysName": _system(5),
    "sysLocation": _system(6),
    "upsIdentManufacturer": _ups("4.1", 1, 1),
    "upsIdentModel": _ups("4.1", 1, 2),
    "upsIdentUPSSoftwareVersion": _ups("4.1", 1, 3),
    "upsIdentAgentSoftwareVersion": _ups("4.1", 1, 4),
    "upsIdentName": _ups("4.1", 1, 5),
    "upsIdentAttachedDevices": _ups("4.1", 1, 6),
    "upsBatteryStatus": _ups("4.2", 2, 1, words=BATTERY_STATUS),
    "upsSecondsOnBattery": _ups("4.2", 2, 2, "s"),
    "upsEstimatedMinutesRemaining": _ups("4.2", 2, 3, "min"),
    "upsEstimatedChargeRemaining": _ups("4.2", 2, 4, "%"),
    "upsBatteryVoltage": _ups("4.2", 2, 5, "V", 0.1),
    "upsBatteryCurrent": _ups("4.2", 2, 6, "A", 0.1),
    "upsBatteryTemperature": _ups("4.2", 2, 7, "°C"),
    "upsInputLineBads": _ups("4.3", 3, 1),
    "upsInputNumLines": _ups("4.3", 3, 2),
    "upsInputFrequency": _line("4.3", 3, 3, 2, "Hz", scale=0.1),
    "upsInputVoltage": _line("4.3", 3, 3, 3, "V"),
    "upsInputCurrent": _line("4.3", 3, 3, 4, "A", scale=0.1),
    "upsInputTruePower": _line("4.3", 3, 3, 5, "W"),
    "upsOutputSource": _ups("4.4", 4, 1, words=OUTPUT_SOURCE),
    "upsOutputFrequency": _ups("4.4", 4, 2, "Hz", 0.1),
    "upsOutputNumLines": _ups("4.4", 4, 3),
    "upsOutputVoltage": _line("4.4", 4, 4, 2, "V"),
    "upsOutputCurrent": _line("4.4", 4, 4, 3, "A", scale=0.1),
    "upsOutputPower": _line("4.4", 4, 4, 4, "W"),
    "upsOutputPercentLoad": _line("4.4", 4, 4, 5, "%"),
    "upsBypassFrequency": _ups("4.5", 5, 1, "Hz", 0.1),
    "upsBypassNumLines": _ups("4.5", 5, 2),
    "upsBypassVoltage": _line("4.5", 5, 3, 2, "V"),
    "upsBypassCurrent": _line("4.5", 5, 3, 3, "A", scale=0.1),
    "upsBypassPower": _line("4.5", 5, 3, 4, "W"),
    "upsAlarmsPresent": _ups("4.6", 6, 1),
    "upsTestResultsSummary": _ups("4.7", 7, 3, words=TEST_RESULTS),
    "upsTestResultsDetail": _ups("4.7", 7, 4),
    "upsTestStartTime": _ups("4.7", 7, 5, "s", 0.01),
    "upsTestElapsedTime": _ups("4.7", 7, 6, "s", 0.01),
    "upsShutdownType": _ups("4.8", 8, 1, words=SHUTDOWN_TYPE),
    "upsShutdownAfterDelay": _ups("4.8", 8, 2, "s"),
    "upsStartupAfterDelay": _ups("4.8", 8, 3, "s"),
    "upsRebootWithDuration": _ups("4.8", 8, 4, "s"),
    "upsAutoRestart": _ups("4.8", 8, 5, words=AUTO_RESTART),
    "upsConfigInputVoltage": _ups("4.9", 9, 1, "V"),
    "upsConfigInputFreq": _ups("4.9", 9, 2, "Hz", 0.1),
    "upsConfigOutputVoltage": _ups("4.9", 9, 3, "V"),
    "upsConfigOutputFreq": _ups("4.9", 9, 4, "Hz", 0.1),
    "upsConfigOutputVA": _ups("4.9", 9, 5, "VA"),
    "upsConfigOutputPower": _ups("4.9", 9, 6, "W"),
    "upsConfigLowBattTime": _ups("4.9", 9, 7, "min"),
    "upsConfigAudibleStatus": _ups("4.9", 9, 8, words=AUDIBLE_STATUS),
    "upsConfigLowVoltageTransferPoint": _ups("4.9", 9, 9, "V"),
    "upsConfigHighVoltageTransferPoint": _ups("4.9", 9, 10, "V"),
}
"""Every object that can be read of itself: scalars, and the columns of the input, output and bypass lines."""
