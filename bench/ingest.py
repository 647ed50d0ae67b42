"""Ingest: messages a second from the broker to the committed journal, beside a plain C subscriber of the same broker."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.processes import cpu_seconds, find, gateway, mosquitto, running
from bench.report import Row
from bench.site import write_site
from gateway.store.inspect import count_readings

SENSORS = 1_000
PATIENCE_S = 120.0


def measure(folder: Path, *, runs: int, count: int) -> list[Row]:
    """Return the rows of QoS 0 and QoS 1 bursts, and of the CPU at a steady 5,000 messages a second."""
    rows = []
    for qos, goal in ((0, "first >= 0.50"), (1, "first >= 0.40")):
        rate = Row(f"ingest QoS {qos}, broker -> committed journal", "msg/s", f"mosquitto_sub -q {qos} (C)", goal)
        cpu = Row(f"CPU a message at saturation, QoS {qos}, all in", "us", goal="first <= 20")
        for run in range(runs):
            print(f"ingest QoS {qos}: run {run + 1} of {runs} …", flush=True)
            with mosquitto(folder) as port:
                rate.reference.append(subscriber(port, qos, count))
                ours, spent = burst(folder / f"q{qos}-{run}", port, qos, count)
                rate.values.append(ours)
                cpu.values.append(spent)
        rows += [rate, cpu]
    return [*rows, paced(folder, runs)]


def subscriber(port: int, qos: int, count: int) -> float:
    """Return the messages a second that mosquitto_sub takes, from the first byte published to its exit."""
    words = [find("mosquitto_sub"), "-p", str(port), "-q", str(qos), "-t", "bkl/#", "-C", str(count), "-F", "x"]
    with running(words, stdout=subprocess.DEVNULL) as process, publisher(port, qos, count, 0) as load:
        time.sleep(0.3)
        began = go(load)
        process.wait(PATIENCE_S)
        return count / (time.monotonic_ns() - began) * 1e9


def burst(folder: Path, port: int, qos: int, count: int) -> tuple[float, float]:
    """Return the messages a second that reach the committed journal, and the CPU microseconds each one costs."""
    site = write_site(folder / "site", broker=port, sensors=SENSORS)
    data = folder / "data"
    with gateway(site, data) as (process, _), publisher(port, qos, count, 0) as load:
        wait_for_subscription(data, port)
        base, spent = count_readings(data), cpu_seconds(process.pid)
        began = go(load)
        ended = wait_for_rows(data, base + count)
        return count / (ended - began) * 1e9, (cpu_seconds(process.pid) - spent) / count * 1e6


def paced(folder: Path, runs: int) -> Row:
    """Return the CPU a message at a steady 5,000 messages a second, beside paho's own loop."""
    row = Row("CPU a message at a paced 5,000 msg/s, QoS 0", "us", "paho-mqtt's own loop", "first <= 0.50")
    count = 25_000
    for run in range(runs):
        print(f"paced: run {run + 1} of {runs} …", flush=True)
        with mosquitto(folder) as port:
            with (
                running([sys.executable, "-m", "bench.paho_loop", str(port)]) as process,
                publisher(port, 0, count, 5_000) as load,
            ):
                row.reference.append(cost_of_load(process.pid, load, count))
            site = write_site(folder / f"paced-{run}" / "site", broker=port, sensors=SENSORS)
            with (
                gateway(site, folder / f"paced-{run}" / "data") as (process, _),
                publisher(port, 0, count, 5_000) as load,
            ):
                wait_for_subscription(folder / f"paced-{run}" / "data", port)
                row.values.append(cost_of_load(process.pid, load, count))
    return row


def cost_of_load(pid: int, load: subprocess.Popen[bytes], count: int) -> float:
    """Return the CPU microseconds a message that process `pid` spends while the load runs."""
    time.sleep(1.0)
    before = cpu_seconds(pid)
    go(load)
    load.wait(PATIENCE_S)
    time.sleep(0.3)
    return (cpu_seconds(pid) - before) / count * 1e6


def publisher(port: int, qos: int, count: int, rate: float):  # type: ignore[no-untyped-def] # a context manager's own type
    """Start a publisher that has encoded everything and waits for `go`."""
    words = [sys.executable, "-m", "bench.load", *map(str, (port, qos, count, SENSORS, rate))]
    return running(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def go(load: subprocess.Popen[bytes]) -> int:
    """Let the publisher start once it is ready; return the CLOCK_MONOTONIC nanoseconds of that moment."""
    assert load.stdout is not None and load.stdin is not None
    load.stdout.readline()
    began = time.monotonic_ns()
    load.stdin.write(b"go\n")
    load.stdin.flush()
    return began


def wait_for_subscription(data: Path, port: int) -> None:
    """Return once a published reading arrives in the journal: the gateway has subscribed."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with publisher(port, 0, 1, 1) as load:
            go(load)
            load.wait(PATIENCE_S)
        time.sleep(0.2)
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
