"""The drivers of a room's sound, light, relays and power, gathered for the registry."""

from __future__ import annotations

from drivers.devices import (
    alpha_sign,
    artnet,
    globalcache,
    hdmi_cec,
    line_text,
    modbus_relay,
    qsys_qrc,
    sacn,
    shure,
    snmp_pdu,
    tesira,
    wake_on_lan,
)
from drivers.driver import DriverSpec

ROOMS: tuple[DriverSpec, ...] = (
    tesira.SPEC,
    qsys_qrc.SPEC,
    shure.SPEC,
    globalcache.SPEC,
    modbus_relay.SPEC,
    wake_on_lan.SPEC,
    artnet.SPEC,
    sacn.SPEC,
    snmp_pdu.SPEC,
    alpha_sign.SPEC,
    line_text.SPEC,
    hdmi_cec.SPEC,
)
