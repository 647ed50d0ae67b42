"""A second reading of line protocol, written from its grammar alone, to hold against our encoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Field = float | int | bool | str


@dataclass(frozen=True)
class Line:
    """One line; times are whatever the precision says."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, Field], ...]
    at: int

    @property
    def point(self) -> str:
        return dict(self.tags)["point"]

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...], int]:
        """What a server takes for the same row."""
        return self.measurement, self.tags, self.at


class _Cursor:
    """A place in a text."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    @property
    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        assert self.here, "the line ends too early"
        self.at += 1
        return self.text[self.at - 1]

    def word(self, ends: str, escapable: str) -> str:
        """Read up to one of `ends`; a backslash counts only before what may be escaped."""
        found = ""
        while self.here and self.here not in ends:
            char = self.take()
            if char == "\\" and self.here and self.here in escapable:
                char = self.take()
            found += char
        assert found, f"nothing stands before {self.text[self.at :]!r}"
        return found

    def quoted(self) -> str:
        assert self.take() == '"'
        found = ""
        while self.here != '"':
            char = self.take()
            if char == "\\" and self.here in ('"', "\\"):
                char = self.take()
            found += char
        self.take()
        return found


def parsed(body: bytes) -> list[Line]:
    """Return the lines of a body; an AssertionError says what is wrong with it."""
    cursor = _Cursor(body.decode())
    return list(_lines(cursor))


def _lines(cursor: _Cursor) -> Iterator[Line]:
    while cursor.here:
        assert cursor.here != "#", "a comment"
        measurement = cursor.word(", ", ", ")
        tags = []
        while cursor.here == ",":
            cursor.take()
            name = cursor.word("=", ",= ")
            cursor.take()
            tags.append((name, cursor.word(", ", ",= ")))
        fields = []
        while not fields or cursor.here == ",":
            assert cursor.take() in ", "
            name = cursor.word("=", ",= ")
            cursor.take()
            fields.append((name, _field(cursor)))
        assert cursor.take() == " "
        at = int(cursor.word("\n", ""))
        assert cursor.take() == "\n"
        yield Line(measurement, tuple(tags), tuple(fields), at)


def _field(cursor: _Cursor) -> Field:
    if cursor.here == '"':
        return cursor.quoted()
    text = cursor.word(", ", "")
    if text in ("true", "false"):
        return text == "true"
    return int(text[:-1]) if text.endswith("i") else float(text)
