"""The makers' own bytes, as data: what a vector file holds, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from drivers.model import Command

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


class VectorFile(BaseModel):
    """One file of `tests/vectors`: hexadecimal digits (blanks allowed) or text, for one driver."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str
    encoding: Literal["hex", "text"]
    vectors: list[Vector]

    def raw(self, text: str) -> bytes:
        """Return the bytes that a vector writes as `text`."""
        return bytes.fromhex(text.replace(" ", "")) if self.encoding == "hex" else text.encode()


def read(driver: str) -> VectorFile:
    """Return the vectors of a driver."""
    return VectorFile.model_validate(YAML(typ="safe").load(FOLDER / f"{driver}.yaml"))


FILES = {file.stem: read(file.stem) for file in sorted(FOLDER.glob("*.yaml"))}
ALL = [(file, vector) for file in FILES.values() for vector in file.vectors]
