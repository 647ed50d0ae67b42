"""How channels, persons and call lists are written in a site's `notify.yaml`."""

from __future__ import annotations

import re
from datetime import date, time
from string import Formatter
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, SecretStr, Tag, field_validator, model_validator

from drivers.device_config import BilingualName, Id, Strict
from drivers.model import Value
from drivers.sensors.source import SITE_FILE
from drivers.sensors.time_stamp import zone_of
from gateway.auth.roles import Role

PLACEHOLDERS = frozenset({"address", "code", "id", "person", "severity", "short", "subject", "text"})
Language = Literal["id", "en"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = time(0, 0)


def _filled(template: str) -> str:
    try:
        named = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError:
        named = {template}
    if unknown := named - PLACEHOLDERS:
        known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
        raise ValueError(f"{{{min(unknown)}}} cannot be filled in; there is {known}")
    return template


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _clock_time(text: str) -> str:
    clock_time(text)
    return text


def _zone(name: str) -> str:
    zone_of(name)
    return name


def clock_time(text: str) -> time:
    """Return the time of `07:00`; `24:00` is midnight; raise ValueError for what is none."""
    if not re.fullmatch(r"\d\d:\d\d", text):
        raise ValueError(f"{text!r} is no time; write it as 07:00")
    return MIDNIGHT if text == "24:00" else time.fromisoformat(text)


Template = Annotated[str, AfterValidator(_filled)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]
TimeOfDay = Annotated[str, AfterValidator(_clock_time)]


class _Channel(Strict):
    id: Id
    """How persons, call lists and the API call it."""
    enabled: bool = True
    """False: it is known and nothing goes out over it."""


class SmtpChannel(_Channel):
    """E-mail over a server that takes it; a person's address is an e-mail address."""

    kind: Literal["smtp"]
    """E-mail."""
    host: Annotated[str, Field(min_length=1)]
    """The server."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    """Its port: 587 for `starttls`, usually 465 for `tls`, 25 for `none`."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to it is secured; `none` only on a wire of one's own."""
    username: str = ""
    """The login, if the server wants one."""
    password: SecretStr = SecretStr("")
    """Its password."""
    sender: Annotated[str, Field(pattern=r"^[^\s@<>]+@[^\s@<>]+$")]
    """The address that it comes from."""
    ca: Annotated[str, SITE_FILE] = ""
    """The authority that has signed the server's certificate, when it is the site's own: a file of the site."""

    @model_validator(mode="after")
    def _a_login_is_secured(self) -> Self:
        if self.username and self.security == "none":
            raise ValueError("a login does not go over an open wire; use security: starttls or tls")
        return self


class WebhookChannel(_Channel):
    """A program that takes a POST with JSON, as a gateway to Telegram or WhatsApp does; any 2xx means taken."""

    kind: Literal["webhook"]
    """A POST over HTTP."""
    url: Template
    """Where to; `{address}` is the person's, when there is one for each."""
    bearer: SecretStr = SecretStr("")
    """The token that goes along as `Authorization: Bearer`."""
    hmac_key: SecretStr = SecretStr("")
    """The key with which the body is signed, in `X-Semarak-Signature: sha256=…` (HMAC, RFC 2104)."""
    body: dict[str, Template] = Field(default_factory=dict)
    """The JSON object that is sent, when the program wants its own; texts may hold `{text}` and the other words."""
    ca: Annotated[str, SITE_FILE] = ""
    """The authority that has signed the server's certificate, when it is the site's own: a file of the site."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address looks like https://wa.example/send")
        if parts.username or parts.password:
            raise ValueError("a password does not belong in an address; put it into bearer")
        return url


class AppriseChannel(_Channel):
    """A service that the library Apprise speaks to (Telegram, Signal, Matrix, …); needs the extra `notify`."""

    kind: Literal["apprise"]
    """Through the library Apprise."""
    url: SecretStr
    """The service in Apprise's own words, as `tgram://TOKEN/{address}`; `{address}` is the person's."""


class SmsChannel(_Channel):
    """Text messages over a GSM modem of the site; a person's address is a telephone number."""

    kind: Literal["sms"]
    """A GSM modem."""
    device: Id
    """The modem in `devices.yaml`."""


class DeviceChannel(_Channel):
    """One command to a device: a horn, a relay, speech; it speaks to a room and not to a person."""

    kind: Literal["device"]
    """A command to a device."""
    device: Id
    """The device in `devices.yaml`."""
    verb: str
    """What it is asked to do; see the reference of verbs."""
    args: dict[str, bool | int | float | str | dict[str, Value]] = Field(default_factory=dict)
    """The verb's arguments; texts may hold `{short}` and the other words."""
    language: Language = "id"
    """The language that it speaks."""


AnyChannel = SmtpChannel | WebhookChannel | AppriseChannel | SmsChannel | DeviceChannel


def _kind(written: Any) -> str:
    return str(written.get("kind", "")) if isinstance(written, dict) else ""


_ByKind = Annotated[
    Annotated[SmtpChannel, Tag("smtp")]
    | Annotated[WebhookChannel, Tag("webhook")]
    | Annotated[AppriseChannel, Tag("apprise")]
    | Annotated[SmsChannel, Tag("sms")]
    | Annotated[DeviceChannel, Tag("device")],
    Discriminator(
        _kind, "channel_kind", "there is no such kind of channel; there is smtp, webhook, apprise, sms, and device"
    ),
]


class PersonConfig(Strict):
    """Somebody who is told."""

    id: Id
    """How call lists and the API call them."""
    name: Annotated[str, Field(min_length=1, max_length=120)]
    """Their name."""
    office: BilingualName | None = None
    """Their office, as `Kepala BPBD`; plain text stands for both languages."""
    opd: str = ""
    """The agency that they belong to."""
    language: Language = "id"
    """The language that they are told in."""
    role: Annotated[Role, Field(strict=False)] | None = None
    """What they may do here; it decides whether a reply of theirs acknowledges."""
    addresses: dict[Id, Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]]
    """Where each channel reaches them, by the channel's id."""


