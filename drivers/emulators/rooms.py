"""The audio, lights, relays and power strips that can be emulated on a TCP port, by the name of their driver."""

from __future__ import annotations

from collections.abc import Mapping

from drivers.emulators.globalcache import Unit
from drivers.emulators.hdmi_cec import Adapter
from drivers.emulators.matrices import Maker
from drivers.emulators.modbus_relay import Board
from drivers.emulators.qsys_qrc import Core
from drivers.emulators.shure import Processor
from drivers.emulators.signs import Display, Sign
from drivers.emulators.tesira import TesiraServer

ROOMS: Mapping[str, Maker] = {
    "tesira": TesiraServer,
    "qsys_qrc": Core,
    "globalcache": Unit,
    "modbus_relay": Board,
    "alpha_sign": Sign,
    "hdmi_cec": Adapter,
    "line_text": Display,
    "shure": Processor,
}
