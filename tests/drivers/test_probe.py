"""The technician's probe: which stage fails, how long each took, and what the device says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from drivers.bench import cli
from drivers.bench.probe import Findings, Stage, probe
from drivers.driver import DriverSpec
from drivers.links import Link, Unreachable
from drivers.links.memory import memory_pair
from drivers.links.tap import Exchange
from drivers.model import Device, Name, Value
from tests.drivers.toy import SPEC, Toy, says, silence, spec
from tests.fakes import FakeClock


async def at_home(host: str) -> Sequence[str]:
    return ["127.0.0.1"]


async def probed(toy: Toy, *, spec: DriverSpec = SPEC, options: dict[str, Value] | None = None) -> Findings:
    async with asyncio.TaskGroup() as tasks:
        near, far = memory_pair()
        tasks.create_task(toy.serve(far), name="toy")

        async def dial(_url: str) -> Link:
            return near

        device = Device("probe", Name("Mainan", "Toy"), "toy", "tcp://toy", options or {})
        return await probe(device, spec, dial=dial, clock=FakeClock(), resolve=at_home)


async def test_every_stage_is_told_with_its_duration_and_the_values_come_decoded() -> None:
    findings = await probed(Toy(greets=True, slow=0.5), spec=spec(speaks_first=True))
    assert findings.stages == (
        Stage("resolve", True, 0.0, "127.0.0.1"),
        Stage("open", True, 0.0),
        Stage("greeting", True, 0.0),
        Stage("hello", True, 0.5),
        Stage("poll", True, 1.0, "3 values"),
    )
    assert findings.values == {"serial": "T1-7", "power": "off", "input": "hdmi1"}
    assert [each.data for each in findings.log][:3] == [b"hello\n", b"?serial\n", b"serial = T1-7\n"]
    assert findings.good


async def test_a_name_that_nobody_knows_stops_the_probe_at_once() -> None:
    async def nowhere(host: str) -> Sequence[str]:
        raise Unreachable(f"{host} has no address", hint="check the spelling")

    async def dial(_url: str) -> Link:
        raise AssertionError

    device = Device("probe", Name("Mainan", "Toy"), "toy", "tcp://toy", {})
    findings = await probe(device, SPEC, dial=dial, clock=FakeClock(), resolve=nowhere)
    assert findings.stages == (Stage("resolve", False, 0.0, "toy has no address", "check the spelling"),)


async def test_a_device_that_is_connected_and_silent_fails_at_its_hello() -> None:
    findings = await probed(Toy(moods={"?serial": [silence] * 2}))
    assert [stage.name for stage in findings.stages] == ["resolve", "open", "hello"]
    last = findings.stages[-1]
    assert (last.good, last.seconds, last.detail) == (False, pytest.approx(4.0), "no answer about serial in 2 s")
    assert last.hint.startswith("it is connected but says nothing")


async def test_a_refused_login_and_another_device_are_told_apart() -> None:
    denied = await probed(Toy(moods={"?serial": [says("denied\n")]}))
    other = await probed(Toy(), options={"expect_serial": "T9"})
    assert denied.stages[-1].detail == "the toy refuses the password"
    assert "the site file expects T9" in other.stages[-1].detail


async def test_a_device_that_answers_only_half_is_shown_with_what_it_told() -> None:
    findings = await probed(Toy(moods={"?power": [silence]}))
    assert findings.stages[-1].detail == "2 values, but no answer about power in 2 s"
    assert not findings.good


def test_the_report_reads_line_by_line() -> None:
    findings = Findings(
        (Stage("resolve", True, 0.0012, "127.0.0.1"), Stage("open", False, 3.0, "it refuses", "is it on?")),
        {"power": "on"},
        (Exchange(0, "sent", b"?power\n"),),
    )
    assert cli.report(findings) == [
        "ok     resolve        1.2 ms  127.0.0.1",
        "FAILED open        3000.0 ms  it refuses",
        "       look at: is it on?",
        "  power = on",
        "  > 3f 70 6f 77 65 72 0a  b'?power\\n'",
    ]


def test_an_unknown_driver_or_option_is_named_with_what_there_is() -> None:
    run = CliRunner().invoke
    unknown = run(cli.main, ["probe", "toaster", "tcp://127.0.0.1"])
    badly = run(cli.main, ["probe", "samsung_mdc", "tcp://127.0.0.1", "--option", "id=900"])
    assert (unknown.exit_code, badly.exit_code) == (2, 2)
    assert "samsung_mdc" in unknown.output
    assert "id" in badly.output


@pytest.mark.real
def test_the_command_says_that_nobody_listens_and_fails() -> None:
    done = CliRunner().invoke(cli.main, ["probe", "samsung_mdc", "tcp://127.0.0.1:1", "--option", "id=3"])
    assert done.exit_code == 1
    assert "127.0.0.1:1 refuses the connection" in done.output
    assert "is network control switched on there, and is the port right?" in done.output


def test_the_other_commands_are_handed_over_with_their_arguments() -> None:
    done = CliRunner().invoke(cli.main, ["scenario", "--help"])
    assert done.exit_code == 0
    assert "banjir" in done.output
