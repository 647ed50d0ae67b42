"""What the service costs while little happens, and how long it takes to start with the demo site."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.ingest import cost_of_load, wait_for_subscription
from bench.processes import gateway, mosquitto, publisher, running
from bench.report import Row
from bench.site import write_site
from gateway.store.inspect import count_readings

POINTS = 500
PATIENCE_S = 30.0
PORTS_FROM = 28_800
"""Where the demonstration and its stand-ins listen meanwhile."""

SERVICE_STARTS = b"3/3"


def idle(folder: Path, *, runs: int, seconds: int) -> Row:
    """Return the share of one core, in percent, that 500 points at 1 s cost."""
    row = Row(f"CPU of one core, {POINTS} points at 1 s", "%", goal="first < 10")
    for run in range(runs):
        print(f"idle: run {run + 1} of {runs} …", flush=True)
        data = folder / f"idle-{run}" / "data"
        with mosquitto(folder) as port:
            site = write_site(folder / f"idle-{run}" / "site", broker=port, sensors=POINTS)
            with (
                gateway(site, data) as (process, _),
                publisher(port, 1, POINTS * seconds, POINTS, POINTS) as load,
            ):
                wait_for_subscription(data, port)
                row.values.append(cost_of_load(process.pid, load, POINTS * seconds) * POINTS / 1e4)
    return row


def start(folder: Path, *, runs: int) -> Row:
    """Return the seconds from starting the service of the demo site to its first committed reading."""
    row = Row("service start to first reading, demo site", "s", goal="first <= 5")
    for run in range(runs):
        print(f"start: run {run + 1} of {runs} …", flush=True)
        row.values.append(_started(folder / f"start-{run}"))
    return row


def _started(data: Path) -> float:
    """Run the demonstration; its stand-ins are ready when it says that the service starts."""
    words = [sys.executable, "-m", "gateway.cli", "demo", "--no-browser", "--data", str(data)]
    with running(
        [*words, "--ports-from", str(PORTS_FROM)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(SERVICE_STARTS):
                break
        began = time.monotonic()
        while not count_readings(data):
            if time.monotonic() > began + PATIENCE_S:
                raise SystemExit(f"the demo site stored no reading within {PATIENCE_S:g} s")
            time.sleep(0.01)
        return time.monotonic() - began
