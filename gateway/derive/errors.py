"""What can be wrong with a derived point."""

from __future__ import annotations

from gateway.errors import GatewayError

KeyPath = tuple[str | int, ...]


class DeriveError(GatewayError):
    """A derived point that cannot work: `path` leads to it in the file, `hint` says what to change."""

    def __init__(self, path: KeyPath, message: str, hint: str = "") -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {message}" + (f"; {hint}" if hint else ""))
        self.path, self.message, self.hint = path, message, hint


class BadFormula(GatewayError):
    """A formula that cannot be read, with what to change."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
