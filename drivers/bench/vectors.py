"""Feed golden bytes through the codecs: what a device says through its driver, what we say through its emulator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from drivers.bench.golden import compare, driver_of, meanings, shown
from drivers.codecs.inbox import drain
from drivers.codecs.pulse_eight import transmission
from drivers.codecs.telnet import IAC, REFUSALS, Telnet
from drivers.driver import DriverSpec
from drivers.emulators.clock import RealClock
from drivers.emulators.emulator import Emulator
from drivers.emulators.families import FAMILIES, emulate
from drivers.emulators.tcp_device import TcpDevice
from drivers.emulators.udp_device import UdpDevice
from drivers.errors import BadConfig
from drivers.registry import DRIVERS

app = typer.Typer(help="Feed golden bytes through the codecs.")
Verdict = Literal["agrees", "DIFFERS", "unjudged"]
_TRIED: Mapping[str, Sequence[object]] = {
    "framing": ("rtu",),
    "universe": range(1, 16),
    **{name: range(256) for name in ("id", "address", "machine")},
}
"""Options that decide how bytes are read, and their values."""
NOTES: Mapping[tuple[str, str], str] = {
    ("barco_crp", "load_perspective"): "understood in this order too, but we send the perspective first and then the "
    "display, as two public clients do (docs/decisions/0031)",
}
"""Vectors that we do not follow when we write."""
_DIGITS = re.compile(r"^(\s*bytes_hex:\s*)([0-9A-Fa-f ]+)$", re.MULTILINE)
"""Hexadecimal digits without quotes, which YAML may take for a number."""


class Golden(BaseModel):
    """One vector of the file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    protocol: str
    name: str
    direction: Literal["controller_to_device", "device_to_controller"]
    bytes_hex: str
    meaning: str


class GoldenFile(BaseModel):
    """The file: `vectors`, each with protocol, name, direction, bytes_hex and meaning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vectors: list[Golden]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one vector."""

    golden: Golden
    verdict: Verdict
    told: str


@app.command()
def vectors(
    file: Annotated[Path, typer.Argument(help="YAML: vectors with protocol, name, direction, bytes_hex, meaning.")],
    protocol: Annotated[str, typer.Option(help="Only this protocol.")] = "",
) -> None:
    """Print what each vector is decoded to; exit status 0 tells that all agree, 2 that the file is none.

    A request agrees when the emulated device understands it; an answer, when its codec or the driver that has asked
    reads from it what golden.yaml says. One that differs, or that nothing here can judge, makes the exit status 1.
    """
    try:
        found = read(file)
    except BadConfig as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    count: Counter[str] = Counter()
    for each in map(judge, found.vectors):
        if protocol in ("", each.golden.protocol):
            count[each.verdict] += 1
            golden = each.golden
            typer.echo(f"{each.verdict:9}{golden.protocol} {golden.name}: {each.told}  ({golden.meaning})")
    typer.echo(f"{count['agrees']} agree, {count['DIFFERS']} differ, {count['unjudged']} are unjudged")
    raise typer.Exit(1 if count["DIFFERS"] or count["unjudged"] or not count["agrees"] else 0)


def read(file: Path) -> GoldenFile:
    """Return the vectors of a file; raise BadConfig with the reason."""
    try:
        text = file.read_text(encoding="utf-8")
        return GoldenFile.model_validate(YAML(typ="safe").load(_DIGITS.sub(r'\1"\2"', text)))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise BadConfig(f"{file} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadConfig(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def judge(golden: Golden) -> Judged:
    """Return whether driver, codec or emulator understands the bytes, and as what."""
    data = bytes.fromhex(golden.bytes_hex)
    try:
        verdict, told = _judged(golden, data)
    except BadConfig as error:
        verdict, told = "unjudged", str(error)
    note = NOTES.get((golden.protocol, golden.name), "")
    return Judged(golden, verdict, f"{told}; {note}" if note else told)


def _judged(golden: Golden, data: bytes) -> tuple[Verdict, str]:
    name = driver_of(golden.protocol)
    meaning = meanings().get(golden.protocol, {}).get(golden.name)
    if meaning is not None:
        told, fault = compare(golden.protocol, meaning, data)
        return ("DIFFERS", fault) if fault else ("agrees", told)
    if golden.protocol == "telnet":
        return _refused(data)
    if name not in DRIVERS or name not in FAMILIES:
        return "unjudged", "no driver and no codec of that name"
    if golden.direction == "device_to_controller":
        return _decoded(DRIVERS[name], data)
    return _obeyed(DRIVERS[name], completed(golden.protocol, data))


def completed(protocol: str, data: bytes) -> bytes:
    """Return a request as it is on the wire, where a vector shows only its heart."""
    if protocol == "hdmi_cec":  # the frame on the HDMI cable, which the adapter is given byte by byte
        return transmission(data)
    return data + b"Host: wall\r\n\r\n" if protocol == "hikvision_isapi" else data


def _refused(data: bytes) -> tuple[Verdict, str]:
    """Compare with our answer to the option that the vector refuses (RFC 854)."""
    offers = {refusal: offer for offer, refusal in REFUSALS.items()}
    if len(data) != 3 or data[0] != IAC or data[1] not in offers:
        return "DIFFERS", "no refusal of a telnet option"
    text, ours = Telnet().receive(bytes((IAC, offers[data[1]], data[2])))
    good = (text, ours) == (b"", data)
    return ("agrees" if good else "DIFFERS"), f"to option {data[2]} we answer {ours.hex(' ')}"


def _decoded(spec: DriverSpec, data: bytes) -> tuple[Verdict, str]:
    told = ""
    for options in _choices(spec):
        replies, errors = drain(spec.make(spec.options.model_validate(options)).feed, data)
        if replies and not errors:
            return "agrees", "; ".join(map(shown, replies))
        told = str(errors[0]) if errors else told
    if not told:
        return "unjudged", "taken without a complaint; it means something only to who has asked"
    return "DIFFERS", told


def _obeyed(spec: DriverSpec, data: bytes) -> tuple[Verdict, str]:
    for options in _choices(spec):
        device = emulate(spec.name, name="golden", options=options, clock=RealClock())
        heard, answers = _hear(device, data)
        if heard:
            return "agrees", f"heard, answered {answers[:48]!r}" if answers else "heard, not answered"
    return "DIFFERS", "no request of this protocol"


def _hear(device: Emulator, data: bytes) -> tuple[bool, bytes]:
    """Return whether the device understands the bytes, and what it answers."""
    if isinstance(device, UdpDevice):
        before = dict(device.machine.facts)
        answers = b"".join(device.machine.hear(data))
        return bool(answers) or device.machine.facts != before, answers
    if not isinstance(device, TcpDevice):
        return False, b""
    device.machine.greet(1)
    heard = device.machine.hear(1, data)
    return bool(heard), b"".join(each for request in heard for each in device.machine.answer(1, request))


def _choices(spec: DriverSpec) -> Iterator[Mapping[str, Any]]:
    """Yield the options to try: a vector is for one address or framing, and does not say which."""
    yield {}
    for name, values in _TRIED.items():
        for value in values if name in spec.options.model_fields else ():
            try:
                spec.options.model_validate({name: value})
            except ValidationError:
                continue
            yield {name: value}
