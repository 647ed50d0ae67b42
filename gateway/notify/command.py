"""News as a command to a device of the site, through the one door: an SMS over a modem, a horn, speech."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from drivers.model import Arg, Clock, Command, Outcome, Priority, Result
from gateway.auth.roles import Actor
from gateway.notify.config import DeviceChannel, SmsChannel
from gateway.notify.delivery import Delivery
from gateway.notify.errors import ChannelAway
from gateway.notify.filling import filled
from gateway.notify.lane import NOTIFY

WHO = Actor(NOTIFY, frozenset(), "system")
DEADLINE_S = 60.0
MINUTE_NS = 60_000_000_000
TAKEN = (Result.DONE, Result.VERIFIED)


class CommandsPort(Protocol):
    """The one door for commands."""

    async def issue(self, command: Command, actor: Actor, /) -> Outcome: ...


class CommandSender:
    """A refusal is tried again: a modem that finds no network today refuses, and so does an interlock."""

    def __init__(self, channel: SmsChannel | DeviceChannel, commands: CommandsPort, clock: Clock) -> None:
        self._channel, self._commands, self._clock = channel, commands, clock

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Hold nothing: the device has a session of its own."""
        yield

    async def send(self, delivery: Delivery) -> str:
        """Issue the command; raise ChannelAway, doubtful when the device may have acted."""
        verb, args = self._asked(delivery)
        deadline = self._clock.mono() + min(DEADLINE_S, (delivery.valid_until - self._clock.now()) / 1e9)
        command = Command(
            f"{delivery.id}-{delivery.tries}", self._channel.device, verb, args, NOTIFY,
            f"{delivery.notification} for {delivery.person or 'everybody'}", self._clock.now(), deadline,
            Priority.ALARM,
        )  # fmt: skip
        outcome = await self._commands.issue(command, WHO)
        if outcome.result in TAKEN:
            return outcome.detail or "the device has done it"
        text = f"{self._channel.device}: {outcome.result.value}: {outcome.detail}"
        raise ChannelAway(text, doubtful=outcome.result is Result.UNSURE)

    def _asked(self, delivery: Delivery) -> tuple[str, Mapping[str, Arg]]:
        if isinstance(self._channel, SmsChannel):
            left = max(1, round((delivery.valid_until - self._clock.now()) / MINUTE_NS))
            text = delivery.message.short
            return "sms", {"message": delivery.id, "to": delivery.address, "text": text, "valid": left}
        args = {
            name: filled(arg, delivery) if isinstance(arg, str) else arg for name, arg in self._channel.args.items()
        }
        return self._channel.verb, args
