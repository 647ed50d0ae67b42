"""What the tests of dropped files share: a log to wait for, and a sender that drops files as it should."""

from __future__ import annotations

from pathlib import Path

from tests.drivers.telemetry_world import Heard


class Notes:
    """The technician's log, as news that a test can wait for."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def seen(self, device: str, direction: str, data: bytes) -> None:
        self._heard.publish([data.decode()])


async def until_files(heard: Heard, count: int) -> None:
    """Wait until at least so many files were put aside."""
    await heard.until(lambda: len([one for one in heard.all if str(one).endswith(" rejected")]) >= count)


def dropped(folder: Path, name: str, text: str) -> Path:
    """Drop a file as a good sender does: whole, by its last name at the end."""
    (folder / f"{name}.part").write_text(text)
    return (folder / f"{name}.part").rename(folder / name)
