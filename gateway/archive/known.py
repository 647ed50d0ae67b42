"""Which of the readings that come are in the journal already: these are not stored again."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence

from drivers.model import Quality, Reading, Reason, Value
from gateway.archive.past import ReadingsPort
from gateway.store.columns import EXACT
from gateway.store.merge import TIE_NS

PAGE = 500

Content = tuple[type, str, Quality, Reason]


def content(reading: Reading) -> Content:
    """Return what a reading says, the same for 412 and 412.0: a file may know doubles only."""
    return *_plain(reading.value), reading.quality, reading.reason


def _plain(value: Value) -> tuple[type, str]:
    if isinstance(value, int) and not isinstance(value, bool) and -EXACT <= value <= EXACT:
        return float, repr(float(value))
    return type(value), repr(value)


async def fresh(store: ReadingsPort, batch: Sequence[Reading]) -> list[Reading]:
    """Return those of a batch that the journal does not have, each once, in their order.

    Two readings of one tick that say different things are both kept, the second a nanosecond later: so a reading is
    looked for from its own time on, for as long as the next nanosecond is taken.
    """
    times: dict[str, list[int]] = defaultdict(list)
    for reading in batch:
        times[reading.point].append(reading.source_at)
    stored = {point: await _stored(store, point, sorted(set(wanted))) for point, wanted in times.items()}
    return [reading for reading in batch if _settles(reading, stored[reading.point])]


def _settles(reading: Reading, taken: dict[int, Content]) -> bool:
    slot, says = reading.source_at, content(reading)
    while (other := taken.get(slot)) is not None and other != says:
        slot += 1
    taken[slot] = says
    return other is None


async def _stored(store: ReadingsPort, point: str, wanted: Sequence[int]) -> dict[int, Content]:
    """Return what the journal has at and right after the `wanted` times (UTC ns, in order)."""
    found: dict[int, Content] = {}
    since, until = wanted[0], wanted[-1] + TIE_NS
    while since < until:
        page = await store.readings(point, since=since, until=until, limit=PAGE)
        found |= {one.source_at: content(one) for one in page if _near(one.source_at, wanted)}
        if len(page) < PAGE:
            break
        after = page[-1].source_at + 1
        later = wanted[bisect_left(wanted, after - TIE_NS) :]
        since = max(after, later[0]) if later else until
    return found


def _near(at: int, wanted: Sequence[int]) -> bool:
    place = bisect_right(wanted, at) - 1
    return place >= 0 and at - wanted[place] < TIE_NS
