"""News as e-mail, handed to a server over SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS (RFC 8314) and a login."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial

from gateway.notify.config import SmtpChannel
from gateway.notify.delivery import Delivery
from gateway.notify.errors import ChannelAway, ChannelRefuses, Undeliverable
from gateway.notify.worker import Worker

PATIENCE_S = 20.0
"""How long the server may be silent."""
PERMANENT = 500
"""From this reply code on a no is for good (RFC 5321, 4.2.1)."""
URGENT = 3
"""The severity from which on a message is marked as urgent."""


class SmtpSender:
    """A connection for each message: news is rare, and a connection that stood for hours is dead when it is needed."""

    def __init__(self, channel: SmtpChannel) -> None:
        self._channel = channel
        self._worker = Worker(f"notify {channel.id}")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Hold the thread."""
        with self._worker.opened():
            yield

    async def send(self, delivery: Delivery) -> str:
        """Hand one message to the server; raise ChannelAway, ChannelRefuses or Undeliverable."""
        return await self._worker.do(partial(self._send, delivery))

    def _send(self, delivery: Delivery) -> str:
        message = mail(delivery, sender=self._channel.sender)
        with _told(self._channel), self._connected() as server:
            server.send_message(message)
        return f"{self._channel.host} has taken it"

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        channel = self._channel
        context = ssl.create_default_context(cafile=channel.ca or None)
        if channel.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(channel.host, channel.port, timeout=PATIENCE_S, context=context)
        else:
            server = smtplib.SMTP(channel.host, channel.port, timeout=PATIENCE_S)
        with server:
            if channel.security == "starttls":
                server.starttls(context=context)
            if channel.username:
                server.login(channel.username, channel.password.get_secret_value())
            yield server


def mail(delivery: Delivery, *, sender: str) -> EmailMessage:
    """Return the message; its id is the delivery's, so that a mailbox knows a message that came twice."""
    message = EmailMessage()
    message["From"], message["To"] = sender, delivery.address
    message["Subject"] = delivery.message.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(delivery.changed_at // 1_000_000_000, UTC))
    message["Message-ID"] = f"<{delivery.id}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    if delivery.severity >= URGENT:
        message["Importance"] = "high"
    message.set_content(delivery.message.text)
    return message


@contextmanager
def _told(channel: SmtpChannel) -> Iterator[None]:
    """Tell what the server says in our own errors."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise ChannelRefuses(f"{channel.host} refuses the login: {_words(error.smtp_error)}") from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError) as error:
        raise ChannelRefuses(f"{channel.host}: {error}") from None
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise _refusal(channel, code, words) from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(channel, error.smtp_code, error.smtp_error) from None
    except ssl.SSLCertVerificationError as error:
        raise ChannelRefuses(
            f"{channel.host} shows a certificate that is not trusted: {error.verify_message}"
        ) from None
    except smtplib.SMTPServerDisconnected as error:
        raise ChannelAway(f"{channel.host} hung up: {error}", doubtful=True) from None
    except (OSError, smtplib.SMTPException) as error:
        raise ChannelAway(f"{channel.host}:{channel.port} does not answer: {error}") from None


def _refusal(channel: SmtpChannel, code: int, words: bytes | str) -> Undeliverable | ChannelAway:
    text = f"{channel.host} says {code} {_words(words)}"
    return Undeliverable(text) if code >= PERMANENT else ChannelAway(text)


def _words(said: bytes | str) -> str:
    return (said.decode("utf-8", "replace") if isinstance(said, bytes) else said).replace("\n", " ")[:200]
