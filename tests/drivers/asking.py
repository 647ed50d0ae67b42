"""Commands for a driver that is tested without a wire."""

from __future__ import annotations

from drivers.driver import Driver
from drivers.model import Arg, Command


def command(verb: str, **args: Arg) -> Command:
    """Return a command."""
    return Command("c1", "unit", verb, args, "test", "a test", 0, 60.0)


def payloads(driver: Driver, verb: str, **args: Arg) -> list[bytes]:
    """Return what the driver writes for a command."""
    return [request.payload for request in driver.request(command(verb, **args))]
