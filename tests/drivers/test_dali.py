"""DALI frames: the golden ones stand in tests/samples; here is what is none."""

from __future__ import annotations

import pytest

from drivers.codecs.dali import Forward, read
from drivers.errors import ProtocolError


def test_a_level_of_255_stops_fading() -> None:
    assert read(bytes.fromhex("feff")) == Forward("everybody", "stop fading")
    assert read(bytes.fromhex("9e00")) == Forward("group 15", "level 0")


@pytest.mark.parametrize("text", ["", "0a", "0a8000", "a300", "01ff", "cb05"])
def test_what_is_no_frame_for_lighting_gear_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="DALI"):
        read(bytes.fromhex(text))
