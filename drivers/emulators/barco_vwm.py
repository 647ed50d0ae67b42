"""An emulated Video Wall Manager: a key, sessions that end, power and brightness in JSON."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.devices.barco_vwm import Options, UniSee
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.emulators.http_door import Asked, HttpEars, response
from drivers.emulators.text_machine import Crowd, TextMachine
from drivers.model import Clock

_FACTS: Mapping[str, object] = {"key": "", "power": "on", "brightness": 80, "lasts": 1800.0}
_JSON = "application/json"
_ROOT = "/api/v1/wall/"
_POWER = ("on", "idle", "standby")


class VideoWall:
    """One wall manager; a session is shared by every connection that shows its sid."""

    family = "barco_vwm"
    ending = b"\r\n"
    most_clients = 8
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self._until: dict[str, float] = {}
        self.remote: Driver = UniSee(Options())
        self.stranger: Mapping[str, object] = {}

    def ears(self, client: int) -> Decoder[Asked]:
        """Return what finds requests."""
        del client
        return HttpEars()

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing."""
        del client
        return []

    def forget(self, client: int) -> None:
        """Keep the sessions: they are not of a connection."""

    def acts(self, request: Asked) -> bool:
        """Return whether it sets anything."""
        return request.method == "POST" and request.target.startswith(_ROOT)

    def answer(self, client: int, request: Asked) -> Sequence[bytes]:
        """Answer in JSON; without a session that still lasts, 401."""
        if request.method == "POST" and request.target == "/api/v1/auth/key":
            return [self._enter(request)]
        if client != REMOTE and not self._inside(request):
            return [response(401)]
        name = request.target.removeprefix(_ROOT)
        if not request.target.startswith(_ROOT) or name not in ("power", "brightness"):
            return [response(404)]
        if request.method == "POST" and not self._set(name, _told(request.body).get(name)):
            return [response(400)]
        return [response(200, json.dumps({name: self.facts[name]}).encode(), kind=_JSON)]

    def refuse(self, _request: Asked) -> Sequence[bytes]:
        """Say that it is not to be had."""
        return [response(503)]

    def restart(self) -> None:
        """Come up without a session."""
        self._until.clear()

    def fit(self) -> None:
        """Check power and brightness."""
        if self.facts["power"] not in _POWER or not 0 <= int(str(self.facts["brightness"])) <= 100:
            raise ValueError(f"no power or brightness: {self.facts['power']!r}, {self.facts['brightness']!r}")

    def news(self) -> bytes:
        """Return nothing: HTTP says nothing unasked."""
        return b""

    def unknown(self) -> bytes:
        """Return nothing: HTTP says nothing unasked."""
        return b""

    def meddle(self) -> None:
        """Let somebody else change the brightness."""
        self.facts["brightness"] = self._chance.randint(10, 100)

    def _enter(self, request: Asked) -> bytes:
        told = _told(request.body)
        if told.get("type") != "REST" or told.get("key") != self.facts["key"]:
            return response(401)
        sid = self._chance.randbytes(12).hex()
        lasts = float(str(self.facts["lasts"]))
        self._until[sid] = self._clock.mono() + lasts
        return response(200, json.dumps({"sid": sid, "expiresIn": int(lasts)}).encode(), kind=_JSON)

    def _inside(self, request: Asked) -> bool:
        sid = request.headers.get("cookie", "").removeprefix("sid=")
        return self._until.get(sid, 0.0) > self._clock.mono()

    def _set(self, name: str, value: object) -> bool:
        if name == "power" and value in _POWER:
            self.facts["power"] = value
            return True
        if name == "brightness" and isinstance(value, int) and 0 <= value <= 100:
            self.facts["brightness"] = value
            return True
        return False


def _told(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def manager(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[Asked]:
    """Return a wall manager in this state."""
    return TextMachine(VideoWall(clock, seed), options)
