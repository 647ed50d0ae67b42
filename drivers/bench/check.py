"""Prove a profile or a driver on site: form, examples, and itself against its emulator, without a test suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from drivers.bench.cli import options_of
from drivers.bench.golden import driver_of
from drivers.bench.rehearsal import Rehearsal
from drivers.bench.vectors import judge, read
from drivers.codecs.inbox import drain
from drivers.codecs.plain_frames import TextFraming
from drivers.driver import Driver, DriverSpec
from drivers.emulators.from_profile import ProfileMachine
from drivers.errors import BadConfig, DriverError
from drivers.model import Command
from drivers.profiles.library import load, shipped
from drivers.profiles.profile_driver import spec_of
from drivers.profiles.schema import Profile, VectorDef
from drivers.registry import DRIVERS

app = typer.Typer(help="Prove a profile or a driver: form, examples, and itself against its emulator.")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what is wrong with it (nothing: it is right)."""

    name: str
    fault: str = ""


@app.command()
def check(
    what: Annotated[str, typer.Argument(help="A driver's or a shipped profile's name, or a profile's file.")],
    option: Annotated[list[str] | None, typer.Option(help="A driver's option, as id=3; again for more.")] = None,
    golden: Annotated[Path | None, typer.Option(help="Golden bytes for a driver, as `vectors` takes them.")] = None,
) -> None:
    """Look at everything that can be looked at without the device; exit status 1 tells that something is wrong.

    A profile: its form, its examples, and every command against its emulator. A driver: its options, the schema of its
    verbs, every question against its emulator, and golden bytes when a file of them is given.
    """
    try:
        findings = list(_looked_at(what, option or [], golden))
    except BadConfig as error:
        typer.echo(str(error))
        raise typer.Exit(1) from None
    for each in findings:
        typer.echo(f"{'FAILED' if each.fault else 'ok':7}{each.name}" + (f": {each.fault}" if each.fault else ""))
    wrong = sum(bool(each.fault) for each in findings)
    typer.echo(f"{what}: {len(findings)} looked at, {wrong} wrong")
    raise typer.Exit(1 if wrong else 0)


def _looked_at(what: str, options: Sequence[str], golden: Path | None) -> Iterator[Finding]:
    if what in DRIVERS and what not in shipped():
        spec = DRIVERS[what]
        yield from rehearse(spec, options_of(spec, options))
        yield from _golden(what, golden) if golden else ()
        return
    yield from prove(shipped()[what] if what in shipped() else load(Path(what)))


def rehearse(spec: DriverSpec, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for the options, every verb and every question, twice: the second round knows the device."""
    try:
        talk = Rehearsal(spec, options)
    except (KeyError, TypeError, ValueError) as error:
        yield Finding("options", str(error.args[0] if error.args else error))
        return
    yield Finding(f"options: {', '.join(spec.options.model_json_schema().get('properties', {})) or 'none'}")
    for verb in spec.verbs:
        yield Finding(f"verb: {verb}", "no schema describes it" if verb in talk.unknown() else "")
    yield Finding("emulated: greeting", talk.greet())
    for _ in range(2):
        yield from [Finding(f"emulated: {each.topic}", talk.ask(each)) for each in talk.questions()]
    untold = ", ".join(talk.untold())
    yield Finding(f"points: {len(talk.values)} told" + (f"; not by an emulator at rest: {untold}" if untold else ""))


def _golden(name: str, file: Path) -> Iterator[Finding]:
    mine = [each for each in read(file).vectors if driver_of(each.protocol) == name]
    if not mine:
        yield Finding(f"golden: {file}", f"it has no vector of {name}")
    for each in map(judge, mine):
        yield Finding(f"golden: {each.golden.name}", "" if each.verdict == "agrees" else f"{each.verdict}: {each.told}")


def prove(profile: Profile) -> Iterator[Finding]:
    """Yield a finding for every example, and for every verb against the emulator."""
    spec = spec_of(profile)
    for vector in profile.vectors:
        yield Finding(f"example: {vector.name}", _example(profile, spec, vector))
    for vector in profile.vectors:
        if vector.verb and not vector.refused:
            yield Finding(f"emulated: {vector.name}", _emulated(profile, spec, vector))


def _raw(profile: Profile, text: str) -> bytes:
    framing = profile.framing.framing()
    return framing.wrap(text.encode()) if isinstance(framing, TextFraming) else bytes.fromhex(text)


def _fresh(spec: DriverSpec, vector: VectorDef) -> Driver:
    return spec.make(spec.options.model_validate(vector.options))


def _command(vector: VectorDef) -> Command:
    return Command("check", "device", vector.verb, vector.args, "check", vector.name, 0, 60.0)


def _example(profile: Profile, spec: DriverSpec, vector: VectorDef) -> str:
    """Return what of an example does not hold."""
    driver = _fresh(spec, vector)
    wanted = [_raw(profile, text) for text in vector.send]
    try:
        asked = driver.request(_command(vector)) if vector.verb else driver.poll() if vector.asks else ()
    except DriverError as error:
        return str(error)
    written = [request.payload for request in asked]
    if vector.verb and written != wanted:
        return f"it sends {_shown(written)} and not {_shown(wanted)}"
    if vector.asks and not set(wanted) <= set(written):
        return f"it never asks {_shown(wanted)}"
    return _reply(driver, _raw(profile, vector.reply), vector) if vector.reply else ""


def _reply(driver: Driver, reply: bytes, vector: VectorDef) -> str:
    for pieces in ([reply], [reply[at : at + 1] for at in range(len(reply))]):
        replies, errors = [], []
        for piece in pieces:
            good, bad = drain(driver.feed, piece)
            replies += good
            errors += bad
        if errors:
            return str(errors[0])
        values = {name: value for each in replies for name, value in each.values.items()}
        if values != (vector.values or {}):
            return f"it means {values} and not {vector.values or {}}"
        refusal = next((each.refused for each in replies if each.refused), None)
        if (refusal is not None) is not bool(vector.refused):
            return "it is no refusal" if vector.refused else "it is a refusal"
    return ""


def _emulated(profile: Profile, spec: DriverSpec, vector: VectorDef) -> str:
    """Return what of a command the emulator does not understand or does not tell again."""
    driver = _fresh(spec, vector)
    machine = ProfileMachine(vector.options, profile=profile)
    machine.greet(1)
    try:
        asked = [*driver.request(_command(vector)), *driver.verify(_command(vector))]
        replies = [
            reply
            for request in asked
            for heard in machine.hear(1, request.payload)
            for message in machine.answer(1, heard)
            for reply in driver.feed(message)
        ]
    except DriverError as error:
        return str(error)
    if any(reply.refused for reply in replies):
        return "the emulator refuses it: do the templates of the command and of its question differ?"
    return ""


def _shown(payloads: list[bytes]) -> str:
    return ", ".join(f"{each!r} ({each.hex(' ')})" for each in payloads) or "nothing"
