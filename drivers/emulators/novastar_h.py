"""An emulated H series splicer: it obeys datagrams of JSON for its screens, and answers nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from drivers.devices.novastar_h import BLACK, BRIGHTNESS, FREEZE, PRESET
from drivers.emulators.udp_device import UdpDevice
from drivers.model import Clock

_KEYS = {
    PRESET: ("preset", "presetId"),
    FREEZE: ("freeze", "enable"),
    BLACK: ("lit", "type"),
    BRIGHTNESS: ("brightness",) * 2,
}
_MOST = {PRESET: 127, FREEZE: 1, BLACK: 1, BRIGHTNESS: 100}


class Splicer:
    """One splicer; `heard` counts the commands that it has obeyed."""

    family = "novastar_h"

    def __init__(self) -> None:
        self.facts: dict[str, object] = {
            "screen": 1, "unit": 1, "preset": 0, "freeze": 0, "lit": 1, "brightness": 100, "heard": 0,
        }  # fmt: skip

    def hear(self, data: bytes) -> Sequence[bytes]:
        """Obey each command of the list that is for this screen."""
        try:
            told = json.loads(data)
        except ValueError:
            return []
        for wish in told if isinstance(told, list) else []:
            if isinstance(wish, dict) and self._mine(wish):
                self._obey(str(wish.get("cmd")), wish)
        return []

    def _mine(self, wish: Mapping[str, object]) -> bool:
        facts = self.facts
        place = (int(str(facts["screen"])) - 1, int(str(facts["unit"])) - 1)
        return (wish.get("screenId"), wish.get("deviceId")) == place

    def _obey(self, code: str, wish: Mapping[str, object]) -> None:
        if code not in _KEYS:
            return
        fact, key = _KEYS[code]
        value = wish.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST[code]:
            self.facts[fact] = value + 1 if code == PRESET else value
            self.facts["heard"] = int(str(self.facts["heard"])) + 1


def splicer(name: str, options: Mapping[str, object], clock: Clock, seed: int) -> UdpDevice:
    """Return a splicer in this state."""
    device = UdpDevice(name, Splicer(), clock=clock, seed=seed)
    device.load(options)
    return device
