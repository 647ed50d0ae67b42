"""A site's `rationalisation.csv`: read with the site, and written whole once the site is sound with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import GatewayError
from gateway.rationalisation.errors import BadRecords
from gateway.rationalisation.record import Record
from gateway.rationalisation.records import merged
from gateway.rationalisation.sheet import FILE, read, write
from gateway.settings.fault import SiteError, SiteFault


class NotWritten(GatewayError):
    """The file cannot be written; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What an import does, by rule and level."""

    added: Sequence[str]
    changed: Sequence[str]
    same: int


def read_records(text_of: Callable[[str], str]) -> tuple[Record, ...]:
    """Return the records of a site, none without the file; `text_of` returns a file's text. Raise SiteError."""
    text = ""
    try:
        with suppress(FileNotFoundError):
            text = text_of(FILE)
    except UnicodeDecodeError:
        fault = SiteFault(FILE, 1, 1, "", "it is no UTF-8", "save it as CSV UTF-8")
        raise SiteError([fault]) from None
    except OSError as error:
        fault = SiteFault(FILE, 1, 1, "", f"it cannot be read: {error.strerror}", "see to its rights")
        raise SiteError([fault]) from None
    return parsed(text) if text else ()


def parsed(text: str) -> tuple[Record, ...]:
    """Return the records of a table; raise SiteError with the place of every fault."""
    try:
        return read(text)
    except BadRecords as error:
        raise SiteError(
            [SiteFault(FILE, one.line, 1, one.column, one.message, one.hint) for one in error.faults]
        ) from None


class RecordFile:
    """Called off the loop; `check` reads the whole site with texts in place of files and raises SiteError."""

    def __init__(self, folder: Path, check: Callable[[Mapping[str, str]], object]) -> None:
        self._folder, self._check = folder, check

    def take(self, text: str, *, keep: bool) -> Merge:
        """Merge a table into the file by rule and level; without `keep` only tell what that would do.

        Raise SiteError for a table, or a site with it, that is not sound; NotWritten when the disk does not take it.
        """
        old = read_records(lambda name: (self._folder / name).read_text(encoding="utf-8"))
        new, had = parsed(text), {each.key: each for each in old}
        whole = write(merged(old, new))
        self._check({FILE: whole})
        if keep:
            self._put(whole)
        added = [each.label for each in new if each.key not in had]
        changed = [each.label for each in new if each.key in had and had[each.key] != each]
        return Merge(added, changed, len(new) - len(added) - len(changed))

    def _put(self, text: str) -> None:
        part = self._folder / f".{FILE}.part"
        try:
            with part.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / FILE)
        except OSError as error:
            raise NotWritten(f"{FILE} cannot be written: {error.strerror}; see to the folder's rights") from error
        finally:
            part.unlink(missing_ok=True)
