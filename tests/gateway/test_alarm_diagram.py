"""The picture of the state machine is drawn from the machine."""

from __future__ import annotations

from pathlib import Path

from gateway.alarms.diagram import page

DOC = Path(__file__).parents[2] / "docs" / "design" / "alarm-states.md"


def test_the_page_in_the_documentation_is_up_to_date() -> None:
    assert DOC.read_text(encoding="utf-8") == page(), (
        "run: python -m gateway.alarms.diagram > docs/design/alarm-states.md"
    )
