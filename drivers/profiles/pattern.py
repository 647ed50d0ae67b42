"""One template string that writes and reads: `VOL{value}` makes `VOL33` of 33, and 33 of `VOL33`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.errors import BadCommand

_FIELD = re.compile(r"\{([a-z_]+)(?::([0-9a-zA-Z<]+))?\}")
_TEXT_SPEC = re.compile(r"0?(\d{1,2})?([xX]?)")
_BYTE_SPEC = re.compile(r"([1-4])(<?)")
ANYTHING = "_"
"""The field whose text is read and thrown away."""

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Slot:
    """A field in a template: how its token is written, and read back as the same token."""

    name: str
    regex: bytes
    write: Callable[[str], bytes]
    read: Callable[[bytes], str]


class Pattern:
    """A template for text, or for `binary` bodies written in hexadecimal digits.

    A field is a *token*: a text; in a number with a width (`{value:03}`, `{value:02X}`) and in bytes (`{value}`,
    `{value:2}`, `{value:2<}` little endian) it is the decimal number, written out. `{_}` reads anything.
    """

    def __init__(self, template: str, *, binary: bool = False) -> None:
        """Raise ValueError for a template that makes no sense."""
        self.template = template
        self._parts: list[bytes | _Slot] = []
        at = 0
        for found in _FIELD.finditer(template):
            self._literal(template[at : found.start()], binary=binary)
            self._parts.append((_byte_slot if binary else _text_slot)(found[1], found[2] or ""))
            at = found.end()
        self._literal(template[at:], binary=binary)
        self.names = tuple(part.name for part in self._parts if isinstance(part, _Slot))
        doubled = [name for name in self.names if name != ANYTHING and self.names.count(name) > 1]
        if doubled:
            raise ValueError(f"{template!r} has {{{doubled[0]}}} twice")
        self._regex = re.compile(b"".join(p if isinstance(p, bytes) else p.regex for p in self._quoted()), re.DOTALL)

    @property
    def literal(self) -> bool:
        """Return whether it has some text of its own, by which it is known."""
        return any(isinstance(part, bytes) and part.strip() for part in self._parts)

    def write(self, fields: Fields) -> bytes:
        """Return the text with the fields in it; raise BadCommand for a token that does not fit."""
        return b"".join(
            part if isinstance(part, bytes) else part.write(fields.get(part.name, "0")) for part in self._parts
        )

    def read(self, body: bytes) -> Fields | None:
        """Return the tokens of the fields when `body` is of this pattern, else None."""
        found = self._regex.fullmatch(body)
        if found is None:
            return None
        slots = [part for part in self._parts if isinstance(part, _Slot)]
        return {slot.name: slot.read(told) for slot, told in zip(slots, found.groups(), strict=True)}

    def _literal(self, text: str, *, binary: bool) -> None:
        if "{" in text or "}" in text:
            raise ValueError(f"{self.template!r} has a brace that opens or closes no field")
        if text:
            self._parts.append(bytes.fromhex(text) if binary else text.encode())

    def _quoted(self) -> list[bytes | _Slot]:
        return [re.escape(part) if isinstance(part, bytes) else part for part in self._parts]


def _text_slot(name: str, spec: str) -> _Slot:
    found = _TEXT_SPEC.fullmatch(spec)
    if found is None:
        raise ValueError(f"{{{name}:{spec}}}: a width is written as 03, 02x or 02X")
    if not spec:
        return _Slot(
            name, b"(.+?)" if name != ANYTHING else b"(.*?)", _plain, lambda told: told.decode(errors="replace")
        )
    width, base = int(found[1] or 1), 16 if found[2] else 10
    digits = b"[0-9A-Fa-f]" if found[2] else b"[0-9]"

    def write(token: str) -> bytes:
        text = format(_number(token, name), f"0{width}{found[2] or 'd'}")
        if len(text) > width:
            raise BadCommand(f"{name} {token} has more than {width} digits")
        return text.encode()

    return _Slot(name, b"(%b{%d})" % (digits, width), write, lambda told: str(int(told, base)))


def _byte_slot(name: str, spec: str) -> _Slot:
    found = _BYTE_SPEC.fullmatch(spec or "1")
    if found is None:
        raise ValueError(f"{{{name}:{spec}}}: bytes are counted as 1 to 4, with < for the low one first")
    size, little = int(found[1]), bool(found[2])

    def write(token: str) -> bytes:
        number = _number(token, name)
        if not 0 <= number < 1 << 8 * size:
            raise BadCommand(f"{name} {token} does not fit into {size} bytes")
        return number.to_bytes(size, "little" if little else "big")

    return _Slot(name, b"(.{%d})" % size, write, lambda told: str(int.from_bytes(told, "little" if little else "big")))


def _plain(token: str) -> bytes:
    if any(ord(letter) < 32 for letter in token):
        raise BadCommand(f"{token!r} has a control character, which would end the line")
    return token.encode()


def _number(token: str, name: str) -> int:
    try:
        return int(token)
    except ValueError:
        raise BadCommand(f"{name} must be a whole number, not {token!r}") from None
