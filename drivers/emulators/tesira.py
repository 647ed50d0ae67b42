"""An emulated Tesira server: telnet options, login, blocks with levels and mutes, presets, and subscriptions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from drivers.codecs.lines import Lines
from drivers.codecs.named import table
from drivers.codecs.tesira import WELCOME
from drivers.devices.tesira import Channel, Options, Tesira
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.emulators.plain import Plain
from drivers.model import Clock

ASKED = bytes.fromhex("fffd18fffd20fffd23fffd27")
"""What the server asks for on connect: terminal type, speed, X display and environment (RFC 1091, 1079, 1096, 1572)."""
LEAST, MOST = -100.0, 12.0
"""The range of a level block as it comes, in dB."""
_TAG = re.compile(r'"([^"]*)"|(\S+)')
_REFUSAL = re.compile(rb"\xff[\xfc\xfe](.)", re.DOTALL)
_FACTS: Mapping[str, object] = {
    "channels": "hall=Level1 1; podium=Level1 2; chair=Level2 1", "user": "default", "password": "", "negotiates": True,
    "serial": "03161712", "firmware": "3.5.0.12345", "hostname": "TesiraServer1", "presets": "1001 1002 1005",
    "names": "Rapat,Siaga", "last_preset": "", "level": "", "mute": "",
    "messages": "", "greets": True,
}  # fmt: skip
_ANSWERS = {"serialNumber": "serial", "version": "firmware", "hostname": "hostname"}


class TesiraServer(Plain[str]):
    """One server; `level` and `mute` in its state are the values that differ from 0 dB and from off."""

    family = "tesira"
    most_clients = 16
    ending = b"\r\n"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # it does everything at once
        super().__init__(_FACTS, decoder=Lines, seed=seed)
        self._values: dict[tuple[str, str, str], str] = {}
        self._labels: dict[int, dict[str, tuple[str, str, str]]] = {}
        self._pending: dict[int, int] = {}
        self._entered: dict[int, int] = {}
        self.load(options)
        self.remote: Driver = Tesira(Options(channels=self.text("channels")))
        self.stranger = {"serial": "09999999"}

    def greet(self, client: int) -> Sequence[bytes]:
        """Ask for telnet options first; nothing more is said before all are refused."""
        super().greet(client)
        self._labels[client], self._entered[client] = {}, 0 if self.facts["password"] else 3
        self._pending[client] = len(ASKED) // 3 if self.facts["negotiates"] else 0
        return [ASKED] if self._pending[client] else self._door()

    def leave(self, client: int) -> None:
        """Forget a client and its subscriptions."""
        super().leave(client)
        self._labels.pop(client, None)

    def hear(self, client: int, data: bytes) -> Sequence[str]:
        """Return the lines that `data` completes; an empty one stands for the last telnet option refused."""
        refused = len(_REFUSAL.findall(data))
        before = self._pending.get(client, 0)
        self._pending[client] = max(before - refused, 0)
        lines = list(super().hear(client, _REFUSAL.sub(b"", data)))
        return ["", *lines] if before and not self._pending[client] else lines

    def acts(self, request: str) -> bool:
        """Return whether the line changes something."""
        words = _words(request)
        return (
            len(words) > 1
            and (words[1] in ("set", "increment", "decrement", "toggle") or words[0] == "DEVICE")
            and (words[:2] not in (["SESSION", "set"], ["DEVICE", "get"]))
        )

    def answer(self, client: int, request: str) -> Sequence[bytes]:
        """Let a client in, or do what the line says; values that are subscribed to are told before the answer."""
        if client != REMOTE and self._pending.get(client):
            return []
        if not request:
            return self._door()
        if client != REMOTE and self._entered.get(client, 0) < 3:
            return self._log_in(client, request)
        verdict = self._do(client, _words(request))
        told = self.pushes()
        for number, message in told:
            self.spread(message, [number] if number != client else [])
        return [*(message for number, message in told if number == client), f"{verdict}\r\n".encode()]

    def refuse(self, request: str) -> Sequence[bytes]:
        """Return a general failure."""
        return [b"-GENERAL_FAILURE\r\n"] if request else []

    def restart(self) -> None:
        """Come up with the values of the design."""
        self._values.clear()

    def state(self) -> dict[str, object]:
        """Return the facts, and the values that have been set."""
        told = {what: ";".join(f"{t}/{i}={v}" for (t, a, i), v in self._values.items() if a == what)
                for what in ("level", "mute")}  # fmt: skip
        return {**self.facts, **told}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError for what is no state."""
        super().load({key: value for key, value in state.items() if key not in ("level", "mute")})
        for what in ("level", "mute"):
            if what in state:
                self._values = {key: value for key, value in self._values.items() if key[1] != what}
                self._values |= _values(what, str(state[what]))

    def news(self) -> bytes:
        """Return a published value that nobody here has asked for."""
        return b'! "publishToken":"nobody" "value":-100.000000\r\n'

    def unknown(self) -> bytes:
        """Return a published list, as newer firmware tells."""
        return b'! "publishToken":"faults" "value":[{"id":INDICATOR_NONE_IN_DEVICE "name":"No fault in device"}]\r\n'

    def meddle(self) -> None:
        """Let somebody turn a knob."""
        tag, index = self.chance.choice(self._blocks())
        self._put((tag, "level", index), f"{self.chance.randrange(-60, 0):.6f}")

    def _door(self) -> list[bytes]:
        banner = f"{WELCOME}...\r\n".encode()
        return [b"\r\nlogin: "] if self.facts["password"] else [b"\r\n" + banner]

    def _log_in(self, client: int, text: str) -> list[bytes]:
        if self._entered[client] == 0:
            self._entered[client] = 1 if text == self.facts["user"] else 2
            return [b"Password: "]
        if self._entered[client] == 1 and text == self.facts["password"]:
            self._entered[client] = 3
            return [b"\r\n" + f"{WELCOME}...\r\n".encode()]
        self._entered[client] = 0
        return [b"\r\nLogin incorrect\r\nlogin: "]

    def _do(self, client: int, words: list[str]) -> str:
        if len(words) < 2:
            return f"-ERR Parse error at {len(' '.join(words))}: not enough parameters supplied"
        if words[0] == "SESSION":
            return self._session(words[1:])
        if words[0] == "DEVICE":
            return self._device(words[1:])
        return self._block(client, words)

    def _session(self, words: list[str]) -> str:
        if words[:2] == ["get", "aliases"]:
            tags = sorted({f'"{tag}"' for tag, _ in self._blocks()} | {'"DEVICE"'})
            return f'+OK "list":[{" ".join(tags)}]'
        return "+OK" if words[0] == "set" and len(words) == 3 else "-ERR Parse error at 8: bad attribute"

    def _device(self, words: list[str]) -> str:
        if words[0] == "get" and words[-1] in _ANSWERS:
            return f'+OK "value":"{self.facts[_ANSWERS[words[-1]]]}"'
        presets = {"recallPreset": self.text("presets").split(), "recallPresetByName": self.text("names").split(",")}
        if words[0] in presets and len(words) == 2:
            if words[1] not in presets[words[0]]:
                return f"-ERR address not found: {{preset {words[1]}}}"
            self.facts["last_preset"] = words[1]
            return "+OK"
        return f"-ERR Parse error at 7: bad service {words[0]}"

    def _block(self, client: int, words: list[str]) -> str:
        tag, verb, *rest = words
        if tag not in {known for known, _ in self._blocks()}:
            return '-ERR address not found: {"deviceId":0 "classCode":0 "instanceNum":0}'
        if verb == "get" and rest[:1] and (told := self._design(tag, rest)):
            return told
        if len(rest) < 2:
            return f"-ERR Parse error at {len(' '.join(words))}: not enough parameters supplied"
        key = (tag, rest[0], rest[1])
        if (tag, rest[1]) not in self._blocks() or rest[0] not in ("level", "mute"):
            return f"-ERR Parse error at {len(tag) + len(verb) + 2}: bad attribute or index"
        act = {"get": self._get, "set": self._set, "toggle": self._toggle, "increment": self._step,
               "decrement": self._step}.get(verb)  # fmt: skip
        if act is not None:
            return act(key, [verb, *rest[2:]])
        return self._subscribe(client, key, [verb, *rest[2:]])

    def _design(self, tag: str, rest: list[str]) -> str:
        """Return what the design has fixed for a block and its channels; empty: it is none of that."""
        indexes = [index for known, index in self._blocks() if known == tag]
        whole = {"numChannels": str(max(int(index) for index in indexes)), "ganged": "false"}
        each = {"minLevel": f"{LEAST:.6f}", "maxLevel": f"{MOST:.6f}", "label": '""'}
        value = whole.get(rest[0]) if len(rest) == 1 else each.get(rest[0]) if rest[1] in indexes else None
        return "" if value is None else f'+OK "value":{value}'

    def _get(self, key: tuple[str, str, str], _words: list[str]) -> str:
        return f'+OK "value":{self._value(key)}'

    def _set(self, key: tuple[str, str, str], words: list[str]) -> str:
        if len(words) < 2:
            return "-ERR Parse error at 22: not enough parameters supplied"
        if key[1] == "mute":
            if words[1] not in ("true", "false"):
                return "-ERR Parse error at 20: bad boolean"
            self._put(key, words[1])
            return "+OK"
        level = _number(words[1])
        if not LEAST <= level <= MOST:
            return f"-ERR value out of range: {words[1]}"
        self._put(key, f"{level:.6f}")
        return "+OK"

    def _toggle(self, key: tuple[str, str, str], _words: list[str]) -> str:
        if key[1] != "mute":
            return "-ERR verb not supported for attribute"
        self._put(key, "false" if self._value(key) == "true" else "true")
        return "+OK"

    def _step(self, key: tuple[str, str, str], words: list[str]) -> str:
        by = _number(words[1]) if len(words) > 1 else math.nan
        if key[1] != "level" or math.isnan(by):
            return "-ERR verb not supported for attribute"
        wanted = float(self._value(key)) + (by if words[0] == "increment" else -by)
        self._put(key, f"{min(max(wanted, LEAST), MOST):.6f}")
        return "+OK"

    def _subscribe(self, client: int, key: tuple[str, str, str], words: list[str]) -> str:
        labels = self._labels.setdefault(client, {})
        label = words[1] if len(words) > 1 else ""
        if words[0] == "unsubscribe":
            return "+OK" if labels.pop(label, None) else "-ERR not subscribed"
        if words[0] != "subscribe":
            return f"-ERR Parse error at {len(key[0]) + 1}: bad verb {words[0]}"
        if label in labels:
            return "-ERR ALREADY_SUBSCRIBED"
        labels[label] = key
        self.spread(_published(label, self._value(key)), [client])
        return "+OK"

    def _blocks(self) -> list[tuple[str, str]]:
        channels = [Channel(address) for address in table(self.text("channels")).values()]
        return [(channel.tag.strip('"'), channel.index) for channel in channels]

    def _value(self, key: tuple[str, str, str]) -> str:
        return self._values.get(key, "false" if key[1] == "mute" else "0.000000")

    def _put(self, key: tuple[str, str, str], value: str) -> None:
        if self._value(key) == value:
            return
        self._values[key] = value
        for client, labels in self._labels.items():
            for label, wanted in labels.items():
                if wanted == key:
                    self.spread(_published(label, value), [client])


def _published(label: str, value: str) -> bytes:
    return f'! "publishToken":"{label}" "value":{value}\r\n'.encode()


def _words(text: str) -> list[str]:
    return [quoted or plain for quoted, plain in _TAG.findall(text)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _values(what: str, text: str) -> dict[tuple[str, str, str], str]:
    found = {}
    for entry in filter(None, text.split(";")):
        address, _, value = entry.partition("=")
        tag, _, index = address.rpartition("/")
        found[tag, what, index] = value
    return found
