"""The device families that can be emulated, by the name of their driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zlib import crc32

from drivers.emulators.emulator import Emulator
from drivers.emulators.faults import known
from drivers.emulators.mdc_door import PinDoor
from drivers.emulators.pjlink import Projector
from drivers.emulators.samsung_mdc import Panel
from drivers.emulators.serial_lines import FAULTS, Instrument
from drivers.emulators.tcp_device import TcpDevice
from drivers.emulators.videohub import Matrix
from drivers.model import Clock, Value

Options = Mapping[str, Value]


def _panel(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    panel = Panel({"serial": f"0SMRK{crc32(name.encode()):08X}", **_state(options)}, clock=clock, seed=seed)
    door = PinDoor(panel.pin, panel.blocked, clock=clock)
    return TcpDevice(name, panel, clock=clock, seed=seed, door=door)


def _matrix(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    return TcpDevice(name, Matrix(_state(options), clock=clock, seed=seed), clock=clock, seed=seed)


def _projector(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    return TcpDevice(name, Projector(_state(options), clock=clock, seed=seed), clock=clock, seed=seed)


def _weather_station(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    return _instrument(Instrument(name, "weather", clock=clock, seed=seed), options)


def _level_gauge(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    return _instrument(Instrument(name, "level", clock=clock, seed=seed), options)


def _instrument(instrument: Instrument, options: Options) -> Emulator:
    instrument.load(options)
    return instrument


def _state(options: Options) -> dict[str, object]:
    """Return the driver's options as the device's state: what the driver expects, the device has."""
    given = {key: value for key, value in options.items() if value != "" or not key.startswith("expect_")}
    return {key.removeprefix("expect_"): value for key, value in given.items()}


FAMILIES: Mapping[str, Callable[[str, Options, Clock, int], Emulator]] = {
    "samsung_mdc": _panel,
    "videohub": _matrix,
    "pjlink": _projector,
    "weather_station": _weather_station,
    "level_gauge": _level_gauge,
}


def emulate(driver: str, *, name: str, options: Options, clock: Clock, seed: int = 0) -> Emulator:
    """Return a device that `driver` can talk to; raise KeyError for a family or an option that is not emulated."""
    if driver not in FAMILIES:
        raise KeyError(f"{driver!r} is not emulated; {', '.join(FAMILIES)} are")
    return FAMILIES[driver](name, options, clock, seed)


def faults_of(driver: str) -> Sequence[str]:
    """Return the faults that an emulated device of this family can have."""
    return known(driver) or FAULTS
