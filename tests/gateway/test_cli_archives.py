"""`semarak export` and `semarak import`: beside a running service, without one, and through one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers.model import Reading
from gateway.archive.stamp import written
from gateway.cli import app
from gateway.clock import SystemClock
from gateway.store.store import Store
from tests.gateway.api_fakes import Hall, serving

pytestmark = pytest.mark.real

S = 1_000_000_000
POINTS = """\
points:
  - {id: river, name: River, device: broker, unit: cm, address: {topic: a, metric: v}}
  - {id: sign, name: Sign, device: broker, kind: text, address: {topic: b, metric: v}}
"""
SITE = {
    "site.yaml": "id: hall\nname: Hall\n",
    "devices.yaml": "devices:\n  - {id: broker, name: Broker, driver: mqtt, link: 'mqtt://127.0.0.1:1'}\n",
    "points.yaml": POINTS,
}


def semarak(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


@pytest.fixture
def site(tmp_path: Path) -> str:
    for name, text in SITE.items():
        (tmp_path / "site" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "site" / name).write_text(text)
    return str(tmp_path / "site")


def history() -> list[Reading]:
    begin = SystemClock().now() // S * S - 4_000 * S
    return [Reading("river", n / 4, begin + n * S, begin + n * S, 0.0) for n in range(3_000)] + [
        Reading("sign", f"no {n}", begin + n * 60 * S, begin + n * 60 * S, 0.0) for n in range(20)
    ]


def opened(data: Path) -> Store:
    return Store.open(data / "semarak.db", clock=SystemClock())


async def test_an_export_beside_a_running_service_is_imported_elsewhere_once(tmp_path: Path, site: str) -> None:
    data, file = tmp_path / "a", tmp_path / "out.csv"
    store, some = opened(data), history()
    store.on_readings(some)
    await store.flush()
    words = ["export", str(file), "--data", str(data), "--site", site]
    code, said = await asyncio.to_thread(semarak, *words)
    assert (code, "100% 3,020 readings" in said, said.splitlines()[-1]) == (
        0, True, f"{file}: 3,020 readings of 2 points.",
    )  # fmt: skip
    lines = file.read_text().splitlines()
    assert lines[1] == f"river,{written(some[0].source_at)},{written(some[0].source_at)},0.0,cm,good,"
    busy = await asyncio.to_thread(semarak, "import", str(file), "--data", str(data), "--site", site)
    assert (busy[0], "through the running service, with --url" in busy[1]) == (1, True)
    await store.close()
    other = ["--data", str(tmp_path / "b"), "--site", site]
    first = await asyncio.to_thread(semarak, "import", str(file), *other)
    again = await asyncio.to_thread(semarak, "import", str(file), *other)
    assert (first[0], "3,020 readings taken, 0 were there already, 0 lines refused" in first[1]) == (0, True)
    assert (again[0], "0 readings taken, 3,020 were there already" in again[1]) == (0, True)
    assert "2 events" in semarak("audit", "verify", "--data", str(tmp_path / "b"))[1]
    second = tmp_path / "again.csv"
    assert (await asyncio.to_thread(semarak, "export", str(second), *other))[0] == 0
    assert second.read_bytes() == file.read_bytes()


def test_a_part_is_exported_by_pattern_and_span_in_the_format_of_the_name(tmp_path: Path, site: str) -> None:
    async def fill() -> None:
        store = opened(tmp_path)
        store.on_readings(history())
        await store.close()

    asyncio.run(fill())
    file = tmp_path / "out.parquet"
    code, _ = semarak("export", str(file), "--data", str(tmp_path), "--points", "ri*", "--until", "2199-01-01")
    assert (code, file.read_bytes()[:4]) == (0, b"PAR1")
    taken = semarak("import", str(file), "--data", str(tmp_path / "b"), "--site", site)
    assert "3,000 readings taken" in taken[1]
    none = semarak(
        "export", str(file), "--data", str(tmp_path), "--since", "2001-01-01", "--until", "2001-01-02T00:00:00Z"
    )
    assert (none[0], "0 readings of 2 points" in none[1]) == (0, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["export", "out.csv"], "there is no journal"),
        (["export", "out.txt"], "name it with --format"),
        (["export", "out.csv", "--since", "yesterday"], "is no time"),
        (["import", "missing.csv"], "--site"),
        (["import", "missing.csv", "--site", "SITE"], "missing.csv cannot be read: No such file"),
        (["import", "bad.csv", "--site", "SITE"], "must name the columns"),
        (["export", "out.csv", "--url", "http://127.0.0.1:1"], "nothing was written"),
        (["import", "bad.csv", "--url", "http://127.0.0.1:1"], "bad.csv"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_no_file(
    words: list[str], why: str, site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("hello\n")
    code, said = semarak(*(word.replace("SITE", site) for word in words))
    assert (code != 0, why in said.replace("\n", " ")) == (True, True), said
    assert list(tmp_path.glob("out*")) == []


async def test_a_running_service_sends_and_takes_files(tmp_path: Path) -> None:
    hall, some = Hall(), [reading for reading in history() if reading.point == "river"][:50]
    hall.store.on_readings(some)
    file = tmp_path / "out.csv"
    async with serving(hall) as nobody:
        asked = ["--url", nobody.url, "--token", "token-technician"]
        code, said = await asyncio.to_thread(semarak, "export", str(file), "--points", "river", *asked)
        assert (code, said.splitlines()[-1]) == (0, f"{file}: {file.stat().st_size:,} bytes.")
        assert file.read_bytes().count(b"\r\n") == 51
        file.write_bytes(file.read_bytes() + b"flood,x,,1,,,\r\n")
        hall.store.rows.clear()
        code, said = await asyncio.to_thread(semarak, "import", str(file), *asked)
        assert (code, "50 readings taken, 0 were there already, 1 lines refused." in said) == (1, True)
        assert f"{file}:52: there is no point 'flood'" in said
        assert len(hall.store.rows) == 50
        refused = await asyncio.to_thread(semarak, "export", str(file), "--points", "*", "--url", nobody.url)
        assert (refused[0], "the service answers 401" in refused[1]) == (1, True)
