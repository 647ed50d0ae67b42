"""How a broker that gets readings, alarms and device states is written in a site's files."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from drivers.device_config import Id
from drivers.errors import BadConfig
from drivers.sensors.mqtt_door import door_of
from drivers.sensors.mqtt_options import BrokerKeys


class MqttSinkConfig(BrokerKeys):
    """One entry of `sinks.yaml` with `kind: mqtt`: a broker on which other systems find what this gateway knows."""

    id: Id
    """How the API calls it; its place in the journal is kept under this name."""
    kind: Literal["mqtt"]
    """An MQTT broker."""
    url: str
    """Where it is, as `mqtt://192.0.2.5:1883` or `mqtts://…`; never with a password."""
    client_id: Annotated[str, Field(max_length=64)] = ""
    """Our name on the broker, one for each client; none: `semarak-`, the site's id, a dash, and this sink's id."""
    points: list[str] = Field(default_factory=lambda: ["*"])
    """The points whose readings go there; `*` and `?` as in file names."""
    backlog: Literal["latest", "all"] = "latest"
    """After an outage: the newest reading of every point, or `all` that were missed, in order, as well."""
    backlog_rate: Annotated[int, Field(ge=100, le=1_000_000)] = 2_000
    """With `backlog: all`, readings a second that make up for an outage; what is new goes first."""
    home_assistant: bool = False
    """True: Home Assistant finds every point and alarm by itself (its MQTT discovery)."""
    home_assistant_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")] = "homeassistant"
    """Where Home Assistant looks for it."""

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("an address looks like mqtt://192.0.2.5:1883")
        if parts.username or parts.password:
            raise ValueError("a login does not belong in an address; put it into username and password")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _with_a_door(self) -> Self:
        try:
            door_of(self.id, self.url, self)
        except BadConfig as error:
            raise ValueError(str(error).removeprefix(f"{self.id}: ")) from None
        return self
