"""Which serial port a URL means, by a name that outlives a re-plug, and how it is spoken to."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Protocol
from urllib.parse import SplitResult, parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from serial.tools.list_ports import comports  # type: ignore[import-untyped]  # pyserial ships no types

from drivers.errors import BadConfig
from drivers.links import Unreachable

BY_LINK = Path("/dev/serial")
"""Where udev keeps links to ports by what they are (`by-id`) and by where they are plugged in (`by-path`)."""
EXAMPLE = "serial:///dev/ttyUSB0?baud=9600, serial://by-id/usb-FTDI_…-if00-port0 or serial://0403:6001:A50285BI"
_OWNER = "one port has one owner: which other program holds it?"
_PLUG = "is the adapter plugged in?"
_REASONS: Mapping[int | None, tuple[str, str]] = {
    errno.ENOENT: ("is not there", f"{_PLUG} Its number may have changed: name it as by-id/…"),
    errno.ENXIO: ("is gone", _PLUG),
    errno.ENODEV: ("is gone", _PLUG),
    errno.EIO: ("is gone", _PLUG),
    errno.EACCES: ("may not be opened", "add the user of the service to the group dialout"),
    errno.EBUSY: ("is in use", _OWNER),
    errno.EAGAIN: ("is in use", _OWNER),
    errno.ECONNREFUSED: ("refuses the connection", "is the device server's port set to RFC 2217?"),
    errno.ENOTTY: ("is no serial port", "check the name of the port"),
}
_LINKS = ("by-id/", "by-path/")
_USB_ID = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?")


class Adapter(Protocol):
    """What is asked of a port that is plugged in; pyserial's ListPortInfo has it."""

    device: str
    vid: int | None
    pid: int | None
    serial_number: str | None


class PortSettings(BaseModel):
    """A port's name and how it is spoken to; the name is a path, `by-id/…`, `by-path/…` or `vid:pid[:serial]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """Looked up anew at every open."""
    baud: Annotated[int, Field(ge=50, le=4_000_000)] = 9600
    """Symbols a second."""
    bits: Annotated[int, Field(ge=5, le=8)] = 8
    """Data bits in a character."""
    parity: Literal["N", "E", "O", "M", "S"] = "N"
    """None, even, odd, mark or space."""
    stop: Annotated[int, Field(ge=1, le=2)] = 1
    """Stop bits."""
    flow: Literal["none", "rtscts", "xonxoff"] = "none"
    """Who may hold the other back, and how."""
    rs485: Literal["off", "on"] = "off"
    """On: the port's driver raises RTS while it sends."""
    backend: Literal["pyserial", "serialx"] = "pyserial"
    """The library that opens the port."""


def port_settings(parts: SplitResult, name: str) -> PortSettings:
    """Return the settings in a URL's query for the port `name`; raise BadConfig for what a line cannot be."""
    url = f"{parts.scheme}://{name}"
    if not name:
        raise BadConfig(f"{url} names no port; write it as {EXAMPLE}")
    try:
        return PortSettings.model_validate({**dict(parse_qsl(parts.query, keep_blank_values=True)), "name": name})
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        known = ", ".join(key for key in PortSettings.model_fields if key != "name")
        raise BadConfig(f"{url}: {detail['loc'][0]}: {detail['msg']}; a line has {known}") from None


def path_of(name: str, *, by_link: Path = BY_LINK, plugged_in: Callable[[], Iterable[Adapter]] = comports) -> str:
    """Return the path of the port `name` as things are plugged now; raise Unreachable, or BadConfig for no name."""
    if name.startswith("/"):
        return name
    if name.startswith(_LINKS):
        path = by_link / name
        if path.exists():
            return str(path)
        raise _missing(name, sorted(each.name for each in path.parent.glob("*")))
    wanted = check_name(name)
    adapters = list(plugged_in())
    fits = [each.device for each in adapters if wanted and _fits(each, wanted)]
    if not fits:
        raise _missing(name, sorted(usb_name(each) for each in adapters if each.vid is not None))
    if len(fits) > 1:
        raise Unreachable(
            f"{name} fits several ports: {', '.join(sorted(fits))}", hint="name one by its serial number, or as by-id/…"
        )
    return fits[0]


def check_name(name: str) -> re.Match[str] | None:
    """Return vendor, product and serial number when they are the name; raise BadConfig for what is no name."""
    usb = _USB_ID.fullmatch(name)
    if usb is None and not name.startswith(("/", *_LINKS)):
        raise BadConfig(f"{name!r} is no port's name; write it as {EXAMPLE}")
    return usb


def names_of(adapter: Adapter, *, by_link: Path = BY_LINK) -> list[str]:
    """Return the names by which a port is found, the steadiest first; the last is its path, which may change."""
    links = {
        kind: sorted(
            f"{kind}/{each.name}" for each in (by_link / kind).glob("*") if each.resolve() == Path(adapter.device)
        )
        for kind in ("by-id", "by-path")
    }
    usb = [usb_name(adapter)] if adapter.vid is not None else []
    return [*links["by-id"], *usb, *links["by-path"], adapter.device]


def usb_name(adapter: Adapter) -> str:
    """Return the stable name `vid:pid[:serial]` of a USB adapter."""
    name = f"{adapter.vid or 0:04x}:{adapter.pid or 0:04x}"
    return f"{name}:{adapter.serial_number}" if adapter.serial_number else name


def _fits(adapter: Adapter, wanted: re.Match[str]) -> bool:
    vid, pid, serial = wanted.groups()
    same = (adapter.vid, adapter.pid) == (int(vid, 16), int(pid, 16))
    return same and serial in (None, adapter.serial_number)


def _missing(name: str, present: list[str]) -> Unreachable:
    return Unreachable(
        f"no port {name} is plugged in", hint=f"is the adapter in? Plugged in now: {', '.join(present) or 'none'}"
    )


def unopened(name: str, error: Exception) -> Unreachable:
    """Return why the port `name` could not be opened."""
    otherwise = (f"cannot be set up: {error}", "does it know this rate, these bits, RS-485? Not every adapter does")
    what, hint = _REASONS.get(_number(error), otherwise)
    return Unreachable(f"{name} {what}", hint=hint)


def _number(error: Exception) -> int | None:
    """Return what the system called the failure; pyserial sometimes leaves it to the error before its own."""
    if isinstance(error, ValueError):
        return None
    numbers = (each for one in (error, error.__context__) if one for each in one.args if isinstance(each, int))
    return next(numbers, None)
