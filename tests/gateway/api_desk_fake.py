"""The demo site's rules on a desk for the API's tests: nothing is played, and nobody has the stamp to write."""

from __future__ import annotations

from pathlib import Path

from drivers.model import Clock
from gateway.rehearsal.desk import RuleDesk
from gateway.rehearsal.job import Job
from gateway.rehearsal.rehearsals import Rehearsals
from gateway.settings.rule_drafts import RuleDrafts
from gateway.settings.site import load_site

DEMO = Path(__file__).parents[2] / "config" / "balai-raya"
RULE, REHEARSAL = "tma-danau-dendam", "one"


def still_desk(clock: Clock) -> RuleDesk:
    """Return the desk, with one rehearsal that waits."""
    drafts = RuleDrafts(DEMO, lambda texts: load_site(DEMO, texts=texts), running=lambda: load_site(DEMO))
    rehearsals = Rehearsals(new_id=lambda: REHEARSAL)
    rehearsals.begin("ani", Job(str(DEMO), "", 1.0, RULE, RULE, {}, {}, 0, clock.now()))
    return RuleDesk(drafts, rehearsals, database=DEMO / "none.db", clock=clock, pace=1.0, in_force=dict, flush=_nothing)


async def _nothing() -> None:
    """Commit nothing."""
