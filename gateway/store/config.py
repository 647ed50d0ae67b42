"""How a site says what its journal keeps, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field, model_validator

from drivers.device_config import Strict
from gateway.store.limits import DEFAULT, Limits

GB, MB = 1_000_000_000, 1_000_000


class StoreConfig(Strict):
    """`store` in `site.yaml`: readings, their minutes and their hours, each kept for a time of its own."""

    raw_days: Annotated[int, Field(ge=1, le=36_500)] = DEFAULT.raw_days
    """Days for which every reading is kept."""
    minute_days: Annotated[int, Field(ge=1, le=36_500)] = DEFAULT.minute_days
    """Days for which each minute's count, least, mean, greatest and last value is kept; not fewer than `raw_days`."""
    hour_days: Annotated[int, Field(ge=1, le=36_500)] = DEFAULT.hour_days
    """The same for each hour; not fewer than `minute_days`."""
    occurrence_days: Annotated[int, Field(ge=31, le=36_500)] = DEFAULT.occurrence_days
    """Days for which the history of alarms is kept: every occurrence, counted from when it was over."""
    most_gb: Annotated[float, Field(ge=0, le=100_000)] = DEFAULT.most_bytes / GB
    """Gigabytes that the file may hold; beyond, the oldest readings go before their time, and it is counted. 0: any."""
    spool_mb: Annotated[float, Field(ge=1, le=1_000_000)] = DEFAULT.spool_bytes / MB
    """Megabytes of journal that wait for sinks that are behind; beyond, they are served from the compacted readings."""

    @model_validator(mode="after")
    def _coarser_is_longer(self) -> StoreConfig:
        if not self.raw_days <= self.minute_days <= self.hour_days:
            raise ValueError("`raw_days`, `minute_days` and `hour_days` must not become shorter in this order")
        return self

    def limits(self) -> Limits:
        """Return it as the store takes it."""
        return replace(
            DEFAULT, raw_days=self.raw_days, minute_days=self.minute_days, hour_days=self.hour_days,
            occurrence_days=self.occurrence_days,
            most_bytes=round(self.most_gb * GB), spool_bytes=round(self.spool_mb * MB),
        )  # fmt: skip
