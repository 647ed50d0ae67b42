"""What a serial line can carry is said before it is tried."""

from __future__ import annotations

import pytest

from drivers.model import Device, Name, Point
from drivers.sensors.modbus import doubt, line_of
from drivers.sensors.modbus_load import share
from drivers.sensors.register_map import plan
from gateway.settings.advice import advice
from tests.drivers.modbus_world import point
from tests.gateway.test_difference import SITE

LINE = Device("line", Name("Line", "Line"), "modbus", "serial:///dev/ttyUSB0?baud=9600")


def meters(count: int, every: float) -> list[Point]:
    return [point(f"u{unit}", table="hr", address=0, unit=unit, every=every) for unit in range(1, count + 1)]


def test_the_share_of_a_lines_time_is_that_of_its_bytes_and_silences() -> None:
    way, _, registers = line_of(LINE, meters(1, 1.0))
    taken = share(plan(registers, gap=8, words=125, bits=2000), way.timing)
    assert taken == pytest.approx((8 + 8 + 2 + 2 * 3.5) * 10 / 9600)


def test_r20_a_line_that_cannot_keep_its_periods_is_told_before_it_is_tried() -> None:
    assert doubt(LINE, meters(16, 1.0)) == ""
    assert "83% of the line's time, so that commands wait" in doubt(LINE, meters(16, 0.5))
    assert "417% of the line's time, so that they come late; raise `every`" in doubt(LINE, meters(16, 0.1))
    assert doubt(Device("line", LINE.name, "modbus", "tcp://192.0.2.1"), meters(16, 0.1)) == ""


def test_the_demo_site_asks_nothing_of_a_line_that_it_cannot_do() -> None:
    assert advice(SITE) == []
