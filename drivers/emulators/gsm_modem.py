"""An emulated GSM modem: AT commands, a SIM with a PIN, a network that takes messages, reports them and brings some."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from drivers.capability import check
from drivers.codecs.at_modem_sms import Part, deliver, report, segments, submission
from drivers.driver import Driver, Reply
from drivers.driver import Request as Sent
from drivers.emulators.emulator import REMOTE
from drivers.errors import ProtocolError
from drivers.model import Clock, Command

READY, PIN, PUK, ABSENT = "ready", "pin", "puk", "absent"
_TRIES = 3
_KEPT = 200
_DEFAULTS: Mapping[str, object] = {
    "serial": "867962040000017", "sim": READY, "code": "1234", "tries": _TRIES, "network": 1, "signal": 18,
    "error": 0, "echo": 1, "stubborn_echo": 0, "reports": 1, "knows_tries": 1, "reference": 0, "capacity": 20,
}  # fmt: skip
_SIM_SAYS = {READY: "+CPIN: READY", PIN: "+CPIN: SIM PIN", PUK: "+CPIN: SIM PUK"}
_OK, _ERROR = b"\r\nOK\r\n", b"\r\nERROR\r\n"
_ENDS = re.compile(rb"([^\r\x1a\x1b]*)([\r\x1a\x1b])")


@dataclass(frozen=True, slots=True)
class Asked:
    """A command line, or the PDU that one has asked for."""

    text: str
    is_pdu: bool = False


class _Telephone:
    """Somebody's telephone: `sms` sends the text to the modem, from the number `to`."""

    def hello(self) -> Sequence[Sent]:
        return []

    def poll(self) -> Sequence[Sent]:
        return []

    def verify(self, _command: Command) -> Sequence[Sent]:
        return []

    def feed(self, _data: bytes) -> Sequence[Reply]:
        return []

    def request(self, command: Command) -> Sequence[Sent]:
        """Return the text as the modem's own network has it; raise BadCommand."""
        check(command.verb, command.args)
        text = str(command.args["text"]).replace("\r", "\n")
        return [Sent(f"{command.args['to']} {text}\r".encode(), "")]


