"""The wheel runs where it is installed: it carries the screens, the schema and the demo site, and no tests."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("aiohttp", "cv2", "influxdb_client", "numpy", "pymodbus", "paho", "amqtt")
BUILD = "import sys; from setuptools.build_meta import build_wheel; print(build_wheel(sys.argv[1]))"
NOT_SOURCE = ignore_patterns(".*", "var", "node_modules", "*.egg-info", "build", "dist", "__pycache__")


def python(*words: str, cwd: Path, packages: Sequence[Path] = ()) -> str:
    """Run this Python elsewhere, with `packages` before its own; return what it printed."""
    lines = [f"import sys; sys.path[:0] = {[str(path) for path in packages]!r}"]
    program, *rest = words
    done = subprocess.run(
        [sys.executable, "-I", "-c", "\n".join([*lines, program]), *rest],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy, so that nothing is left beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    copytree(ROOT, folder / "source", ignore=NOT_SOURCE)
    told = python(BUILD, str(folder), cwd=folder / "source")
    return folder / told.splitlines()[-1]


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Lay the wheel out as an installer does: packages, and its data files."""
    folder = wheel.parent / "installed"
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def semarak(*words: str, installed: Path) -> str:
    program = "import sys; from gateway.cli import main; sys.argv[0] = 'semarak'; main()"
    return python(program, *words, cwd=installed.parent, packages=[installed])


def test_it_carries_the_screens_the_schema_and_the_demo_site(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    screens = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gateway/web").rglob("*") if path.is_file()}
    schema = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gateway/store/schema").glob("*.sql")}
    tables = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gateway/derive/data").glob("*.csv")}
    assert "gateway/web/index.html" in screens
    assert screens | schema | tables <= set(names)
    site = {f"config/balai-raya/{path.name}" for path in (ROOT / "config/balai-raya").glob("*.yaml")}
    assert site <= {name.partition("/share/semarak/")[2] for name in names}


def test_it_carries_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.startswith(("tests/", "bench/"))]


def test_the_command_answers_from_elsewhere(installed: Path) -> None:
    assert "the middleware of a command centre" in " ".join(semarak("--help", installed=installed).split())
    where = "import gateway; print(gateway.__file__)"
    assert python(where, cwd=installed.parent, packages=[installed]).startswith(str(installed))


@pytest.mark.parametrize("name", ["balai-raya", "minimal"])
def test_the_sites_that_it_carries_are_sound(installed: Path, name: str) -> None:
    (site,) = installed.glob(f"*.data/data/share/semarak/config/{name}")
    assert "sound" in semarak("check", str(site), installed=installed)


def test_an_installer_puts_the_command_and_the_demo_site_into_an_environment_of_their_own(
    wheel: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python_there = tmp_path / "env" / "bin" / "python"
    words = ["-m", "pip", "--python", str(python_there), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    site = tmp_path / "env" / "share" / "semarak" / "config" / "balai-raya"
    borrowed = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": ""}
    checked = [str(python_there.with_name("semarak")), "check", str(site)]
    done = subprocess.run(checked, cwd=tmp_path, env=borrowed, capture_output=True, text=True, check=False)
    assert (done.returncode, "sound" in done.stdout) == (0, True), done.stderr
    asked = [str(python_there), "-c", "from gateway.cli.demonstration import demo_site; print(demo_site())"]
    told = subprocess.run(asked, cwd=tmp_path, env=borrowed, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(site)


def test_help_imports_nothing_heavy(installed: Path) -> None:
    program = "import sys, gateway.cli; print(*sys.modules)"
    loaded = python(program, cwd=installed.parent, packages=[installed]).split()
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)
