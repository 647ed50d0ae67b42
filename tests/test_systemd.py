"""The unit is what systemd takes without a word."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[1] / "systemd" / "semarak.service"
INSTALLED = "/opt/semarak/bin/semarak"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here (apt: systemd)")
def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert INSTALLED in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(INSTALLED, "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "it answers 0 even while it complains"


def test_the_unit_is_ready_only_when_the_service_says_so_and_is_watched() -> None:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    assert {"Type=notify", "NotifyAccess=main", "WatchdogSec=30", "Restart=always"} <= set(lines)


def test_the_unit_is_shut_in_but_reaches_the_serial_ports() -> None:
    lines = set(UNIT.read_text(encoding="utf-8").splitlines())
    assert {"ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="} <= lines
    assert {"DevicePolicy=closed", "DeviceAllow=char-ttyS rw", "DeviceAllow=char-ttyUSB rw"} <= lines
    assert "PrivateDevices=yes" not in lines, "it would hide the serial ports"
