"""A folder into which others drop files: which are complete, their lines in portions, and where they go afterwards.

Everything here may block: it belongs into the one thread of its source.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from drivers.errors import DriverError, LinkError

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
"""How the names end of files that are still being written."""
MOST_FILES = 100
"""So many files are taken between two looks, the oldest first."""
MOST_LINE = 64 * 1024
GONE = (errno.ENOENT, errno.ELOOP)
"""What opening says of a file that was taken away, or replaced by a link."""
DONE, REJECTED = "done", "rejected"

Mark = tuple[int, int, int]
"""What changes when a file is written: its number on the disk, its size, and when it was changed."""


class Stuck(DriverError):
    """A file that cannot be read, or put aside; it is left alone until it changes."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that rests: the same at two looks."""

    name: str
    mark: Mark

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.mark[1]


class DropFolder:
    """One folder; remembers what it saw at the last look, and refuses whatever is no plain file of its own."""

    def __init__(self, path: Path, pattern: str) -> None:
        self.path = path
        self._pattern = pattern
        self._seen: dict[str, Mark] = {}
        self._kept: dict[str, Mark] = {}
        """Files that are stuck."""
        self.refused: list[str] = []
        """Names of the last look that are links, or else no plain files."""

    def look(self) -> list[Found]:
        """Return the files that rest, the oldest first; raise LinkError when the folder cannot be read."""
        seen: dict[str, Mark] = {}
        refused: list[str] = []
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if not self._wanted(entry.name) or entry.is_dir(follow_symlinks=False):
                        continue
                    if entry.is_file(follow_symlinks=False):
                        seen[entry.name] = _mark(entry.stat(follow_symlinks=False))
                    else:
                        refused.append(entry.name)
        except OSError as error:
            raise LinkError(f"the folder {self.path} cannot be read: {error.strerror}") from None
        resting = [Found(name, mark) for name, mark in seen.items() if self._seen.get(name) == mark]
        self._seen, self.refused = seen, sorted(refused)
        self._kept = {name: mark for name, mark in self._kept.items() if seen.get(name) == mark}
        fresh = [each for each in resting if each.name not in self._kept]
        return sorted(fresh, key=lambda each: (each.mark[2], each.name))[:MOST_FILES]

    def open(self, found: Found) -> Lines:
        """Return the lines of a file; raise Stuck, or LinkError when it is not the one that was found any more."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            file = os.fdopen(os.open(self.path / found.name, flags), "rb")
        except OSError as error:
            if error.errno in GONE:
                raise LinkError(f"{found.name} is gone") from None
            self._kept[found.name] = found.mark
            raise Stuck(f"{found.name} cannot be read: {error.strerror}") from None
        if _mark(os.fstat(file.fileno())) != found.mark or not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise LinkError(f"{found.name} is being written again")
        return Lines(file)

    def put_aside(self, found: Found, folder: str, *, report: Sequence[str] = ()) -> str:
        """Move a file that was taken whole into `done` or `rejected`, and write what was rejected; return its new name.

        Raises LinkError when it was written meanwhile (it stays, to be taken again) and Stuck when it cannot go.
        """
        source = self.path / found.name
        try:
            if _mark(source.stat(follow_symlinks=False)) != found.mark:
                raise LinkError(f"{found.name} was written while it was read; it is taken again")
            if report:
                self._write(found.name, report)
            target = _free(self._side(folder), found.name)
            source.rename(target)
        except OSError as error:
            self._kept[found.name] = found.mark
            raise Stuck(f"{found.name} cannot be moved to {folder}/: {error.strerror}") from None
        self._seen.pop(found.name, None)
        return target.name

    def _wanted(self, name: str) -> bool:
        return fnmatchcase(name, self._pattern) and not name.startswith(".") and not name.endswith(UNFINISHED)

    def _side(self, folder: str) -> Path:
        side = self.path / folder
        side.mkdir(exist_ok=True)
        if not stat.S_ISDIR(side.stat(follow_symlinks=False).st_mode):
            raise NotADirectoryError(0, f"{folder} is a link, not a folder")
        return side

    def _write(self, name: str, report: Sequence[str]) -> None:
        """Write the reasons beside the rejected, whole or not at all."""
        target = _free(self._side(REJECTED), f"{name}.txt")
        unfinished = target.with_name(f".{target.name}.part")
        unfinished.write_text("\n".join(report) + "\n", encoding="utf-8")
        unfinished.rename(target)


class Lines:
    """The lines of an open file, in portions; a line that is too long is passed over and told as None."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0

    def portion(self, most: int) -> list[tuple[int, bytes | None]]:
        """Return the next lines with their numbers from 1; none: the file is at its end. Raises LinkError."""
        lines: list[tuple[int, bytes | None]] = []
        try:
            while len(lines) < most and (line := self._file.readline(MOST_LINE)):
                self._number += 1
                if len(line) < MOST_LINE or line.endswith(b"\n"):
                    lines.append((self._number, line))
                else:
                    self._pass_over()
                    lines.append((self._number, None))
        except OSError as error:
            raise LinkError(f"the file cannot be read on: {error.strerror}") from None
        return lines

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _pass_over(self) -> None:
        """Pass over the rest of a line."""
        while (rest := self._file.readline(MOST_LINE)) and not rest.endswith(b"\n"):
            pass


def _mark(status: os.stat_result) -> Mark:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _free(folder: Path, name: str) -> Path:
    """Return a path in `folder` that nothing has: the name, or the name with a number behind it."""
    number, target = 1, folder / name
    while os.path.lexists(target):
        number += 1
        target = folder / f"{name}.{number}"
    return target
