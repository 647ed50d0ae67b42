"""The CSV source over a real folder: whole files only, durable before they are moved, and none but plain ones."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.emulators.dropper import FAULTS, Dropper
from drivers.errors import LinkError
from drivers.model import Device, DeviceState, Name, Point, Value
from drivers.sensors import csv_drop
from drivers.sensors.csv_drop import CsvSource
from drivers.sensors.drop_folder import MOST_LINE, DropFolder, Stuck
from gateway.clock import SystemClock
from tests.drivers.drop_world import Notes, dropped, until_files
from tests.drivers.telemetry_world import Heard, Journal, swallowing

pytestmark = pytest.mark.real
RAIN = Point("rain", "drop", Name("Hujan", "Rain"), low=0, high=150, every=60, stale_after=1_800)
DOOR = Point("door", "drop", Name("Suhu", "Temperature"), every=60, stale_after=1_800)


def source(folder: Path, heard: Heard, journal: Journal, *points: Point, **options: Value) -> CsvSource:
    device = Device(
        "drop", Name("Titipan", "Drop"), "csv", f"file://{folder}", {"every": 0.01, "zone": "+07:00"} | options
    )  # fmt: skip
    part = csv_drop.make(
        device, points or (RAIN,), clock=SystemClock(), publish=heard.publish, durable=journal, tap=Notes(heard)
    )  # fmt: skip
    assert isinstance(part, CsvSource)
    return part


@asynccontextmanager
async def taking(part: CsvSource) -> AsyncIterator[asyncio.Task[None]]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(swallowing(part.run))
        yield task
        task.cancel()


def minutes_ago(minutes: float) -> str:
    return (datetime.fromtimestamp(SystemClock().now() / 1e9, UTC) - timedelta(minutes=minutes)).isoformat()


def sheet(*rows: str, header: str = "time,rain") -> str:
    return "\n".join([header, *rows]) + "\n"


async def test_a_file_becomes_readings_and_is_moved_when_they_are_durable(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal()
    path = dropped(tmp_path, "a.csv", sheet(f"{minutes_ago(2)},3.5", f"{minutes_ago(1)},4"))
    part = source(tmp_path, heard, journal)
    async with taking(part):
        await heard.until(lambda: len(heard.readings) == 2)
        assert path.exists()
        journal.commit()
        await until_files(heard, 1)
    assert heard.values("rain") == [3.5, 4.0]
    assert not path.exists()
    assert (tmp_path / "done" / "a.csv").exists()
    assert (heard.state, part.counters["lines"], part.counters["rejected"]) == (DeviceState.UP, 3, 0)


async def test_a_file_that_is_never_committed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_drop, "PATIENCE_S", 0.05)
    heard, path = Heard(), dropped(tmp_path, "a.csv", sheet(f"{minutes_ago(1)},4"))
    with pytest.raises(LinkError, match="nothing was committed"):
        await source(tmp_path, heard, Journal()).run()
    assert (path.exists(), heard.state) == (True, DeviceState.SILENT)


async def test_a_file_is_not_taken_while_it_grows_or_has_an_unfinished_name(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path, "*.csv")
    (tmp_path / "b.csv.part").write_text("x")
    (tmp_path / ".c.csv").write_text("x")
    (tmp_path / "d.txt").write_text("x")
    growing = tmp_path / "a.csv"
    growing.write_text("time")
    assert folder.look() == []
    growing.write_text("time,rain")
    assert folder.look() == []
    assert [found.name for found in folder.look()] == ["a.csv"]


async def test_a_file_that_is_written_while_it_is_read_stays_and_is_taken_again(tmp_path: Path) -> None:
    folder, path = DropFolder(tmp_path, "*.csv"), tmp_path / "a.csv"
    path.write_text("time,rain\n")
    folder.look()
    (found,) = folder.look()
    lines = folder.open(found)
    assert len(lines.portion(10)) == 1
    lines.close()
    with path.open("a") as more:
        more.write("2026-01-17,1\n")
    with pytest.raises(LinkError, match="was written while it was read"):
        folder.put_aside(found, "done")
    with pytest.raises(LinkError, match="is being written again"):
        folder.open(found)
    assert [each.name for each in (*folder.look(), *folder.look())] == ["a.csv"]


async def test_links_pipes_and_folders_are_refused_and_left_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(sheet(f"{minutes_ago(1)},1"))
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "a.csv").symlink_to(secret)
    (drop / "folder.csv").mkdir()
    os.mkfifo(drop / "pipe.csv")
    heard = Heard()
    part = source(drop, heard, Journal(at_once=True))
    async with taking(part):
        await heard.until(lambda: heard.state is DeviceState.DEGRADED)
        dropped(drop, "b.csv", sheet(f"{minutes_ago(1)},7"))
        await heard.until(lambda: heard.values("rain") == [7.0])
    assert heard.statuses[-1].reason == "not a plain file: a.csv, pipe.csv"
    assert secret.exists()


async def test_a_link_in_place_of_done_is_refused_and_the_file_is_not_taken_twice(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "done").symlink_to(elsewhere)
    folder = DropFolder(drop, "*.csv")
    dropped(drop, "a.csv", sheet())
    folder.look()
    (found,) = folder.look()
    with pytest.raises(Stuck, match="done is a link, not a folder"):
        folder.put_aside(found, "done")
    assert (folder.look(), list(elsewhere.iterdir())) == ([], [])


async def test_a_file_that_may_not_be_read_is_told_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, path, really = Heard(), dropped(tmp_path, "a.csv", sheet(f"{minutes_ago(1)},4")), os.open

    def refusing(file: Path, *more: int) -> int:
        if str(file) == str(path):
            raise PermissionError(13, "Permission denied")
        return really(file, *more)

    monkeypatch.setattr(os, "open", refusing)
    async with taking(source(tmp_path, heard, Journal(at_once=True))):
        await heard.until(lambda: heard.state is DeviceState.DEGRADED)
        dropped(tmp_path, "b.csv", sheet(f"{minutes_ago(1)},7"))
        await until_files(heard, 1)
    assert heard.statuses[-2].reason == "a.csv cannot be read: Permission denied"
    assert (heard.values("rain"), path.exists(), heard.state) == ([7.0], True, DeviceState.UP)


async def test_bad_rows_are_written_down_with_their_line_and_the_good_ones_are_taken(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    long = "x" * (3 * MOST_LINE)
    rows = [f"{minutes_ago(3)},abc", f"{minutes_ago(2)},5", "", "# a remark", long, "kemarin,1", f"{minutes_ago(1)},6"]
    dropped(tmp_path, "a.csv", sheet(*rows))
    part = source(tmp_path, heard, journal)
    async with taking(part):
        await until_files(heard, 1)
    assert heard.values("rain") == [5.0, 6.0]
    report = (tmp_path / "rejected" / "a.csv.txt").read_text().splitlines()
    assert [line.partition(": ")[0] for line in report] == ["line 2", "line 6", "line 7"]
    assert "'abc' is no number" in report[0]
    assert "the line is too long" in report[1]
    assert [part.counters[f"rejected{word}"] for word in ("", ".value", ".row", ".ts")] == [3, 1, 1, 1]
    assert [one.where for one in heard.rejected] == ["a.csv"] * 3
    assert (tmp_path / "done" / "a.csv").exists()


async def test_a_file_of_which_nothing_can_come_goes_to_rejected_whole(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    dropped(tmp_path, "a.csv", sheet("x,1", header="waktu,rain"))
    part = source(tmp_path, heard, journal)
    async with taking(part):
        await until_files(heard, 1)
    assert (tmp_path / "rejected" / "a.csv").exists()
    assert "there is no column 'time'" in (tmp_path / "rejected" / "a.csv.txt").read_text()
    assert heard.readings == []


async def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    part = source(tmp_path, heard, journal)
    async with taking(part):
        for count in (1, 2):
            dropped(tmp_path, "a.csv", sheet(f"{minutes_ago(count)},{count}"))
            await until_files(heard, count)
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["a.csv", "a.csv.2"]


async def test_a_large_file_is_taken_in_portions_each_durable_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_drop, "PORTION", 100)
    heard, journal = Heard(), Journal()
    dropped(tmp_path, "a.csv", sheet(*(f"{minutes_ago(1 + at / 100)},{at % 100}" for at in range(250))))
    part = source(tmp_path, heard, journal)
    async with taking(part):
        for count in (99, 199, 250):  # The header is a line of the first portion.
            await heard.until(lambda count=count: len(heard.readings) == count)
            assert (tmp_path / "a.csv").exists()
            journal.commit()
        await until_files(heard, 1)


async def test_old_rows_are_history_and_the_status_says_so(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    part = source(tmp_path, heard, journal)
    async with taking(part):
        dropped(tmp_path, "a.csv", sheet(f"{minutes_ago(180)},140", f"{minutes_ago(120)},145"))
        await until_files(heard, 1)
        assert [one.retained for one in heard.readings] == [True, True]
        assert (heard.state, "a.csv: its newest row is 2.0 h old" in heard.statuses[-1].reason) == (
            DeviceState.UP,
            True,
        )
        dropped(tmp_path, "b.csv", sheet(f"{minutes_ago(60)},140", f"{minutes_ago(1)},2"))
        await until_files(heard, 2)
    assert [one.retained for one in heard.readings[2:]] == [True, False]
    assert (heard.statuses[-1].reason, part.counters["history"]) == ("", 3)


async def test_a_point_without_a_column_is_told_once(tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    part = source(tmp_path, heard, journal, RAIN, DOOR)
    async with taking(part):
        for count in (1, 2):
            dropped(tmp_path, f"{count}.csv", sheet(f"{minutes_ago(count)},{count}"))
            await until_files(heard, count)
    assert [(one.where, one.why) for one in heard.rejected] == [("1.csv", "column: there is none for door")]


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    heard = Heard()
    with pytest.raises(LinkError, match="cannot be read: No such file"):
        await source(tmp_path / "gone", heard, Journal()).run()
    assert heard.state is DeviceState.SILENT


async def test_a_folder_into_which_nothing_comes_is_silent(tmp_path: Path) -> None:
    heard = Heard()
    quick = Point("rain", "drop", Name("Hujan", "Rain"), every=60, stale_after=0.05)
    async with taking(source(tmp_path, heard, Journal(), quick)):
        await heard.until(lambda: heard.state is DeviceState.SILENT)
    assert heard.statuses[-1].reason == "no file came for 0.05 s"


@pytest.mark.parametrize("fault", [None, *FAULTS])
async def test_a_logger_that_drops_files_is_read_and_what_it_does_wrong_is_told(
    tmp_path: Path, fault: str | None
) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    logger = Dropper("pos", [RAIN, DOOR], tmp_path, clock=SystemClock(), every=0.05)
    if fault is not None:
        logger.inject(fault)
    part = source(tmp_path, heard, journal, RAIN, DOOR, decimal=",")
    async with taking(part):
        await logger.start()
        if fault in ("half", "silent"):
            await heard.until(lambda: heard.state is DeviceState.UP)
            dropped(tmp_path, "whole.csv", sheet(f"{minutes_ago(1)};77", header="time;rain"))
            await until_files(heard, 1)
        else:
            await until_files(heard, 2)
        await logger.stop()
    wanted = {
        "half": ({"rain"}, True), "silent": ({"rain"}, True), "noise": (set(), True), "no_number": (set(), True),
        "missing_column": ({"door"}, True),
    }.get(str(fault), ({"rain", "door"}, False))  # fmt: skip
    assert ({one.point for one in heard.readings}, bool(heard.rejected)) == wanted
    assert {one.retained for one in heard.readings} <= {True} if fault == "skew" else True
