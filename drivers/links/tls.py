"""Links over TLS: the certificate is proved by an authority, or by being the very one that was pinned."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from drivers.errors import BadConfig
from drivers.links import Link, Unreachable
from drivers.links.tcp import Mode, open_stream

_PIN_LENGTH = 64


def _pin(text: str) -> str:
    pin = text.replace(":", "").lower()
    if pin and (len(pin) != _PIN_LENGTH or set(pin) - set("0123456789abcdef")):
        raise ValueError("a fingerprint is the SHA-256 of the certificate: 64 hexadecimal digits, colons allowed")
    return pin


class TlsOptions(BaseModel):
    """What the query of a `tls://` link may say; with neither `fingerprint` nor `ca` the system's authorities count."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fingerprint: Annotated[str, AfterValidator(_pin)] = ""
    """SHA-256 of the device's own certificate: only that one is accepted, whoever signed it."""
    ca: str = ""
    """The file (PEM) of the authority that signs the devices' certificates."""
    name: str = ""
    """The name in the certificate, when it is not the link's host."""
    sni: Literal["on", "off"] = "on"
    """Off: the name is neither sent nor compared, for devices that hang up on it; it needs `fingerprint` or `ca`."""
    after: str = ""
    """What the device says in the clear before it wants TLS; it is waited for."""
    mode: Mode = "persistent"
    """As in `tcp://`."""

    @model_validator(mode="after")
    def _something_is_proved(self) -> TlsOptions:
        if self.sni == "off" and not (self.fingerprint or self.ca):
            raise ValueError("sni=off leaves nothing to prove the device by; give its fingerprint, or a ca")
        return self


def context_of(options: TlsOptions) -> ssl.SSLContext:
    """Return how the certificate is proved; raise BadConfig when the authority's file is none."""
    try:
        context = ssl.create_default_context(cafile=options.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise BadConfig(f"ca={options.ca} is no file of certificates: {error}") from error
    if options.fingerprint:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # proved by its fingerprint instead, before a byte is sent
    elif options.sni == "off":
        context.check_hostname = False  # the chain is still proved; without a name there is none to compare
    return context


async def open_tls(host: str, port: int, options: TlsOptions, *, patience: float = 5.0) -> Link:
    """Connect and prove the device's certificate within `patience` seconds; raise Unreachable or BadConfig."""
    name = (options.name or host) if options.sni == "on" else ""
    return await open_stream(
        host, port, patience=patience, secure=context_of(options), name=name, after=options.after.encode(),
        prove=partial(_prove, options.fingerprint),
    )  # fmt: skip


def _prove(pin: str, peer: str, tls: ssl.SSLObject) -> None:
    if not pin:
        return
    shown = hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()
    if not hmac.compare_digest(shown, pin):
        raise Unreachable(
            f"{peer} shows another certificate than the one that was pinned: {shown}",
            hint="was the device replaced or reset? If it is the right one, write its fingerprint into the link",
        )
