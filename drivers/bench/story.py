"""The flood's story as the gateway tells it: what is looked for, in order, and the sentence when it has happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Doc = Mapping[str, Any]
"""A JSON object of the gateway's API."""

DONE = ("ok", "late")


@dataclass(slots=True)
class Mirror:
    """The gateway's alarms and walls as they stand, kept from its live messages."""

    alarms: dict[str, Doc] = field(default_factory=dict)
    walls: dict[str, Doc] = field(default_factory=dict)

    def take(self, message: Doc) -> None:
        """Take one live message: the snapshot, or a change of one thing."""
        kind, data = message["kind"], message["data"]
        if kind == "snapshot":
            self.alarms = {each["id"]: each for each in _items(data["alarms"])}
            self.walls = {each["id"]: each for each in _items(data["walls"])}
        elif kind == "alarm":
            self.alarms[data["id"]] = data
        elif kind == "wall":
            self.walls[data["id"]] = data


def _items(listed: Any) -> list[Doc]:
    return list(listed["items"] if isinstance(listed, Mapping) else listed)


@dataclass(slots=True)
class Story:
    """What has happened so far at one gauge; every look returns the sentence of its step, or "" while it waits."""

    gauge: str
    mirror: Mirror
    alarm: str = ""
    region: tuple[str, str] = ("", "")
    claim: str = ""
    _before: frozenset[str] = frozenset()

    def begin(self) -> None:
        """Remember what stands already: only what comes after is the story."""
        claims = {each["id"] for wall in self.mirror.walls.values() for each in wall["claims"]}
        occurrences = {each["occurrence"] for each in self.mirror.alarms.values() if each["active"]}
        self._before = frozenset(claims | occurrences)

    def raised(self) -> str:
        """The gauge's alarm has come."""
        for alarm in self.mirror.alarms.values():
            if alarm["point"] == self.gauge and alarm["active"] and alarm["occurrence"] not in self._before:
                self.alarm = alarm["id"]
                value = f"{alarm['value']} {alarm['unit']}"
                return f"The alarm has risen: {alarm['name']['en']} is at {alarm['label']['en']} ({value})."
        return ""

    def claimed(self) -> str:
        """An alarm's scene has taken a region of a wall."""
        for wall in self.mirror.walls.values():
            for region in wall["regions"]:
                claim = region["claim"]
                if claim and claim["kind"] == "alarm" and claim["id"] not in self._before:
                    self.region, self.claim = (wall["id"], region["id"]), claim["id"]
                    where = f"{region['name']['en']} of {wall['name']['en']}"
                    return f"The scene {claim['scene']} has claimed the region {where}."
        return ""

    def switched(self) -> str:
        """The matrix has taken the salvo."""
        operation = self._wall()["operation"] or {"steps": []}
        routed = [step for step in operation["steps"] if step["verb"] == "route" and step["result"] in DONE]
        if not routed:
            return ""
        others = sum(1 for step in operation["steps"] if step["verb"] != "route")
        return f"One salvo has gone to {routed[0]['device']}, and {others} commands to panels."

    def verified(self) -> str:
        """Every panel of the region says that it shows what is wanted."""
        region = self._region()
        panels = [each for each in self._wall()["panels"] if each["id"] in region["panels"] and not each["dead"]]
        if not panels or any(each["state"] != "verified" for each in panels):
            return ""
        return f"The devices' own answers verify all {len(panels)} panels of the region."

    def acknowledged(self) -> str:
        """Somebody has acknowledged the alarm."""
        alarm = self.mirror.alarms[self.alarm]
        return (
            f"{alarm['acked_by']} has acknowledged the alarm: {alarm['note']}"
            if alarm["acked"] and alarm["acked_by"]
            else ""
        )

    def cleared(self) -> str:
        """The water is below the limit and its deadband."""
        alarm = self.mirror.alarms.get(self.alarm)
        if alarm is not None and alarm["active"]:
            return ""
        return "The alarm has cleared: the water is below the limit minus its deadband."

    def given_back(self) -> str:
        """The region belongs to whom it belonged before, and shows it."""
        claim = self._region()["claim"]
        if (claim and claim["id"] == self.claim) or not self.verified():
            return ""
        return f"The wall shows again what was there before{': ' + claim['scene'] if claim else ''}."

    def _wall(self) -> Doc:
        return self.mirror.walls[self.region[0]]

    def _region(self) -> Doc:
        return next(each for each in self._wall()["regions"] if each["id"] == self.region[1])


Look = Callable[[], str]
