"""How a broker and its points are written in a site's files."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from drivers.sensors.json_path import compile_path
from drivers.sensors.source import SITE_FILE
from drivers.sensors.time_stamp import zone_of
from drivers.sensors.topic_filter import fault_of, listed
from drivers.sensors.topic_template import parts_of

Format = Literal["contract", "json", "plain", "csv", "semarak"]
TimeUnit = Literal["auto", "s", "ms", "us", "ns", "iso8601"]
MOST_TOPIC = 1_024


def _path(place: str | int) -> str | int:
    if isinstance(place, str):
        compile_path(place)
    return place


def _zone(name: str) -> str:
    zone_of(name)
    return name


def _template(text: str) -> str:
    if text and not parts_of(text):
        raise ValueError("a template has named parts, as bkl/v1/{opd}/{sensor}/telemetry")
    return text


def _status(text: str) -> str:
    parts_of(text)
    return text


def _filters(text: str) -> str:
    faults = [fault for name in listed(text) if (fault := fault_of(name))]
    if faults:
        raise ValueError(faults[0])
    return text


def _backup(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text and not (host and port.isdecimal() and 0 < int(port) < 65_536):
        raise ValueError("write it as host:port")
    return text


Place = Annotated[str | int, AfterValidator(_path)]


class PayloadKeys(BaseModel):
    """What messages look like; written with a broker it holds for all its points, with a point for that one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Format | None = None
    """`contract` unless given; `json` by path, `csv` by column, `plain` the value alone, `semarak` another gateway."""
    value: Place | None = None
    """Where the value stands: a path, as `$.data[0].temp`, or the number of a column; the first is 1."""
    time: Place | None = None
    """Where the time of measuring stands; none: when the message came."""
    quality: Place | None = None
    """Where the sensor's own word stands: good, suspect, bad, manual or test; none: good."""
    time_unit: TimeUnit | None = None
    """In what its times are; `auto` unless given: a number's unit goes by its magnitude, text is ISO 8601."""
    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    """Where times without an offset belong, as `+07:00` or `Asia/Jakarta`; UTC unless given."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Between the columns of CSV; a comma unless given."""
    status: Annotated[str, Field(min_length=1, max_length=MOST_TOPIC), AfterValidator(_status)] | None = None
    """Where its sensor says whether it is online, parts allowed; unless given: `status` beside a topic …/telemetry."""
    online: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """What it says there when it is online; `online` unless given."""
    offline: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """What it says there, or its will does, when it is not; `offline` unless given."""


class TopicAddress(PayloadKeys):
    """Where a point's messages come: on a topic, or where the broker's template leads with the parts named here, as
    `{opd: bpbd, sensor: awlr-1}`; another gateway's point is `{site: rejanglebong, point: river.level}`."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    __pydantic_extra__: dict[str, str | int]

    topic: Annotated[str, Field(min_length=1, max_length=MOST_TOPIC, pattern=r"^[^#+]+$")] = ""
    """The topic of its messages, without wildcards."""
    sensor: str = ""
    """The sensor's id in the message; the topic's last level but one unless given."""
    metric: str = ""
    """The metric in the message; none: it is not looked at."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.topic and self.__pydantic_extra__:
            raise ValueError(f"there is no key {next(iter(self.__pydantic_extra__))!r} beside a topic")
        if not self.topic and not self.parts:
            raise ValueError("it leads nowhere; write {topic: …/telemetry}, or the parts of the broker's template")
        return self

    @property
    def named(self) -> dict[str, str]:
        """Return the parts that have no key of their own."""
        return {name: str(value) for name, value in self.__pydantic_extra__.items()}

    @property
    def parts(self) -> dict[str, str]:
        """Return what the parts of a template stand for at this point."""
        keys = {"sensor": self.sensor, "metric": self.metric}
        return {name: value for name, value in keys.items() if value} | self.named


class BrokerKeys(BaseModel):
    """How a broker is spoken to, whether we listen to it or publish there."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    protocol: Literal["3.1.1", 5] = "3.1.1"
    """The version of MQTT; with 5 a broker says why it refuses something or ends a connection."""
    backup: Annotated[str, AfterValidator(_backup)] = ""
    """Another address of the broker, as `host:port`, for when the first does not answer."""
    username: str = ""
    """The login, if the broker wants one."""
    password: SecretStr = SecretStr("")
    """Its password."""
    ca: Annotated[str, SITE_FILE] = ""
    """For mqtts://: the file with the authority that signed the broker's certificate; none: those of this machine."""
    certificate: Annotated[str, SITE_FILE] = ""
    """For mqtts://: the file with our own certificate, if the broker wants one."""
    key: Annotated[str, SITE_FILE] = ""
    """For mqtts://: the file with its key."""
    keepalive: Annotated[int, Field(ge=1, le=5)] = 3
    """Seconds; a broker that says nothing for twice as long is given up."""

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if bool(self.certificate) != bool(self.key):
            raise ValueError("certificate and key go together; give both or neither")
        return self


class MqttOptions(BrokerKeys, PayloadKeys):
    """The options of a broker; what its messages look like may stand here once for all its points."""

    template: Annotated[str, Field(max_length=MOST_TOPIC), AfterValidator(_template)] = ""
    """Its points' topics, as `bkl/v1/{opd}/{sensor}/telemetry`: a part is one level, and a key of a point's address."""
    filters: Annotated[str, AfterValidator(_filters)] = ""
    """Subscriptions, comma-separated, shared ones as `$share/group/filter`; none: what the points' topics share."""
    client_id: Annotated[str, Field(min_length=1, max_length=64)] = "semarak"
    """Under which name the broker keeps what we have not yet taken."""
    qos: Literal[0, 1] = 1
    """1: a message is acknowledged once it is on the disk."""
    clean: bool = False
    """True: the broker forgets us when we leave, and messages are lost."""

    @property
    def wanted(self) -> list[str]:
        """Return the subscriptions that are written here."""
        return listed(self.filters)
