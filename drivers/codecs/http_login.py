"""Logging in over HTTP: Basic (RFC 7617) and Digest with MD5 or SHA-256 and qop=auth (RFC 7616)."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9_-]*)\s+(?=[A-Za-z][A-Za-z0-9_-]*\s*=)")
_PARAMETER = re.compile(r'([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES: Mapping[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
_STRENGTH = ("BASIC", "MD5", "MD5-sess", "SHA-256", "SHA-256-sess")
"""The weakest first."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a server offers in `WWW-Authenticate`."""

    scheme: str
    """`Basic` or `Digest`."""
    realm: str
    nonce: str = ""
    algorithm: str = "MD5"
    qop: bool = False
    """The server wants qop=auth, and with it a count of the nonce's uses."""
    opaque: str | None = None
    stale: bool = False
    """The nonce was too old and the password right: answer again."""

    @property
    def strength(self) -> int:
        """Return how good it is; a larger number is better."""
        return _STRENGTH.index("BASIC" if self.scheme == "Basic" else self.algorithm)


def challenges(headers: Sequence[str]) -> list[Challenge]:
    """Return what we can answer of the `WWW-Authenticate` headers, the strongest first."""
    found = [each for header in headers for each in map(_challenge, _split(header)) if each is not None]
    return sorted(found, key=lambda each: -each.strength)


def _split(header: str) -> list[tuple[str, str]]:
    """Return scheme and parameters of every challenge in one header."""
    starts = list(_SCHEME.finditer(header))
    ends = [*(each.start() for each in starts[1:]), len(header)]
    return [(start[1].capitalize(), header[start.end() : end]) for start, end in zip(starts, ends, strict=False)]


def _challenge(told: tuple[str, str]) -> Challenge | None:
    scheme, text = told
    fields = {
        each[1].lower(): re.sub(r"\\(.)", r"\1", each[2]) if each[2] is not None else each[3]
        for each in _PARAMETER.finditer(text)
    }
    realm = fields.get("realm", "")
    if scheme == "Basic":
        return Challenge(scheme, realm)
    algorithm = next((each for each in _STRENGTH if each.lower() == fields.get("algorithm", "MD5").lower()), "")
    offered = [each.strip().lower() for each in fields.get("qop", "").split(",") if each.strip()]
    if scheme != "Digest" or not algorithm or "nonce" not in fields or (offered and "auth" not in offered):
        return None
    return Challenge(
        scheme, realm, fields["nonce"], algorithm, bool(offered), fields.get("opaque"),
        fields.get("stale", "").lower() == "true",
    )  # fmt: skip


def basic(user: str, password: str) -> str:
    """Return the value of `Authorization` for Basic."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def digest(
    challenge: Challenge, *, user: str, password: str, method: str, uri: str, count: int = 1, cnonce: str = ""
) -> str:
    """Return the value of `Authorization` for Digest; `count` is how often the nonce has been used, this time too."""
    of = _HASHES[challenge.algorithm.removesuffix("-sess")]
    secret = of(f"{user}:{challenge.realm}:{password}".encode())
    if challenge.algorithm.endswith("-sess"):
        secret = of(f"{secret}:{challenge.nonce}:{cnonce}".encode())
    what = of(f"{method}:{uri}".encode())
    used = f"{count:08x}"
    middle = f"{challenge.nonce}:{used}:{cnonce}:auth" if challenge.qop else challenge.nonce
    fields = [
        ("username", _quoted(user)), ("realm", _quoted(challenge.realm)), ("nonce", _quoted(challenge.nonce)),
        ("uri", _quoted(uri)), ("response", _quoted(of(f"{secret}:{middle}:{what}".encode()))),
        ("algorithm", challenge.algorithm),
    ]  # fmt: skip
    if challenge.opaque is not None:
        fields.append(("opaque", _quoted(challenge.opaque)))
    if challenge.qop:
        fields += [("qop", "auth"), ("nc", used)]
    if challenge.qop or challenge.algorithm.endswith("-sess"):
        fields.append(("cnonce", _quoted(cnonce)))
    return "Digest " + ", ".join(f"{name}={value}" for name, value in fields)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Login:
    """One conversation's login: it learns from every 401, and counts the uses of a nonce.

    `cnonce` gives a fresh client nonce each time it is called, as `secrets.token_hex` does.
    """

    def __init__(self, user: str, password: str, *, cnonce: Callable[[], str]) -> None:
        self._user, self._password, self._cnonce = user, password, cnonce
        self._challenge: Challenge | None = None
        self._count = 0

    def header(self, method: str, uri: str) -> Mapping[str, str]:
        """Return the `Authorization` header for a request; none before the server has asked for one."""
        challenge = self._challenge
        if challenge is None:
            return {}
        if challenge.scheme == "Basic":
            return {"Authorization": basic(self._user, self._password)}
        self._count += 1
        value = digest(
            challenge, user=self._user, password=self._password, method=method, uri=uri,
            count=self._count, cnonce=self._cnonce(),
        )  # fmt: skip
        return {"Authorization": value}

    def learn(self, headers: Sequence[str]) -> bool:
        """Take in the `WWW-Authenticate` headers of a 401; return whether asking again may help.

        It does not when the server offers nothing that we can answer, or refuses the answer that it has just had.
        """
        offered = challenges(headers)
        if not offered or not self._user:
            return False
        tried, self._challenge = self._challenge, offered[0]
        used, self._count = self._count, 0
        if tried is None:
            return True
        return offered[0].scheme == "Digest" and (offered[0].stale or (used > 1 and offered[0].nonce != tried.nonce))
