"""What a Samsung panel remembers: the table of its MDC commands with their values and limits."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from drivers.devices.samsung_mdc import INPUTS

Key = tuple[int, int | None]
"""A command and its sub-command, if it has one."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One command: `default` is what it holds at first, `allowed` what its first byte may be set to."""

    name: str
    default: bytes = b"\0"
    allowed: Container[int] = range(256)
    sizes: Container[int] = (1,)
    asks: bool = True
    sets: bool = True
    asleep: bool = False
    """It can be set in standby."""


_SWITCH = range(2)
_LEVEL = range(101)
_TEXT = range(1, 201)
_SOURCES = frozenset(INPUTS.values()) | {0x04, 0x08, 0x0C, 0x0D, 0x1E, 0x30, 0x50, 0x56, 0x64}
_NETWORK = bytes([192, 0, 2, 101, 255, 255, 255, 0, 192, 0, 2, 1, 192, 0, 2, 1])
"""Address, mask, gateway, name server."""


def _level(name: str, value: int = 50) -> Cell:
    return Cell(name, bytes([value]), _LEVEL)


def _switch(name: str, value: int = 0, *, asleep: bool = False) -> Cell:
    return Cell(name, bytes([value]), _SWITCH, asleep=asleep)


def _told(name: str, default: bytes) -> Cell:
    return Cell(name, default, sets=False)


def _done(name: str, allowed: Container[int] = range(256), sizes: Container[int] = (1,)) -> Cell:
    return Cell(name, b"", allowed, sizes, asks=False)


CELLS: Mapping[Key, Cell] = {
    (0x0B, None): _told("serial", b"0SEMARAK00001"),
    (0x0E, None): _told("firmware", b"T-KTM2DEUC-1460.5"),
    (0x10, None): _told("model_number", bytes([4, 0x61, 1])),
    (0x11, None): Cell("power", b"\1", range(3), asleep=True),
    (0x12, None): _level("volume", 10),
    (0x13, None): _switch("mute"),
    (0x14, None): Cell("source", b"\x21", _SOURCES),
    (0x15, None): Cell("picture_size", b"\x10"),
    (0x18, None): Cell("screen_mode", b"\1", frozenset({0x01, 0x04, 0x0B, 0x31})),
    (0x19, None): _told("inches", bytes([55])),
    (0x1B, 0x82): Cell("network", _NETWORK, sizes=(16,), asleep=True),
    (0x1B, 0x85): _switch("network_static", 1, asleep=True),
    (0x1B, 0x8A): _done("network_join", sizes=_TEXT),
    (0x1B, 0xA2): Cell("weekly_restart", bytes(3), sizes=(3,)),
    (0x1C, 0x81): _done("magicinfo_channel", sizes=(2,)),
    (0x1C, 0x82): Cell("magicinfo_server", b"", sizes=_TEXT),
    (0x1C, 0x83): Cell("magicinfo_orientation", b"\0", range(4)),
    (0x1D, None): _switch("mdc_connection", 1, asleep=True),
    (0x24, None): _level("contrast"),
    (0x25, None): _level("brightness", 70),
    (0x26, None): _level("sharpness"),
    (0x27, None): _level("colour"),
    (0x28, None): _level("tint"),
    (0x31, None): _done("h_position", _SWITCH),
    (0x32, None): _done("v_position", _SWITCH),
    (0x33, None): _switch("auto_power"),
    (0x34, 0x00): _done("clear_menu", sizes=(0,)),
    (0x36, None): _switch("remote_control", 1, asleep=True),
    (0x37, None): _level("rgb_contrast"),
    (0x38, None): _level("rgb_brightness"),
    (0x3D, 0x00): _done("auto_adjust", sizes=(0,)),
    (0x3E, None): Cell("colour_tone", b"\2", frozenset({0, 1, 2, 3, 4, 0x50})),
    (0x3F, None): Cell("colour_temperature", bytes([100])),
    (0x4A, None): Cell("standby_control", b"\0", range(3), asleep=True),
    (0x57, None): Cell("auto_lamp", bytes([6, 0, 1, 100, 6, 0, 0, 50]), sizes=(8,)),
    (0x58, None): _level("lamp", 100),
    (0x5A, None): _switch("inverse"),
    (0x5C, None): _switch("wall_mode", 1),
    (0x5D, None): _switch("safety_lock", asleep=True),
    (0x5F, None): _switch("panel_lock", asleep=True),
    (0x61, None): _done("channel_step", _SWITCH),
    (0x62, None): _done("volume_step", _SWITCH),
    (0x63, None): Cell(
        "ticker", bytes([0, 12, 0, 1, 12, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 5, 0]), _SWITCH, range(17, 256)
    ),
    (0x67, None): Cell("device_name", b"Panel", sizes=_TEXT, asleep=True),
    (0x70, None): _switch("osd", 1),
    (0x71, None): Cell("picture_mode", b"\x26"),
    (0x72, None): Cell("sound_mode", b"\0", range(7)),
    (0x77, None): _switch("all_keys_lock", asleep=True),
    (0x83, None): _told("hours", b"\x75\x30"),
    (0x84, None): _switch("wall"),
    (0x89, None): Cell("geometry", b"\x11\x01", sizes=(2,)),
    (0x8A, None): _told("model", b"QM55B"),
    (0x92, None): Cell("energy_saving", b"\0", range(5)),
    (0x9F, None): _done("reset", range(5)),
    (0xA3, None): Cell("osd_types", b"\x1e", sizes=(2,)),
    (0xB0, None): Cell("remote_key", b"", asks=False, asleep=True),
    (0xB2, None): Cell("screen_split", b"\0", sizes=range(1, 16)),
    (0xB5, None): _switch("network_standby", 1, asleep=True),
    (0xB8, None): _switch("auto_id", 1),
    (0xB9, None): _done("show_id", _SWITCH),
    (0xC7, 0x53): _done("content_download", sizes=_TEXT),
    (0xC7, 0x81): Cell("launcher", b"\0", range(3)),
    (0xC7, 0x82): Cell("launcher_url", b"", sizes=_TEXT),
    (0xC8, 0x81): Cell("menu_orientation", b"\0", range(4)),
    (0xC8, 0x82): Cell("content_orientation", b"\0", range(4)),
    (0xC8, 0x83): _switch("portrait_aspect"),
    (0xC8, 0x84): Cell("pip_orientation", b"\0", range(4)),
    (0xC8, 0x85): Cell("menu_size", b"\0", range(3)),
    (0xCA, 0x81): _switch("auto_source"),
    (0xCA, 0x82): Cell("auto_source_plan", b"\0\x21\x23", _SWITCH, (3,)),
    (0xD0, 0x84): _told("led_cabinets", bytes([0, 1, 38, 0])),
    (0xE6, None): _switch("eco_sensor"),
    (0xF9, None): _switch("panel_dark"),
    (0xFE, 0x51): Cell("screen_mute", b"\xff", frozenset({0x00, 0xFF})),
}  # fmt: skip
SUB_COMMANDS = frozenset(command for command, sub in CELLS if sub is not None)
CODES: Mapping[str, Key] = {cell.name: key for key, cell in CELLS.items()}
TEXTS = frozenset({"serial", "firmware", "model", "device_name", "magicinfo_server", "launcher_url"})
