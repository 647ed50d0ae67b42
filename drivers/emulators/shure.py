"""An emulated Shure audio processor: command strings, channels with gain and mute, presets, reports to everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drivers.codecs.named import table
from drivers.codecs.shure import HIGHEST, LOWEST, ZERO, Decoder, Words
from drivers.devices.shure import DEVICE_MUTE, GAIN, MUTE, PRESET, Options, Shure
from drivers.driver import Driver
from drivers.emulators.plain import Plain
from drivers.model import Clock

_FACTS: Mapping[str, object] = {
    "model": "P300-IMX", "serial": "4201A53180", "firmware": "4.4.6.0", "name": "Semarak", "size": 20, "mute": "OFF",
    "preset": 1, "presets": True, "channels": "podium=1; hall=17", "gains": "", "mutes": "", "meter_rate": 0,
}  # fmt: skip
_TOLD = {"MODEL": "model", "SERIAL_NUM": "serial", "FW_VER": "firmware", "DEVICE_ID": "name"}
_ERROR = Words("REP", None, "ERR")


class Processor(Plain[Words]):
    """One processor; `gains` and `mutes` in its state are the channels that differ from 0 dB and from OFF."""

    family = "shure"
    most_clients = 8
    ending = b">"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # it does everything at once
        super().__init__(_FACTS, decoder=Decoder, seed=seed)
        self._channels: dict[tuple[int, str], str] = {}
        self.load(options)
        self.remote: Driver = Shure(Options(channels=self.text("channels")))
        self.stranger = {"model": "MXA910", "serial": "0000000000"}

    def acts(self, request: Words) -> bool:
        """Return whether the string sets something."""
        return request.verb == "SET"

    def answer(self, client: int, request: Words) -> Sequence[bytes]:
        """Report what is asked, set what is wished and report it to everybody else too."""
        if request.verb == "GET":
            return [words.encode() for words in self._get(request)]
        reports = self._set(request) if request.verb == "SET" else [_ERROR]
        for words in reports:
            if words is not _ERROR:
                self.spread(words.encode(), [other for other in self.inboxes if other != client])
        return [words.encode() for words in reports]

    def refuse(self, _request: Words) -> Sequence[bytes]:
        """Report an error."""
        return [_ERROR.encode()]

    def restart(self) -> None:
        """Come up with its last preset's values."""
        self._channels.clear()

    def state(self) -> dict[str, object]:
        """Return the facts, and the channels that have been set."""
        told = {GAIN: "gains", MUTE: "mutes"}
        texts = {fact: ";".join(f"{n}={v}" for (n, what), v in sorted(self._channels.items()) if what == parameter)
                 for parameter, fact in told.items()}  # fmt: skip
        return {**self.facts, **texts}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError for what is no state."""
        super().load({key: value for key, value in state.items() if key not in ("gains", "mutes")})
        for fact, parameter in (("gains", GAIN), ("mutes", MUTE)):
            if fact in state:
                self._channels = {key: value for key, value in self._channels.items() if key[1] != parameter}
                pairs = [entry.partition("=") for entry in str(state[fact]).split(";") if entry]
                self._channels |= {(int(number), parameter): value for number, _, value in pairs}

    def news(self) -> bytes:
        """Report the device's mute, unasked."""
        return Words("REP", None, DEVICE_MUTE, self.text("mute")).encode()

    def unknown(self) -> bytes:
        """Report a parameter of newer firmware, and a sample of meters."""
        return Words("REP", None, "HOLOGRAM", "ON").encode() + b"< SAMPLE 000 012 >"

    def meddle(self) -> None:
        """Let somebody turn a knob."""
        channel = self.chance.choice([int(address) for address in table(self.text("channels")).values()])
        self.answer(0, Words("SET", channel, GAIN, f"{self.chance.randrange(500, ZERO):04d}"))

    def _get(self, request: Words) -> list[Words]:
        if request.channel is None:
            return [self._device(request.parameter)]
        if request.parameter not in (GAIN, MUTE) or not 0 <= request.channel <= int(self.number("size")):
            return [_ERROR]
        every = range(1, int(self.number("size")) + 1) if request.channel == 0 else [request.channel]
        return [Words("REP", n, request.parameter, self._value(n, request.parameter)) for n in every]

    def _device(self, parameter: str) -> Words:
        if parameter in _TOLD:
            return Words("REP", None, parameter, "{" + f"{self.text(_TOLD[parameter]):<25}" + "}")
        if parameter == DEVICE_MUTE:
            return Words("REP", None, parameter, self.text("mute"))
        if parameter == PRESET and self.facts["presets"]:
            return Words("REP", None, parameter, f"{int(self.number('preset')):02d}")
        return (
            Words("REP", None, parameter, f"{int(self.number('meter_rate')):05d}")
            if parameter == "METER_RATE"
            else _ERROR
        )

    def _set(self, request: Words) -> list[Words]:
        if request.channel is None:
            return [self._set_device(request)]
        if not 1 <= request.channel <= int(self.number("size")):
            return [_ERROR]
        value = self._wished(request)
        if value is None:
            return [_ERROR]
        self._channels[request.channel, request.parameter] = value
        return [Words("REP", request.channel, request.parameter, value)]

    def _wished(self, request: Words) -> str | None:
        """Return the value that a channel's parameter comes to, or None for what cannot be."""
        before = self._value(request.channel or 0, request.parameter)
        if request.parameter == MUTE:
            return _switched(before, request.value)
        step, _, by = request.value.partition(" ")
        if request.parameter != GAIN:
            return None
        if step in ("INC", "DEC") and by.isdecimal():
            wanted = int(before) + (int(by) if step == "INC" else -int(by))
            return f"{min(max(wanted, LOWEST), HIGHEST):04d}"
        return f"{int(step):04d}" if step.isdecimal() and not by and LOWEST <= int(step) <= HIGHEST else None

    def _set_device(self, request: Words) -> Words:
        if request.parameter == DEVICE_MUTE:
            switched = _switched(self.text("mute"), request.value)
            self.facts["mute"] = switched or self.facts["mute"]
            return self._device(DEVICE_MUTE) if switched else _ERROR
        number = int(request.value) if request.value.isdecimal() else -1
        if request.parameter == PRESET and self.facts["presets"] and 1 <= number <= 10:
            self.facts["preset"] = number
            return self._device(PRESET)
        if request.parameter == "METER_RATE" and (number == 0 or 100 <= number <= 99_999):
            self.facts["meter_rate"] = number
            return self._device("METER_RATE")
        return _ERROR

    def _value(self, channel: int, parameter: str) -> str:
        return self._channels.get((channel, parameter), f"{ZERO}" if parameter == GAIN else "OFF")


def _switched(before: str, wish: str) -> str | None:
    if wish == "TOGGLE":
        return "OFF" if before == "ON" else "ON"
    return wish if wish in ("ON", "OFF") else None
