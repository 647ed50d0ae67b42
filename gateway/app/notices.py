"""Notification as parts: a lane for each channel, started and replaced one by one, and the ear for replies by SMS."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from random import Random

import msgspec

from drivers.model import Clock, Reading
from gateway.alarms.engine import AlarmEngine
from gateway.audit.audit import Audit
from gateway.commands import Commands
from gateway.notify.apprise_sender import AppriseSender
from gateway.notify.command import CommandSender
from gateway.notify.config import AnyChannel, AppriseChannel, SmsChannel, SmtpChannel, WebhookChannel
from gateway.notify.delivery import DeliveryState
from gateway.notify.lane import NOTIFY, REPAIR, Lane, Sender
from gateway.notify.listing import Listing
from gateway.notify.notifier import Notifier
from gateway.notify.queue import Queue
from gateway.notify.replies import Replies
from gateway.notify.roster import Roster
from gateway.notify.smtp import SmtpSender
from gateway.notify.status import ChannelStatus
from gateway.notify.webhook import WebhookSender
from gateway.repairs import Repairs
from gateway.settings.site import Site
from gateway.store.store import Store
from gateway.supervisor import Supervisor

RECEIVED, DELIVERED = "received", "delivered"
"""What a modem tells unasked: a message that came, and that one of ours arrived."""


REMEMBERED = 256


class _Received(msgspec.Struct, frozen=True):
    """An SMS that came, as a modem tells it."""

    sender: str
    text: str


class _Delivered(msgspec.Struct, frozen=True):
    """A status report, as a modem tells it."""

    message: str
    state: str


class Notices:
    """`notifier` is what the actions ask; the lanes follow the site."""

    def __init__(
        self, *, clock: Clock, store: Store, supervisor: Supervisor, repairs: Repairs, audit: Audit,
        commands: Commands, alarms: AlarmEngine, roster: Roster,
    ) -> None:  # fmt: skip
        self._clock, self._supervisor, self._repairs = clock, supervisor, repairs
        self._audit, self._commands = audit, commands
        self._queue = Queue(store, clock)
        self._lanes: dict[str, Lane] = {}
        self._modems: dict[str, tuple[str, str]] = {}
        self._told: deque[str] = deque(maxlen=REMEMBERED)
        self.notifier = Notifier(roster, queue=self._queue, clock=clock, audit=audit, stir=self._stir)
        self.replies = Replies(
            self.notifier, queue=self._queue, rows=store, alarms=alarms, clock=clock, audit=audit
        )  # fmt: skip
        self.listing = Listing(store)

    def start(self, site: Site) -> None:
        """Take up what had not been sent, and start every channel."""
        self._queue.restore()
        self._follow(site)

    async def adopt(self, site: Site) -> None:
        """Follow the site: only channels that differ are stopped and started."""
        old, new = self.notifier.roster.channels, site.notify.channels
        for name in [name for name in self._lanes if new.get(name) != old[name]]:
            await self._supervisor.remove(f"notify/{name}")
            del self._lanes[name]
            self._repairs.done(REPAIR, name)
        self._follow(site)

    async def stop(self) -> None:
        """Stop every channel; what is being sent just now may have gone out, and is sent again later."""
        for name in list(self._lanes):
            await self._supervisor.remove(f"notify/{name}")
            del self._lanes[name]

    def on_readings(self, batch: Sequence[Reading]) -> None:
        """Hear what modems tell: replies, and that messages of ours have arrived."""
        if not self._modems:
            return
        for reading in batch:
            heard = self._modems.get(reading.point)
            if heard is not None and not reading.retained:
                self._heard(*heard, str(reading.value))

    def channels(self) -> list[ChannelStatus]:
        """Return how every channel stands."""
        waiting = Counter(each.channel for each in self._queue.open())
        reasons = {name: lane.reason for name, lane in self._lanes.items()}
        return [
            ChannelStatus(
                name, config.kind, config.enabled, waiting[name], reasons.get(name, ""),
                {what: n for (channel, what), n in self._queue.counters.items() if channel == name},
            )
            for name, config in self.notifier.roster.channels.items()
        ]  # fmt: skip

    def _follow(self, site: Site) -> None:
        self.notifier.roster = site.notify
        for name, channel in site.notify.channels.items():
            if channel.enabled and name not in self._lanes:
                self._lanes[name] = self._lane(name, channel)
                self._supervisor.add(f"notify/{name}", self._lanes[name].run)
        self._abandon()
        modems = {
            name: channel.device for name, channel in site.notify.channels.items() if isinstance(channel, SmsChannel)
        }
        self._modems = {
            f"{device}.{what}": (what, name) for name, device in modems.items() for what in (RECEIVED, DELIVERED)
        }

    def _abandon(self) -> None:
        """End what waits for a channel that the site has no longer."""
        for delivery in self._queue.open():
            if delivery.channel not in self._lanes:
                why = f"the site has no channel {delivery.channel} any more, or it is not enabled"
                self._queue.settle(delivery, DeliveryState.FAILED, why)
                self._audit.record(
                    NOTIFY, "notify.delivery", delivery.notification, outcome="failed", why=why, request=delivery.id
                )  # fmt: skip

    def _lane(self, name: str, channel: AnyChannel) -> Lane:
        return Lane(
            name, self._sender(channel), queue=self._queue, clock=self._clock, audit=self._audit,
            repairs=self._repairs, random=Random(),  # noqa: S311 - jitter, not a secret
        )  # fmt: skip

    def _sender(self, channel: AnyChannel) -> Sender:
        if isinstance(channel, SmtpChannel):
            return SmtpSender(channel)
        if isinstance(channel, WebhookChannel):
            return WebhookSender(channel)
        if isinstance(channel, AppriseChannel):
            return AppriseSender(channel)
        return CommandSender(channel, self._commands, self._clock)

    def _stir(self, channel: str) -> None:
        lane = self._lanes.get(channel)
        if lane is not None:
            lane.stir()

    def _heard(self, what: str, channel: str, told: str) -> None:
        """Take what a modem tells, once: one whose memory cannot be emptied tells the same again and again."""
        if told in self._told:
            return
        self._told.append(told)
        try:
            if what == RECEIVED:
                came = msgspec.json.decode(told, type=_Received)
                self.replies.from_address(channel, came.sender, came.text)
            else:
                report = msgspec.json.decode(told, type=_Delivered)
                self._queue.reported(report.message, channel, report.state)
        except msgspec.DecodeError:
            self._queue.counters[channel, "garbled"] += 1
