"""Registers through every type and order at once, on paper and on a real line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from drivers.bench.register_table import lines
from drivers.bench.registers import app
from drivers.model import PointKind
from drivers.sensors.decode_lens import Sight, sights
from tests.drivers.modbus_world import WAYS, device, point

WORDS = [0x2000, 0x47F1]
"""123456.0 as IEEE 754 single, its words turned round."""


def inside(seen: Sequence[Sight]) -> list[tuple[str, str, object]]:
    return [(sight.type, sight.order, sight.value) for sight in seen if sight.inside]


def test_the_one_that_makes_sense_is_marked() -> None:
    assert inside(sights(WORDS, low=100_000, high=200_000)) == [("f32", "CDAB", 123_456.0)]


def test_without_a_range_nothing_is_marked_and_everything_is_shown() -> None:
    seen = sights(WORDS)
    assert not inside(seen)
    kinds = {sight.type for sight in seen}
    assert {"u16", "s16", "f16", "u32", "s32", "f32"} <= kinds
    assert not {"u64", "s64", "f64"} & kinds
    assert len([sight for sight in seen if sight.type == "u32"]) == 4


def test_r15_four_registers_are_seen_in_eight_orders() -> None:
    assert len([one for one in sights([1, 2, 3, 4]) if one.type == "s64"]) == 8


def test_what_is_no_value_of_a_type_is_left_out() -> None:
    kinds = {sight.type for sight in sights([0x7FC0, 0x0000])}
    assert "bcd16" not in kinds
    assert ("f32", "ABCD") not in {(sight.type, sight.order) for sight in sights([0x7FC0, 0x0000])}
    assert not sights([])


def test_a_text_is_seen_whole() -> None:
    texts = {sight.order: sight.value for sight in sights([0x706F, 0x6D70, 0x6100]) if sight.type == "text"}
    assert texts["AB"] == "pompa"


def test_the_table_shows_both_notations_the_hole_and_the_mark() -> None:
    told = list(lines({8: 0x2000, 9: 0x47F1}, "hr", range(8, 11), low=100_000, high=200_000))
    assert told[0] == "hr 8       40009  2000   ."
    assert told[7].startswith("      f32    ABCD 1.0865825e-19  *CDAB 123456.0   BADC ")
    assert told[-1] == "hr 10      40011  no such address"


def test_bits_are_on_or_off() -> None:
    assert list(lines({0: 1, 1: 0}, "co", range(2))) == ["co 0       00001  on", "co 1       00002  off"]


POINTS = [
    point("volt", table="hr", address=0, type="f32", order="CDAB"),
    point("far", table="hr", address=5),
    point("other", table="hr", address=0, unit=3),
    point("door", PointKind.FLAG, table="di", address=0, type="bool"),
]


@pytest.mark.real
@pytest.mark.parametrize("way", WAYS)
async def test_a_technician_reads_registers_off_a_line(way: str) -> None:
    async with device(POINTS, way) as far:
        far.emulated.load({"volt": 231.7, "far": 7, "other": 50, "door": True})
        far.emulated.inject("illegal", unit=1, table="hr", address=3)
        more = [] if way == "serial" else ["--framing", str(far.options["framing"])]
        common = [far.link, *more, "--timeout", "0.3"]
        told, code = await run(*common, "--count", "7", "--low", "200", "--high", "250")
        assert code == 0, told
        assert "*CDAB 231.7" in told
        assert "hr 3       40004  no such address" in told
        assert "hr 6       40007  no such address" in told
        told, code = await run(*common, "--table", "di", "--count", "1")
        assert told.strip() == "di 0       10001  on"
        told, code = await run(*common, "--sweep", "1-4", "--pause", "0", "--yes")
        assert told.splitlines()[1:] == ["unit 3 answers: hr 0 holds 50", "2 of 4 units answer"]


@pytest.mark.real
async def test_a_sweep_asks_back_first() -> None:
    async with device(POINTS) as far:
        told, _ = await run(far.link, "--sweep", "1-30", answer="n\n")
        assert "This asks 30 units in turn on 127.0.0.1" in told
        assert not far.emulated.asked


async def run(*words: str, answer: str = "") -> tuple[str, int]:
    """Run the command in a thread, as it has a loop of its own."""
    done = await asyncio.to_thread(CliRunner().invoke, app, list(words), input=answer)
    return done.output, done.exit_code


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["tcp://127.0.0.1:1"], "127.0.0.1:1 refuses the connection", 1),
        (["mqtt://127.0.0.1"], "Modbus goes over tcp:// and serial://", 1),
        (["tcp://127.0.0.1", "--table", "xx"], "'xx' is not one of 'hr', 'ir', 'di', 'co'", 2),
        (["tcp://127.0.0.1", "--address", "65535", "--count", "2"], "between 0 and 65535", 2),
        (["tcp://127.0.0.1", "--sweep", "0-300"], "a range of units from 1 to 247", 2),
        (["tcp://127.0.0.1", "--sweep", "all"], "a range of units from 1 to 247", 2),
        (["tcp://127.0.0.1", "--framing", "ascii"], "'ascii' is not one of 'tcp', 'rtu'", 2),
    ],
)
def test_what_cannot_be_read_is_told(words: list[str], told: str, code: int) -> None:
    done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert (done.exit_code, told in " ".join(done.output.split())) == (code, True), done.output
