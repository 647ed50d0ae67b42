"""The channels against real servers: what each sends, and what it makes of every way in which it is refused."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from drivers.model import Command, Outcome, Result
from gateway.errors import NotifyError
from gateway.notify.apprise_sender import AppriseSender
from gateway.notify.command import CommandSender
from gateway.notify.config import AppriseChannel, DeviceChannel, SmsChannel, SmtpChannel, WebhookChannel
from gateway.notify.delivery import Delivery, Message
from gateway.notify.errors import ChannelAway, ChannelRefuses, Undeliverable
from gateway.notify.smtp import SmtpSender
from gateway.notify.webhook import WebhookSender
from tests.drivers.authority import Authority
from tests.fakes import EPOCH_NS, FakeClock
from tests.gateway.mailbox import Mailbox

pytestmark = pytest.mark.real

SAID = Message("Siaga banjir: Siaga I", "Sungai Air Bengkulu: 455,5 cm\nBalas: OK 4711", "Siaga I 455,5 cm", "id")
NEWS = Delivery(
    "d1", "s1", 0, "ani", "", "x", "ani@bengkulu.example", "4711", SAID, EPOCH_NS + 600 * 10**9, 4, tries=1,
    changed_at=EPOCH_NS,
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Receiver:
    """A program that takes webhooks, and answers as it is told."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []
        self.url = ""

    async def _take(self, request: web.Request) -> web.Response:
        self.got.append((request.path_qs, dict(request.headers), await request.read()))
        return web.Response(status=self.status, text="so it is", headers={"Location": "/other"})

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            await runner.cleanup()


async def sent(sender: Any, delivery: Delivery = NEWS) -> str:
    async with sender.opened():
        said: str = await sender.send(delivery)
        return said


async def why(sender: Any, delivery: Delivery = NEWS) -> NotifyError:
    with pytest.raises(NotifyError) as refused:
        await sent(sender, delivery)
    return refused.value


def mail(port: int, **changes: Any) -> SmtpSender:
    given = {"id": "email", "kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none",
             "sender": "hall@bengkulu.example", **changes}  # fmt: skip
    return SmtpSender(SmtpChannel(**given))


