"""What SNMP answers mean: the UPS-MIB's steps and words, flags, texts, numbers told as text; pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadConfig, ProtocolError
from drivers.model import Name, Point, PointKind, Value
from drivers.sensors.object_map import Raw, Variable, decode, dotted, located, plan, shown, variable
from drivers.sensors.ups_mib import OBJECTS

NUMBER, FLAG, TEXT = PointKind.NUMBER, PointKind.FLAG, PointKind.TEXT


def point(oid: str, kind: PointKind = NUMBER, *, every: float = 10.0, **address: Value) -> Point:
    return Point("ups.x", "ups", Name("x", "x"), kind, every=every, address={"oid": oid, **address})


def at(oid: str, kind: PointKind = NUMBER, **address: Value) -> Variable:
    return variable(point(oid, kind, **address), every=10.0)


VECTORS: list[tuple[str, PointKind, dict[str, Value], Raw, Value]] = [
    # RFC 1628 §4.2: UNITS "0.1 Volt DC", "0.1 Amp DC", "minutes", "percent".
    ("upsBatteryVoltage", NUMBER, {}, 2176, 217.6),
    ("upsBatteryCurrent", NUMBER, {}, -25, -2.5),
    ("upsEstimatedMinutesRemaining", NUMBER, {}, 33, 33.0),
    ("upsEstimatedChargeRemaining", NUMBER, {}, 100, 100.0),
    # RFC 1628 §4.3, §4.4: volts whole, hertz and amperes in tenths; a table's row is named.
    ("upsInputVoltage.1", NUMBER, {}, 221, 221.0),
    ("upsInputFrequency.3", NUMBER, {}, 499, 49.9),
    ("upsOutputPercentLoad.1", NUMBER, {}, 42, 42.0),
    ("1.3.6.1.2.1.33.1.4.4.1.3.1", NUMBER, {}, 191, 19.1),
    # The enumerations of §4.2 and §4.4, as word, as number and as flag.
    ("upsBatteryStatus", TEXT, {}, 3, "batteryLow"),
    ("upsBatteryStatus", NUMBER, {}, 3, 3.0),
    ("upsBatteryStatus", TEXT, {}, 9, "9"),
    ("upsOutputSource", FLAG, {"on": "battery"}, 5, True),
    ("upsOutputSource", FLAG, {"on": "battery, booster"}, 3, False),
    ("upsOutputSource", TEXT, {"words": "3=PLN, 5=baterai"}, 5, "baterai"),
    ("upsAlarmsPresent", FLAG, {}, 2, True),
    ("upsAlarmsPresent", FLAG, {}, 0, False),
    # TimeTicks are hundredths of a second (RFC 2578 §7.1.8).
    ("sysUpTime", NUMBER, {}, 8_640_000, 86_400.0),
    ("upsIdentModel", TEXT, {}, b"UPS 10 kVA\x00", "UPS 10 kVA"),
    ("1.3.6.1.4.1.5.1.0", TEXT, {}, b"\xff\x00\x01", "ff 00 01"),
    ("1.3.6.1.4.1.5.1.0", TEXT, {}, "1.3.6.1.4.1.8072", "1.3.6.1.4.1.8072"),
    ("1.3.6.1.4.1.5.1.0", NUMBER, {"scale": 0.1, "offset": -40}, 635, 23.5),
    ("1.3.6.1.4.1.5.1.0", NUMBER, {}, b"23.5", 23.5),
    ("1.3.6.1.4.1.5.1.0", NUMBER, {}, bytes.fromhex("9f 78 04 41 bc 00 00"), 23.5),
    # BITS: bit 0 is the highest of the first octet (RFC 2578 §7.1.4); of a number it is the lowest.
    ("1.3.6.1.4.1.5.1.0", FLAG, {"bit": 0}, b"\x80", True),
    ("1.3.6.1.4.1.5.1.0", FLAG, {"bit": 9}, b"\x00\x40", True),
    ("1.3.6.1.4.1.5.1.0", FLAG, {"bit": 9}, b"\x40", False),
    ("1.3.6.1.4.1.5.1.0", FLAG, {"bit": 4}, 0x10, True),
    (".1.3.6.1.4.1.5.1.0", FLAG, {"on": "2"}, 2, True),
]


@pytest.mark.parametrize(("oid", "kind", "address", "raw", "value"), VECTORS)
def test_an_answer_means_what_the_mib_says(
    oid: str, kind: PointKind, address: dict[str, Value], raw: Raw, value: Value
) -> None:
    told = decode(at(oid, kind, **address), raw)
    assert (type(told), told) == (type(value), value)


def test_a_name_leads_to_its_instance() -> None:
    assert dotted(located("upsEstimatedChargeRemaining")[0]) == "1.3.6.1.2.1.33.1.2.4.0"
    assert dotted(located("upsEstimatedChargeRemaining.0")[0]) == "1.3.6.1.2.1.33.1.2.4.0"
    assert dotted(located("upsOutputPercentLoad.2")[0]) == "1.3.6.1.2.1.33.1.4.4.1.5.2"


@pytest.mark.parametrize(
    ("oid", "kind", "address", "told"),
    [
        ("upsBateryStatus", NUMBER, {}, "is neither numbers nor a name of the UPS-MIB"),
        ("upsOutputPercentLoad", NUMBER, {}, "name its row too, as upsOutputPercentLoad.1"),
        ("upsBatteryStatus.1", NUMBER, {}, "is no table"),
        ("1.40.1", NUMBER, {}, "cannot be an object identifier"),
        ("1.3.6.1.4.1.4294967296", NUMBER, {}, "cannot be an object identifier"),
        ("upsOutputSource", FLAG, {}, "say with `on` which of other, none, normal"),
        ("upsOutputSource", FLAG, {"on": "batery"}, "neither a number nor a word"),
        ("upsOutputSource", NUMBER, {"on": "battery"}, "only a flag has `on` or `bit`"),
        ("upsAlarmsPresent", FLAG, {"on": "1", "bit": 1}, "either `on` or `bit`"),
        ("upsBatteryStatus", TEXT, {"words": "low"}, "no list of numbers and words"),
        ("upsBatteryStatus", NUMBER, {"scal": 2}, "scal"),
    ],
)
def test_an_address_that_cannot_work_is_refused_with_what_to_write(
    oid: str, kind: PointKind, address: dict[str, Value], told: str
) -> None:
    with pytest.raises(BadConfig, match=r"ups\.x: address: ") as refused:
        at(oid, kind, **address)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [(NUMBER, b"n/a"), (NUMBER, b"nan"), (NUMBER, b"inf"), (NUMBER, b"\xff"), (NUMBER, "1.3.6"), (FLAG, b"\x01")],
)
def test_what_is_no_value_is_told_as_such(kind: PointKind, raw: Raw) -> None:
    with pytest.raises(ProtocolError, match=r"1\.3\.6\.1\.4\.1\.5\.1\.0 answers"):
        decode(at("1.3.6.1.4.1.5.1.0", kind), raw)


@given(
    raw=st.one_of(st.integers(-(2**63), 2**64), st.binary(max_size=80), st.floats(), st.text(max_size=40)),
    kind=st.sampled_from(PointKind),
)
def test_whatever_an_agent_answers_is_a_value_or_a_protocol_error(raw: Any, kind: PointKind) -> None:
    try:
        value = decode(at("1.3.6.1.4.1.5.1.0", kind), raw)
    except ProtocolError:
        return
    assert isinstance(value, {NUMBER: float, FLAG: bool, TEXT: str}[kind])
    assert len(shown(raw)) <= 255


def test_one_rhythm_is_one_question_up_to_the_most() -> None:
    variables = [at("upsBatteryVoltage")] * 5 + [variable(point("sysUpTime", every=60.0), every=10.0)]
    assert [(len(question), question[0].every) for question in plan(variables, most=4)] == [(4, 10), (1, 10), (1, 60)]


def test_every_object_of_the_mib_has_its_own_identifier_and_its_clause() -> None:
    assert len({known.oid for known in OBJECTS.values()}) == len(OBJECTS)
    assert all(known.clause.startswith("RFC ") for known in OBJECTS.values())
