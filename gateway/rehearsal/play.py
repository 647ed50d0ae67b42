"""One rehearsal from the site's files and the journal, both read from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from drivers.model import Clock
from gateway.archive.errors import NoStore
from gateway.archive.snapshot import Snapshot, opened
from gateway.archive.stamp import written
from gateway.rehearsal.arrivals import arrivals
from gateway.rehearsal.cast import cast_of
from gateway.rehearsal.job import Job, Word
from gateway.rehearsal.replay import rehearse, span_of
from gateway.rehearsal.stage import Cast, StageClock
from gateway.settings.fault import SiteError
from gateway.settings.site import Site, load_site

MOST_POINTS = 200
LATE_NS = 3_600_000_000_000
"""Readings that begin so much after the span are told of."""


def play(job: Job, clock: Clock, tell: Callable[[Word], None]) -> Word:
    """Return the last word about a job; `tell` hears how far it is."""
    folder = Path(job.folder)
    try:
        now = load_site(folder, pace=job.pace, texts=job.now)
        meant = load_site(folder, pace=job.pace, texts=job.meant)
    except SiteError as error:
        return Word(faults=error.faults)
    casts = cast_of(meant, alarms_of(meant, job.rule)), cast_of(now, alarms_of(now, job.was) if job.was else ())
    points = frozenset[str]().union(*(cast.heard for cast in casts))
    if len(points) > MOST_POINTS:
        return Word(refused=f"the rule needs {len(points)} points, and {MOST_POINTS} are rehearsed at once; narrow it")
    try:
        with opened(Path(job.database), clock=StageClock(clock.now())) as snapshot:
            return _played(job, casts, points, snapshot, clock=clock, tell=tell)
    except NoStore as error:
        return Word(refused=str(error))


def alarms_of(site: Site, rule: str) -> Sequence[str]:
    """Return the ids of the alarms that one rule of the file stands for."""
    known = {each.id for each in site.rules}
    return [id_ for id_ in (rule, *(f"{rule}.{point}" for point in site.points)) if id_ in known]


def _played(
    job: Job, casts: tuple[Cast, Cast], points: Iterable[str], snapshot: Snapshot, *,
    clock: Clock, tell: Callable[[Word], None],
) -> Word:  # fmt: skip
    held, left_out = snapshot.whole_since, list[str]()
    since = max(job.since, held)
    if since >= job.until:
        return Word(refused=f"the journal keeps every reading only from {written(held)} on; choose a later span")
    if since > job.since:
        left_out.append(f"before {written(held)} only minutes are kept, and a rule judges readings; it begins there")
    span = span_of(casts, since=since, until=job.until)
    coarse = sorted(name for name in points if (found := casts[0].points.get(name)) is not None and found.report)
    if coarse:
        left_out.append(f"of {', '.join(coarse[:5])} the journal has only what changed; peaks between are not in it")
    meant, now = casts
    rehearsal = rehearse(
        meant, now, arrivals(snapshot, points, since=span.begin, until=span.until), span=span, clock=clock,
        progress=lambda share, readings: tell(Word(share, readings)),
    )  # fmt: skip
    if rehearsal.first is None:
        left_out.append("nothing was read in this span")
    elif rehearsal.first > since + LATE_NS:
        left_out.append(f"the first reading in this span is from {written(rehearsal.first)}")
    if snapshot.garbled:
        left_out.append(f"{snapshot.garbled} stored pieces cannot be read; what they held is missing")
    return Word(1.0, rehearsal.readings, replace(rehearsal, left_out=(*left_out, *rehearsal.left_out)))
