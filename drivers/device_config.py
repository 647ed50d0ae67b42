"""How devices and points are written in a site's files, turned at once into the words of `model`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from drivers.model import NO_CHECKS, Checks, Device, Name, Place, Point, PointKind, Report, Twin

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
"""Lower-case letters, digits, dot, dash and underscore: safe in URLs, topics and line protocol."""

Scalar = bool | int | float | str
STALE_PERIODS = 3
"""A point that says nothing for three of its periods is stale (reference: HA `expire_after`, OPC UA practice)."""

SCHEMES = ("tcp", "tls", "udp", "serial", "rfc2217", "mqtt", "mqtts", "http", "file")


class Strict(BaseModel):
    """A part of a site file: unknown keys are refused, types are not guessed, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NameConfig(Strict):
    """A name in both languages; plain text stands for both."""

    id: Annotated[str, Field(min_length=1, max_length=120)]
    """In Bahasa Indonesia."""
    en: Annotated[str, Field(min_length=1, max_length=120)]
    """In English."""

    def name(self) -> Name:
        """Return the name as a value."""
        return Name(self.id, self.en)


def _both_languages(value: Any) -> Any:
    return {"id": value, "en": value} if isinstance(value, str) else value


BilingualName = Annotated[NameConfig, BeforeValidator(_both_languages, json_schema_input_type=str | NameConfig)]


class DeviceConfig(Strict):
    """One entry of `devices.yaml`."""

    id: Id
    """How other files and the API call it; it never changes."""
    name: BilingualName
    """What people call it; plain text stands for both languages."""
    driver: str
    """The driver or source that speaks to it; see SUPPORTED.md."""
    link: str
    """Where it is, as `tcp://192.0.2.21:9990` or `mqtt://192.0.2.5:1883`; never with a password."""
    options: dict[str, Scalar] = {}
    """The driver's own options."""
    room: str = ""
    """The room it stands in."""
    tags: list[str] = []
    """Words that interlocks and people pick devices by."""
    enabled: bool = True
    """False: it is known and left alone."""

    @field_validator("link")
    @classmethod
    def _known_scheme(cls, link: str) -> str:
        parts = urlsplit(link)
        if parts.scheme not in SCHEMES or not (parts.netloc or parts.path):
            raise ValueError(f"a link looks like tcp://192.0.2.21:9990; its scheme is one of {', '.join(SCHEMES)}")
        if parts.password:
            raise ValueError("a password does not belong in a link; put it into options")
        return link

    def device(self) -> Device:
        """Return the device as a value."""
        return Device(
            self.id, self.name.name(), self.driver, self.link, MappingProxyType(dict(self.options)),
            self.room, tuple(self.tags), self.enabled,
        )  # fmt: skip


class TwinConfig(Strict):
    """A second gauge of the same thing: what both say within `differs` is believed, what they dispute is not."""

    point: Id
    """The other gauge; it needs no `twin` of its own."""
    differs: Annotated[float, Field(ge=0)]
    """By how much the two may differ, in the unit of the point."""

    def twin(self) -> Twin:
        """Return it as a value."""
        return Twin(self.point, self.differs)


class ChecksConfig(Strict):
    """What shows that a sensor lies: such a reading is UNCERTAIN, and can neither raise nor clear an alarm."""

    rate: Annotated[float, Field(gt=0)] | None = None
    """The greatest believable change, in units a minute; between two readings at least a period is counted."""
    confirm: Annotated[int, Field(ge=0, le=100)] = 3
    """After a jump, so many moving readings in a row are believed; 0: only a return, a twin or a person ends it."""
    stuck_after: Annotated[float, Field(ge=0)] = 0.0
    """Seconds without any change, although it reports, after which it is stuck; 0: never."""
    stuck_band: Annotated[float, Field(ge=0)] = 0.0
    """What moves by no more than this does not move."""
    twin: TwinConfig | None = None
    """A second gauge of the same thing."""

    def checks(self) -> Checks:
        """Return them as a value."""
        twin = self.twin.twin() if self.twin else None
        return Checks(self.rate, self.confirm, self.stuck_after, self.stuck_band, twin)


