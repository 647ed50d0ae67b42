"""Lightware matrices over LW2: routes chained in one line, output mutes, presets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.lines import Lines
from drivers.device_config import Strict
from drivers.devices.crosspoints import Crosspoints, muted_points, on_off, preset_number, route_points
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, Value

_MOST = 80
_PRESETS = 64
ERRORS = {
    "01": "there is no such input",
    "02": "there is no such output",
    "03": "the value is out of range",
    "04": "there is no such preset",
}
_FRAME = re.compile(r"\((.*)\)")
_WORD = re.compile(r"[A-Z0-9]{2,3}\b|[A-Z]")

Count = Annotated[int, Field(ge=1, le=_MOST)]


class Options(Strict):
    """The matrix's size."""

    inputs: Count | None = None
    """How many inputs."""
    outputs: Count | None = None
    """How many outputs; what the device says of itself wins."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""


class Matrix:
    """One conversation with one matrix; each answer says by its first letters what it is."""

    def __init__(self, options: Options) -> None:
        self._size = Crosspoints("this matrix", options.inputs or _MOST, options.outputs or _MOST)
        self._inbox = Inbox(Lines(), self._replies)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], tuple[str, str]]] = {
            "route": self._route,
            "mute_output": self._mute,
            "preset": self._load,
        }
        self._readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Reply]], ...] = (
            (re.compile(r"O(\d{1,2}) I(\d{1,2})"), self._switched),
            (re.compile(r"ALL((?: [OI]?\d{1,2})+)"), self._all),
            (re.compile(r"MUT((?: [01])+)"), self._mutes),
            (re.compile(r"([01])MT(\d{1,2})"), self._muted),
            (re.compile(r"LPR(\d{1,2})"), lambda match: Reply(f"LPR{int(match[1])}")),
            (re.compile(r"SN:(.*)"), lambda match: Reply("SN", {"serial": match[1].strip()})),
            (re.compile(r"FW:(.*)"), lambda match: Reply("FW", {"firmware": match[1].strip()})),
            (re.compile(r"ERR(\d\d)"), lambda match: Reply(None, refused=_refusal(match[1]))),
        )

    def hello(self) -> Sequence[Request]:
        """Ask for serial number and firmware."""
        return [_request("{s}", "SN"), _request("{f}", "FW")]

    def poll(self) -> Sequence[Request]:
        """Ask for all routes and all mutes."""
        return [_request("{VC}", "ALL"), _request("{VM}", "MUT")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the one line of a command; raise BadCommand for what this matrix has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Lightware matrix has no {command.verb}; it has {', '.join(self._commands)}")
        return [_request(*encode(command.args))]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask for everything: it is two lines."""
        return self.poll()

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; answers that we know nothing of are left out."""
        return self._inbox.feed(data)

    def _route(self, args: Mapping[str, Arg]) -> tuple[str, str]:
        routes = self._size.routes(args["routes"])
        # The answers come in the order of the chain: the last one ends it.
        return "".join(f"{{{source}@{output}}}" for output, source in routes), f"O{routes[-1][0]}"

    def _mute(self, args: Mapping[str, Arg]) -> tuple[str, str]:
        output = self._size.output(args["output"])
        return f"{{{'#' if args['on'] else '+'}{output}}}", f"MT{output}"

    def _load(self, args: Mapping[str, Arg]) -> tuple[str, str]:
        preset = preset_number(args["preset"], _PRESETS)
        return f"{{%{preset}}}", f"LPR{preset}"

    def _replies(self, line: str) -> list[Reply]:
        frame = _FRAME.fullmatch(line.strip())
        if frame is None:
            raise ProtocolError(f"no answer of LW2: {line[:40]!r}")
        for pattern, read in self._readers:
            match = pattern.fullmatch(frame[1].strip())
            if match is not None:
                found = read(match)
                # A loaded preset is told to whoever listens, and to who asked it is the acknowledgement.
                news = [Reply("news", {"preset": str(int(match[1]))})] if (found.topic or "").startswith("LPR") else []
                return [found, *news]
        if _WORD.match(frame[1]) is None:
            raise ProtocolError(f"no answer of LW2: {line[:40]!r}")
        return []

    def _switched(self, match: re.Match[str]) -> Reply:
        return Reply(f"O{int(match[1])}", self._size.told(int(match[1]), int(match[2])))

    def _all(self, match: re.Match[str]) -> Reply:
        sources = [int(word.lstrip("OI")) for word in match[1].split()]
        if len(sources) > _MOST:
            raise ProtocolError(f"{len(sources)} outputs; LW2 has {_MOST} at most")
        self._size.outputs = len(sources)
        values: dict[str, Value] = {}
        for output, source in enumerate(sources, 1):
            values |= self._size.told(output, source)
        return Reply("ALL", values)

    def _mutes(self, match: re.Match[str]) -> Reply:
        flags = match[1].split()[: self._size.outputs]
        return Reply("MUT", {f"muted.{output}": on_off(flag == "1") for output, flag in enumerate(flags, 1)})

    def _muted(self, match: re.Match[str]) -> Reply:
        output = int(match[2])
        if not 1 <= output <= self._size.outputs:
            raise ProtocolError(f"a mute of output {output}; there are {self._size.outputs}")
        return Reply(f"MT{output}", {f"muted.{output}": on_off(match[1] == "1")})


def _refusal(code: str) -> Refusal:
    return Refusal(f"the matrix refuses: {ERRORS.get(code, 'for a reason of its model')} (ERR{code})")


def _request(text: str, topic: str) -> Request:
    return Request(f"{text}\r\n".encode(), topic)


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    outputs = getattr(options, "outputs", None)
    return (
        PointSpec("serial", Name("Nomor seri", "Serial number")),
        PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
        PointSpec("preset", Name("Preset terakhir", "Last preset")),
        *route_points(outputs),
        *muted_points(outputs),
    )


def _make(options: BaseModel) -> Driver:
    return Matrix(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="lightware_lw2",
    maker="Lightware",
    models=("MX-FR", "MX8x8HDMI-Pro", "MX16x16DVI", "MMX4x2-HDMI"),
    port=10001,
    options=Options,
    points=_points,
    verbs=("route", "mute_output", "preset"),
    make=_make,
    poll_every=5.0,
    identity=("serial",),
    sources={
        "switch, view, mutes, presets, errors": "acaprojects lightware_protocol, after Lightware MX-FR series",
        "frames": "bitfocus companion-module-lightware-lw2; Lightware MMX4x2 and MX-FR manuals",
    },
)
