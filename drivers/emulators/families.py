"""The device families that can be emulated, by the name of their driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from zlib import crc32

from drivers.emulators.datagrams import DATAGRAMS
from drivers.emulators.emulator import Emulator
from drivers.emulators.from_profile import ProfileMachine
from drivers.emulators.gsm_modem import Modem
from drivers.emulators.matrices import MATRICES, Maker
from drivers.emulators.mdc_door import PinDoor
from drivers.emulators.novastar_h import splicer
from drivers.emulators.pjlink import Projector
from drivers.emulators.rooms import ROOMS
from drivers.emulators.samsung_mdc import Panel
from drivers.emulators.screens import SCREENS
from drivers.emulators.serial_lines import Instrument
from drivers.emulators.tcp_device import TcpDevice
from drivers.emulators.videohub import Matrix
from drivers.emulators.visca_ip import head
from drivers.model import Clock, Value
from drivers.profiles.library import shipped
from drivers.profiles.schema import Profile

Options = Mapping[str, Value]


def _panel(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    panel = Panel({"serial": f"0SMRK{crc32(name.encode()):08X}", **_state(options)}, clock=clock, seed=seed)
    door = PinDoor(panel.pin, panel.blocked, clock=clock)
    return TcpDevice(name, panel, clock=clock, seed=seed, door=door)


def _matrix(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    return TcpDevice(name, Matrix(_state(options), clock=clock, seed=seed), clock=clock, seed=seed)


def _projector(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
    return TcpDevice(name, Projector(_state(options), clock=clock, seed=seed), clock=clock, seed=seed)


def _served(make: Maker) -> Callable[[str, Options, Clock, int], Emulator]:
    def serve(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
        return TcpDevice(name, make(_state(options), clock=clock, seed=seed), clock=clock, seed=seed)

    return serve


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


def profiled(profile: Profile) -> Callable[[str, Options, Clock, int], Emulator]:
    """Return what makes the device of a profile."""

    def make(name: str, options: Options, clock: Clock, seed: int) -> Emulator:
        return TcpDevice(name, ProfileMachine(_state(options), profile=profile, seed=seed), clock=clock, seed=seed)

    return make


FAMILIES: Mapping[str, Callable[[str, Options, Clock, int], Emulator]] = {
    "samsung_mdc": _panel,
    "videohub": _matrix,
    "pjlink": _projector,
    "gsm_modem": _served(Modem),
    **{name: _served(make) for name, make in {**MATRICES, **ROOMS, **SCREENS}.items()},
    **DATAGRAMS,
    "novastar_h": splicer,
    "visca_ip": head,
    **{name: profiled(profile) for name, profile in shipped().items()},
    "weather_station": _weather_station,
    "level_gauge": _level_gauge,
}


def emulate(driver: str, *, name: str, options: Options, clock: Clock, seed: int = 0) -> Emulator:
    """Return a device that `driver` can talk to; raise KeyError for a family or an option that is not emulated."""
    if driver not in FAMILIES:
        raise KeyError(f"{driver!r} is not emulated; {', '.join(FAMILIES)} are")
    return FAMILIES[driver](name, options, clock, seed)
