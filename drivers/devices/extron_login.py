"""How every Extron device begins over telnet: a copyright line, a date, and a password if it has one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import SecretStr

from drivers.codecs.extron_sis import BUSY, ERRORS, PROMPT, error_of
from drivers.driver import Refusal, Reply
from drivers.model import Value

_BANNER = re.compile(
    r"\W*(?:\(c\)|©)?\s*Copyright.*?Extron[^,]*,\s*(?P<model>[^,]+),\s*V(?P<firmware>[^,\s]+)", re.IGNORECASE
)
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,.*\d\d:\d\d")


@dataclass(slots=True)
class Login:
    """One connection's way in; it greets once, when commands may be sent."""

    password: SecretStr
    identity: dict[str, Value] = field(default_factory=dict)
    _tried: bool = False
    _greeted: bool = False

    def read(self, line: str) -> list[Reply] | None:
        """Return what a line of the login means; None: it is no part of it."""
        banner = _BANNER.match(line)
        if banner is not None:
            self.identity.update(model=banner["model"].strip(), firmware=banner["firmware"])
            return [Reply("banner", dict(self.identity))]
        if line == PROMPT:
            return [self._prompted()]
        if line.startswith("Login "):
            return self._greeting()
        if _DATE.match(line):
            return self._greeting() if not self.password.get_secret_value() else []
        return None

    def _prompted(self) -> Reply:
        password = self.password.get_secret_value()
        if not password:
            return Reply("prompt", denied="it asks for a password; write it into the option `password`")
        if self._tried:
            return Reply("prompt", denied="it refuses the password; see the option `password`")
        self._tried = True
        return Reply("prompt", back=f"{password}\r".encode())

    def _greeting(self) -> list[Reply]:
        if self._greeted:
            return []
        self._greeted = True
        return [Reply("greeting", dict(self.identity))]


def refusal(line: str) -> Reply | None:
    """Return the reply for an error line, in words; None: the line is no error."""
    code = error_of(line)
    if code is None:
        return None
    text = f"the device refuses: {ERRORS.get(code, 'for a reason that is not in its manual')} ({code})"
    return Reply(None, refused=Refusal(text, busy=code in BUSY))
