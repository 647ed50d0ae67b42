"""Readings pushed by programs: taken like those of any sensor, and answered only once they are on the disk."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from drivers.model import Point, PointKind, Quality, Reading, Reason, Value
from drivers.sensors.history import is_history
from drivers.sensors.source import Rejected
from drivers.sensors.time_stamp import OLDEST_NS
from gateway.api import shapes
from gateway.api.operation import NO_TEXT_CONTROLS, Call, Operation, Strict
from gateway.api.points import Time, nanoseconds
from gateway.api.problem import Problem, unavailable
from gateway.derive.derivation import DEVICE

PATIENCE_S = 10.0
AHEAD_NS = 60_000_000_000
"""A sensor's clock may be ahead of ours by this much; a later reading would hide all that follow it."""
HISTORY = "kept as history: it is older than the point's stale_after, so it rings nothing"
WHOLE = 2**53
Number = Annotated[int, Field(ge=-WHOLE, le=WHOLE)] | float
Text = Annotated[str, Field(max_length=500, pattern=NO_TEXT_CONTROLS)]


class ReadingIn(Strict):
    """One reading; `source_at` is the sensor's own time, now when it is not given."""

    point: Annotated[str, Field(min_length=1, max_length=100)]
    value: bool | Number | Text
    source_at: Time | None = None
    quality: Literal["good", "uncertain", "bad"] = "good"


class ReadingsIn(Strict):
    """Many readings."""

    items: Annotated[list[ReadingIn], Field(min_length=1, max_length=1000)]


def _one_or_many(body: Any) -> str:
    return "many" if isinstance(body, dict) and "items" in body else "one"


Push = Annotated[
    Annotated[ReadingIn, Tag("one")] | Annotated[ReadingsIn, Tag("many")],
    Discriminator(_one_or_many),
]


async def push_readings(call: Call, *, body: Push) -> shapes.Pushed:
    """Take readings; answered after those accepted are committed. The same reading sent again is kept once."""
    items = body.items if isinstance(body, ReadingsIn) else [body]
    doubts = [_doubt(call, item) for item in items]
    _reject(call, items, doubts)
    good = [_reading(call, item) for item, doubt in zip(items, doubts, strict=True) if not doubt]
    if good:
        call.gateway.bus.publish(good)
        await _durable(call)
    await _tell(call, items, doubts, good)
    if not good:
        faults = [shapes.Fault(f"items.{n}", doubt) for n, doubt in enumerate(doubts)][:20]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "none of the readings can be taken", errors=faults)
    told = iter(good)
    results = [
        shapes.PushResult(item.point, "refused", doubt) if doubt else _accepted(next(told))
        for item, doubt in zip(items, doubts, strict=True)
    ]
    return shapes.Pushed(len(good), len(items) - len(good), results)


def _accepted(reading: Reading) -> shapes.PushResult:
    return shapes.PushResult(reading.point, "accepted", HISTORY if reading.retained else "")


async def _tell(call: Call, items: Sequence[ReadingIn], doubts: Sequence[str], good: Sequence[Reading]) -> None:
    """Tell each device that pushes what came for it, and the audit who pushed."""
    pushes, body = call.gateway.pushes, await call.request.read()
    refused = Counter(_owner(call, item) for item, doubt in zip(items, doubts, strict=True) if doubt)
    taken: dict[str, list[Reading]] = defaultdict(list)
    for reading in good:
        taken[call.gateway.points[reading.point].device].append(reading)
    for device in taken.keys() | refused.keys():
        if device in pushes.devices:
            pushes.devices[device].took(taken[device], refused=refused[device], body=body)
    pushes.note(
        call.who, accepted=len(good), refused=len(items) - len(good), batch=len(items) > 1, request=call.request_id
    )


def _owner(call: Call, item: ReadingIn) -> str:
    """Return the device that answers for an item: the token's own, or else the one of its point."""
    point = call.gateway.points.get(item.point)
    return call.who.device or (point.device if point is not None else "")


def _doubt(call: Call, item: ReadingIn) -> str:
    """Return why a reading cannot be taken; empty when it can."""
    point = call.gateway.points.get(item.point)
    if point is None:
        return f"there is no point {item.point!r}"
    if point.device == DEVICE:
        return f"{item.point} is calculated; push what it is derived from"
    if call.who.device and point.device != call.who.device:
        return f"{item.point} is not one of {call.who.device}, whose token this is"
    if not _fits(point.kind, item.value):
        return f"{item.point} is a {point.kind.value}; {str(item.value)[:40]!r} is none"
    return _doubt_of_time(call, item)


def _doubt_of_time(call: Call, item: ReadingIn) -> str:
    if item.source_at is None:
        return ""
    at = nanoseconds(item.source_at)
    if at > call.gateway.clock.now() + AHEAD_NS:
        return f"{item.point}: source_at is in the future; set the clock of the sender"
    if at < OLDEST_NS:
        return f"{item.point}: source_at is before the year 2000; set the clock of the sender"
    return ""


def _fits(kind: PointKind, value: Value) -> bool:
    if kind is PointKind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool if kind is PointKind.FLAG else str)


def _reject(call: Call, items: Sequence[ReadingIn], doubts: Sequence[str]) -> None:
    now, pushing = call.gateway.clock.now(), call.gateway.pushes.devices
    call.gateway.bus.publish(
        [
            Rejected(
                owner if (owner := _owner(call, item)) in pushing else "api",
                f"readings of {call.who.name}",
                doubt,
                str(item.value)[:64].encode(),
                now,
            )
            for item, doubt in zip(items, doubts, strict=True)
            if doubt
        ]
    )


def _reading(call: Call, item: ReadingIn) -> Reading:
    now, point = call.gateway.clock.now(), call.gateway.points[item.point]
    quality, reason = Quality[item.quality.upper()], Reason.NONE if item.quality == "good" else Reason.SOURCE
    if quality is Quality.GOOD and _outside(point, item.value):
        quality, reason = Quality.UNCERTAIN, Reason.RANGE
    source_at = now if item.source_at is None else nanoseconds(item.source_at)
    value = float(item.value) if point.kind is PointKind.NUMBER else item.value
    old = is_history(point, source_at, now)
    return Reading(item.point, value, source_at, now, call.gateway.clock.mono(), quality, reason, retained=old)


def _outside(point: Point, value: Value) -> bool:
    if isinstance(value, str | bool):
        return False
    return (point.low is not None and value < point.low) or (point.high is not None and value > point.high)


async def _durable(call: Call) -> None:
    committed = asyncio.Event()
    call.gateway.store.when_durable(committed.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await committed.wait()
    except TimeoutError:
        raise unavailable(
            f"the readings were taken but not committed within {PATIENCE_S:g} s; send them again, they are kept once"
        ) from None


OPERATIONS = (Operation("POST", "/readings", push_readings, "readings.push", rate="push"),)
