"""An emulated CORIOmaster: a tree of properties behind a login, windows on a canvas, presets that recall them."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.codecs.lines import Lines
from drivers.devices.coriomaster import Options, Processor
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.emulators.text_machine import Crowd, TextMachine, number
from drivers.errors import Refused
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "serial": "2218031005149", "firmware": "V1.30701.P4 Master", "user": "admin", "password": "adminpw",
    "windows": 4, "window": {}, "preset": 0, "presets": {},
}  # fmt: skip
_BANNER = (
    "// ===================\r\n//  CORIOmaster - CORIOmax\r\n// ===================\r\n"
    "// Command Interface Ready\r\nPlease login. Use 'login(username,password)'\r\n"
)
_LOGIN = re.compile(r"login\(([^,]*),([^)]*)\)", re.IGNORECASE)
_WINDOW = re.compile(r"(?:Windows\.)?Window(\d{1,3})(?:\.(\w+))?", re.IGNORECASE)
_SLOT = re.compile(r"Slot([1-9]\d?)\.In([1-9]\d?)")
_NEW: Mapping[str, str] = {
    "FullName": "", "Alias": "NULL", "Input": "Slot1.In1", "Canvas": "Canvas1", "CanWidth": "1920", "CanHeight": "1080",
    "CanXCentre": "960", "CanYCentre": "540", "Zorder": "0",
}  # fmt: skip


class Frame:
    """One processor; windows count from 1."""

    family = "coriomaster"
    ending = b"\r\n"
    most_clients = 1
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        del clock  # properties are set at once
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self._inside: set[int] = {REMOTE}
        self.remote: Driver = Processor(Options())
        self.stranger: Mapping[str, object] = {"serial": "9999999999999"}

    def ears(self, client: int) -> Decoder[str]:
        """Return what finds lines."""
        del client
        return Lines()

    def greet(self, client: int) -> Sequence[bytes]:
        """Show the banner and ask for the login."""
        del client
        return [_BANNER.encode()]

    def forget(self, client: int) -> None:
        """Let a client's login go."""
        self._inside.discard(client)

    def acts(self, request: str) -> bool:
        """Return whether it sets anything."""
        return "=" in request

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Set or tell a property, with its lines and the line that ends them."""
        login = _LOGIN.fullmatch(request.strip())
        if login is not None:
            return [self._login(client, user=login[1], password=login[2])]
        if client not in self._inside:
            return [b"!Error -1 : Not logged in\r\n"]
        name, equals, value = (part.strip() for part in request.partition("="))
        try:
            lines = self._set(name, value) if equals else self._get(name)
        except Refused as error:
            return [f"!Error {error} : {name}\r\n".encode()]
        return ["".join(f"{line}\r\n" for line in (*lines, f"!Done {name}")).encode()]

    def refuse(self, request: str) -> Sequence[bytes]:
        """Refuse the value."""
        return [f"!Error -3 : {request.partition('=')[0].strip()}\r\n".encode()]

    def restart(self) -> None:
        """Come up with what it showed."""

    def fit(self) -> None:
        """Have every property of every window."""
        count = number(self.facts, "windows", most=200)
        kept = self._windows()
        self.facts["window"] = {
            str(n): {**_NEW, "FullName": f"Window{n}", **kept.get(str(n), {})} for n in range(1, count + 1)
        }

    def news(self) -> bytes:
        """Return an event."""
        return b"!Event Slot1.In1.Status = VALID\r\n"

    def unknown(self) -> bytes:
        """Return an event of a newer firmware."""
        return b"!Event CORIOmax.Mood = 3\r\n"

    def meddle(self) -> None:
        """Let somebody else give a window another input; it tells nobody."""
        window = self._windows()[str(self._chance.randint(1, len(self._windows())))]
        window["Input"] = f"Slot{self._chance.randint(1, 4)}.In{self._chance.randint(1, 4)}"

    def _login(self, client: int, *, user: str, password: str) -> bytes:
        if (user, password) != (self.facts["user"], self.facts["password"]):
            return b"!Error -2 : Invalid user name or password\r\n"
        self._inside.add(client)
        return f"!Info : User {user} Logged In\r\n".encode()

    def _get(self, name: str) -> list[str]:
        plain = {
            "coriomax.serial_number": f"CORIOmax.Serial_Number = {self.facts['serial']}",
            "coriomax.software_version": f"CORIOmax.Software_Version = {self.facts['firmware']}",
            "preset.take": f"Preset.Take = {self.facts['preset']}",
        }
        window = _WINDOW.fullmatch(name)
        if name.lower() in plain:
            return [plain[name.lower()]]
        if name.lower() == "windows":
            return [f"Windows.Window{n} = <...>" for n in self._windows()]
        if name.lower() == "routing.preset.presetlist()":
            return [f"Routing.Preset.PresetList[{n}]=Preset{n},Canvas1,0" for n in self._presets()]
        if window is None:
            raise Refused("-4")
        found = self._window(window[1])
        if window[2]:
            return [f"Window{window[1]}.{self._property(window[2])} = {found[self._property(window[2])]}"]
        return [f"Window{window[1]}.{key} = {value}" for key, value in found.items()]

    def _set(self, name: str, value: str) -> list[str]:
        window = _WINDOW.fullmatch(name)
        if name.lower() == "preset.take":
            return self._take(value)
        if window is None or not window[2]:
            raise Refused("-4")
        found, key = self._window(window[1]), self._property(window[2])
        number_wanted = key not in ("Input", "Alias", "Canvas")
        if (key == "Input" and not _SLOT.fullmatch(value)) or (number_wanted and not re.fullmatch(r"-?\d+", value)):
            raise Refused("-3")
        found[key] = value
        return [f"Window{window[1]}.{key} = {value}"]

    def _take(self, value: str) -> list[str]:
        kept = self._presets().get(value)
        if kept is None:
            raise Refused("-3")
        for window, source in kept.items():
            self._window(window)["Input"] = source
        self.facts["preset"] = int(value)
        return [f"Preset.Take = {value}"]

    def _window(self, text: str) -> dict[str, str]:
        if text not in self._windows():
            raise Refused("-4")
        return self._windows()[text]

    def _property(self, text: str) -> str:
        known = {name.lower(): name for name in _NEW}
        if text.lower() not in known:
            raise Refused("-4")
        return known[text.lower()]

    def _windows(self) -> dict[str, dict[str, str]]:
        windows = self.facts["window"]
        return windows if isinstance(windows, dict) else {}

    def _presets(self) -> dict[str, dict[str, str]]:
        presets = self.facts["presets"]
        return presets if isinstance(presets, dict) else {}


def processor(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a processor in this state."""
    return TextMachine(Frame(clock, seed), options)