class ReportConfig(Strict):
    """Report by exception: what says nothing new is not stored; alarms and screens see every reading all the same."""

    deadband: Annotated[float, Field(ge=0)] = 0.0
    """What differs from the last stored value by no more than this is not stored; in the unit of the point."""
    deadband_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """The same in percent of `range`, instead of `deadband`."""
    min_interval: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    """Seconds after a stored value in which no other of the same quality is stored."""
    max_interval: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    """Seconds after which the next fresh value is stored although it has not moved; 0: never."""

    def report(self, low: float | None, high: float | None) -> Report:
        """Return it as a value; `low` and `high` are the point's range."""
        deadband = self.deadband
        if self.deadband_percent is not None and low is not None and high is not None:
            deadband = self.deadband_percent / 100 * (high - low)
        return Report(deadband, self.min_interval, self.max_interval)


class PointConfig(Strict):
    """One entry of `points.yaml`; `every` and `stale_after` in seconds, `place` is latitude, longitude in degrees."""

    id: Id
    """How other files and the API call it; it never changes."""
    name: BilingualName
    """What people call it; plain text stands for both languages."""
    device: Id
    """The source of telemetry that brings it."""
    kind: Literal["number", "flag", "text"] = "number"
    """A number, a flag (true or false) or a text."""
    unit: str = ""
    """The unit that its source uses, as it is shown."""
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """The least and the greatest believable value; beyond them a reading is UNCERTAIN."""
    place: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Where it stands: latitude and longitude, WGS 84 degrees."""
    every: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    """Its period in seconds; 0: it comes when it changes."""
    stale_after: Annotated[float, Field(ge=0)] | None = None
    """Seconds of silence after which it is stale; three periods unless given, 0: never."""
    owner: str = ""
    """The agency that answers for it."""
    tags: list[str] = []
    """Words that people pick points by."""
    address: dict[str, Scalar] = {}
    """Where its source keeps it, in the source's own words."""
    checks: ChecksConfig | None = None
    """What shows that the sensor lies."""
    report: ReportConfig | None = None
    """Which of its readings are stored; all of them unless given."""

    @model_validator(mode="after")
    def _range_is_a_range(self) -> PointConfig:
        if self.range and self.range[0] >= self.range[1]:
            raise ValueError("the first number of `range` must be smaller than the second")
        return self

    @model_validator(mode="after")
    def _checks_fit(self) -> PointConfig:
        checks = self.checks
        if checks and self.kind == "text":
            raise ValueError("`checks` are for numbers and flags; a text has none")
        if checks and checks.rate is not None and not self.every:
            raise ValueError("`checks.rate` needs `every`: a change is judged by the period in which it is seen")
        return self

    @model_validator(mode="after")
    def _report_fits(self) -> PointConfig:
        report = self.report
        if report is None:
            return self
        if report.deadband_percent is not None and (self.range is None or report.deadband):
            raise ValueError("`report.deadband_percent` needs `range`, of which it is, and no `deadband` beside it")
        if 0 < report.max_interval < report.min_interval:
            raise ValueError("`report.max_interval` must not be shorter than `report.min_interval`")
        return self

    def point(self) -> Point:
        """Return the point as a value; what says no `stale_after` is stale after three periods."""
        low, high = self.range or (None, None)
        stale_after = STALE_PERIODS * self.every if self.stale_after is None else self.stale_after
        return Point(
            self.id, self.device, self.name.name(), PointKind(self.kind), self.unit, low, high,
            Place(*self.place) if self.place else None, self.every, stale_after, self.owner,
            tuple(self.tags), MappingProxyType(dict(self.address)),
            self.checks.checks() if self.checks else NO_CHECKS,
            report=self.report.report(low, high) if self.report else None,
        )  # fmt: skip


class DevicesFile(Strict):
    """`devices.yaml`."""

    devices: list[DeviceConfig]
    """Everything that is spoken to."""


class PointsFile(Strict):
    """`points.yaml`."""

    points: list[PointConfig]
    """Everything that can be read."""
