"""An emulated Global Caché unit: modules, relays, contacts, infrared bursts that take their time, and its errors."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.globalcache import infrared
from drivers.codecs.lines import Lines
from drivers.devices.globalcache import GlobalCache, Options
from drivers.driver import Driver
from drivers.emulators.plain import Plain
from drivers.model import Clock

_ADDRESS = re.compile(r"(\d+):(\d+)")
_FACTS: Mapping[str, object] = {
    "module": 1, "relays": 3, "contacts": 0, "infrared": 3, "codes": "", "firmware": "710-1005-05", "closed": "",
    "shut": "", "sent": 0, "last_code": "", "instant": True, "model": "ITACH",
}  # fmt: skip


class Unit(Plain[str]):
    """One unit; `closed` lists the relays and `shut` the contacts that are on, `instant` bursts are over at once."""

    family = "globalcache"
    most_clients = 8
    ending = b"\r"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        super().__init__(_FACTS, decoder=Lines, seed=seed)
        self._clock = clock
        self._busy_until = -math.inf
        self.load(options)
        self.remote: Driver = GlobalCache(Options(relays=int(self.number("relays"))))
        self.stranger = {"firmware": "710-9999-01"}
        self._words: dict[str, Callable[[int, int, list[str]], str]] = {
            "getstate": self._get, "setstate": self._set, "sendir": self._send, "stopir": self._stop,
            "get_IR": lambda m, c, _: f"IR,{m}:{c},IR", "set_IR": self._set_ir,
        }  # fmt: skip

    def acts(self, request: str) -> bool:
        """Return whether the line does something."""
        return request.startswith(("setstate", "sendir", "stopir"))

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Do what the line says."""
        del client
        return [f"{text}\r".encode() for text in self._do(request).split("\n")]

    def refuse(self, request: str) -> Sequence[bytes]:
        """Say that another code is being sent, or that the line failed."""
        if request.startswith("sendir"):
            return [f"busyIR,{','.join(request.split(',')[1:3])}\r".encode()]
        return [b"ERR_1:1,017\r"]

    def restart(self) -> None:
        """Come up with all relays open: their state does not outlive a power cut."""
        self.facts["closed"] = ""

    def news(self) -> bytes:
        """Tell its version, unasked."""
        return f"{self.facts['firmware']}\r".encode()

    def unknown(self) -> bytes:
        """Tell of a module of newer firmware."""
        return b"device,9,1 HOLOGRAM\r"

    def meddle(self) -> None:
        """Let another controller switch a relay."""
        self._put(self.chance.randrange(1, max(int(self.number("relays")), 1) + 1), on=self.chance.random() < 0.5)

    def _do(self, line: str) -> str:
        word, *rest = line.split(",")
        if word == "getversion":
            return self.text("firmware")
        if word == "getdevices":
            return "\n".join((*self._modules(), "endlistdevices"))
        act = self._words.get(word)
        if act is None:
            return "ERR_0:0,001"
        found = _ADDRESS.fullmatch(rest[0]) if rest else None
        if found is None:
            return "ERR_0:0,017"
        module, connector = int(found[1]), int(found[2])
        if module != int(self.number("module")):
            return f"ERR_{module}:{connector},002"
        return act(module, connector, rest[1:])

    def _modules(self) -> list[str]:
        relays, codes, at = self.facts["relays"], self.facts["infrared"], self.facts["module"]
        return ["device,0,0 ETHERNET", f"device,{at},{relays} RELAY" if relays else f"device,{at},{codes} IR"]

    def _get(self, module: int, connector: int, _rest: list[str]) -> str:
        if not 1 <= connector <= max(int(self.number("relays")), int(self.number("contacts"))):
            return f"ERR_{module}:{connector},003"
        where = "closed" if connector <= int(self.number("relays")) else "shut"
        return f"state,{module}:{connector},{int(str(connector) in self.text(where).split())}"

    def _set(self, module: int, connector: int, rest: list[str]) -> str:
        if not 1 <= connector <= int(self.number("relays")):
            return f"ERR_{module}:{connector},003"
        if not rest or rest[0] not in ("0", "1"):
            return f"ERR_{module}:{connector},017"
        self._put(connector, on=rest[0] == "1")
        return f"state,{module}:{connector},{rest[0]}"

    def _put(self, relay: int, *, on: bool) -> None:
        closed = set(self.text("closed").split()) - {str(relay)} | ({str(relay)} if on else set())
        self.facts["closed"] = " ".join(sorted(closed))

    def _send(self, module: int, connector: int, rest: list[str]) -> str:
        where = f"{module}:{connector}"
        if not 1 <= connector <= int(self.number("infrared")):
            return f"ERR_{where},003"
        if not rest or not rest[0].isdecimal() or int(rest[0]) > 65_535:
            return f"ERR_{where},004"
        if self._clock.mono() < self._busy_until:
            return f"busyIR,{where},{rest[0]}"
        try:
            code = infrared(",".join(rest[1:]))
        except ValueError as error:
            return f"ERR_{where},{_fault(str(error))}"
        if not self.facts["instant"]:
            self._busy_until = self._clock.mono() + code.seconds
        self.facts["sent"] = int(self.number("sent")) + 1
        self.facts["last_code"] = ",".join(rest[1:])
        return f"completeir,{where},{rest[0]}"

    def _stop(self, module: int, connector: int, _rest: list[str]) -> str:
        self._busy_until = -math.inf
        return f"stopir,{module}:{connector}"

    def _set_ir(self, module: int, connector: int, rest: list[str]) -> str:
        known = rest and rest[0] in ("IR", "IR_BLASTER", "SENSOR", "SENSOR_NOTIFY", "LED_LIGHTING")
        return f"IR,{module}:{connector},{rest[0]}" if known else f"ERR_{module}:{connector},017"


def _fault(text: str) -> str:
    words = {"carrier": "005", "repeats": "006", "offset": "007", "pulses": "010", "pulse": "009"}
    return next((code for word, code in words.items() if word in text), "017")
