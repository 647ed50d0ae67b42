"""What people read: the scale's name beside the level, numbers and times as they write them, and a short SMS."""

from __future__ import annotations

import pytest

from drivers.codecs.at_modem_gsm7 import encodable
from drivers.codecs.at_modem_sms import segments
from drivers.model import Name
from gateway.alarms.alarm import Alarm
from gateway.notify.texts import message_about
from gateway.notify.texts import test_message as trial
from tests.gateway.notify_world import FLOOD, RAISED, flood, roster

INDONESIAN = """Siaga banjir: Siaga I
Sungai Air Bengkulu: 455,5 cm
Sejak Sabtu, 17 Januari 2026 07.00 WIB
Tempat: -3.77100, 102.27200
Balas: OK 4711"""
ENGLISH = """EXERCISE - this is no real event.
Flood level: Level I
Air Bengkulu river: 455.5 cm
Since Saturday, 17 January 2026 07:00 WIB
Place: -3.77100, 102.27200
Reply: OK 4711"""


def test_an_alarm_is_told_in_bahasa_indonesia() -> None:
    said = message_about(FLOOD, roster(), language="id", code="4711")
    assert said.text == INDONESIAN
    assert said.subject == "Siaga banjir: Siaga I - Sungai Air Bengkulu"
    assert said.short == "Siaga banjir: Siaga I. Sungai Air Bengkulu: 455,5 cm. 17/01 07.00 WIB Balas: OK 4711"


def test_an_exercise_says_so_first_in_every_form() -> None:
    said = message_about(FLOOD, roster(exercise=True), language="en", code="4711")
    assert said.text == ENGLISH
    assert said.subject.startswith("[EXERCISE] ")
    assert said.short.startswith("EXERCISE! ")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (flood(value=True, unit=""), "Sungai Air Bengkulu: ya"),
        (flood(value=None), "Sungai Air Bengkulu\n"),
        (flood(value=3.0), "Sungai Air Bengkulu: 3 cm"),
        (flood(value="padam", unit=""), "Sungai Air Bengkulu: padam"),
    ],
)
def test_every_sort_of_value_is_told(changed: Alarm, told: str) -> None:
    assert told in message_about(changed, roster(), language="id", code="1").text


def test_signs_that_would_double_the_price_of_an_sms_are_written_plainly() -> None:
    hot = flood(name=Name("Suhu – ruang server", "x"), value=35.5, unit="°C", scale_name=Name("µg/m³", "x"))
    said = message_about(hot, roster(), language="id", code="4711").short
    assert "ug/m3: Siaga I. Suhu - ruang server: 35,5 C." in said
    assert (encodable(said), len(segments(said))) == (True, 1)


def test_a_test_says_that_nothing_has_happened() -> None:
    said = trial(roster(), language="id", code="4711", at=RAISED)
    assert "Tidak ada kejadian" in said.text
    assert len(segments(said.short)) == 1
