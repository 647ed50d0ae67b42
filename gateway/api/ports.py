"""What the API needs of the rest of the service: small protocols, put together in one `Gateway` by the composition."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from drivers.model import Clock, Command, Device, DeviceStatus, Name, Outcome, Point, Reading
from gateway.actions.course import Step
from gateway.actions.foresight import Foreseen
from gateway.alarms.alarm import Alarm, Disposition
from gateway.alarms.flood import Flood
from gateway.alarms.rule import AlarmRule
from gateway.api.pushes import Pushes
from gateway.archive.past import BucketLike, ExtentLike, OlderHistory
from gateway.audit.audit import Audit
from gateway.audit.chain import Verdict
from gateway.auth.accounts import Accounts
from gateway.auth.roles import Actor
from gateway.auth.sessions import Sessions
from gateway.auth.tokens import Tokens
from gateway.bus import Bus
from gateway.forward.quarantine import Entry
from gateway.forward.status import Replayed, SinkStatus
from gateway.notify.delivery import Notification
from gateway.notify.listing import Told, Wanted
from gateway.notify.replies import Reply
from gateway.notify.roster import Roster
from gateway.notify.status import ChannelStatus
from gateway.occurrences.book import Book
from gateway.rationalisation.records import NO_RECORDS, Records
from gateway.rehearsal.desk import RuleDesk
from gateway.repairs import Repairs
from gateway.settings.approval import Applied, Approval
from gateway.settings.record_file import RecordFile
from gateway.store.limits import DEFAULT
from gateway.supervisor import PartHealth
from wall_controller.claims import Kind
from wall_controller.layout import Layout, Policy, Wall
from wall_controller.plan import Plan
from wall_controller.scene import Scene
from wall_controller.view import OperationView, WallView
from wall_controller.wishes import Wish


class ExchangeLike(Protocol):
    """Bytes that went over a link at `at` (UTC ns)."""

    @property
    def at(self) -> int: ...
    @property
    def direction(self) -> str: ...
    @property
    def data(self) -> bytes: ...


class TapPort(Protocol):
    """The last bytes of every device."""

    def last(self, device: str, n: int, /) -> Sequence[ExchangeLike]:
        """Return the last `n` exchanges, oldest first."""


class LatestPort(Protocol):
    """The newest reading of every point."""

    def get(self, point: str, /) -> Reading | None: ...
    def all(self) -> Sequence[Reading]: ...


class StorePort(Protocol):
    """The journal; times are UTC ns."""

    @property
    def latest(self) -> LatestPort: ...
    @property
    def counters(self) -> Mapping[str, int]: ...

    def when_durable(self, done: Callable[[], None], /) -> None:
        """Call `done` once everything published so far is committed."""

    def on_readings(self, batch: Sequence[Reading], /) -> None:
        """Take readings that are no news: nobody but the journal hears of them."""

    def query(self, sql: str, /) -> Sequence[tuple[Any, ...]]: ...
    async def extent(self) -> ExtentLike: ...
    async def readings(self, point: str, /, *, since: int, until: int, limit: int) -> Sequence[Reading]: ...
    async def buckets(
        self, points: Sequence[str], /, *, since: int, until: int, count: int
    ) -> Mapping[str, Sequence[BucketLike]]: ...


class AlarmsPort(Protocol):
    """The alarms that stand; raises NoSuchAlarm and NotAllowed."""

    def alarms(self) -> Sequence[Alarm]: ...
    def alarm(self, alarm: str, /) -> Alarm: ...
    def every(self) -> Sequence[Alarm]: ...
    def rule(self, alarm: str, /) -> AlarmRule: ...
    def acknowledge(
        self, alarm: str, actor: Actor, note: str, disposition: Disposition, /, *, station: str
    ) -> Alarm: ...
    def reset(self, alarm: str, actor: Actor, /, *, why: str) -> Alarm: ...


class HandlingPort(Protocol):
    """What persons do with alarms; raises NoSuchAlarm and NotAllowed. Spans are seconds, times UTC ns."""

    @property
    def flood(self) -> Flood: ...
    def longest_shelf(self, alarm: str, /) -> float: ...
    def shelve(self, alarm: str, actor: Actor, /, *, why: str, seconds: float | None, once: bool) -> Alarm: ...
    def unshelve(self, alarm: str, actor: Actor, /, *, why: str) -> Alarm: ...
    def take_out(self, alarm: str, actor: Actor, /, *, why: str, due: int) -> Alarm: ...
    def put_back(self, alarm: str, actor: Actor, /, *, why: str) -> Alarm: ...


class ActionsPort(Protocol):
    """What alarms have set in motion."""

    def known(self, alarm: str, /) -> Sequence[str]: ...
    def steps(self, alarm: str, /) -> Sequence[Step]: ...


class ForesightPort(Protocol):
    """What alarms would set in motion; raises NoSuchLevel. Times are UTC ns."""

    def foresee(self, alarm: Alarm, rule: AlarmRule, /, *, code: str, at: int) -> Sequence[Foreseen]: ...


class CommandsPort(Protocol):
    """The one door down; raises BadCommand for what no device can do."""

    async def issue(self, command: Command, actor: Actor, /) -> Outcome: ...


class ConfigPort(Protocol):
    """The site's files; raises SiteError when they cannot be used, and then nothing has changed.

    Raises NotApproved when a change takes another person, NoSuchApproval when none of that number waits.
    """

    async def check(self) -> Sequence[str]:
        """Return what the files say that the running site does not, one sentence a difference."""

    async def apply(self, by: Actor, /, *, why: str) -> Applied:
        """Make the running site follow its files, or let that wait for a second person."""

    async def approve(self, approval: str, person: Actor, /) -> Applied:
        """Make the running site follow what waits."""

    async def reject(self, approval: str, /) -> Approval:
        """Drop what waits."""

    def waiting(self) -> Approval | None:
        """Return what waits for a second person."""

    def advice(self) -> Sequence[str]:
        """Return what is sound in the files, as they were last read, and will not work well all the same."""


@dataclass(frozen=True, slots=True)
class SiteName:
    """The site that is served."""

    id: str
    name: Name


class KeeperPort(Protocol):
    """One wall; raises the errors of `wall_controller.errors`."""

    @property
    def wall(self) -> Wall: ...

    def view(self) -> WallView: ...
    def operation(self, operation: str, /) -> OperationView: ...

    def scene_wish(
        self,
        scene: str,
        by: str,
        /,
        *,
        kind: Kind,
        regions: Sequence[str] = (),
        until: int | None = None,
        why: str = "",
    ) -> Wish: ...

    def layout_wish(
        self, layouts: Mapping[str, Layout], by: str, /, *, kind: Kind, until: int | None = None, why: str = ""
    ) -> Wish: ...

    def preview(self, wish: Wish, /) -> Plan: ...
    def take(self, wish: Wish, /, *, base_revision: int | None = None) -> str: ...
    def release_region(self, region: str, by: str, /) -> str: ...
    def undo(self, region: str, by: str, /) -> str: ...
    def retry(self, operation: str, by: str, /) -> str: ...
    def answer(self, device: str, policy: Policy, /) -> None: ...


class QuarantinePort(Protocol):
    """The rows that a sink's server refuses."""

    def entries(self) -> Sequence[Entry]: ...


