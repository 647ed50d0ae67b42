"""Draws the table of transitions, so that the picture in the documentation cannot be wrong."""

from __future__ import annotations

import sys
from collections import defaultdict

from gateway.alarms.lifecycle import STAYS, TRANSITIONS, Cue, Label

_HEAD = """\
# The states of an alarm

Drawn from `gateway/alarms/lifecycle.py`; to renew it: `python -m gateway.alarms.diagram > docs/design/alarm-states.md`.

An alarm is a set of facts: *active*, *acked*, *latched*, *shelved*, *suppressed*, *out of service* and *condition
unknown*. The label is derived from the first three. The others lie across: they silence an alarm or forbid a judgement,
and leave its label alone. `on`, `off`, `rise` and `fall` come after delays and deadband; `off_latching` is the `off` of
a rule that latches. While the condition is unknown none of these can happen, nor can a reset: silence never clears.
While an alarm is quiet (shelved, suppressed, out of service) it is judged as ever but never annunciated.

"""


def mermaid() -> str:
    """Return the state diagram; cues that leave every label as it is are not drawn."""
    edges: dict[tuple[Label, Label], list[Cue]] = defaultdict(list)
    for (label, cue), move in TRANSITIONS.items():
        if cue not in STAYS and (label is not move.to or move.effects):
            edges[label, move.to].append(cue)
    lines = [f"    {a} --> {b}: {', '.join(sorted(cues))}" for (a, b), cues in sorted(edges.items())]
    return "\n".join(["stateDiagram-v2", "    [*] --> NORM", *lines])


def table() -> str:
    """Return every label against every cue; a dash is refused."""
    rows = [f"| cue | {' | '.join(Label)} |", f"|---|{'---|' * len(Label)}"]
    rows += [f"| {cue} | {' | '.join(_cell(label, cue) for label in Label)} |" for cue in Cue]
    return "\n".join(rows)


def _cell(label: Label, cue: Cue) -> str:
    move = TRANSITIONS.get((label, cue))
    if move is None:
        return "–"
    effects = ", ".join(sorted(move.effects))
    return f"{move.to}: {effects}" if effects else str(move.to)


def page() -> str:
    """Return the whole page as Markdown."""
    return f"{_HEAD}```mermaid\n{mermaid()}\n```\n\n{table()}\n"


if __name__ == "__main__":
    sys.stdout.write(page())
