"""An emulated Control Room Proxy: perspectives that are loaded on displays, one over the other, and taken off again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.codecs.lines import Lines
from drivers.devices.barco_crp import Message, Options, Proxy, read
from drivers.driver import Driver
from drivers.emulators.text_machine import Crowd, TextMachine
from drivers.errors import ProtocolError, Refused
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "server": "BARCO@server01", "displays": ["Display"], "perspectives": ["Harian", "Banjir", "Rapat"],
    "shown": {"Display": ["Harian"]},
}  # fmt: skip


class Server:
    """One proxy; the last perspective of a display is on top."""

    family = "barco_crp"
    ending = b"\r\n"
    most_clients = 8
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        del clock  # a perspective is there at once
        self._chance = random.Random(seed)
        self.facts: dict[str, object] = {**_FACTS, "shown": {"Display": ["Harian"]}}
        self.crowd = Crowd()
        self.remote: Driver = Proxy(Options())
        self.stranger: Mapping[str, object] = {"server": "BARCO@other"}
        self._do: Mapping[str, Callable[[tuple[str, ...]], tuple[str, ...]]] = {
            "LoadPerspective": self._load,
            "UnloadPerspective": self._unload,
            "GetWindowListVersion3": self._windows,
        }

    def ears(self, client: int) -> Decoder[str]:
        """Return what finds lines."""
        del client
        return Lines()

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing."""
        del client
        return []

    def forget(self, client: int) -> None:
        """Remember nothing of a client."""

    def acts(self, request: str) -> bool:
        """Return whether it loads or takes off."""
        return "O:LoadPerspective" in request or "O:UnloadPerspective" in request

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Do it and answer under the same name with RE before it; what is no line is passed over."""
        del client
        try:
            asked = read(request)
        except ProtocolError:
            return []
        act = self._do.get(asked.operation)
        try:
            return [self._say(asked.operation, act(asked.arguments) if act else (), refused=act is None)]
        except Refused:
            return [self._say(asked.operation, (), refused=True)]

    def refuse(self, request: str) -> Sequence[bytes]:
        """Say NOK."""
        return [self._say(read(request).operation, (), refused=True)]

    def restart(self) -> None:
        """Come up with what it showed."""

    def fit(self) -> None:
        """Have a list of what is shown for every display."""
        displays, shown = self.facts["displays"], self.facts["shown"]
        if not isinstance(displays, list) or not isinstance(shown, dict):
            raise TypeError("displays is a list and shown a mapping")
        self.facts["shown"] = {str(display): list(shown.get(display, [])) for display in displays}

    def news(self) -> bytes:
        """Return an answer that another client is given."""
        return self._say("getPerspectiveList", tuple(self._list("perspectives")))

    def unknown(self) -> bytes:
        """Return an answer of a newer version."""
        return self._say("GetMood", ("calm",))

    def meddle(self) -> None:
        """Let somebody else load a perspective over what is there."""
        display = self._list("displays")[0]
        self._load((self._chance.choice(self._list("perspectives")), display))

    def _say(self, operation: str, arguments: tuple[str, ...], *, refused: bool = False) -> bytes:
        return Message(f"RE{operation}", arguments, refused).encode(str(self.facts["server"]))

    def _load(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        perspective, display = self._known(arguments)
        shown = self._shown()[display]
        self._shown()[display] = [*(name for name in shown if name != perspective), perspective]
        return ("OK",)

    def _unload(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        perspective, display = self._known(arguments)
        self._shown()[display] = [name for name in self._shown()[display] if name != perspective]
        return ("OK",)

    def _windows(self, arguments: tuple[str, ...]) -> tuple[str, ...]:
        if len(arguments) != 1 or arguments[0] not in self._shown():
            raise Refused("display")
        shown = self._shown()[arguments[0]]
        return tuple(f"PerspectiveWindow,{name},{n},0.0,0.0,960.0,600.0,{n}" for n, name in enumerate(shown, 1))

    def _known(self, arguments: tuple[str, ...]) -> tuple[str, str]:
        """Return perspective and display, which may come in either order where their names tell them apart."""
        if len(arguments) > 1 and arguments[0] in self._shown() and arguments[0] not in self._list("perspectives"):
            arguments = arguments[1::-1]
        if len(arguments) < 2 or arguments[0] not in self._list("perspectives") or arguments[1] not in self._shown():
            raise Refused("perspective or display")
        return arguments[0], arguments[1]

    def _shown(self) -> dict[str, list[str]]:
        shown = self.facts["shown"]
        return shown if isinstance(shown, dict) else {}

    def _list(self, name: str) -> list[str]:
        values = self.facts[name]
        return values if isinstance(values, list) else []


def proxy(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a proxy in this state."""
    return TextMachine(Server(clock, seed), options)
