"""What the parts of the service keep, turned into what the API answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from pydantic import TypeAdapter

from drivers import model
from drivers.model import DeviceState, Quality, Reason
from gateway.alarms import alarm as alarms
from gateway.alarms.flood import LIST_ONLY, Flood
from gateway.api import alarm_shapes, house_shapes, shapes, wall_shapes
from gateway.api.ports import ExchangeLike, Gateway
from gateway.audit.event import Event
from gateway.auth.accounts import Account
from gateway.auth.roles import Actor
from gateway.auth.tokens import Token
from gateway.forward.status import SinkStatus
from gateway.settings.approval import Approval
from gateway.supervisor import PartHealth
from wall_controller.plan import Plan, Step
from wall_controller.scene import Scene
from wall_controller.view import OperationView, WallView, document

LOG_SHOWN = 6
WALL = TypeAdapter(wall_shapes.Wall)
OPERATION = TypeAdapter(wall_shapes.Operation)
QUALITIES: Mapping[Quality, shapes.QualityWord] = {
    Quality.GOOD: "good",
    Quality.UNCERTAIN: "uncertain",
    Quality.BAD: "bad",
}


@lru_cache(maxsize=4096)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def time(at: int) -> str:
    """Return UTC ns as RFC 3339, to the millisecond."""
    return f"{_second(at // 1_000_000_000)}.{at // 1_000_000 % 1000:03d}Z"


def time_or_none(at: int | None) -> str | None:
    """Return UTC ns as RFC 3339; nothing for no time."""
    return None if at is None else time(at)


def name(of: model.Name) -> shapes.Name:
    """Return a name in both languages."""
    return shapes.Name(of.id, of.en)


def place(of: model.Place | None) -> shapes.Place | None:
    """Return where a thing stands."""
    return None if of is None else shapes.Place(of.lat, of.lon)


def age(of: model.Reading, now: float) -> float:
    """Return a reading's age in seconds at `now` (monotonic seconds): setting a clock makes it no older."""
    return max(0, of.received_at - of.source_at) / 1e9 + max(0.0, now - of.received_mono)


def reading(of: model.Reading, now: float, *, stale_after: float = 0.0) -> shapes.Reading:
    """Return a reading at `now` (monotonic s); a good one older than `stale_after` s (0: never) is told as stale."""
    quality, reason, old = of.quality, of.reason, age(of, now)
    if quality is Quality.GOOD and 0 < stale_after < old:
        quality, reason = Quality.UNCERTAIN, Reason.STALE
    return shapes.Reading(
        of.point, of.value, time(of.source_at), time(of.received_at), round(old, 3), QUALITIES[quality], reason.value
    )


def point(gateway: Gateway, of: model.Point) -> shapes.Point:
    """Return a point with its levels and its newest reading."""
    rule, latest = gateway.rules.get(of.id), gateway.store.latest.get(of.id)
    levels = (
        [shapes.Level(each.code, name(each.label), each.limit, each.severity) for each in rule.levels] if rule else []
    )
    return shapes.Point(
        of.id, of.device, name(of.name), of.kind.value, of.unit, of.low, of.high, place(of.place), of.every,
        of.stale_after, of.owner, of.tags, rule.id if rule else None, levels,
        reading(latest, gateway.clock.mono(), stale_after=of.stale_after) if latest else None,
    )  # fmt: skip


def alarm(of: alarms.Alarm) -> shapes.Alarm:
    """Return an alarm as it stands."""
    return shapes.Alarm(
        of.id, of.occurrence, of.point, name(of.name), of.scale, name(of.scale_name), of.code, name(of.label),
        of.severity, of.state.value, of.active, of.acked, of.value, of.unit, of.peak, time_or_none(of.raised_at),
        time(of.since), time_or_none(of.cleared_at), of.acked_by or None, time_or_none(of.acked_at), of.note,
        of.disposition.value, of.cond_unknown, place(of.place), of.category.value, of.group, of.first_out.value,
        of.chatter, of.chattering, of.steadier, _aside(of.shelf), of.facts.oneshot, of.facts.suppressed_by,
        _aside(of.outage),
    )  # fmt: skip


def _aside(of: alarms.Aside | None) -> shapes.Aside | None:
    return None if of is None else shapes.Aside(of.by, time(of.at), of.why, time(of.until), of.overdue)


def flood(of: Flood) -> alarm_shapes.Flood:
    """Return whether there is a flood of alarms."""
    counts = {str(severity): count for severity, count in sorted(of.counts.items())}
    return alarm_shapes.Flood(of.on, time_or_none(of.since), counts, of.listed, LIST_ONLY)


def approval(of: Approval) -> alarm_shapes.Approval:
    """Return a change that waits for a second person."""
    return alarm_shapes.Approval(of.id, of.by, of.why, time(of.at), time(of.until), of.changes)


def without_credentials(link: str) -> str:
    """Return a link that is safe to show."""
    parts = urlsplit(link)
    _, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"***@{host}")) if at else link


def exchange(of: ExchangeLike) -> shapes.Exchange:
    """Return bytes as a technician reads them: hex, and text with dots for what is no letter."""
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in of.data)
    direction: shapes.Direction = "sent" if of.direction == "sent" else "received"
    return shapes.Exchange(time(of.at), direction, of.data.hex(" "), text)


def owner_of(point: str, devices: Mapping[str, model.Device]) -> str | None:
    """Return the device whose value `<device>.<value name>` this is, None when it is no device's."""
    at = point.find(".")
    while at > 0:
        if point[:at] in devices:
            return point[:at]
        at = point.find(".", at + 1)
    return None


