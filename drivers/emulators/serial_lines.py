"""Serial instruments behind a raw TCP converter: a weather station that speaks NMEA, a level gauge that is asked."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from drivers.codecs.checksums import CHECKSUMS
from drivers.errors import BadCommand
from drivers.model import Arg, Clock

Values = Mapping[str, float]
FAULTS = ("garbled", "partial", "checksum", "silent", "baud", "late", "invalid")
"""Flipped bits, half a frame, a wrong checksum, nothing, another baud rate, a late answer, "I have no value"."""
_LOGGED = 200
_MOST_ASKED = 256
_KNOTS = 1.943_844
_INCHES = 0.029_53


@dataclass(frozen=True, slots=True)
class Kind:
    """One make of instrument: what it measures, what it says, and what it is asked (nothing: it speaks by itself)."""

    values: Values
    frames: Callable[[Values, bool], Sequence[bytes]]
    ask: bytes = b""


def sentence(text: str) -> bytes:
    """Return an NMEA 0183 sentence with its checksum."""
    raw = text.encode("ascii")
    return b"$%b*%02X\r\n" % (raw, CHECKSUMS["xor8"].of(raw))


def _weather(of: Values, valid: bool) -> Sequence[bytes]:  # noqa: FBT001 - the shape of a Kind's frames
    """Write wind (MWV) and the meteorological composite (MDA); without a value the fields are empty."""
    wind = f"{of['direction']:.0f},R,{of['speed']:.1f},M,A" if valid else ",R,,M,V"
    air = f"{of['temperature']:.1f},C,,,{of['humidity']:.1f},,," if valid else ",C,,,,,,"
    pressure = f"{of['pressure'] * _INCHES:.4f},I,{of['pressure'] / 1000:.4f},B" if valid else ",I,,B"
    true = f"{of['direction']:.1f},T,,M,{of['speed'] * _KNOTS:.1f},N,{of['speed']:.1f},M" if valid else ",T,,M,,N,,M"
    return [sentence(f"WIMWV,{wind}"), sentence(f"WIMDA,{pressure},{air},{true}")]


def _level(of: Values, valid: bool) -> Sequence[bytes]:  # noqa: FBT001 - the shape of a Kind's frames
    level = f"{of['level']:+07.3f}" if valid else ""
    body = f"LVL={level} m;T={of['temperature']:+05.1f} C;Q={'OK' if valid else 'ERR'}".encode("ascii")
    return [b"%b;%04X\r\n" % (body, CHECKSUMS["crc16-ccitt"].of(body))]


KINDS: Mapping[str, Kind] = {
    "weather": Kind(
        {"direction": 120.0, "speed": 3.4, "temperature": 27.5, "humidity": 81.0, "pressure": 1009.0}, _weather
    ),
    "level": Kind({"level": 2.345, "temperature": 26.5}, _level, b"READ?\r\n"),
}


class Instrument:
    """One instrument; whoever connects to its converter hears it."""

    def __init__(self, name: str, kind: str, *, clock: Clock, every: float = 1.0, seed: int = 0) -> None:
        self.name = name
        self.log: deque[str] = deque(maxlen=_LOGGED)
        self._kind = KINDS[kind]
        self._values = dict(self._kind.values)
        self._clock, self._every = clock, every
        self._random = random.Random(seed)
        self._faults: dict[str, Mapping[str, float]] = {}
        self._said = 0
        self._server: asyncio.Server | None = None
        self._port = 0
        self._off = asyncio.Event()
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen on `port` (0: the one of before, or any free one) and return it; raise OSError when it is taken."""
        self._off.clear()
        self._server = await asyncio.start_server(self._talk, host, port or self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    async def stop(self) -> None:
        """Be switched off."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        self._off.set()
        for writer in self._talks.values():
            writer.transport.abort()
        await asyncio.gather(*self._talks)

    def state(self) -> Mapping[str, object]:
        """Return what it measures, and which faults it has."""
        return {**self._values, "faults": {name: dict(params) for name, params in self._faults.items()}}

    def load(self, state: Mapping[str, object]) -> None:
        """Measure these values from now on; raise KeyError for what it does not measure, TypeError for no number."""
        for name, value in state.items():
            if name == "faults":
                continue
            if name not in self._values:
                raise KeyError(f"{self.name} does not measure {name!r}; it measures {', '.join(self._values)}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name} is a number, not {value!r}")
            self._values[name] = float(value)

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """It has no buttons."""
        raise BadCommand(f"{self.name} has no button for {verb} {dict(args)}")

    def inject(self, fault: str, **params: object) -> None:
        """Have a fault: every `nth` frame (1: all of them), `seconds` for `late`; raise KeyError for another one."""
        if fault not in FAULTS:
            raise KeyError(f"{self.name} has no fault {fault!r}; it has {', '.join(FAULTS)}")
        given = {key: value for key, value in params.items() if isinstance(value, int | float)}
        strange = set(params) - ({"nth", "seconds"} & set(given))
        if strange:
            raise ValueError(f"{fault} has no {', '.join(sorted(strange))}; it has nth and seconds, which are numbers")
        self._faults[fault] = {"nth": 1, "seconds": 0.5} | given

    def clear(self) -> None:
        """Behave again."""
        self._faults.clear()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it is one
        self._talks[task] = writer
        try:
            with suppress(OSError):
                await (self._answer(reader, writer) if self._kind.ask else self._speak(writer))
        finally:
            del self._talks[task]
            writer.transport.abort()

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            await self._say(writer)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._off.wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = b""
        while data := await reader.read(_MOST_ASKED):
            heard = (heard + data)[-_MOST_ASKED:]
            while self._kind.ask in heard:
                heard = heard.partition(self._kind.ask)[2]
                await self._say(writer)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        self._said += 1
        late = self._struck("late")
        if late is not None:
            await self._clock.sleep(late["seconds"])
        if self._struck("silent") is not None:
            return
        for frame in self._kind.frames(self._values, self._struck("invalid") is None):
            said = self._spoil(frame)
            self.log.append(repr(said))
            writer.write(said)
        await writer.drain()

    def _struck(self, fault: str) -> Mapping[str, float] | None:
        params = self._faults.get(fault)
        return params if params is not None and self._said % max(1, int(params["nth"])) == 0 else None

    def _spoil(self, frame: bytes) -> bytes:
        if self._struck("baud") is not None:
            # Sampled at half the rate a character is two of noise, with the high bit set and never a line's end.
            return bytes(0x80 | self._random.randrange(0x80) for _ in range(2 * len(frame)))
        if self._struck("partial") is not None:
            return frame[: len(frame) // 2]
        if self._struck("garbled") is not None:
            at = self._random.randrange(len(frame) - 2)
            return frame[:at] + bytes([frame[at] ^ 1 << self._random.randrange(7)]) + frame[at + 1 :]
        if self._struck("checksum") is not None:
            digit = b"1" if frame[-3:-2] != b"1" else b"2"
            return frame[:-3] + digit + frame[-2:]
        return frame
