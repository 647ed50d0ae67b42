"""The record of an alarm of the fake hall: at the level that it has, and none at any other."""

from __future__ import annotations

from collections.abc import Sequence

from tests.web.fake_world import Json

RECORD: Json = {
    "rule": "awlr-*", "level": "", "cause": {"id": "Hujan lebat di hulu.", "en": "Heavy rain upstream."},
    "consequence": {"id": "Warga terjebak air.", "en": "People are trapped."},
    "action": {"id": "Buka adegan Siaga Banjir.", "en": "Open the flood scene."}, "minutes": 15.0,
    "consequence_class": "major", "urgency": "rapid", "priority": 3, "alarm_class": "banjir", "basis": "",
    "owner": "BPBD", "reviewed_by": "", "reviewed_on": None, "next_review": None, "note": "",
}  # fmt: skip


def recorded(code: str) -> Sequence[Json]:
    """Return the levels of an alarm that stands at `code`."""
    name: Json = {"id": code, "en": code}
    return [
        {"alarm": "", "code": "milder", "label": name, "severity": 1, "record": None},
        {"alarm": "", "code": code, "label": name, "severity": 3, "record": RECORD},
    ]
