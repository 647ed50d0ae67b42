"""How sinks are written in a site's files: where every reading goes besides the journal."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Discriminator, Field, SecretStr, Tag, field_validator

from drivers.device_config import Id, Strict
from gateway.forward.mqtt_config import MqttSinkConfig

PLACEHOLDERS = frozenset({"device", "kind", "site", "unit"})


class SinkConfig(Strict):
    """One entry of `sinks.yaml`: a server that takes line protocol."""

    id: Id
    """How the API calls it; its place in the journal is kept under this name."""
    kind: Literal["influxdb"] = "influxdb"
    """InfluxDB 1.8, 2 or 3, or a server that takes the same writes (VictoriaMetrics)."""
    url: str
    """Where it is, as `http://192.0.2.7:8086`; never with a password."""
    api: Literal["v2", "v1"] = "v2"
    """`v2` writes to /api/v2/write (InfluxDB 1.8 and later), `v1` to /write (InfluxDB before 1.8)."""
    org: str = ""
    """The organization, for InfluxDB 2."""
    bucket: Annotated[str, Field(min_length=1)]
    """The bucket; for InfluxDB 1 `database` or `database/retention-policy`, for InfluxDB 3 the database."""
    token: SecretStr = SecretStr("")
    """The token, if the server wants one; for InfluxDB 1 `user:password`."""
    measurement: Annotated[str, Field(min_length=1, max_length=120)] = "reading"
    """The measurement of every row; may hold `{unit}`, `{kind}`, `{device}` and `{site}`."""
    points: list[str] = Field(default_factory=lambda: ["*"])
    """The points that go there; `*` and `?` as in file names."""
    backlog_rate: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    """Rows a second that make up for an outage; what is new goes first, and is not held back."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address looks like http://192.0.2.7:8086")
        if parts.username or parts.password:
            raise ValueError("a password does not belong in an address; put it into token, as user:password")
        return url.rstrip("/")

    @field_validator("measurement")
    @classmethod
    def _known_placeholders(cls, measurement: str) -> str:
        try:
            named = {name for _, name, _, _ in Formatter().parse(measurement) if name is not None}
        except ValueError:
            named = {measurement}
        if unknown := named - PLACEHOLDERS:
            known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
            raise ValueError(f"{{{min(unknown)}}} cannot be filled in; there is {known}")
        return measurement


def _kind(written: Any) -> str:
    return str(written.get("kind", "influxdb")) if isinstance(written, dict) else "influxdb"


AnySink = SinkConfig | MqttSinkConfig
_ByKind = Annotated[
    Annotated[SinkConfig, Tag("influxdb")] | Annotated[MqttSinkConfig, Tag("mqtt")],
    Discriminator(_kind, "sink_kind", "there is no such kind of sink; there is influxdb, and there is mqtt"),
]


class SinksFile(Strict):
    """`sinks.yaml`."""

    sinks: list[_ByKind]
    """The servers that get every reading."""
