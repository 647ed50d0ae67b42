"""One SNMP agent through pysnmp: the only file that knows that library, which is an extra and is loaded when needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from drivers.errors import BadConfig, LinkError, Refused
from drivers.sensors.object_map import Oid, Raw, dotted

TOO_BIG = 1
GRACE_S = 1.5
"""The library counts its time-outs in half seconds of the wall clock; so much later we give up whatever it says."""

STATUSES = {
    2: "the agent has no such object (noSuchName)",
    5: "the agent has a fault of its own (genErr)",
    6: "the agent gives no access (noAccess)",
    16: "the agent gives no access (authorizationError)",
}
"""What an error status means (RFC 3416 §3)."""
ABSENCES = {
    "NoSuchObject": "the agent has no such object; is it in this model's MIB?",
    "NoSuchInstance": "the agent has the object but not this instance of it; is the row right?",
    "EndOfMibView": "the agent's MIB ends before it",
}
AUTH = {
    "none": "USM_AUTH_NONE",
    "md5": "USM_AUTH_HMAC96_MD5",
    "sha": "USM_AUTH_HMAC96_SHA",
    "sha224": "USM_AUTH_HMAC128_SHA224",
    "sha256": "USM_AUTH_HMAC192_SHA256",
    "sha384": "USM_AUTH_HMAC256_SHA384",
    "sha512": "USM_AUTH_HMAC384_SHA512",
}
PRIV = {
    "none": "USM_PRIV_NONE",
    "des": "USM_PRIV_CBC56_DES",
    "aes": "USM_PRIV_CFB128_AES",
    "aes192": "USM_PRIV_CFB192_AES",
    "aes256": "USM_PRIV_CFB256_AES",
}
"""What the library calls the protocols of the user-based security model (RFC 3414, 3826 and 7860)."""


class NoAnswer(LinkError):
    """The agent said nothing in time."""


@dataclass(frozen=True, slots=True)
class Absent:
    """What stands for a value that the agent does not give, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks: a community for versions 1 and 2c, a user with keys for version 3."""

    version: str
    community: str = ""
    user: str = ""
    auth: str = "none"
    auth_key: str = ""
    priv: str = "none"
    priv_key: str = ""
    context: str = ""


def library() -> tuple[Any, type[Exception]]:
    """Return pysnmp's asyncio interface and its root error; raise BadConfig when it is not installed."""
    try:
        from pysnmp.error import PySnmpError  # type: ignore[import-untyped]  # the library is untyped
        from pysnmp.hlapi.v3arch import asyncio as hlapi  # type: ignore[import-untyped]  # the library is untyped
    except ImportError as error:
        raise BadConfig(f"SNMP needs the extra `snmp` ({error}); install it: pip install 'semarak[snmp]'") from None
    return hlapi, PySnmpError


