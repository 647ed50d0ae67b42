"""What a message is that cannot become a reading."""

from __future__ import annotations

from drivers.errors import ProtocolError

SHOWN = 80
"""How much of what came stands in a reason."""


class BadPayload(ProtocolError):
    """A payload that its format does not allow; `word` is the counter it goes to."""

    def __init__(self, word: str, detail: str) -> None:
        super().__init__(f"{word}: {detail}")
        self.word = word


def shown(raw: object) -> str:
    """Return what came as it may stand in a reason: never longer than a line."""
    text = str(raw) if not isinstance(raw, int) or abs(raw) < 10**SHOWN else "a number of very many digits"
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
