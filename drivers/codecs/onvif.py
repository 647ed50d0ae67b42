"""ONVIF messages: SOAP 1.2 with a UsernameToken digest, and what answers and faults say (ONVIF Core, PTZ)."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from drivers.codecs.plain_xml import child, name, parse, text
from drivers.errors import ProtocolError

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
SCHEMA = "http://www.onvif.org/ver10/schema"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
MIME = "application/soap+xml; charset=utf-8"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal: `code` is the innermost of its codes, without a prefix."""

    code: str
    reason: str


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """Return the digest of a UsernameToken (WSS UsernameToken Profile 1.0, 3.1); SHA-1 is the standard's own choice."""
    raw = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return b64encode(raw).decode()


def security(user: str, password: str, *, nonce: bytes, created: str) -> str:
    """Return the header that logs in; `created` is the time of the camera's own clock."""
    return (
        f'<w:Security xmlns:w="{_WSS}-wssecurity-secext-1.0.xsd" xmlns:u="{_WSS}-wssecurity-utility-1.0.xsd" '
        f's:mustUnderstand="1"><w:UsernameToken><w:Username>{escape(user)}</w:Username>'
        f'<w:Password Type="{_WSS}-username-token-profile-1.0#PasswordDigest">'
        f"{password_digest(nonce, created, password)}</w:Password>"
        f'<w:Nonce EncodingType="{_WSS}-soap-message-security-1.0#Base64Binary">{b64encode(nonce).decode()}</w:Nonce>'
        f"<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
    )


def envelope(body: str, *, header: str = "") -> bytes:
    """Return a message."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{ENVELOPE}" xmlns:tt="{SCHEMA}">'
        f"{head}<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def read(document: bytes) -> Element | Fault:
    """Return the element in a message's body, or its fault; raise ProtocolError for what is no message."""
    body = child(parse(document), "Body")
    found = next(iter(body), None) if body is not None else None
    if found is None:
        raise ProtocolError("no message of SOAP: it has no body")
    if name(found) != "Fault":
        return found
    code = child(found, "Code")
    inner = code
    while code is not None:
        inner, code = code, child(code, "Subcode")
    told = text(inner, "Value") if inner is not None else ""
    return Fault(told.rpartition(":")[2] or "Fault", text(found, "Reason", "Text"))


def clock(answer: Element) -> datetime:
    """Return the camera's time out of GetSystemDateAndTimeResponse; raise ProtocolError when it tells none."""
    utc = child(answer, "SystemDateAndTime", "UTCDateTime")
    if utc is None:
        raise ProtocolError("the camera does not tell its time in UTC")
    date = (text(utc, "Date", part) for part in ("Year", "Month", "Day"))
    time = (text(utc, "Time", part) for part in ("Hour", "Minute", "Second"))
    try:
        year, month, day, hour, minute, second = map(int, (*date, *time))
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError as error:
        raise ProtocolError(f"the camera tells a time that is none: {error}") from error


def timestamp(moment: datetime) -> str:
    """Return a time as a UsernameToken has it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