class SnmpWire:
    """Asks one agent over UDP; `open` first, `close` at the end."""

    def __init__(self, host: str, port: int, login: Login, *, timeout: float, retries: int, most: int) -> None:
        self._host, self._port, self._login = host, port, login
        self._timeout, self._retries, self._most = timeout, retries, most
        self._hlapi: Any = None
        self._fault: type[Exception] = LinkError
        self._engine: Any = None
        self._target: Any = None

    @property
    def where(self) -> str:
        """Return the agent's address."""
        return f"{self._host}:{self._port}"

    async def open(self) -> None:
        """Find the agent's address; raise LinkError for a name that nobody knows, BadConfig without the library."""
        self._hlapi, self._fault = library()
        hlapi = self._hlapi
        kind = hlapi.Udp6TransportTarget if ":" in self._host else hlapi.UdpTransportTarget
        try:
            self._target = await kind.create((self._host, self._port), timeout=self._timeout, retries=self._retries)
        except self._fault:
            raise LinkError(f"{self._host} is no address and no name that is known here") from None
        self._engine = hlapi.SnmpEngine()

    async def close(self) -> None:
        """Let go of the socket."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        try:
            socket = getattr(self._target.transport, "transport", None)
            if socket is not None:
                socket.close()
            # A packet that has just come is on its way to the engine, which must still be there.
            await asyncio.sleep(0)
        finally:
            engine.close_dispatcher()

    async def get(self, oids: Sequence[Oid]) -> list[Raw | Absent]:
        """Return what each object holds, in order; raise NoAnswer or Refused (the login, or the whole question)."""
        found: list[Raw | Absent] = []
        at = 0
        while at < len(oids):
            part = oids[at : at + self._most]
            status, index, values = await self._exchange(part)
            if status == TOO_BIG and len(part) > 1:
                # The agent's packets are small: what it cannot answer once it never can.
                self._most = len(part) // 2
                continue
            found += values if not status else await self._without(part, status, index)
            at += len(part)
        return found

    async def _without(self, oids: Sequence[Oid], status: int, index: int) -> list[Raw | Absent]:
        """Return the others: for one bad name an agent refuses the whole question (RFC 1157 §4.1.2)."""
        why = STATUSES.get(status, f"the agent answers with error status {status}")
        if not 0 < index <= len(oids):
            raise Refused(f"{self.where}: {why}")
        rest = [*oids[: index - 1], *oids[index:]]
        others = await self.get(rest) if rest else []
        return [*others[: index - 1], Absent(why), *others[index - 1 :]]

    async def _exchange(self, oids: Sequence[Oid]) -> tuple[int, int, list[Raw | Absent]]:
        if self._engine is None:
            await self.open()
        hlapi = self._hlapi
        asked = [hlapi.ObjectType(hlapi.ObjectIdentity(dotted(oid))) for oid in oids]
        patience = self._timeout * (self._retries + 1) + GRACE_S
        try:
            async with asyncio.timeout(patience):
                failed, status, index, bound = await hlapi.get_cmd(
                    self._engine, self._auth(), self._target, hlapi.ContextData(contextName=self._context()), *asked,
                    lookupMib=False,
                )  # fmt: skip
        except (TimeoutError, self._fault) as error:
            await self._forget()
            raise NoAnswer(f"{self.where} did not answer: {error or 'nothing came'}") from None
        if failed:
            await self._forget()
            raise self._failure(failed)
        if not int(status) and [tuple(name) for name, _ in bound] != list(oids):
            raise NoAnswer(f"{self.where} answered a question that was not asked")
        return int(status), int(index), [_raw(value) for _, value in bound] if not int(status) else []

    async def _forget(self) -> None:
        """Forget what is known of the agent's clock: after its restart the library would never learn the new one."""
        if self._login.version == "3":
            await self.close()

    def _failure(self, failed: Any) -> NoAnswer | Refused:
        """Return what the library's word means: silence, or that the agent knows us but not like this."""
        word = type(failed).__name__
        if word in ("RequestTimedOut", "NotInTimeWindow"):
            times = self._retries + 1
            return NoAnswer(f"{self.where} did not answer {times} time{'s' * (times > 1)} within {self._timeout:g} s")
        return Refused(f"{self.where} refuses the login: {failed} ({word})")

    def _auth(self) -> Any:
        login, hlapi = self._login, self._hlapi
        if login.version != "3":
            return hlapi.CommunityData(login.community, mpModel=0 if login.version == "1" else 1)
        return hlapi.UsmUserData(
            login.user, login.auth_key or None, login.priv_key or None,
            authProtocol=getattr(hlapi, AUTH[login.auth]), privProtocol=getattr(hlapi, PRIV[login.priv]),
        )  # fmt: skip

    def _context(self) -> bytes:
        return self._login.context.encode() if self._login.version == "3" else b""


def _raw(value: Any) -> Raw | Absent:
    """Return a value of the library as a plain one."""
    word = type(value).__name__
    if word in ABSENCES:
        return Absent(ABSENCES[word])
    if word in ("OctetString", "Opaque", "Bits"):
        return bytes(value.asOctets())
    if word == "Null":
        return Absent("the agent holds nothing there")
    if word in ("ObjectIdentifier", "ObjectIdentity", "IpAddress"):
        return str(value.prettyPrint())
    return int(value)
