"""How the matrix of priorities is written in `site.yaml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from drivers.device_config import Strict
from gateway.rationalisation.record import MATRIX, Consequence, Matrix, Urgency

Priority = Annotated[int, Field(ge=1, le=4)]


class UrgencyRow(Strict):
    """The priority, 1 (low) to 4 (critical), at each urgency."""

    slow: Priority
    """There are hours."""
    prompt: Priority
    """Within the hour."""
    rapid: Priority
    """Within a quarter of an hour."""
    immediate: Priority
    """Within minutes."""


class MatrixConfig(Strict):
    """Which priority a consequence has at an urgency; a row that is not written is the usual one."""

    minor: UrgencyRow | None = None
    """Somebody is hindered."""
    moderate: UrgencyRow | None = None
    """A service suffers, or something is damaged."""
    major: UrgencyRow | None = None
    """A service fails, or somebody may be hurt."""
    severe: UrgencyRow | None = None
    """Lives are in danger."""

    def matrix(self) -> Matrix:
        """Return the matrix, whole."""
        found = dict(MATRIX)
        for consequence in Consequence:
            row: UrgencyRow | None = getattr(self, consequence)
            if row is not None:
                found |= {(consequence, urgency): getattr(row, urgency) for urgency in Urgency}
        return found