class SinkPort(Protocol):
    """A server that gets every reading; raises SinkError when it does not do what is asked."""

    @property
    def quarantine(self) -> QuarantinePort: ...

    def status(self) -> SinkStatus: ...
    async def replay(self) -> Replayed: ...
    def discard(self) -> int: ...
    async def create(self) -> None: ...


class NotifierPort(Protocol):
    """Who queues news for people; raises NotifyError."""

    @property
    def roster(self) -> Roster: ...
    def test(self, *, person: str, channel: str, by: str) -> Notification: ...


class ListingPort(Protocol):
    """The record of notifications."""

    def page(self, wanted: Wanted, /, *, limit: int) -> Sequence[Told]: ...
    def one(self, notification: str, /) -> Told | None: ...


class RepliesPort(Protocol):
    """What people answer."""

    def to_delivery(self, delivery: str, text: str, /) -> Reply: ...


class NoticesPort(Protocol):
    """Notification as a whole."""

    @property
    def notifier(self) -> NotifierPort: ...
    @property
    def listing(self) -> ListingPort: ...
    @property
    def replies(self) -> RepliesPort: ...
    def channels(self) -> Sequence[ChannelStatus]: ...


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that the API shows or asks; the mappings are live: what is applied later is seen through them."""

    site: SiteName
    version: str
    points: Mapping[str, Point]
    rules: Mapping[str, AlarmRule]
    """By point."""
    devices: Mapping[str, Device]
    verbs: Callable[[Device], Sequence[str]]
    statuses: Mapping[str, DeviceStatus]
    counters: Mapping[str, Mapping[str, int]]
    """What each device's session or source counts."""
    tap: TapPort
    store: StorePort
    alarms: AlarmsPort
    handling: HandlingPort
    actions: ActionsPort
    foresight: ForesightPort
    commands: CommandsPort
    walls: Mapping[str, KeeperPort]
    scenes: Mapping[str, Scene]
    audit: Audit
    prove: Callable[[], Awaitable[Verdict]]
    """Walk the audit's whole chain, off the loop."""
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    pushes: Pushes
    config: ConfigPort
    parts: Callable[[], Sequence[PartHealth]]
    occurrences: Book
    """What was written down of every alarm."""
    repairs: Repairs
    sinks: Mapping[str, SinkPort]
    bus: Bus
    clock: Clock
    pace: float = 1.0
    """How many times faster than life a simulation runs."""
    simulator: str | None = None
    """Where the simulator listens (`http://127.0.0.1:port`); None: this is no simulation."""
    judged: Mapping[str, int] = field(default_factory=dict)
    """What the plausibility checks count."""
    derived: Mapping[str, int] = field(default_factory=dict)
    """What the derived points count."""
    older: OlderHistory | None = None
    """Where history is read back from that the journal keeps no longer."""
    desk: RuleDesk | None = None
    """Where alarm rules are written and rehearsed; None: there are no site files."""
    records: Callable[[], Records] = lambda: NO_RECORDS
    """What was thought about the alarms."""
    record_file: RecordFile | None = None
    """Where that is written; None: there are no site files."""
    notices: NoticesPort | None = None
    """Who is told of alarms; None: nobody."""
    written_down: Callable[[], Mapping[str, int]] = dict
    """What is counted of the history of alarms."""
    raw_days: Callable[[], int] = lambda: DEFAULT.raw_days
    """For how many days the journal keeps every reading."""
