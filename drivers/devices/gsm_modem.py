"""GSM modems that speak AT commands: text messages out with reports of delivery, text messages in, network and SIM."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import msgspec
from pydantic import BaseModel, Field

from drivers.capability import check, whole
from drivers.codecs.at_modem import (
    BUSY_CODES,
    CANCEL,
    SEND,
    Decoder,
    Final,
    Info,
    Pdu,
    Plain,
    Prompt,
    Word,
    fields,
    number,
)
from drivers.codecs.at_modem_sms import Incoming, StatusReport, incoming, number_field, submits
from drivers.codecs.inbox import Inbox
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Command, Name, PointKind

NEWS, PROMPTED, SUBMITTED = "news", "prompt", "submitted"
PROMPT_PATIENCE_S, NETWORK_PATIENCE_S = 5.0, 60.0
SIM_STATES = {"READY": "ready", "SIM PIN": "pin", "SIM PUK": "puk"}
SIM_ERRORS = {10: "absent", 11: "pin", 12: "puk", 13: "failed", 14: "busy", 15: "wrong"}
NETWORK_STATES = ("none", "home", "searching", "denied", "unknown", "roaming")
"""The registration of +CREG (27.007, 7.2)."""
NO_SIGNAL = 99
MOST_REFERENCES, MOST_PARTED = 64, 8


class Options(Strict):
    """What a site file may say about a modem beside its link."""

    pin: Annotated[str, Field(pattern=r"^(\d{4,8})?$")] = ""
    """The SIM's PIN; it is entered only while all tries are left, so that a wrong one never blocks the SIM."""
    expect_serial: Annotated[str, Field(pattern=r"^(\d{15})?$")] = ""
    """The IMEI that must answer before anything is sent."""


