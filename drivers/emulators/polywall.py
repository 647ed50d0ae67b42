"""An emulated Polywall: scenarios of which one plays; to a command it says nothing."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.codecs.lines import Lines
from drivers.devices.polywall import Options, Polywall
from drivers.driver import Driver
from drivers.emulators.text_machine import Crowd, TextMachine
from drivers.model import Clock

_BETWEEN = 5.0
_FACTS: Mapping[str, object] = {"room": "Hall", "scenarios": ["Harian", "Banjir", "Rapat"], "playing": "Harian"}
_PLAY = re.compile(r'xCommand Scenarios Scenario "([^"]+)" Play')
_STATUS = re.compile(r'xStatus Scenarios(?: "([^"]*)")?')


class Controller:
    """One controller; it passes over a scenario that comes within 5 s of the last."""

    family = "polywall"
    ending = b"\r\n"
    most_clients = 8
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self._played_at = -math.inf
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self.remote: Driver = Polywall(Options())
        self.stranger: Mapping[str, object] = {}

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
        """Return whether it is a command."""
        return request.startswith("xCommand")

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Tell the scenarios, or play one in silence."""
        del client
        play, status = _PLAY.fullmatch(request.strip()), _STATUS.fullmatch(request.strip())
        if play is not None and play[1] in self._scenarios() and self._clock.mono() - self._played_at >= _BETWEEN:
            self.facts["playing"], self._played_at = play[1], self._clock.mono()
        if status is None or (status[1] or self.facts["room"]) != self.facts["room"]:
            return []
        lines = [
            f'*s Scenarios Scenario "{name}" IsPlaying: {int(name == self.facts["playing"])}'
            for name in self._scenarios()
        ]
        return ["".join(f"{line}\r\n" for line in (*lines, "** end")).encode()]

    def refuse(self, _request: str) -> Sequence[bytes]:
        """Say nothing, and do nothing."""
        return []

    def restart(self) -> None:
        """Come up with what it played."""

    def fit(self) -> None:
        """Check that there are scenarios."""
        if not self._scenarios():
            raise ValueError("a Polywall has at least one scenario")

    def news(self) -> bytes:
        """Return nothing: it says nothing unasked."""
        return b""

    def unknown(self) -> bytes:
        """Return a line of a newer version."""
        return b'*s Mood "calm"\r\n'

    def meddle(self) -> None:
        """Let somebody at the Designer play another."""
        self.facts["playing"] = self._chance.choice(self._scenarios())

    def _scenarios(self) -> list[str]:
        scenarios = self.facts["scenarios"]
        return scenarios if isinstance(scenarios, list) else []


def controller(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[str]:
    """Return a controller in this state."""
    return TextMachine(Controller(clock, seed), options)
