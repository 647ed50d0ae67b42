"""An emulated Lightware matrix: a tree of nodes, properties and methods, signatures, and subscriptions."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.codecs.lightware_lw3 import escape
from drivers.codecs.lines import Lines
from drivers.devices.lightware_lw3 import Matrix, Options
from drivers.driver import Driver
from drivers.emulators.text_machine import Crowd, TextMachine, number, sized
from drivers.errors import Refused
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "model": "MMX8x8-HT420M", "serial": "5A003F21", "firmware": "v1.3.0b4", "tree": "/MEDIA/VIDEO/XP",
    "inputs": 8, "outputs": 8, "routing": [], "locked": [], "presets": {}, "standby": False,
}  # fmt: skip
_COMMAND = re.compile(r"(?:([0-9A-Fa-f]{4})#)?(GET|SET|CALL|OPEN|CLOSE|MAN)\s+(/\S*?)(?:=(.*)|\((.*)\))?")
_ROUTE = re.compile(r"(?:I(\d+)|0):O(\d+)")
_OUTPUT = re.compile(r"O(\d+)")
_AVC, _MX2 = "/PRESETS/AVC", "/MEDIA/PRESET"
_MESSAGES = {
    "E001": "Syntax error", "E002": "Not exists", "E004": "Invalid value", "E006": "Illegal operation",
    "E007": "Access denied", "E012": "Disabled",
}  # fmt: skip


class Crosspoint:
    """One matrix; ports count from 1, and source 0 is nothing."""

    family = "lightware_lw3"
    ending = b"\r\n"
    most_clients = 64
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        del clock  # a matrix does everything at once
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self.remote: Driver = Matrix(Options(inputs=8, outputs=8))
        self.stranger: Mapping[str, object] = {"model": "MX2-8x8-HDMI20-L", "serial": "FFFFFFFF"}
        self._opened: dict[int, set[str]] = {}
        self._methods: Mapping[str, Callable[[str], None]] = {
            "switch": self._switch,
            "lockDestination": lambda text: self._set_lock(text, held=True),
            "unlockDestination": lambda text: self._set_lock(text, held=False),
        }
        self._do: Mapping[str, Callable[[int, str, str], list[str]]] = {
            "GET": lambda _, path, __: self._get(path),
            "SET": lambda _, path, value: self._set(path, value),
            "CALL": lambda _, path, value: self._call(path, value),
            "OPEN": self._open,
            "CLOSE": self._close,
            "MAN": lambda _, path, __: [f"nm {path} A node of the matrix"],
        }

    def ears(self, client: int) -> Decoder[str]:
        """Return what finds lines."""
        del client
        return Lines()

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing."""
        self._opened[client] = set()
        return []

    def forget(self, client: int) -> None:
        """Let a client's subscriptions go."""
        self._opened.pop(client, None)

    def acts(self, request: str) -> bool:
        """Return whether it calls or sets anything."""
        return re.match(r"([0-9A-Fa-f]{4}#)?(CALL|SET)\b", request) is not None

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Answer, in braces when the command was signed, and tell the subscribers what has changed."""
        found = _COMMAND.fullmatch(request)
        if found is None:
            signature = re.match(r"([0-9A-Fa-f]{4})#", request)
            return [_wrapped(signature[1] if signature else "", ["-E / %E001:Syntax error"])]
        before = self._connections()
        lines = self._do[found[2]](client, found[3], found[4] or found[5] or "")
        if self._connections() != before:
            self._spread()
        return [_wrapped(found[1] or "", lines)]

    def refuse(self, request: str) -> Sequence[bytes]:
        """Say that it is disabled now."""
        found = _COMMAND.fullmatch(request)
        signature, path = (found[1] or "", found[3]) if found else ("", "/")
        return [_wrapped(signature, [f"mE {path} %E012:Disabled"])]

    def restart(self) -> None:
        """Come up as it was, and unlocked."""
        self.facts["locked"] = [False] * int(str(self.facts["outputs"]))

    def fit(self) -> None:
        """Have a source and a lock for every output."""
        inputs, outputs = number(self.facts, "inputs", most=288), number(self.facts, "outputs", most=288)
        routes = sized(self.facts, "routing", outputs, lambda index: index % inputs + 1)
        self.facts["routing"] = [min(int(str(source)), inputs) for source in routes]
        self.facts["locked"] = sized(self.facts, "locked", outputs, lambda _: False)

    def news(self) -> bytes:
        """Return the routes, as a subscriber hears them."""
        return f"CHG {self.facts['tree']}.DestinationConnectionList={self._connections()}\r\n".encode()

    def unknown(self) -> bytes:
        """Return a property of a newer firmware."""
        return b"CHG /MEDIA/VIDEO/O1.HdrMode=auto\r\n"

    def meddle(self) -> None:
        """Let somebody else switch."""
        output = self._chance.randrange(len(self._routes()))
        self._routes()[output] = self._chance.randint(1, int(str(self.facts["inputs"])))
        self._spread()

    def _spread(self) -> None:
        tree = str(self.facts["tree"])
        for client, paths in self._opened.items():
            if any(tree == path or tree.startswith(f"{path.removesuffix('*')}") for path in paths):
                self.crowd.outbox.append((client, self.news()))

    def _properties(self) -> dict[str, str]:
        facts, tree = self.facts, self.facts["tree"]
        return {
            "/.ProductName": str(facts["model"]),
            "/.SerialNumber": str(facts["serial"]),
            "/.FirmwareVersion": str(facts["firmware"]),
            f"{tree}.SourcePortCount": str(facts["inputs"]),
            f"{tree}.DestinationPortCount": str(facts["outputs"]),
            f"{tree}.DestinationConnectionList": self._connections(),
        }

    def _get(self, path: str) -> list[str]:
        told = self._properties()
        node = path.removesuffix(".*")
        if path in told:
            return [f"pr {path}={escape(told[path])}"]
        if path != node:
            return [f"pr {name}={escape(value)}" for name, value in told.items() if name.rpartition(".")[0] == node]
        children = sorted({name.rpartition(".")[0] for name in told if name.startswith(path.rstrip("/") + "/")})
        if not children and path != self.facts["tree"]:
            return [f"{'pE' if '.' in path else 'nE'} {path} %E002:Not exists"]
        methods = [f"m- {path}:{name}" for name in self._methods] if path == self.facts["tree"] else []
        return [*(f"n- {child}" for child in children if child), *methods]

    def _set(self, path: str, _value: str) -> list[str]:
        if path in self._properties():
            return [f"pE {path} %E006:Illegal operation"]
        return [f"pE {path} %E002:Not exists"]

    def _call(self, path: str, text: str) -> list[str]:
        node, _, method = path.partition(":")
        try:
            self._act(node, method)(text)
        except Refused as error:
            return [f"mE {path} %{error}:{_MESSAGES[str(error)]}"]
        return [f"mO {path}"]

    def _act(self, node: str, method: str) -> Callable[[str], None]:
        if self.facts["standby"]:
            raise Refused("E012")
        if node == self.facts["tree"] and method in self._methods:
            return self._methods[method]
        if node == _AVC and method == "load":
            return self._load
        if node.startswith(f"{_MX2}/") and method == "load":
            return lambda _: self._load(node.removeprefix(f"{_MX2}/"))
        raise Refused("E002")

    def _open(self, client: int, path: str, _value: str) -> list[str]:
        if path.rstrip("*") != "/" and not any(name.startswith(path.rstrip("*")) for name in self._properties()):
            return [f"nE {path} %E002:Not exists"]
        self._opened.setdefault(client, set()).add(path)
        return [f"o- {path}"]

    def _close(self, client: int, path: str, _value: str) -> list[str]:
        self._opened.get(client, set()).discard(path)
        return [f"c- {path}"]

    def _switch(self, text: str) -> None:
        pairs = [_ROUTE.fullmatch(word) for word in text.split(";")]
        wishes = [(int(pair[1] or 0), self._output(pair[2])) for pair in pairs if pair]
        if len(wishes) != len(pairs) or any(source > int(str(self.facts["inputs"])) for source, _ in wishes):
            raise Refused("E004")
        if any(self._locks()[output - 1] for _, output in wishes):
            raise Refused("E007")
        for source, output in wishes:
            self._routes()[output - 1] = source

    def _set_lock(self, text: str, *, held: bool) -> None:
        found = _OUTPUT.fullmatch(text)
        if found is None:
            raise Refused("E004")
        self._locks()[self._output(found[1]) - 1] = held

    def _load(self, name: str) -> None:
        presets = self.facts["presets"]
        kept = presets.get(name) if isinstance(presets, dict) else None
        if kept is None:
            raise Refused("E004")
        self.facts["routing"] = list(kept)
        self.fit()

    def _output(self, text: str) -> int:
        if not 1 <= int(text) <= len(self._routes()):
            raise Refused("E004")
        return int(text)

    def _connections(self) -> str:
        return ";".join(f"I{source}" if source else "0" for source in self._routes())

    def _routes(self) -> list[int]:
        routes = self.facts["routing"]
        return routes if isinstance(routes, list) else []

    def _locks(self) -> list[bool]:
        locks = self.facts["locked"]
        return locks if isinstance(locks, list) else []


def _wrapped(signature: str, lines: Sequence[str]) -> bytes:
    inside = [f"{{{signature}", *lines, "}"] if signature else lines
    return "".join(f"{line}\r\n" for line in inside).encode()


def crosspoint(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a matrix in this state."""
    return TextMachine(Crosspoint(clock, seed), options)
