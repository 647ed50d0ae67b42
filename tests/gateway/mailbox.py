"""A mail server on a real socket: it greets, offers STARTTLS and a login, takes messages, and says no when told to."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

LOGIN = base64.b64encode(b"\0hall\0rahasia").decode()
PLAIN = {"DATA": "354 go on", "STARTTLS": "220 go on", "QUIT": "221 bye"}


class Mailbox:
    """What came, in `messages`; `says` has another answer for a command of that name."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False) -> None:
        self.messages: list[EmailMessage] = []
        self.says: dict[str, str] = {}
        self.secured: list[bool] = []
        self.port = 0
        self._tls, self._implicit, self._login = tls, implicit, login

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen on any free port of the loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls if self._implicit else None)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        with suppress(OSError, EOFError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secured, known = self._implicit, not self._login
        while line := await reader.readline():
            text = line.decode().strip()
            name = text.partition(" ")[0].upper()
            known = known or text.endswith(LOGIN)
            answer = self._answer(name, secured=secured, known=known)
            writer.write(answer.encode() + b"\r\n")
            if answer[0] in "45" or name == "QUIT":
                if answer.startswith("421"):
                    return
                continue
            if name == "STARTTLS" and self._tls:
                await writer.start_tls(self._tls)
                secured = True
            if name == "DATA":
                await self._take(reader, secured=secured)
                writer.write(b"250 taken\r\n")

    def _answer(self, name: str, *, secured: bool, known: bool) -> str:
        if name in self.says:
            return self.says[name]
        if name == "EHLO":
            offers = [] if self._tls is None or secured else ["250-STARTTLS"]
            return "\r\n".join(["250-mail.example", *offers, "250 AUTH PLAIN"])
        if name == "AUTH":
            return "235 welcome" if known else "535 5.7.8 who are you"
        if name == "MAIL" and not known:
            return "530 5.7.0 authenticate first"
        return PLAIN.get(name, "250 ok")

    async def _take(self, reader: asyncio.StreamReader, *, secured: bool) -> None:
        body = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        self.messages.append(cast("EmailMessage", message_from_bytes(body, policy=policy.default)))
        self.secured.append(secured)
