"""The makers' own bytes, as data: what a vector file holds, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from drivers.capability import VERBS
from drivers.codecs.plain_frames import TextFraming
from drivers.emulators.from_profile import ProfileMachine
from drivers.model import Command
from drivers.profiles.library import shipped
from drivers.profiles.schema import Profile

FOLDER = Path(__file__).parent


class Vector(BaseModel):
    """One exchange: what a command or a question looks like (`send`), what comes back, and what it means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    source: str = Field(min_length=10)
    options: dict[str, Any] = {}
    """The driver's options."""
    state: dict[str, Any] = {}
    """The emulator's state before it hears `send`."""
    before: str = ""
    """What the device has said earlier."""
    verb: str = ""
    args: dict[str, Any] = {}
    asks: Literal["", "hello", "poll"] = ""
    """The questions among which `send` is found."""
    send: list[str] = []
    reply: str = ""
    topic: str | None = None
    values: dict[str, Any] | None = None
    refused: Literal["", "no", "busy"] = ""
    denied: bool = False
    nobody: bool = False
    """The reply is for nobody here: the driver makes nothing of it."""
    emulated: bool = True
    """Whether the emulator gives this answer of itself."""

    def command(self) -> Command:
        """Return the command that `send` expresses."""
        return Command("c1", "device", self.verb, self.args, "test", self.name, 0, 60.0)


class Wish(BaseModel):
    """A command that the emulator obeys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verb: str
    args: dict[str, Any] = {}

    def effects(self) -> dict[str, Any]:
        """Return what the device must read once it has taken."""
        return dict(VERBS[self.verb].effects(self.args))


class Meets(BaseModel):
    """How driver and emulator meet in the tests; what is left out follows from the vectors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    options: dict[str, Any] = {}
    """The driver's options."""
    state: dict[str, Any] = {}
    """The emulator's state."""
    commands: list[Wish] = []
    """Two commands that change something in that state."""
    proves: bool = True
    """The device tells what has become of a command; False: it tells nothing back."""
    params: dict[str, dict[str, float]] = {}
    """Parameters of faults that must be others for this device: what it says is much longer."""
    spoilt: str = ""
    """A message that the protocol does not allow, complete."""
    reads_back: bool = True
    """What a command has done can be read again later; False: it cannot, and the family's own tests prove it."""


class VectorFile(BaseModel):
    """One file of `tests/vectors`: hexadecimal digits (blanks allowed) or text, for one driver."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str
    encoding: Literal["hex", "text"]
    vectors: list[Vector]
    meets: Meets = Meets()
    datagrams: bool = False
    """The device speaks datagrams: each comes whole, alone, or not at all."""

    def raw(self, text: str) -> bytes:
        """Return the bytes that a vector writes as `text`."""
        return bytes.fromhex(text.replace(" ", "")) if self.encoding == "hex" else text.encode()


def read(driver: str) -> VectorFile:
    """Return the vectors of a driver."""
    return VectorFile.model_validate(YAML(typ="safe").load(FOLDER / f"{driver}.yaml"))


def wishes(file: VectorFile) -> tuple[Wish, Wish]:
    """Return two commands that the emulator obeys and that change something, as the file gives them or its vectors."""
    found = list(file.meets.commands)
    for vector in () if found else file.vectors:
        wish = Wish(verb=vector.verb, args=vector.args) if vector.verb else None
        usable = vector.emulated and not vector.refused and vector.options == file.meets.options and not vector.state
        if wish and usable and wish.effects() and wish.effects() not in [each.effects() for each in found]:
            found.append(wish)
    if not found:
        raise ValueError(f"{file.driver}: no vector is a command with an effect; write two into `meets: commands:`")
    return found[0], found[-1] if len(found) == 1 else found[1]


def from_profile(profile: Profile) -> VectorFile:
    """Return the vectors of a profile; its texts get what goes around them on the wire."""
    framing = profile.framing.framing()
    facts = ProfileMachine({}, profile=profile).facts

    def raw(text: str) -> str:
        return (framing.wrap(text.encode()) if isinstance(framing, TextFraming) else bytes.fromhex(text)).hex(" ")

    vectors = [
        {**each.model_dump(), "send": list(map(raw, each.send)), "reply": raw(each.reply) if each.reply else "",
         "topic": next(iter(each.values), None) if each.values else None}
        for each in profile.vectors
    ]  # fmt: skip
    commands = [
        wish.model_dump()
        for wish in (Wish(verb=each.verb, args=each.args) for each in profile.vectors if each.verb)
        if wish.effects() and wish.effects().keys() <= facts.keys() and not wish.effects().items() <= facts.items()
    ]
    meets = {"commands": [commands[0], commands[-1]] if commands else []}
    return VectorFile.model_validate({
        "driver": profile.profile, "encoding": "hex", "vectors": vectors, "meets": meets,
    })  # fmt: skip


FILES = {file.stem: read(file.stem) for file in sorted(FOLDER.glob("*.yaml"))}
FILES |= {name: from_profile(profile) for name, profile in shipped().items()}
ALL = [(file, vector) for file in FILES.values() for vector in file.vectors]
