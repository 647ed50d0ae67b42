"""DALI forward frames, two bytes: whom they are for, and the level or the command (IEC 62386-102, 7.2 and 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.errors import ProtocolError

COMMANDS: Mapping[int, str] = {
    0x00: "off", 0x01: "up", 0x02: "down", 0x03: "step up", 0x04: "step down", 0x05: "recall maximum level",
    0x06: "recall minimum level", 0x07: "step down and off", 0x08: "on and step up", 0x90: "query status",
    0x91: "query gear present", 0x92: "query lamp failure", 0x93: "query lamp on", 0xA0: "query actual level",
    0xA1: "query maximum level", 0xA2: "query minimum level",
    **{0x10 + scene: f"go to scene {scene}" for scene in range(16)},
}  # fmt: skip
_EVERYBODY, _GROUPS = 0xFE, 0x80
_COMMAND = 0x01
"""The address byte's last bit: the second byte is a command; else it is a level, 0 to 254."""
_MASK = 0xFF
"""Not a level: stop fading."""


@dataclass(frozen=True, slots=True)
class Forward:
    """One frame: `to` as `short 5`, `group 2` or `everybody`; `does` as `level 128` or a command's name."""

    to: str
    does: str


def read(data: bytes) -> Forward:
    """Return what a frame says; raise ProtocolError when it is none of standard lighting gear."""
    if len(data) != 2:
        raise ProtocolError(f"a DALI frame has two bytes, not {len(data)}: {data.hex(' ')}")
    address, second = data
    if not address & _COMMAND:
        return Forward(_whom(address), "stop fading" if second == _MASK else f"level {second}")
    if second not in COMMANDS:
        raise ProtocolError(f"DALI command {second:02x} is none of those that are known here")
    return Forward(_whom(address), COMMANDS[second])


def _whom(address: int) -> str:
    if address < _GROUPS:
        return f"short {address >> 1}"
    if address & 0b1110_0000 == _GROUPS:
        return f"group {address >> 1 & 0x0F}"
    if address & _EVERYBODY == _EVERYBODY:
        return "everybody"
    raise ProtocolError(f"DALI address {address:02x} is a special command's, which lighting gear is not switched with")
