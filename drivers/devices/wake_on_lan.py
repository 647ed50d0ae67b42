"""Computers that are woken over the network: one way, and never confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, SecretStr, field_validator

from drivers.capability import check
from drivers.codecs.named import Named, known, table
from drivers.codecs.wake_on_lan import address, magic_packet
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Reply, Request
from drivers.errors import BadCommand
from drivers.model import Command

_TIMES = 3
"""Packets a wish: nobody says that one has come."""
_PAUSE_S = 0.1


class Options(Strict):
    """The computers of one network segment; the link is its broadcast address."""

    machines: Named = ""
    """Hardware addresses by name, as `wall-1=00:11:22:33:44:55; wall-2=00-11-22-33-44-56`."""
    password: SecretStr = SecretStr("")
    """The SecureOn password of their cards, written as a hardware address; empty where they have none."""

    @field_validator("machines")
    @classmethod
    def _addresses(cls, text: str) -> str:
        for name, machine in table(text).items():
            try:
                address(machine)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return text

    @field_validator("password")
    @classmethod
    def _six_bytes(cls, secret: SecretStr) -> SecretStr:
        try:
            address(secret.get_secret_value() or "00:00:00:00:00:00")
        except ValueError:
            raise ValueError("a SecureOn password is written as a hardware address, as 00:11:22:33:44:55") from None
        return secret


class WakeOnLan:
    """Sends and hears nothing."""

    def __init__(self, options: Options) -> None:
        secret = options.password.get_secret_value()
        self._password = address(secret) if secret else b""
        self._machines = {name: address(text) for name, text in table(options.machines).items()}

    def hello(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def poll(self) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def request(self, command: Command) -> Sequence[Request]:
        """Return three packets; raise BadCommand for a computer that the site does not name."""
        check(command.verb, command.args)
        if command.verb != "wake":
            raise BadCommand(f"nothing but wake can be done over the network, not {command.verb}")
        machine = known(self._machines, str(command.args["machine"]), "computer")
        packet = magic_packet(machine, self._password)
        return [Request(packet, "wake", settle=_PAUSE_S, silent=True)] * _TIMES

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask nothing: nobody would answer."""
        return []

    def feed(self, _data: bytes) -> Sequence[Reply]:
        """Make nothing of what somebody else broadcasts."""
        return []


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return ()


def _make(options: BaseModel) -> Driver:
    return WakeOnLan(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="wake_on_lan",
    maker="any (Magic Packet)",
    models=("computers with Wake-on-LAN",),
    port=9,
    options=Options,
    points=_points,
    verbs=("wake",),
    make=_make,
    poll_every=60.0,
    links={"udp": {"broadcast": "on"}},
    sources={"the packet and SecureOn": "AMD publication 20213, Magic Packet Technology; wakeonlan 4.0.0"},
)
