"""An emulated Pelco-D camera: it obeys and says nothing, but to the queries for its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.codecs.pelco_d import (
    CALL_PRESET,
    CLEAR_PRESET,
    DOWN,
    FAR,
    LEFT,
    NEAR,
    QUERIES,
    RIGHT,
    SET_PRESET,
    TELE,
    UP,
    WIDE,
    Decoder,
    Frame,
)
from drivers.devices.pelco_d import Options, PelcoD
from drivers.emulators.plain import Plain
from drivers.model import Clock

_RATE = 0.8
"""Degrees a second at each unit of speed."""
_ZOOM_RATE = 15.0
_TURN = 360.0


class Dome(Plain[Frame]):
    """One camera; its place changes with the clock while it moves."""

    family = "pelco_d"
    ending = b""

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        super().__init__(
            {"id": 1, "pan": 0.0, "tilt": 0.0, "zoom": 0.0, "focusing": 0, "presets": "", "moves": 0},
            decoder=Decoder,
            seed=seed,
        )
        self._clock = clock
        self._since = clock.mono()
        self._speed = {"pan": 0.0, "tilt": 0.0, "zoom": 0.0}
        self._presets: dict[int, tuple[float, float, float]] = {}
        self.load({key: value for key, value in options.items() if key != "presets"})
        self.remote = PelcoD(Options(id=int(self.number("id"))))
        self.stranger = {"pan": 123.0}

    def acts(self, request: Frame) -> bool:
        """Return whether it is more than a question."""
        return request.second not in QUERIES

    def answer(self, _client: int, request: Frame) -> Sequence[bytes]:
        """Obey; only a query for the position is answered."""
        if request.address != int(self.number("id")):
            return []
        self._settle()
        if request.second in QUERIES:
            return [self._told(request.second).encode()]
        if request.second & 1:
            self._extended(request)
            return []
        self._drive(request)
        return []

    def refuse(self, _request: Frame) -> Sequence[bytes]:
        """Say nothing."""
        return []

    def state(self) -> dict[str, object]:
        """Return the facts, with its place now."""
        self._settle()
        moves = int(any(self._speed.values()))
        return {**super().state(), "presets": ",".join(map(str, sorted(self._presets))), "moves": moves}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError for what is no state of a camera."""
        super().load({key: value for key, value in state.items() if key != "presets"})
        if not state.get("moves", 1):
            self._speed = dict.fromkeys(self._speed, 0.0)

    def news(self) -> bytes:
        """Return its pan, as if asked."""
        return self._told(0x51).encode()

    def unknown(self) -> bytes:
        """Return an answer that no query has."""
        return Frame(int(self.number("id")), 0, 0x6F, 1, 2).encode()

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame with a wrong sum."""
        return frame[:-1] + bytes([frame[-1] ^ 0x5A])

    def meddle(self) -> None:
        """Let somebody turn it."""
        self.facts["pan"] = (self.number("pan") + 10) % _TURN

    def tell(self, data: bytes) -> str:
        """Return it in hexadecimal."""
        return data[:64].hex(" ")

    def _settle(self) -> None:
        """Bring its place up to date."""
        now = self._clock.mono()
        passed, self._since = now - self._since, now
        self.facts["pan"] = (self.number("pan") + self._speed["pan"] * passed) % _TURN
        self.facts["tilt"] = min(max(self.number("tilt") + self._speed["tilt"] * passed, -90.0), 30.0)
        self.facts["zoom"] = min(max(self.number("zoom") + self._speed["zoom"] * passed, 0.0), 100.0)

    def _drive(self, frame: Frame) -> None:
        def way(less: int, more: int) -> int:
            return bool(frame.second & more) - bool(frame.second & less)

        self._speed = {
            "pan": way(LEFT, RIGHT) * frame.pan * _RATE,
            "tilt": way(DOWN, UP) * frame.tilt * _RATE,
            "zoom": way(WIDE, TELE) * _ZOOM_RATE,
        }
        self.facts["focusing"] = bool(frame.second & FAR) - bool(frame.first & NEAR)

    def _extended(self, frame: Frame) -> None:
        place = (self.number("pan"), self.number("tilt"), self.number("zoom"))
        if frame.second == SET_PRESET:
            self._presets[frame.tilt] = place
        elif frame.second == CLEAR_PRESET:
            self._presets.pop(frame.tilt, None)
        elif frame.second == CALL_PRESET and frame.tilt in self._presets:
            self._speed = dict.fromkeys(self._speed, 0.0)
            self.facts["pan"], self.facts["tilt"], self.facts["zoom"] = self._presets[frame.tilt]

    def _told(self, query: int) -> Frame:
        hundredths = {
            0x51: round(self.number("pan") * 100),
            0x53: round(self.number("tilt") % _TURN * 100),
            0x55: round(self.number("zoom") / 100 * 0xFFFF),
        }
        value = hundredths[query] & 0xFFFF
        return Frame(int(self.number("id")), 0, QUERIES[query], value >> 8, value & 255)
