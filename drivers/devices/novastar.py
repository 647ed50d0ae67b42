"""NovaStar LED controllers over their register protocol: brightness, freeze and black."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check, whole
from drivers.codecs.inbox import Inbox
from drivers.codecs.novastar import EVERY_BOARD, EVERY_PORT, EVERY_SENDER, RECEIVER, Decoder, Frame
from drivers.device_config import Strict
from drivers.devices.crosspoints import on_off
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, PointKind, Value

BRIGHTNESS, DISPLAY_MODE = 0x0200_0001, 0x0220_0050
NORMAL, FROZEN, BLACK = range(3)
_MODES = {"freeze": FROZEN, "picture_mute": BLACK}


class Options(Strict):
    """Which receiving card stands for all when the brightness is read back."""

    port: Annotated[int, Field(ge=0, le=15)] = 0
    """The sender's output, from 0, on which the receiving card hangs that is read."""
    board: Annotated[int, Field(ge=0, le=255)] = 0
    """The receiving card that is read, from 0 along that output."""


class Controller:
    """One conversation with one controller; its frames carry a number, which is their topic."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._number = -1
        self._mode = NORMAL
        self._inbox = Inbox(Decoder(replies=True), self._replies)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], Frame]] = {
            "brightness": self._brighten,
            "freeze": lambda args: self._switch("freeze", on=bool(args["on"])),
            "picture_mute": lambda args: self._switch("picture_mute", on=bool(args["on"])),
        }

    def hello(self) -> Sequence[Request]:
        """Ask for the display mode: a controller has no name to tell here."""
        return [self._ask(self._frame(DISPLAY_MODE, length=1))]

    def poll(self) -> Sequence[Request]:
        """Ask for the display mode of the sender and the brightness of one receiving card."""
        options = self._options
        card = self._frame(BRIGHTNESS, length=1, kind=RECEIVER, port=options.port, board=options.board)
        return [self._ask(self._frame(DISPLAY_MODE, length=1)), self._ask(card)]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the frame of a command; raise BadCommand for what a controller has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a NovaStar controller has no {command.verb}; it has {', '.join(self._commands)}")
        return [self._ask(encode(command.args))]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask for everything: it is two registers."""
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; raise ProtocolError for what no frame is."""
        return self._inbox.feed(data)

    def _frame(self, register: int, *, length: int, kind: int = 0, port: int = 0, board: int = 0) -> Frame:
        return Frame(
            reply=False, serial=self._next(), register=register, write=False, length=length, kind=kind, port=port,
            board=board,
        )  # fmt: skip

    def _brighten(self, args: Mapping[str, Arg]) -> Frame:
        level = whole(args["level"])
        if not 0 <= level <= 100:
            raise BadCommand(f"brightness is 0 to 100 percent, not {level}")
        return Frame(
            reply=False, serial=self._next(), register=BRIGHTNESS, write=True, data=bytes((round(level * 255 / 100),)),
            target=EVERY_SENDER, kind=RECEIVER, port=EVERY_PORT, board=EVERY_BOARD,
        )  # fmt: skip

    def _switch(self, name: str, *, on: bool) -> Frame:
        # One register has three modes: what is not to be frozen any more may still have to be black.
        rest = NORMAL if self._mode == _MODES[name] else self._mode
        data = bytes((_MODES[name] if on else rest,))
        return Frame(reply=False, serial=self._next(), register=DISPLAY_MODE, write=True, data=data)

    def _next(self) -> int:
        self._number = (self._number + 1) % 256
        return self._number

    def _ask(self, frame: Frame) -> Request:
        return Request(frame.encode(), f"{frame.serial:02x}")

    def _replies(self, frame: Frame) -> list[Reply]:
        topic = f"{frame.serial:02x}"
        if frame.error:
            return [Reply(topic, refused=Refusal(f"the controller refuses: error {frame.error} of its own"))]
        return [Reply(topic, self._told(frame) if not frame.write else {})]

    def _told(self, frame: Frame) -> Mapping[str, Value]:
        if len(frame.data) != 1:
            return {}
        value = frame.data[0]
        if frame.register == BRIGHTNESS:
            return {"brightness": round(value * 100 / 255)}
        if frame.register != DISPLAY_MODE:
            return {}
        if value not in (NORMAL, FROZEN, BLACK):
            raise ProtocolError(f"a display mode {value:#04x}; it is 0, 1 or 2")
        self._mode = value
        return {name: on_off(value == mode) for name, mode in _MODES.items()}


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return (
        PointSpec("brightness", Name("Kecerahan", "Brightness"), PointKind.NUMBER, "%"),
        PointSpec("freeze", Name("Gambar dibekukan", "Picture frozen")),
        PointSpec("picture_mute", Name("Gambar digelapkan", "Picture blanked")),
    )


def _make(options: BaseModel) -> Driver:
    return Controller(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="novastar",
    maker="NovaStar",
    models=("MCTRL300", "MCTRL600", "MCTRL660", "VX4S"),
    port=5200,
    options=Options,
    points=_points,
    verbs=("brightness", "freeze", "picture_mute"),
    make=_make,
    poll_every=10.0,
    links={"serial": {"baud": "115200"}},
    sources={
        "frame, checksum, error field": "NovaStar M3 RS-232 protocol V1.9; sarakusha/novastar codec tests",
        "brightness and display mode registers": "bitfocus companion-module-novastar-controller, first tables",
    },
)
