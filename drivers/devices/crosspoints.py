"""The outputs and inputs of a matrix: which there are, and the routes that a command asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.driver import PointSpec
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Name, PointKind, Value

NOTHING = 0
"""The input that stands for no input: the output shows nothing."""
ASSUMED = 16
"""Outputs that are shown before anybody has said how many there are."""


@dataclass(slots=True)
class Crosspoints:
    """A matrix by its size; outputs and inputs count from 1, and input 0 is nothing."""

    what: str
    """What it is called in a message, as `this matrix`."""
    inputs: int
    outputs: int
    most: int = 0
    """Up to this the matrix may prove larger than was known, by what it tells; 0: it may not."""

    def routes(self, arg: Arg) -> list[tuple[int, int]]:
        """Return (output, input) for each route wished for; raise BadCommand for what is not there."""
        if not isinstance(arg, Mapping) or not arg:
            raise BadCommand("route needs at least one output with its input, as {'1': 4}")
        return [(self.output(output), self._input(source)) for output, source in arg.items()]

    def output(self, name: Arg) -> int:
        """Return the output of that number or numeral; raise BadCommand when there is none."""
        text = str(name)
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
        if not 1 <= number <= self.outputs or str(number) != text:
            raise BadCommand(f"there is no output {name!r}; {self.what} has 1 to {self.outputs}")
        return number

    def _input(self, source: Value) -> int:
        if not isinstance(source, int) or isinstance(source, bool) or not NOTHING <= source <= self.inputs:
            raise BadCommand(f"there is no input {source!r}; {self.what} has 1 to {self.inputs}, and 0 for nothing")
        return source

    def told(self, output: int, source: int) -> dict[str, Value]:
        """Return the value of a reported route; raise ProtocolError when this matrix cannot have it."""
        if max(output, source) <= self.most:
            self.outputs, self.inputs = max(self.outputs, output), max(self.inputs, source)
        if not 1 <= output <= self.outputs or not NOTHING <= source <= self.inputs:
            raise ProtocolError(f"a route that is not there: output {output} from input {source}")
        return {f"route.{output}": source}


def route_points(outputs: int | None) -> tuple[PointSpec, ...]:
    """Return the point of each output's source; without a size the points of 16."""
    return tuple(
        PointSpec(f"route.{n}", Name(f"Sumber keluaran {n}", f"Source of output {n}"), PointKind.NUMBER)
        for n in range(1, (outputs or ASSUMED) + 1)
    )


def muted_points(outputs: int | None) -> tuple[PointSpec, ...]:
    """Return the point of each output's darkness; without a size the points of 16."""
    return tuple(
        PointSpec(f"muted.{n}", Name(f"Keluaran {n} digelapkan", f"Output {n} blanked"))
        for n in range(1, (outputs or ASSUMED) + 1)
    )


def preset_number(name: Arg, most: int) -> int:
    """Return the preset of that numeral; raise BadCommand when presets are not numbers up to `most`."""
    text = str(name)
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    if not 1 <= number <= most:
        raise BadCommand(f"there is no preset {name!r}; presets are numbered 1 to {most}")
    return number


def on_off(on: object) -> str:
    """Return the word of a switch."""
    return "on" if on else "off"
