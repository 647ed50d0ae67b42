"""A logger that drops CSV files into a folder, as FTP loggers do, and does it wrong in the ways that loggers do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from drivers.emulators.field_sensor import LOCAL_S
from drivers.emulators.periodic import Periodic
from drivers.model import Arg, Clock, Point

FAULTS: Mapping[str, float] = {
    "half": 0, "noise": 0, "missing_column": 0, "no_number": 0, "skew": -7_200, "twice": 0, "in_place": 0, "silent": 0,
}  # fmt: skip
"""What it can do wrong; `skew` is by how many seconds its clock is off."""
ZONE = timezone(timedelta(seconds=LOCAL_S))
ROWS = 6


class Dropper(Periodic):
    """Writes a file of the last rows every period: under another name first, renamed when it is whole."""

    def __init__(
        self, name: str, points: Sequence[Point], folder: Path, *, clock: Clock, every: float = 60.0, seed: int = 0
    ) -> None:
        super().__init__(name, points, FAULTS, clock=clock, every=every, seed=seed)
        self._folder = folder
        self._files = 0

    async def turn(self) -> None:
        """Drop a file."""
        self.drop()

    def state(self) -> Mapping[str, object]:
        """Return how many files it dropped, and the faults in force."""
        return {"files": self._files, "faults": dict(self._faults)}

    def press(self, verb: str, args: Mapping[str, Arg]) -> None:
        """Drop a file now: `drop` with `rows`; raise KeyError for any other button."""
        if verb != "drop":
            raise KeyError(f"{self.name} knows drop, not {verb!r}")
        self.drop(int(str(args.get("rows", ROWS))))

    def drop(self, rows: int = ROWS) -> str:
        """Drop a file with the last `rows` rows and return its name."""
        self._files += 1
        name = f"{self.name}-{self._files:05d}.csv"
        data = self._content(rows)
        self.log.append(f"{name}: {len(data)} bytes")
        if "half" in self._faults:
            (self._folder / f"{name}.part").write_bytes(data[: len(data) // 2])
            return name
        unfinished = self._folder / (name if "in_place" in self._faults else f"{name}.part")
        unfinished.write_bytes(data)
        unfinished.rename(self._folder / name)
        if "twice" in self._faults:
            (self._folder / f"copy-{name}").write_bytes(data)
        return name

    def _content(self, rows: int) -> bytes:
        if "noise" in self._faults:
            return bytes((at * 167 + self._files) % 256 for at in range(400))
        points = self._points[1:] if "missing_column" in self._faults else self._points
        now = self._clock.now() / 1e9 + self._faults.get("skew", 0.0)
        lines = [";".join(["time", *(self._column(point) for point in points)])]
        for back in range(rows - 1, -1, -1):
            at = now - back * (points[0].every or self._every)
            told = datetime.fromtimestamp(int(at), UTC).astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S")
            lines.append(";".join([told, *(self._cell(point, at) for point in points)]))
        return ("\r\n".join(lines) + "\r\n").encode()

    def _column(self, point: Point) -> str:
        return str(point.address.get("column", "") or point.id)

    def _cell(self, point: Point, at: float) -> str:
        if "no_number" in self._faults:
            return "#ERR"
        value = self._value(point, at)
        return str(int(value)) if isinstance(value, bool) else str(value).replace(".", ",")