class HoursConfig(Strict):
    """Some hours of some days, in the site's time zone."""

    days: Annotated[list[Weekday], Field(min_length=1)] = Field(default_factory=lambda: list(WEEKDAYS))
    """The days on which it begins; none: every day."""
    since: TimeOfDay = "00:00"
    """When it begins."""
    until: TimeOfDay = "24:00"
    """When it ends; not later than `since`: on the next day."""
    holidays: Literal["too", "only", "never"] = "too"
    """Whether it holds on holidays."""


class EntryConfig(Strict):
    """One line of a call list: a person, or a channel that speaks to a room or a group."""

    person: Id | None = None
    """Who; none: the channels speak to whoever is there."""
    channels: Annotated[list[Id], Field(min_length=1)]
    """Over which channels, each of them at once."""
    hours: list[HoursConfig] = Field(default_factory=list)
    """When; none: always."""
    severity: Annotated[int, Field(ge=1, le=4)] = 1
    """From which severity on: 1 (low) to 4 (critical)."""


class CallListConfig(Strict):
    """Who is told, in this order."""

    id: Id
    """How rules and the API call it."""
    name: BilingualName
    """What people call it; plain text stands for both languages."""
    entries: Annotated[list[EntryConfig], Field(min_length=1)]
    """Its lines, in order."""


class SubstituteConfig(Strict):
    """Who stands in for somebody, from the first day to the last, both included."""

    absent: Id
    """Who is away."""
    by: Id
    """Who stands in."""
    since: Day
    """The first day, as `2026-12-24`."""
    until: Day
    """The last day."""


class NotifyFile(Strict):
    """`notify.yaml`: who is told of alarms, and over what."""

    time_zone: Annotated[str, AfterValidator(_zone)] = "Asia/Jakarta"
    """The zone of every hour here and in every message."""
    exercise: bool = False
    """True: every message says first that this is an exercise."""
    acknowledge_by_reply: bool = False
    """True: a reply of somebody whose role may do so acknowledges the alarm."""
    holidays: list[Day] = Field(default_factory=list)
    """The days that are holidays, as `2026-12-25`."""
    channels: list[_ByKind] = Field(default_factory=list)
    """Over what people are told."""
    persons: list[PersonConfig] = Field(default_factory=list)
    """Who is told."""
    substitutes: list[SubstituteConfig] = Field(default_factory=list)
    """Who stands in for whom."""
    lists: list[CallListConfig] = Field(default_factory=list)
    """The call lists."""
