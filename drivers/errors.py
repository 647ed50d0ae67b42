"""The errors that drivers raise, named by whose fault it is.

DriverError
├── LinkError        the wire: refused, closed, silent
├── ProtocolError    the device sent what its protocol does not allow
├── Refused          the device understood and said no
├── BadCommand       we asked for what the device cannot do
├── BadConfig        the site file says what cannot be
└── WrongDevice      another device answers at this address
"""

from __future__ import annotations

from typing import TypeVar, cast

E = TypeVar("E", bound=Exception)


class DriverError(Exception):
    """Anything that goes wrong between us and a device."""


class LinkError(DriverError):
    """The wire failed: it could not be opened, it closed, or nothing came."""


class ProtocolError(DriverError):
    """The device sent bytes that its protocol does not allow."""


class Refused(DriverError):
    """The device understood the request and refused it; `busy` when it says "not now"."""

    def __init__(self, text: str, *, busy: bool = False) -> None:
        super().__init__(text)
        self.busy = busy


class BadCommand(DriverError):
    """The verb or its arguments are not what this device can do."""


class BadConfig(DriverError):
    """The configuration of a device or a point cannot work; trying again will not help."""

    permanent = True


class WrongDevice(DriverError):
    """The device that answers is not the one that the site file names."""


def first_error(group: BaseExceptionGroup[E]) -> E:
    """Return the first error inside a task group's bundle, as `except*` has filtered it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return cast("E", error)
