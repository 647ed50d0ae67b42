"""TLS to a broker: the context made from files, the handshake on a non-blocking socket, and what its failures mean."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.errors import BadConfig, LinkError, Refused

RECORD = 16 * 1024
"""The most that one TLS record carries (RFC 8446, section 5.1)."""
SECOND_NS = 1_000_000_000

VERIFY_HINTS: Mapping[int, str] = {
    9: "is this machine's clock right?",
    10: "renew the broker's certificate; is this machine's clock right?",
    18: "give its certificate, or the authority that signed it, as the option ca",
    19: "give the authority that signed it as the option ca",
    20: "give the authority that signed it as the option ca",
    21: "give the authority that signed it as the option ca",
    62: "write the link with a name that stands in the broker's certificate",
    64: "write the link with an address that stands in the broker's certificate",
}
"""What to do about OpenSSL's verdict on a certificate (its X509_V_ERR numbers)."""
VERIFY_HINT = "look at the broker's certificate, and at the authority in the option ca"
OURS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR")
"""Alerts with one of these words are the broker's verdict on our own certificate (RFC 8446, section 6.2)."""
OURS_HINT = "look at our own certificate, in the options certificate and key: who signed it, and until when"


class Untrusted(Refused):
    """One of the two ends does not trust the other's certificate; `hint` says what to do."""

    def __init__(self, text: str, hint: str) -> None:
        super().__init__(text)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The paths of an authority, and of our certificate with its key; none: those of the machine, no certificate."""

    ca: str = ""
    certificate: str = ""
    key: str = ""


class TlsSocket(ssl.SSLSocket):
    """A TLS socket that reads as a plain one does: all that has come, or BlockingIOError."""

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Fill `buffer` with whole records: a part that stayed in OpenSSL would wake nobody."""
        room = memoryview(buffer)[: nbytes or None]
        size = 0
        while len(room) - size >= RECORD:
            try:
                came = super().recv_into(room[size:], flags=flags)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            size += came
            if not came:
                return size
        if not size:
            raise BlockingIOError
        return size

    @property
    def expires(self) -> int:
        """Return until when the peer's certificate holds, UTC ns."""
        told = (self.getpeercert() or {}).get("notAfter")
        return ssl.cert_time_to_seconds(str(told)) * SECOND_NS


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that verifies the broker's certificate and its name; raise BadConfig for files that cannot be.

    The files are read anew for every connection, so that a renewed certificate needs no restart.
    """
    path = files.ca
    try:
        context = ssl.create_default_context(cafile=files.ca or None)
        path = files.certificate
        if path:
            context.load_cert_chain(path, files.key)
    except OSError as error:  # an SSLError is one
        why = "holds no certificate, or not the one of its key" if isinstance(error, ssl.SSLError) else error.strerror
        raise BadConfig(f"{path}: {why}") from None
    context.sslsocket_class = TlsSocket
    return context


async def shake_hands(plain: socket.socket, context: ssl.SSLContext, host: str) -> socket.socket:
    """Return a connected non-blocking socket with TLS on it; raise Untrusted or LinkError."""
    tls = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    loop = asyncio.get_running_loop()
    done = False
    try:
        while not done:
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                await _ready(tls, loop.add_reader, loop.remove_reader)
            except ssl.SSLWantWriteError:
                await _ready(tls, loop.add_writer, loop.remove_writer)
    except OSError as error:
        raise meaning(error, f"the broker at {host}") from None
    finally:
        if not done:
            tls.close()
    return tls


async def _ready(tls: socket.socket, add: Callable[..., None], remove: Callable[..., object]) -> None:
    ready = asyncio.Event()
    add(tls, ready.set)
    try:
        await ready.wait()
    finally:
        remove(tls)


def last_word(sock: object, error: OSError) -> OSError:
    """Return why a write failed: over TLS the peer's alert, which has come and says more than a broken pipe."""
    if isinstance(sock, TlsSocket):
        try:
            sock.recv(1)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return error
        except ssl.SSLError as alert:
            return alert
        except OSError:
            return error
    return error


def meaning(error: OSError, who: str = "the broker") -> LinkError | Untrusted:
    """Return what the failure of a connection, with TLS or without, means to an operator."""
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = VERIFY_HINTS.get(error.verify_code, VERIFY_HINT)
        return Untrusted(f"the certificate of {who} is not trusted: {error.verify_message}", hint)
    if isinstance(error, ssl.SSLError):
        alert = (error.reason or "").replace("_", " ")
        if "ALERT" in alert and any(word.replace("_", " ") in alert for word in OURS):
            return Untrusted(f"{who} does not take our certificate: {alert.lower()}", OURS_HINT)
        if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
            return LinkError(f"{who} speaks no TLS there; write the link as mqtt://, or with the port of its TLS")
        return LinkError(f"TLS with {who} failed: {alert.lower() or error}")
    return LinkError(f"the connection broke: {error.strerror or error}")
