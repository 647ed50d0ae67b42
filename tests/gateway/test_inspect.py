"""Readings are counted from outside: in the journal and in chunks, while the writer has the file."""

from pathlib import Path

from gateway.store.inspect import count_readings
from tests.gateway.stores import opened, reading


def test_a_folder_without_a_store_holds_no_readings(tmp_path: Path) -> None:
    assert count_readings(tmp_path) == 0


def test_a_file_in_which_nothing_was_made_yet_holds_no_readings(tmp_path: Path) -> None:
    (tmp_path / "semarak.db").touch()
    assert count_readings(tmp_path) == 0


async def test_only_committed_readings_count_and_a_compaction_changes_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.on_readings([reading(second) for second in range(5)])
    assert count_readings(tmp_path) == 0
    await store.flush()
    assert count_readings(tmp_path) == 5
    await store.compact()
    store.on_readings([reading(9), reading(9, point="tma.2")])
    await store.flush()
    assert count_readings(tmp_path) == 7
    await store.close()
    assert count_readings(tmp_path) == 7
