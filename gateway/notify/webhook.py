"""News as a POST with JSON, for whatever speaks HTTP: gateways to Telegram and WhatsApp, an agency's own program."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import quote

import aiohttp
import orjson

from gateway.errors import NotifyError
from gateway.notify.config import WebhookChannel
from gateway.notify.delivery import Delivery
from gateway.notify.errors import ChannelAway, ChannelRefuses, Undeliverable
from gateway.notify.filling import filled, words_of

PATIENCE = aiohttp.ClientTimeout(total=20.0, connect=10.0)
REFUSES_US = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
NOT_NOW = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
MOST_SHOWN = 200


class WebhookSender:
    """Any 2xx means taken; a 4xx is a refusal, everything else is tried again."""

    def __init__(self, channel: WebhookChannel) -> None:
        self._channel = channel
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Hold the session."""
        context = ssl.create_default_context(cafile=self._channel.ca or None)
        async with aiohttp.ClientSession(
            timeout=PATIENCE, connector=aiohttp.TCPConnector(ssl=context)
        ) as self._session:
            yield

    async def send(self, delivery: Delivery) -> str:
        """Post one message; raise ChannelAway, ChannelRefuses or Undeliverable."""
        if self._session is None:
            raise RuntimeError(f"{self._channel.id} is not open")
        body = self.body(delivery)
        try:
            async with self._session.post(
                self._url(delivery), data=body, headers=self.headers(delivery, body), allow_redirects=False
            ) as response:
                said = (await response.content.read(MOST_SHOWN)).decode("utf-8", "replace").strip()
                if not response.ok or response.status >= HTTPStatus.MULTIPLE_CHOICES:
                    raise _refusal(response.status, said)
                return f"answered {response.status}"
        except aiohttp.ClientConnectorCertificateError as error:
            raise ChannelRefuses(f"the certificate is not trusted: {error.certificate_error}") from None
        except aiohttp.ClientConnectorError as error:
            raise ChannelAway(f"nobody answers: {error}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChannelAway(f"no answer: {type(error).__name__} {error}".strip(), doubtful=True) from None

    def body(self, delivery: Delivery) -> bytes:
        """Return the JSON object: the channel's own, or all words of the delivery."""
        own = self._channel.body
        return orjson.dumps({key: filled(text, delivery) for key, text in own.items()} or dict(words_of(delivery)))

    def headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        """Return the headers; the key lets the other side know a message that comes twice."""
        found = {"Content-Type": "application/json", "Idempotency-Key": delivery.id}
        if token := self._channel.bearer.get_secret_value():
            found["Authorization"] = f"Bearer {token}"
        if key := self._channel.hmac_key.get_secret_value():
            found["X-Semarak-Signature"] = f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"
        return found

    def _url(self, delivery: Delivery) -> str:
        return self._channel.url.format_map({name: quote(word, safe="") for name, word in words_of(delivery).items()})


def _refusal(status: int, said: str) -> NotifyError:
    text = f"answered {status}" + (f": {said}" if said else "")
    if status in REFUSES_US or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return ChannelRefuses(text)
    if status in NOT_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ChannelAway(text)
    return Undeliverable(text)
