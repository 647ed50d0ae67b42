"""Alarm to wall: from publishing the crossing sample to the first byte of the salvo at the matrix, beside a C relay."""

from __future__ import annotations

import json
import queue
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import HELLO, packet
from bench.matrix import TimedMatrix, timed_matrix
from bench.processes import find, gateway, go, mosquitto, publisher, running
from bench.report import Row, quantile
from bench.site import LIMIT, PANELS, PROBE, PROBE_TOPIC, panel_name, panel_options, write_site

LOADS = {0: ("idle", ("", "")), 5_000: ("5,000 msg/s", ("first <= 4", "first <= 6"))}
"""Background messages a second: what the rows are called, and the goals of median and p99."""

SHARES = (0.5, 0.99)
PATIENCE_S = 10.0
REST_S = 0.025
"""Least pause between two samples; up to twice as long, so that nothing periodic is always met at the same moment."""


class Probe:
    """One gauge of the field: publishes samples with QoS 0, each with a newer time stamp than the one before."""

    def __init__(self, port: int) -> None:
        self._link = socket.create_connection(("127.0.0.1", port))
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._link.sendall(HELLO.replace(b"load", PROBE[:4].encode()))
        if self._link.recv(4)[3:] != b"\0":
            raise SystemExit("the broker did not accept the probe")

    def publish(self, value: float) -> int:
        """Publish a value; return the CLOCK_MONOTONIC nanoseconds just before."""
        stamp = datetime.now(UTC).isoformat(timespec="microseconds")
        body = json.dumps(
            {"v": 1, "ts": stamp, "sensor": PROBE, "metric": "tma", "value": value, "unit": "cm", "q": "good"}
        )
        ready = packet(PROBE_TOPIC.encode(), body.replace(": ", ":").encode(), 0, 0)
        at = time.monotonic_ns()
        self._link.sendall(ready)
        return at

    def close(self) -> None:
        """Hang up."""
        self._link.close()


def measure(folder: Path, *, runs: int, probes: int, sensors: int) -> list[Row]:
    """Return the latencies (median and p99 of each run), idle and with the background, ours beside the relay's."""
    relay = compiled(folder)
    rows = {rate: _rows(name, goals) for rate, (name, goals) in LOADS.items()}
    for run in range(runs):
        print(f"alarm to wall: run {run + 1} of {runs} …", flush=True)
        with mosquitto(folder) as port, timed_matrix() as matrix:
            field = Field(port, matrix, sensors, probes)
            theirs = relayed(relay, field)
            ours = measured(folder / f"alarm-{run}", field)
        for rate, pair in rows.items():
            for row, share in zip(pair, SHARES, strict=True):
                row.add(quantile(ours[rate], share), quantile(theirs[rate], share))
    return [row for pair in rows.values() for row in pair]


def _rows(name: str, goals: tuple[str, str]) -> list[Row]:
    return [
        Row(f"crossing sample -> salvo, {name}, p{round(share * 100)}", "us", "raw relay (C)", goal)
        for share, goal in zip(SHARES, goals, strict=True)
    ]


def compiled(folder: Path) -> Path:
    """Return the relay, compiled."""
    program = folder / "relay"
    subprocess.run([find("cc"), "-O2", "-o", str(program), str(Path(__file__).with_name("relay.c"))], check=True)
    return program


@dataclass(frozen=True, slots=True)
class Field:
    """What both sides are measured with."""

    port: int
    matrix: TimedMatrix
    sensors: int
    probes: int

    def probed(self, *, gives_back: bool) -> dict[int, list[float]]:
        """Return the microseconds of each probe by background rate."""
        return {rate: self._beside(rate, gives_back=gives_back) for rate in LOADS}

    def _beside(self, rate: int, *, gives_back: bool) -> list[float]:
        if not rate:
            return probed(self.port, self.matrix, self.probes, gives_back=gives_back)
        with publisher(self.port, 0, round(rate * (3 + self.probes * REST_S * 6)), self.sensors, rate) as load:
            go(load)
            time.sleep(0.5)
            taken = probed(self.port, self.matrix, self.probes, gives_back=gives_back)
            if load.poll() is not None:
                raise SystemExit("the background ended before the probes; the run does not count")
            return taken


def relayed(relay: Path, field: Field) -> dict[int, list[float]]:
    """Return the latencies through the relay."""
    words = [str(relay), str(field.port), "bkl/#", f"{LIMIT:g}", str(field.matrix.port)]
    with running(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        return field.probed(gives_back=False)


def measured(folder: Path, field: Field) -> dict[int, list[float]]:
    """Return the latencies through the gateway: rules, claims, audit, journal and all."""
    folder.mkdir()
    with panels(folder) as links:
        room = {**links, "matrix": f"tcp://127.0.0.1:{field.matrix.port}"}
        site = write_site(folder / "site", broker=field.port, sensors=field.sensors, room=room)
        with gateway(site, folder / "data"):
            wait_until_it_answers(field.port, field.matrix)
            return field.probed(gives_back=True)


@contextmanager
def panels(folder: Path) -> Iterator[dict[str, str]]:
    """Run the twelve panels in a process of their own; give their links."""
    devices = [
        {"id": panel_name(*place), "driver": "samsung_mdc", "options": panel_options(*place)} for place in PANELS
    ]
    plan = folder / "panels.json"
    plan.write_text(json.dumps({"devices": devices}))
    words = [sys.executable, "-m", "drivers.emulators.serve", str(plan)]
    with running(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["links"]


def wait_until_it_answers(port: int, matrix: TimedMatrix) -> None:
    """Return once a crossing switches the wall and a return switches it back, twice over and undisturbed."""
    until = time.monotonic() + 30
    with ExitStack() as stack:
        probe = Probe(port)
        stack.callback(probe.close)
        good = 0
        while good < 3:
            if time.monotonic() > until:
                raise SystemExit("the gateway does not answer a crossing with a salvo")
            for value in (LIMIT + 10, LIMIT - 100):
                drain(matrix)
                probe.publish(value)
                good = good + 1 if arrival(matrix, 1.0) else 0
                time.sleep(0.2)
    time.sleep(1.5)
    drain(matrix)


def probed(port: int, matrix: TimedMatrix, probes: int, *, gives_back: bool) -> list[float]:
    """Return the microseconds from each crossing sample to the salvo; between two, the gauge falls again."""
    chance, taken = random.Random(7), []
    probe = Probe(port)
    try:
        for number in range(probes):
            time.sleep(REST_S * (1 + chance.random()))
            drain(matrix)
            sent = probe.publish(LIMIT + 10 + number % 7)
            taken.append((_arrived(matrix, f"crossing {number + 1}") - sent) / 1_000)
            if gives_back:
                time.sleep(REST_S * (1 + chance.random()))
            drain(matrix)
            probe.publish(LIMIT - 100)
            if gives_back:
                _arrived(matrix, f"return {number + 1}")
    finally:
        probe.close()
    return taken


def _arrived(matrix: TimedMatrix, what: str) -> int:
    at = arrival(matrix, PATIENCE_S)
    if at is None:
        raise SystemExit(f"no salvo came within {PATIENCE_S:g} s of {what}")
    return at


def arrival(matrix: TimedMatrix, patience: float) -> int | None:
    """Return when the next salvo arrived; None after `patience` seconds without any."""
    try:
        return matrix.arrivals.get(timeout=patience)
    except queue.Empty:
        return None


def drain(matrix: TimedMatrix) -> None:
    """Forget salvos that nobody has asked about."""
    while not matrix.arrivals.empty():
        matrix.arrivals.get()
