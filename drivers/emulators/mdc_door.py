"""The secured door of a Samsung panel: a banner, TLS with a certificate of its own, and a PIN of four digits."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drivers.codecs.samsung_mdc import PIN_BLOCKED, PIN_GOOD, PIN_WRONG, TLS_WANTED
from drivers.model import Clock

_DIGITS = 4
_MOST_TRIES = 3
_LIFE = timedelta(days=3650)


class PinDoor:
    """Lets in who has the PIN; three wrong ones in a row block it for good."""

    def __init__(self, pin: Callable[[], str], blocked: Callable[[], bool], *, clock: Clock) -> None:
        self._pin = pin
        self._blocked = blocked
        self._clock = clock
        self._wrong = 0
        self._context: ssl.SSLContext | None = None

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Return whether the client may talk; without a PIN everybody may, and no TLS is spoken."""
        if not self._pin():
            return True
        writer.write(TLS_WANTED.encode())
        self._context = self._context or _context(datetime.fromtimestamp(self._clock.now() / 1e9, UTC))
        await writer.start_tls(self._context)
        given = await reader.readexactly(_DIGITS)
        verdict = self._judge(given.decode("ascii", "replace"))
        writer.write(verdict.encode())
        await writer.drain()
        return verdict == PIN_GOOD

    def _judge(self, given: str) -> str:
        if self._blocked() or self._wrong >= _MOST_TRIES:
            return PIN_BLOCKED
        if given != self._pin():
            self._wrong += 1
            return PIN_WRONG
        self._wrong = 0
        return PIN_GOOD


def _context(now: datetime) -> ssl.SSLContext:
    """Return the server's side of TLS with a certificate that the panel has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "MDC panel")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.pem"
        file.write_bytes(pem)
        context.load_cert_chain(file)
    return context