def tls(authority: Authority) -> ssl.SSLContext:
    """Return what a server called localhost shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.sign("localhost"))
    return context


async def test_an_e_mail_arrives_as_it_was_written() -> None:
    box = Mailbox()
    async with box.open():
        await sent(mail(box.port))
    (message,) = box.messages
    assert message["Subject"] == SAID.subject
    assert (message["To"], message["From"]) == ("ani@bengkulu.example", "hall@bengkulu.example")
    assert message["Message-ID"] == "<d1@bengkulu.example>"
    assert (message["Auto-Submitted"], message["Importance"]) == ("auto-generated", "high")
    assert message["Date"] == "Sat, 17 Jan 2026 00:00:00 +0000"
    assert message.get_content().splitlines() == SAID.text.splitlines()


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_e_mail_goes_over_a_secured_way_after_a_login(security: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    box = Mailbox(tls=tls(authority), implicit=security == "tls", login=True)
    login = {"username": "hall", "password": SecretStr("rahasia"), "ca": str(authority.file)}
    async with box.open():
        await sent(mail(box.port, security=security, host="localhost", **login))
        refused = await why(mail(box.port, security=security, host="localhost", **{**login, "ca": ""}))
    assert box.secured == [True]
    assert isinstance(refused, ChannelRefuses)
    assert "not trusted" in str(refused)


async def test_what_a_mail_server_says_is_told_apart(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    box = Mailbox(tls=tls(authority), login=True)
    ways = {"security": "starttls", "host": "localhost", "ca": str(authority.file)}
    async with box.open():
        wrong = await why(mail(box.port, **ways, username="hall", password=SecretStr("salah")))
        nobody = await why(mail(box.port, **ways))
    assert (type(wrong), type(nobody)) == (ChannelRefuses, ChannelRefuses)
    assert "salah" not in str(wrong)
    plain = Mailbox()
    found = {}
    async with plain.open():
        for code in ("RCPT 550 no such user", "RCPT 450 mailbox busy", "DATA 554 spam", "DATA 451 later",
                     "MAIL 553 not you", "EHLO 421 closing", "STARTTLS"):  # fmt: skip
            name, _, answer = code.partition(" ")
            plain.says = {name: answer} if answer else {}
            ways_ = {"security": "starttls"} if name == "STARTTLS" else {}
            found[code] = type(await why(mail(plain.port, **ways_)))
    assert list(found.values()) == [
        Undeliverable, ChannelAway, Undeliverable, ChannelAway, ChannelRefuses, ChannelAway, ChannelRefuses,
    ]  # fmt: skip
    assert isinstance(await why(mail(free_port())), ChannelAway)


def hook(url: str, **changes: Any) -> WebhookSender:
    return WebhookSender(WebhookChannel(id="wa", kind="webhook", url=url, **changes))


async def test_a_webhook_gets_the_news_signed_and_with_a_key_that_tells_repeats() -> None:
    other = Receiver()
    async with other.open():
        sender = hook(other.url + "/send?to={address}", bearer=SecretStr("abc"), hmac_key=SecretStr("kunci"))
        await sent(sender, replace(NEWS, address="+62811 1"))
        own = hook(other.url + "/own", body={"chat": "{address}", "message": "{short} ({code})"})
        await sent(own)
    (path, headers, body), (_, _, second) = other.got
    assert path == "/send?to=%2B62811%201"
    assert headers["Authorization"] == "Bearer abc"
    assert headers["X-Semarak-Signature"] == f"sha256={hmac.new(b'kunci', body, hashlib.sha256).hexdigest()}"
    assert headers["Idempotency-Key"] == "d1"
    assert json.loads(body)["text"] == SAID.text
    assert json.loads(second) == {"chat": "ani@bengkulu.example", "message": "Siaga I 455,5 cm (4711)"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, ChannelRefuses),
        (400, Undeliverable),
        (401, ChannelRefuses),
        (403, ChannelRefuses),
        (404, Undeliverable),
        (408, ChannelAway),
        (422, Undeliverable),
        (429, ChannelAway),
        (500, ChannelAway),
        (503, ChannelAway),
    ],
)
async def test_what_a_webhook_answers_is_told_apart(status: int, kind: type[NotifyError]) -> None:
    other = Receiver()
    other.status = status
    async with other.open():
        refused = await why(hook(other.url))
    assert (type(refused), str(status) in str(refused)) == (kind, True)


async def test_a_webhook_that_is_not_there_or_hangs_up_is_away() -> None:
    assert type(await why(hook(f"http://127.0.0.1:{free_port()}"))) is ChannelAway

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        refused = await why(hook(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    assert isinstance(refused, ChannelAway)
    assert refused.doubtful


def service(url: str) -> AppriseSender:
    return AppriseSender(AppriseChannel(id="apprise", kind="apprise", url=SecretStr(url)))


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")
async def test_apprise_carries_news_to_any_service_it_knows() -> None:
    pytest.importorskip("apprise")
    other = Receiver()
    async with other.open():
        await sent(service(other.url.replace("http://", "json://") + "/{address}"))
        other.status = 500
        refused = await why(service(other.url.replace("http://", "json://")))
    path, _, body = other.got[0]
    assert path.strip("/") == "ani@bengkulu.example"
    said = json.loads(body)
    assert (said["title"], said["message"], said["type"]) == (SAID.subject, SAID.text, "failure")
    assert type(refused) is ChannelAway
    assert isinstance(await why(service("fax://192.0.2.1")), ChannelRefuses)


class Door:
    """The one door, answering as it is told."""

    def __init__(self, result: Result = Result.VERIFIED) -> None:
        self.result = result
        self.issued: list[Command] = []

    async def issue(self, command: Command, actor: Any) -> Outcome:
        self.issued.append(command)
        assert actor.may("device.command")
        return Outcome(command.id, self.result, "as it is", EPOCH_NS)


async def test_an_sms_and_a_horn_go_through_the_one_door() -> None:
    door, clock = Door(), FakeClock()
    await sent(CommandSender(SmsChannel(id="sms", kind="sms", device="modem"), door, clock))
    horn = DeviceChannel(
        id="horn", kind="device", device="audio", verb="announce", args={"message": "{short}", "loud": True}
    )  # fmt: skip
    await sent(CommandSender(horn, door, clock))
    texting, announcing = door.issued
    assert (texting.device, texting.verb) == ("modem", "sms")
    assert dict(texting.args) == {"message": "d1", "to": "ani@bengkulu.example", "text": SAID.short, "valid": 10}
    assert dict(announcing.args) == {"message": SAID.short, "loud": True}
    assert texting.deadline == 60.0


@pytest.mark.parametrize("result", [Result.REFUSED, Result.FAILED, Result.EXPIRED, Result.UNSURE])
async def test_a_command_that_does_not_take_is_tried_again_and_doubt_is_told(result: Result) -> None:
    refused = await why(CommandSender(SmsChannel(id="sms", kind="sms", device="modem"), Door(result), FakeClock()))
    assert isinstance(refused, ChannelAway)
    assert refused.doubtful is (result is Result.UNSURE)
