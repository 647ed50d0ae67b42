"""What a hall is made of, as it comes in a JSON file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from drivers.model import Name, Place, Point, PointKind

Port = Annotated[int, Field(ge=0, le=65_535)]
"""0 is any free port."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DevicePlan(_Part):
    """One emulated device; its options are the driver's, and more of its state."""

    id: str
    driver: str
    options: dict[str, bool | int | float | str] = {}
    port: Port = 0


class BrokerPlan(_Part):
    """The MQTT broker."""

    id: str
    port: Port = 0


class NamePlan(_Part):
    """A name in both languages."""

    id: str
    en: str


class PlacePlan(_Part):
    """Degrees, WGS 84."""

    lat: float
    lon: float


class LevelPlan(BaseModel):
    """One level of a point's alarm rule; only the limit matters here."""

    limit: float


class PointPlan(_Part):
    """A point with the fields of `Point`; `levels` are its alarm limits, mildest first, bare or within their level."""

    id: str
    device: str
    name: NamePlan
    kind: PointKind = PointKind.NUMBER
    unit: str = ""
    low: float | None = None
    high: float | None = None
    place: PlacePlan | None = None
    every: float = 0.0
    stale_after: float = 0.0
    owner: str = ""
    tags: list[str] = []
    address: dict[str, bool | int | float | str] = {}
    levels: list[float | LevelPlan] = []

    def point(self) -> Point:
        """Return the point as a value."""
        fields: dict[str, Any] = self.model_dump(exclude={"levels", "name", "place", "tags"})
        place = None if self.place is None else Place(self.place.lat, self.place.lon)
        return Point(**fields, name=Name(self.name.id, self.name.en), place=place, tags=tuple(self.tags))

    def limits(self) -> tuple[float, ...]:
        """Return the alarm limits."""
        return tuple(level.limit if isinstance(level, LevelPlan) else level for level in self.levels)


class ModbusPlan(_Part):
    """A Modbus TCP device with its registers."""

    id: str
    port: Port = 0
    points: list[PointPlan] = []


class FieldPlan(_Part):
    """The sensors that publish to the broker."""

    points: list[PointPlan] = []


class Plan(_Part):
    """A whole hall; `pace` is how much faster than life the simulated days run, `control` the side door's port."""

    host: str = "127.0.0.1"
    control: Port = 0
    pace: Annotated[float, Field(gt=0)] = 1.0
    seed: int = 0
    devices: list[DevicePlan] = []
    broker: BrokerPlan | None = None
    modbus: list[ModbusPlan] = []
    snmp: list[DevicePlan] = []
    """UPSes that answer SNMP."""
    field: FieldPlan = FieldPlan()
