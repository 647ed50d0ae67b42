"""`./run` on a bare machine: it says what it does, and what is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUN = ROOT / "run"
NO_PYTHON = 69
"""EX_UNAVAILABLE of sysexits.h."""

OLD_PYTHON = "#!/bin/sh\nexit 1\n"
"""What the question for version, venv and ensurepip gets from a Python that is too old."""


def run(*words: str, folder: Path = ROOT, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = None if path is None else {"PATH": path}
    return subprocess.run(
        ["/bin/sh", str(folder / "run"), *words], capture_output=True, text=True, check=False, env=environment
    )


def test_the_script_is_plain_sh() -> None:
    subprocess.run(["sh", "-n", str(RUN)], check=True)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck here (apt: shellcheck)")
def test_shellcheck_has_nothing_to_say() -> None:
    done = subprocess.run(["shellcheck", str(RUN)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_without_a_word_it_tells_its_use_and_fails() -> None:
    done = run()
    assert done.returncode != 0
    assert "usage: ./run demo" in done.stderr
    assert "./run test" in done.stderr


def test_help_is_no_failure() -> None:
    done = run("--help")
    assert (done.returncode, "usage: ./run demo" in done.stderr) == (0, True)


def test_a_machine_without_a_new_enough_python_is_told_what_to_install(tmp_path: Path) -> None:
    for name in ("run", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cat", "cksum", "dirname"):
        (tools / name).symlink_to(str(shutil.which(name)))
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (tools / name).write_text(OLD_PYTHON)
        (tools / name).chmod(0o755)
    done = run("demo", folder=tmp_path, path=str(tools))
    assert done.returncode == NO_PYTHON
    assert "apt-get install python3 python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()