class GsmModem:
    """One conversation with one modem."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._inbox = Inbox[Word, Reply](Decoder(), self._replies)
        self._sim = ""
        self._set_up = False
        self._retries: tuple[int, int] | None = None
        self._entered = False
        self._line: Info | None = None
        """The line whose PDU comes next."""
        self._number = 0
        self._sending = ""
        self._parts = 0
        self._accepted: list[int] = []
        self._fresh = False
        """+CMGS came, and its OK comes next."""
        self._messages: dict[int, str] = {}
        """Which message each reference of the modem belongs to."""
        self._parted: dict[tuple[str, int], dict[int, tuple[int, Incoming]]] = {}
        self._read: list[int] = []
        """Places of the memory whose messages are told and can be deleted."""
        self._info: Mapping[str, Callable[[str], list[Reply]]] = {
            "+CPIN": self._pin, "+CPINR": self._tries, "+CSQ": _signal, "+CREG": _network, "+CMGS": self._submitted,
        }  # fmt: skip

    def hello(self) -> Sequence[Request]:
        """Break off what an earlier talk had begun, and ask who it is and how its SIM is."""
        first = Request(CANCEL + b"ATE0\r", "echo")
        return [first, *(_ask(text) for text in ("AT+CMEE=1", "AT+CGSN", "AT+CPIN?"))]

    def poll(self) -> Sequence[Request]:
        """Unlock the SIM, or read signal, network and what has come; what was told is deleted."""
        if self._sim in ("pin", "puk"):
            return self._unlocking()
        known = [_ask("AT+CSQ"), _ask("AT+CREG?")]
        if self._sim != "ready":
            return [*known, _ask("AT+CPIN?")]
        set_up = [] if self._set_up else [_ask("AT+CMGF=0"), _ask("AT+CNMI=2,1,0,1,0")]
        self._set_up = True
        read, self._read = self._read, []
        return [*set_up, *known, *(_ask(f"AT+CMGD={place}") for place in read), _ask("AT+CMGL=4")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the PDUs of a text, each behind its command; raise BadCommand for what cannot be sent."""
        check(command.verb, command.args)
        if command.verb != "sms":
            raise BadCommand(f"a modem has no {command.verb}; it has sms")
        if self._sim not in ("ready", ""):
            raise BadCommand(f"the SIM is not ready: {self._sim}")
        to, text, valid = str(command.args["to"]), str(command.args["text"]), whole(command.args["valid"])
        try:
            number_field(to)
            self._number = (self._number + 1) % 256
            bodies = submits(to, text, reference=self._number, valid=valid)
        except ValueError as error:
            raise BadCommand(str(error)) from None
        self._sending, self._parts, self._accepted = str(command.args["message"]), len(bodies), []
        return [request for body in bodies for request in _submission(body)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: that the network has taken it is said at once."""
        return []

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; raise ProtocolError for what no modem says."""
        return self._inbox.feed(data)

    def _unlocking(self) -> Sequence[Request]:
        if self._retries is None:
            return [_ask("AT+CPINR")]
        self._entered = True
        return [_ask(f'AT+CPIN="{self._options.pin}"'), _ask("AT+CPIN?")]

    def _replies(self, said: Word) -> list[Reply]:
        if isinstance(said, Prompt):
            return [Reply(PROMPTED)]
        if isinstance(said, Final):
            self._line = None
            return self._ended(said)
        if isinstance(said, Pdu):
            line, self._line = self._line, None
            return [] if line is None else self._pdu(line, said.data)
        if isinstance(said, Plain):
            return [Reply(NEWS, {"serial": said.text})] if said.text.isdigit() else []
        self._line = said if said.name in ("+CMGL", "+CDS", "+CMT") else None
        read = self._info.get(said.name)
        return read(said.text) if read else []

    def _ended(self, said: Final) -> list[Reply]:
        if not said.error:
            if not self._fresh:
                return [Reply(None)]
            self._fresh = False
            whole = self._sending and len(self._accepted) % max(self._parts, 1) == 0
            return [Reply(SUBMITTED), *([Reply(NEWS, {"sent": self._sending})] if whole else [])]
        refusal = Reply(None, refused=Refusal(said.error, busy=said.code in BUSY_CODES))
        if self._sim in ("pin", "puk") and not said.network:
            return [self._locked(said)]
        if said.network or said.code not in SIM_ERRORS:
            return [refusal]
        self._sim = SIM_ERRORS[said.code]
        return [Reply(NEWS, {"sim": self._sim}), refusal]

    def _locked(self, said: Final) -> Reply:
        """Tell why the SIM stays locked: a guess too many would block it for good."""
        if self._entered:
            return Reply(None, denied="the SIM refuses the PIN; correct it, and unlock the SIM once with a telephone")
        return Reply(
            None, denied=f"the modem does not tell how many tries are left ({said.error}); take the PIN off the SIM"
        )  # fmt: skip

    def _pin(self, text: str) -> list[Reply]:
        self._sim = SIM_STATES.get(text, text.lower())
        values = Reply(NEWS, {"sim": self._sim})
        if self._sim == "puk":
            return [values, Reply(None, denied="the SIM wants its PUK; unlock it with a telephone")]
        if self._sim == "pin" and not self._options.pin:
            return [values, Reply(None, denied="the SIM wants its PIN; give it as option pin, or take it off the SIM")]
        return [values]

    def _tries(self, text: str) -> list[Reply]:
        values = fields(text)
        if values[0] != "SIM PIN":
            return []
        left, all_ = number(values, 1), number(values, 2) if len(values) > 2 else 3
        if left < all_:
            why = f"a wrong PIN was entered before ({left} tries are left); unlock the SIM once with a telephone"
            return [Reply(None, denied=why)]
        self._retries = (left, all_)
        return []

    def _submitted(self, text: str) -> list[Reply]:
        reference = number(fields(text), 0)
        self._fresh = True
        self._accepted.append(reference)
        while len(self._messages) >= MOST_REFERENCES:
            del self._messages[next(iter(self._messages))]
        self._messages[reference] = self._sending
        return []

    def _pdu(self, line: Info, data: bytes) -> list[Reply]:
        message = incoming(data)
        if isinstance(message, StatusReport):
            return self._arrived(message)
        place = number(fields(line.text), 0) if line.name == "+CMGL" else 0
        return self._came(place, message)

    def _arrived(self, report: StatusReport) -> list[Reply]:
        message = self._messages.get(report.reference, "")
        if report.state != "trying":
            self._messages.pop(report.reference, None)
        if message and report.state == "delivered" and self._more_of(message):
            return []
        told = {"message": message, "to": report.to, "state": report.state}
        return [Reply(NEWS, {"delivered": msgspec.json.encode(told).decode()})]

    def _more_of(self, message: str) -> bool:
        """Return whether parts of a message are still under way."""
        unsent = message == self._sending and len(self._accepted) < self._parts
        return unsent or message in self._messages.values()

    def _came(self, place: int, message: Incoming) -> list[Reply]:
        """Tell a message; one in parts when all are there, and they are deleted only then."""
        if message.part.total == 1:
            self._read.append(place)
            return [_received(message.sender, message.text, message.at)]
        key = (message.sender, message.part.reference)
        while key not in self._parted and len(self._parted) >= MOST_PARTED:
            gone = self._parted.pop(next(iter(self._parted)))
            self._read += [where for where, _ in gone.values()]
        parts = self._parted.setdefault(key, {})
        parts[message.part.number] = (place, message)
        if len(parts) < message.part.total:
            return []
        self._read += [where for where, _ in parts.values()]
        text = "".join(parts[number][1].text for number in sorted(parts))
        del self._parted[key]
        return [_received(message.sender, text, message.at)]


def _signal(text: str) -> list[Reply]:
    rssi = number(fields(text), 0)
    return [] if rssi == NO_SIGNAL else [Reply(NEWS, {"signal": -113 + 2 * rssi})]


def _network(text: str) -> list[Reply]:
    values = fields(text)
    state = number(values, 1 if len(values) > 1 else 0)
    word = NETWORK_STATES[state] if 0 <= state < len(NETWORK_STATES) else "unknown"
    return [Reply(NEWS, {"network": word})]


def _received(sender: str, text: str, at: int) -> Reply:
    told = msgspec.json.encode({"sender": sender, "text": text, "at": at}).decode()
    return Reply(NEWS, {"received": told})


def _ask(text: str) -> Request:
    return Request(text.encode() + b"\r", text.removeprefix("AT+"))


def _submission(body: bytes) -> list[Request]:
    """Return the command and its PDU behind the modem's own service centre (27.005, 4.3)."""
    return [
        Request(f"AT+CMGS={len(body)}\r".encode(), PROMPTED, patience=PROMPT_PATIENCE_S),
        Request(b"00" + body.hex().upper().encode() + SEND, SUBMITTED, patience=NETWORK_PATIENCE_S),
    ]


_POINTS = (
    PointSpec("signal", Name("Kuat sinyal", "Signal strength"), PointKind.NUMBER, "dBm"),
    PointSpec("network", Name("Jaringan", "Network")),
    PointSpec("sim", Name("Kartu SIM", "SIM card")),
    PointSpec("serial", Name("Nomor seri (IMEI)", "Serial number (IMEI)")),
    PointSpec("sent", Name("Pesan terakhir terkirim", "Last message sent")),
    PointSpec("received", Name("Pesan terakhir diterima", "Last message received")),
    PointSpec("delivered", Name("Laporan sampai terakhir", "Last report of delivery")),
)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return _POINTS


def _make(options: BaseModel) -> Driver:
    return GsmModem(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="gsm_modem",
    maker="any",
    models=("AT commands with SMS in PDU mode",),
    port=7000,
    options=Options,
    points=_points,
    verbs=("sms",),
    make=_make,
    poll_every=5.0,
    gap=0.05,
    identity=("serial",),
    sources={
        "commands": "3GPP TS 27.007 (V.250, +CPIN, +CPINR, +CSQ, +CREG, +CGSN), 27.005 (+CMGF, +CMGS, +CMGL, +CNMI)",
        "messages": "3GPP TS 23.040 and 23.038",
        "gap 0.05 s": "our own proposal",
    },
)