def values_by_device(gateway: Gateway) -> dict[str, dict[str, shapes.DeviceValue]]:
    """Return the newest values that every device reports of itself."""
    found: dict[str, dict[str, shapes.DeviceValue]] = defaultdict(dict)
    for latest in gateway.store.latest.all():
        device = owner_of(latest.point, gateway.devices)
        if device is not None:
            value = shapes.DeviceValue(latest.value, time(latest.source_at), QUALITIES[latest.quality])
            found[device][latest.point[len(device) + 1 :]] = value
    return found


def devices(gateway: Gateway, wanted: Iterable[str], *, with_log: bool) -> list[shapes.Device]:
    """Return devices with what they say; the last bytes only for who may see them."""
    values = values_by_device(gateway)
    return [_device(gateway, gateway.devices[id_], values.get(id_, {}), with_log=with_log) for id_ in wanted]


def _device(
    gateway: Gateway, of: model.Device, values: Mapping[str, shapes.DeviceValue], *, with_log: bool
) -> shapes.Device:
    log = [exchange(each) for each in gateway.tap.last(of.id, LOG_SHOWN)] if with_log else []
    return shapes.Device(
        of.id, name(of.name), of.driver, without_credentials(of.link), of.room, of.tags, of.enabled,
        _status(gateway.statuses.get(of.id), enabled=of.enabled), values, tuple(gateway.verbs(of)), log,
        dict(gateway.counters.get(of.id, {})),
    )  # fmt: skip


def _status(of: model.DeviceStatus | None, *, enabled: bool) -> shapes.Status:
    if of is None:
        return shapes.Status((DeviceState.DIALLING if enabled else DeviceState.DISABLED).value, None, "", "")
    return shapes.Status(of.state.value, time(of.since), of.reason, of.hint)


def wall(of: WallView) -> wall_shapes.Wall:
    """Return a wall; its own package says how it is told."""
    return WALL.validate_python(document(of))


def operation(of: OperationView) -> wall_shapes.Operation:
    """Return an operation; its own package says how it is told."""
    return OPERATION.validate_python(document(of))


def planned(steps: Iterable[Step]) -> list[wall_shapes.OperationStep]:
    """Return what steps would bring about."""
    return [
        wall_shapes.OperationStep(
            step.device, step.verb, "planned", ", ".join(f"{name}={value}" for name, value in step.effects.items())
        )
        for step in steps
    ]


def dry_run(scene: str, plan: Plan) -> wall_shapes.Operation:
    """Return what taking a wish would do, told as an operation that never was."""
    return wall_shapes.Operation("", scene, "planned", planned(plan.steps), plan.estimate, None, None)


def shown_on(view: WallView) -> frozenset[str]:
    """Return the scenes that hold a region of a wall."""
    return frozenset(region.claim.scene for region in view.regions if region.claim is not None)


def scene(of: Scene, shown: Container[str]) -> wall_shapes.Scene:
    """Return a scene; it is active when it is among those `shown`."""
    return wall_shapes.Scene(of.id, name(of.name), of.wall, of.regions, of.permission, of.confirm, of.id in shown)


def scenes(gateway: Gateway, wanted: Iterable[Scene]) -> list[wall_shapes.Scene]:
    """Return scenes as they are shown now."""
    shown = {wall: shown_on(keeper.view()) for wall, keeper in gateway.walls.items()}
    return [scene(each, shown.get(each.wall, ())) for each in wanted]


def event(of: Event) -> house_shapes.Event:
    """Return an entry of the audit."""
    return house_shapes.Event(
        of.seq, time(of.at), of.actor, of.action, of.subject, of.before, of.after, of.outcome, of.why, of.hash
    )  # fmt: skip


def part(of: PartHealth) -> house_shapes.Part:
    """Return how a part stands."""
    return house_shapes.Part(of.name, of.state.value, time(of.since), of.restarts, of.reason)


def site(gateway: Gateway) -> house_shapes.Site:
    """Return which site this is."""
    return house_shapes.Site(gateway.site.id, name(gateway.site.name))


def health(gateway: Gateway) -> house_shapes.Health:
    """Return how the service stands."""
    parts = [part(each) for each in gateway.parts()]
    return house_shapes.Health(parts, gateway.pace, gateway.simulator is not None, gateway.version, site(gateway))


def repairs(gateway: Gateway) -> list[house_shapes.Repair]:
    """Return what a person should mend, the worst first."""
    return [
        house_shapes.Repair(
            each.id, each.kind, each.about.severity.value, each.subject, name(each.about.title), each.detail,
            name(each.about.hint), time(each.since), name(each.about.act) if each.about.act else None, each.action,
        )
        for each in gateway.repairs.open()
    ]  # fmt: skip


def sink(of: SinkStatus) -> house_shapes.Sink:
    """Return a server that gets the readings."""
    backlog = house_shapes.Backlog(of.rows, of.bytes, round(of.age, 3), of.time_to_full)
    return house_shapes.Sink(
        of.id, of.kind, of.url, of.state.value, time(of.since), of.reason, backlog, of.batch, of.quarantined,
        of.counters,
    )  # fmt: skip


def me(actor: Actor) -> house_shapes.Me:
    """Return who is signed in."""
    return house_shapes.Me(actor.name, sorted(actor.roles), actor.permissions())


def user(of: Account) -> house_shapes.User:
    """Return a person who may sign in."""
    return house_shapes.User(of.name, sorted(of.roles), of.enabled)


def token(of: Token) -> house_shapes.Token:
    """Return a program's access, without its secret."""
    return house_shapes.Token(
        str(of.id), of.name, of.prefix, sorted(of.roles), sorted(of.only), of.device, of.made_by, time(of.created_at),
        time(of.expires_at), time(of.used_at) if of.used_at else None,
    )  # fmt: skip
