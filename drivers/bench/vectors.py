"""Feed golden bytes through the codecs: what a device says through its driver, what we say through its emulator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from drivers.codecs.inbox import drain
from drivers.driver import DriverSpec, Reply
from drivers.emulators.clock import RealClock
from drivers.emulators.families import FAMILIES, emulate
from drivers.emulators.tcp_device import TcpDevice
from drivers.errors import BadConfig
from drivers.registry import DRIVERS

app = typer.Typer(help="Feed golden bytes through the codecs.")
Verdict = Literal["agrees", "DIFFERS", "unjudged"]
_ADDRESSES = range(256)
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
    """Print what each vector is decoded to; exit status 1 tells that one is not understood, 2 that the file is none.

    What has no driver of that name, or means something only as the answer to a question, is unjudged.
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
    raise typer.Exit(1 if count["DIFFERS"] else 0)


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
    """Return whether driver or emulator understands the bytes, and as what."""
    spec = DRIVERS.get(golden.protocol)
    if spec is None or (golden.direction == "controller_to_device" and golden.protocol not in FAMILIES):
        return Judged(golden, "unjudged", "no driver")
    data = bytes.fromhex(golden.bytes_hex)
    if golden.direction == "device_to_controller":
        return _decoded(golden, spec, data)
    return _obeyed(golden, spec, data)


def _decoded(golden: Golden, spec: DriverSpec, data: bytes) -> Judged:
    told = ""
    for options in _addresses(spec):
        replies, errors = drain(spec.make(spec.options.model_validate(options)).feed, data)
        if replies and not errors:
            return Judged(golden, "agrees", "; ".join(map(_shown, replies)))
        told = str(errors[0]) if errors else told
    if not told:
        return Judged(golden, "unjudged", "taken without a complaint; it means something only to who has asked")
    return Judged(golden, "DIFFERS", told)


def _obeyed(golden: Golden, spec: DriverSpec, data: bytes) -> Judged:
    for options in _addresses(spec):
        device = emulate(golden.protocol, name="golden", options=options, clock=RealClock())
        if not isinstance(device, TcpDevice):
            return Judged(golden, "unjudged", "its emulator hears datagrams")
        device.machine.greet(1)
        heard = device.machine.hear(1, data)
        if heard:
            answers = b"".join(each for request in heard for each in device.machine.answer(1, request))
            return Judged(golden, "agrees", f"heard, answered {answers[:48]!r}" if answers else "heard, not answered")
    return Judged(golden, "DIFFERS", "no request of this protocol")


def _addresses(spec: DriverSpec) -> Iterator[Mapping[str, Any]]:
    """Yield the options to try: a vector is for one address, and does not say which."""
    yield {}
    for name in ("id", "address", "machine"):
        if name in spec.options.model_fields:
            for number in _ADDRESSES:
                try:
                    spec.options.model_validate({name: number})
                except ValidationError:
                    continue
                yield {name: number}


def _shown(reply: Reply) -> str:
    if reply.refused:
        return f"refused: {reply.refused.text}"
    if reply.denied:
        return f"denied: {reply.denied}"
    return f"{reply.topic or 'accepted'} {dict(reply.values)}" if reply.values else f"about {reply.topic or 'the last'}"
