"""What a server's reply to a write means, and what is done about it: one table.

Sources: docs.influxdata.com, "Write data: troubleshoot" of InfluxDB 1.8, 2 and 3; RFC 9110 §10.2.3 (Retry-After).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from random import Random
from typing import Protocol

import msgspec


class Answer(StrEnum):
    """What a reply means: a closed list."""

    STORED = "stored"
    OLD = "old"
    """Stored, but for rows that are older than the server keeps any."""
    REFUSED = "refused"
    """Some row is wrong; which one has to be found out."""
    CREDENTIALS = "credentials"
    MISSING = "missing"
    TOO_LARGE = "too large"
    BUSY = "busy"
    AWAY = "away"
    """No answer, or one that says nothing about the rows."""


STATUSES: Mapping[int, Answer] = {
    400: Answer.REFUSED,
    401: Answer.CREDENTIALS,
    403: Answer.CREDENTIALS,
    404: Answer.MISSING,
    413: Answer.TOO_LARGE,
    422: Answer.REFUSED,
    429: Answer.BUSY,
    502: Answer.BUSY,
    503: Answer.BUSY,
    504: Answer.BUSY,
}
"""Every other status that is no success is AWAY: tried again, and harmless if the rows were stored."""

PROBE_S = 30.0
"""How often it is tried again when only a person can mend it."""
MOST_RETRY_S = 60.0
MOST_TOLD_S = 600.0
"""A server that asks for a longer rest is asked again after this long."""
TEXT_SHOWN = 500

_OLD = re.compile(r"points beyond retention policy dropped=(\d+)")
_LINE_NUMBER = re.compile(r"\bline (\d+)\b")
_QUOTED = re.compile(r"unable to parse '(.*?)': ", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said to one write; status 0: nothing, and `body` says why. `retry_after` is seconds."""

    status: int
    body: bytes = b""
    retry_after: float = 0.0

    @property
    def answer(self) -> Answer:
        """Return what it means."""
        if 200 <= self.status < 300:
            return Answer.STORED
        found = STATUSES.get(self.status, Answer.AWAY)
        return Answer.OLD if found is Answer.REFUSED and _OLD.search(self.text) else found

    @property
    def old(self) -> int:
        """Return how many rows the server dropped because they are older than it keeps."""
        told = _OLD.search(self.text)
        return int(told[1]) if told and self.answer is Answer.OLD else 0

    @property
    def text(self) -> str:
        """Return the server's sentence."""
        told = self.body.decode("utf-8", "replace")
        found = _in_json(told)
        return (found or told or f"status {self.status}").strip()

    def suspects(self, body: bytes) -> list[int]:
        """Return the rows of `body` (from 0) that the server names; hints only, each has to be asked about."""
        told = self.body.decode("utf-8", "replace")
        numbers = [int(number) - 1 for number in (*_LINE_NUMBER.findall(self.text), *_numbers(told))]
        for quoted in _QUOTED.findall(self.text):
            at = body.find(quoted.encode())
            if at >= 0:
                numbers.append(body.count(b"\n", 0, at))
        rows = body.count(b"\n")
        return sorted({number for number in numbers if 0 <= number < rows})


def _in_json(told: str) -> str:
    """Return the sentence of a JSON error: `message` (InfluxDB 2) or `error` (1 and 3), with its details (3)."""
    try:
        said = msgspec.json.decode(told.encode(), type=dict[str, object])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return ""
    sentence = str(said.get("message") or said.get("error") or "")
    details = [str(one.get("error_message", "")) for one in _details(said)]
    return "; ".join(part for part in (sentence, *details[:3]) if part)


def _details(said: Mapping[str, object]) -> list[dict[str, object]]:
    data = said.get("data")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _numbers(told: str) -> list[int]:
    """Return the line numbers in a JSON error: `line` (InfluxDB 2), `data[].line_number` (3)."""
    try:
        said = msgspec.json.decode(told.encode(), type=dict[str, object])
    except (msgspec.DecodeError, UnicodeEncodeError):
        return []
    numbers = [said.get("line"), *(one.get("line_number") for one in _details(said))]
    return [number for number in numbers if isinstance(number, int)]


def seconds_to_wait(header: str, now: int) -> float:
    """Return a Retry-After header in seconds at `now` (UTC ns); 0 for none and for one that nobody understands."""
    try:
        return min(max(float(header), 0.0), MOST_TOLD_S)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at.timestamp() - now / 1e9, 0.0), MOST_TOLD_S)


class Told(Protocol):
    """Why things wait: what a server said, or that it said nothing."""

    @property
    def answer(self) -> Answer: ...
    @property
    def text(self) -> str: ...
    @property
    def retry_after(self) -> float: ...


def pause(reply: Told, failures: int, random: Random) -> float:
    """Return the seconds until the next try after so many failures in a row.

    What a person must mend is probed every 30 s; everything else after what the server asks for, and at random within
    n²/40 s, 60 s at most, so that many gateways do not come back in step.
    """
    if reply.answer in (Answer.CREDENTIALS, Answer.MISSING, Answer.REFUSED, Answer.TOO_LARGE):
        return PROBE_S
    return reply.retry_after + random.uniform(0.0, min(failures * failures / 40, MOST_RETRY_S))
