"""Ingest: messages a second from the broker to the committed journal, beside a C subscriber of the same broker."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from bench.processes import cpu_seconds, find, gateway, go, mosquitto, publisher, running
from bench.report import Row
from bench.site import write_site
from gateway.store.inspect import count_readings

PATIENCE_S = 120.0
PACE = 5_000
PACED_S = 3
QUIET_S = 0.4
OLD_S = 3_600.0
"""How old the reading is that tells that the gateway has subscribed: no message of the load has its source time."""


def measure(folder: Path, *, runs: int, count: int, sensors: int) -> list[Row]:
    """Return the rows of QoS 0 and QoS 1 bursts: rate and CPU."""
    rows = []
    for qos, goal in ((0, "first >= 0.50"), (1, "first >= 0.40")):
        rate = Row(f"ingest QoS {qos}, broker -> committed journal", "msg/s", f"mosquitto_sub -q {qos} (C)", goal)
        cpu = Row(
            f"CPU a message at saturation, QoS {qos}, all in", "us", f"mosquitto_sub -q {qos} (C)", "first <= 20 us"
        )
        for run in range(runs):
            print(f"ingest QoS {qos}: run {run + 1} of {runs} …", flush=True)
            with mosquitto(folder) as port:
                theirs, its_cost = subscriber(port, qos, count, sensors)
                ours, cost = burst(folder / f"q{qos}-{run}", port, qos, count, sensors)
            rate.add(ours, theirs)
            cpu.add(cost, its_cost)
        rows += [rate, cpu]
    return rows


def subscriber(port: int, qos: int, count: int, sensors: int) -> tuple[float, float]:
    """Return the messages a second that mosquitto_sub takes, from `go` to its exit, and its CPU microseconds."""
    words = [find("mosquitto_sub"), "-p", str(port), "-q", str(qos), "-t", "bkl/#", "-C", str(count), "-F", "x"]
    with running(words, stdout=subprocess.DEVNULL) as process, publisher(port, qos, count, sensors, 0) as load:
        began = go(load)
        cost = 0.0
        until = time.monotonic() + PATIENCE_S
        while process.poll() is None:
            with suppress(OSError):
                cost = cpu_seconds(process.pid)
            if time.monotonic() > until:
                raise SystemExit("mosquitto_sub did not get every message")
            time.sleep(0.005)
        return count / (time.monotonic_ns() - began) * 1e9, cost / count * 1e6


def burst(folder: Path, port: int, qos: int, count: int, sensors: int) -> tuple[float, float]:
    """Return the messages a second that reach the committed journal, and the CPU microseconds of each, all in."""
    site, data = write_site(folder / "site", broker=port, sensors=sensors), folder / "data"
    with gateway(site, data) as (process, _), publisher(port, qos, count, sensors, 0) as load:
        wait_for_subscription(data, port)
        base, spent = count_readings(data), cpu_seconds(process.pid)
        began = go(load)
        ended = wait_for_rows(data, base + count)
        return count / (ended - began) * 1e9, (settled(process.pid) - spent) / count * 1e6


def settled(pid: int) -> float:
    """Return the CPU seconds of a process once it has hardly used any for a while."""
    before = cpu_seconds(pid)
    while True:
        time.sleep(QUIET_S)
        now = cpu_seconds(pid)
        if now - before < QUIET_S / 5:
            return now
        before = now


def paced(folder: Path, *, runs: int, sensors: int) -> Row:
    """Return the CPU a message at a steady rate, beside paho's own loop."""
    row = Row(f"CPU a message at a paced {PACE:,} msg/s, QoS 0", "us", "paho-mqtt's own loop", "first <= 0.50")
    count = PACE * PACED_S
    for run in range(runs):
        print(f"paced: run {run + 1} of {runs} …", flush=True)
        with mosquitto(folder) as port:
            with (
                running([sys.executable, "-m", "bench.paho_loop", str(port)]) as process,
                publisher(port, 0, count, sensors, PACE) as load,
            ):
                theirs = cost_of_load(process.pid, load, count)
            site, data = (
                write_site(folder / f"paced-{run}" / "site", broker=port, sensors=sensors),
                folder / f"paced-{run}" / "data",
            )
            with gateway(site, data) as (process, _), publisher(port, 0, count, sensors, PACE) as load:
                wait_for_subscription(data, port)
                row.add(cost_of_load(process.pid, load, count), theirs)
                if count_readings(data) < count:
                    raise SystemExit("the paced run lost readings; it does not count")
    return row


def cost_of_load(pid: int, load: subprocess.Popen[bytes], count: int) -> float:
    """Return the CPU microseconds a message that process `pid` spends while the load runs."""
    time.sleep(1.0)
    before = cpu_seconds(pid)
    go(load)
    load.wait(PATIENCE_S)
    time.sleep(0.3)
    return (cpu_seconds(pid) - before) / count * 1e6


def wait_for_subscription(data: Path, port: int) -> None:
    """Return once a published reading arrives in the journal: the gateway has subscribed."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with publisher(port, 0, 1, 1, 1, age=OLD_S) as load:
            go(load)
            load.wait(PATIENCE_S)
        time.sleep(0.3)
        if count_readings(data):
            return
    raise SystemExit("the gateway did not subscribe")


def wait_for_rows(data: Path, wanted: int) -> int:
    """Return the nanoseconds at which the journal holds `wanted` readings; end with a sentence when it never does."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if count_readings(data) >= wanted:
            return time.monotonic_ns()
        time.sleep(0.01)
    raise SystemExit(f"readings are missing: {count_readings(data):,} of {wanted:,} reached the journal")
