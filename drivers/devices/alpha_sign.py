"""LED text signs of the Alpha protocol (BetaBrite, Alpha): a text and a tone, one way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.alpha_sign import SPECIAL, TONE, WRITE_TEXT, Packet, encode, show
from drivers.codecs.named import known
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Arg, Command

MOST_LETTERS = 125
"""Letters of a text: what every file of every sign holds, the priority file too (9708-8061F, 6.1)."""
TONES: Mapping[str, str] = {"tone": "0", "beeps": "1"}


class Options(Strict):
    """Which signs are meant, and how they show a text."""

    address: Annotated[str, Field(pattern="^[0-9A-F]{2}$")] = "00"
    """The sign's address in hexadecimal; 00: every sign on the line."""
    kind: Annotated[str, Field(pattern="^[!-~]$")] = "Z"
    """The type code of the signs; Z: all types."""
    file: Annotated[str, Field(pattern="^[0-9A-Z]$")] = "A"
    """The text file that is written; 0 is the priority file, which hides all others until it is empty."""
    mode: Literal["rotate", "hold", "flash", "roll_up", "roll_left", "auto"] = "rotate"
    """How the text comes and stays."""
    colour: Literal["red", "green", "amber", "orange", "yellow", "auto"] = "red"
    """Its colour, on signs that have several."""


class AlphaSign:
    """Sends and hears nothing: an Alpha sign acknowledges no text."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def hello(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def request(self, command: Command) -> Sequence[Request]:
        """Return the packet of a text or of a tone; raise BadCommand for letters that a sign cannot show."""
        check(command.verb, command.args)
        encode_args = {"text": self._text, "announce": self._tone}.get(command.verb)
        if encode_args is None:
            raise BadCommand(f"a text sign has no {command.verb}; it has text and announce")
        return [Request(encode(encode_args(command.args)), command.verb, settle=0.5, silent=True)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def feed(self, _data: bytes) -> Sequence[Reply]:
        """Make nothing of what comes: nothing was asked."""
        return []

    def _text(self, args: Mapping[str, Arg]) -> Packet:
        options, text = self._options, plain_letters(str(args["text"]), most=MOST_LETTERS)
        data = show(text, file=options.file, mode=options.mode, colour=options.colour)
        return Packet(WRITE_TEXT, data, options.kind, options.address)

    def _tone(self, args: Mapping[str, Arg]) -> Packet:
        tone = known(TONES, str(args["message"]), "tone")
        return Packet(SPECIAL, f"{TONE}{tone}", self._options.kind, self._options.address)


def plain_letters(text: str, *, most: int) -> str:
    """Return a text of plain ASCII letters; raise BadCommand for others, for control codes and for too many."""
    strange = sorted({letter for letter in text if not (letter.isascii() and letter.isprintable())})
    if strange:
        raise BadCommand(f"the sign shows plain letters only, not {', '.join(map(repr, strange[:5]))}")
    if len(text) > most:
        raise BadCommand(f"a text of {len(text)} letters; the sign holds {most}")
    return text


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return ()


def _make(options: BaseModel) -> Driver:
    return AlphaSign(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="alpha_sign",
    maker="Adaptive (Alpha, BetaBrite)",
    models=("BetaBrite Classic", "BetaBrite Prism", "Alpha 200", "Alpha 4000"),
    port=10001,
    options=Options,
    points=_points,
    verbs=("text", "announce"),
    make=_make,
    poll_every=60.0,
    links={"serial": {"baud": "9600", "bits": "7", "parity": "E"}},
    sources={
        "packets, text files, speaker": "Alpha Sign Communications Protocol, Adaptive 9708-8061F, 5.1, 6.1 and 6.2",
        "modes and colours": "alphasignpy protocol reference; Walker Consulting, notes on the Prism protocol",
    },
)