class Modem:
    """One modem on one line."""

    family = "gsm_modem"
    most_clients = 1
    idle = 0.0
    ending = b"\r\n"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._seed = seed
        self._facts = dict(_DEFAULTS)
        self._rests: dict[int, bytes] = {}
        self._awaited = 0
        self._unasked: list[bytes] = []
        self._notify = (0, 0)
        self._stored: dict[int, bytes] = {}
        self.sent: list[dict[str, object]] = []
        """Every message that the network has taken: number, text, part."""
        self.expelled: set[int] = set()
        self.remote: Driver = _Telephone()
        self.stranger: Mapping[str, object] = {"serial": "990000862471854"}
        self._commands: Mapping[str, Callable[[str], bytes]] = {
            "": lambda _: _OK, "E0": lambda _: self._echoes(0), "E1": lambda _: self._echoes(1),
            "+CMEE=1": lambda _: _OK, "+CMGF=0": lambda _: _OK, "+CGSN": lambda _: self._line(self._facts["serial"]),
            "+CSQ": lambda _: self._line(f"+CSQ: {self._facts['signal']},99"),
            "+CREG?": lambda _: self._line(f"+CREG: 0,{self._facts['network']}"),
            "+CPIN?": lambda _: self._sim(), "+CPINR": lambda _: self._retries(), "+CMGL=4": lambda _: self._listed(),
        }  # fmt: skip
        self._with_text: Mapping[str, Callable[[str], bytes]] = {
            "+CPIN=": self._enter, "+CNMI=": self._notified, "+CMGS=": self._begin, "+CMGD=": self._delete,
        }  # fmt: skip
        self.load({"code" if key == "pin" else key: value for key, value in options.items()})

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing: nobody hears a cable being plugged in."""
        self._rests[client] = b""
        return []

    def leave(self, client: int) -> None:
        """Forget what was half said."""
        self._rests.pop(client, None)

    def hear(self, client: int, data: bytes) -> Sequence[Asked]:
        """Return the lines and PDUs that `data` completes; what is broken off is forgotten."""
        data = self._rests.get(client, b"") + data
        found, at = [], 0
        for match in _ENDS.finditer(data):
            at = match.end()
            text = match[1].decode("ascii" if client != REMOTE else "utf-8", "replace").strip()
            if match[2] == b"\x1b":
                self._awaited = 0
            elif text:
                found.append(Asked(text if client != REMOTE else f"#{text}", match[2] == b"\x1a"))
        if client in self._rests:
            self._rests[client] = data[at:][-1_024:]
        return found

    def acts(self, request: Asked) -> bool:
        """Return whether it is a message."""
        return request.is_pdu

    def answer(self, _client: int, request: Asked) -> Sequence[bytes]:
        """Do what the line says; one that is no command is garbage to a modem."""
        if request.text.startswith("#"):
            self.receive(*request.text[1:].split(" ", 1))
            return []
        echo = f"{request.text}\r".encode() if self._facts["echo"] or self._facts["stubborn_echo"] else b""
        if request.is_pdu or self._awaited:
            return [echo + self._submit(request)]
        at = request.text.upper().rfind("AT")
        return [echo + self._do(request.text[at + 2 :])] if at >= 0 else []

    def receive(self, sender: str, text: str) -> None:
        """Let somebody send a text to the modem's own number."""
        at = self._clock.now() // 1_000_000_000
        parts = segments(text)
        for number, part in enumerate(parts, 1):
            if len(self._stored) >= int(str(self._facts["capacity"])):
                return
            place = next(n for n in range(1, 1_000) if n not in self._stored)
            numbered = Part(len(text) % 256, number, len(parts))
            self._stored[place] = deliver(sender, part, at=at, part=numbered)
            if self._notify[0]:
                self._unasked.append(f'\r\n+CMTI: "SM",{place}\r\n'.encode())

    def refuse(self, _request: Asked) -> Sequence[bytes]:
        """Return that the network does not take it now."""
        self._awaited = 0
        return [b"\r\n+CMS ERROR: 332\r\n"]

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return what the modem says unasked."""
        unasked, self._unasked = self._unasked, []
        return [(client, line) for client in self._rests for line in unasked]

    def listens(self) -> bool:
        """Return that the port is there."""
        return True

    def restarts(self) -> float:
        """Never by itself."""
        return 0.0

    def restart(self) -> None:
        """Come up with an echo, and with a locked SIM when it has a PIN."""
        self._awaited, self._notify = 0, (0, 0)
        self._facts["echo"] = 1

    def state(self) -> dict[str, object]:
        """Return the facts, what was sent, and what is stored."""
        stored = {str(place): pdu.hex() for place, pdu in self._stored.items()}
        return {**self._facts, "sent": [dict(each) for each in self.sent], "stored": stored}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError for what is no state."""
        for key, value in state.items():
            if key == "sent" and isinstance(value, list):
                self.sent = [dict(each) for each in value]
            elif key == "stored" and isinstance(value, Mapping):
                self._stored = {int(place): bytes.fromhex(str(pdu)) for place, pdu in value.items()}
            else:
                self._facts[key] = type(self._facts[key])(value)  # type: ignore[call-arg]  # a fact keeps its type

    def news(self) -> bytes:
        """Return that somebody calls."""
        return b"\r\nRING\r\n"

    def unknown(self) -> bytes:
        """Return what only another maker's firmware says."""
        return b'\r\n^HCSQ: "LTE",52,46,131,20\r\n'

    def spoil(self, frame: bytes) -> bytes:
        """Return it as it is: text has no checksum."""
        return frame

    def meddle(self) -> None:
        """Let the network move the modem to a weaker cell."""
        self._facts["signal"] = max(2, int(str(self._facts["signal"])) - 1)

    def tell(self, data: bytes) -> str:
        """Return the lines; a PIN is not shown."""
        text = data.decode("ascii", "replace").strip().replace("\r", " | ").replace("\n", "")
        return re.sub(r'(CPIN=)"\d+"', r"\1(PIN)", text)[:400]

    def _do(self, text: str) -> bytes:
        known = self._commands.get(text.upper())
        if known is not None:
            return known("")
        head, equals, rest = text.partition("=")
        change = self._with_text.get(head.upper() + equals)
        return change(rest) if change else _ERROR

    def _line(self, text: object) -> bytes:
        return f"\r\n{text}\r\n".encode() + _OK

    def _echoes(self, on: int) -> bytes:
        self._facts["echo"] = on
        return _OK

    def _sim(self) -> bytes:
        says = _SIM_SAYS.get(str(self._facts["sim"]))
        return self._line(says) if says else b"\r\n+CME ERROR: 10\r\n"

    def _retries(self) -> bytes:
        return self._line(f"+CPINR: SIM PIN,{self._facts['tries']},{_TRIES}") if self._facts["knows_tries"] else _ERROR

    def _enter(self, text: str) -> bytes:
        if self._facts["sim"] != PIN:
            return b"\r\n+CME ERROR: 3\r\n"
        if text.strip('"') == self._facts["code"]:
            self._facts |= {"sim": READY, "tries": _TRIES}
            return _OK
        self._facts["tries"] = int(str(self._facts["tries"])) - 1
        if not self._facts["tries"]:
            self._facts["sim"] = PUK
        return b"\r\n+CME ERROR: 16\r\n"

    def _notified(self, text: str) -> bytes:
        values = text.split(",")
        self._notify = (int(values[1]), int(values[3])) if len(values) >= 4 else (0, 0)
        return _OK

    def _begin(self, text: str) -> bytes:
        why = self._no_sending()
        if why:
            return f"\r\n+CMS ERROR: {why}\r\n".encode()
        self._awaited = int(text) if text.isdecimal() else 0
        return b"\r\n> " if self._awaited else b"\r\n+CMS ERROR: 304\r\n"

    def _no_sending(self) -> int:
        """Return the +CMS ERROR that keeps a message from being sent; 0: none does."""
        by_sim = {PIN: 311, PUK: 316, ABSENT: 310}.get(str(self._facts["sim"]), 0)
        return by_sim or int(str(self._facts["error"])) or (0 if self._facts["network"] in (1, 5) else 331)

    def _submit(self, request: Asked) -> bytes:
        wanted, self._awaited = self._awaited, 0
        try:
            pdu = bytes.fromhex(request.text)
            body = pdu[1 + pdu[0] :]
            taken = submission(body)
        except (ValueError, IndexError, ProtocolError):
            return b"\r\n+CMS ERROR: 304\r\n"
        if not request.is_pdu or len(body) != wanted:
            return b"\r\n+CMS ERROR: 304\r\n"
        reference = self._facts["reference"] = (int(str(self._facts["reference"])) + 1) % 256
        self.sent.append({"to": taken.to, "text": taken.text, "part": taken.part.number, "of": taken.part.total})
        del self.sent[:-_KEPT]
        if taken.report and self._notify[1] and self._facts["reports"]:
            arrived = report(reference, taken.to, at=self._clock.now() // 1_000_000_000, status=0)
            self._unasked.append(f"\r\n+CDS: {len(arrived) - 1}\r\n{arrived.hex().upper()}\r\n".encode())
        return self._line(f"+CMGS: {reference}")

    def _listed(self) -> bytes:
        stored = sorted(self._stored.items())
        lines = [f"\r\n+CMGL: {place},1,,{len(pdu) - 1}\r\n{pdu.hex().upper()}" for place, pdu in stored]
        return "".join(lines).encode() + (b"\r\n" if lines else b"") + _OK

    def _delete(self, text: str) -> bytes:
        self._stored.pop(int(text) if text.isdecimal() else 0, None)
        return _OK
