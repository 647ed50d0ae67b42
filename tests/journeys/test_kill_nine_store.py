"""A process that stores and forwards is killed again and again: nothing acknowledged is missing, nothing is double."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from bench.crash import REDELIVERED, killed_after, wrong

KILLS = int(os.environ.get("SEMARAK_KILLS", "10"))


@pytest.mark.real
@pytest.mark.timeout(30 + 5 * KILLS)
async def test_after_every_kill_each_acknowledged_reading_is_once_in_every_tier_and_in_the_spool(
    tmp_path: Path,
) -> None:
    moments, acknowledged = random.Random(9), 0
    for _ in range(KILLS):
        begin = max(0, acknowledged - REDELIVERED)
        acknowledged = max(acknowledged, killed_after(tmp_path, begin, moments.randint(1, 120)))
        assert await wrong(tmp_path, acknowledged) == []
