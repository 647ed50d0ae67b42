"""Start and stop the peers of a benchmark, and read what they cost."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

SCHEDULER_CLOCK = 2
"""Linux: the kind of a process's CPU clock that counts nanoseconds, not ticks (`clock_getcpuclockid(3)`)."""

MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 1000
max_queued_messages 1000000
set_tcp_nodelay true
log_type error
"""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find(name: str) -> str:
    """Return the path of an installed program, or end with a sentence."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise SystemExit(f"The benchmark needs {name}: see CONTRIBUTING.md for the packages")
    return path


@contextmanager
def running(words: Sequence[str], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; it is ended by its own pid."""
    process: subprocess.Popen[bytes] = subprocess.Popen(words, **options)  # type: ignore[call-overload] # options are ours
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """Run a mosquitto with room for a burst; give its port."""
    port = free_port()
    conf = folder / f"mosquitto-{port}.conf"
    conf.write_text(MOSQUITTO_CONF.format(port=port))
    with running([find("mosquitto"), "-c", str(conf)], stderr=subprocess.DEVNULL):
        wait_for_port(port)
        yield port


@contextmanager
def gateway(site: Path, data: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the service on a site; give its process and HTTP port once it answers."""
    port = free_port()
    words = [
        sys.executable,
        "-m",
        "gateway.cli",
        "serve",
        str(site),
        "--data",
        str(data),
        "--http",
        f"127.0.0.1:{port}",
    ]
    log = (data.parent / f"{data.name}.log").open("wb")
    with log, running(words, stdout=log, stderr=log) as process:
        wait_for_port(port)
        yield process, port


def wait_for_port(port: int, patience: float = 20.0) -> None:
    """Return once somebody listens on `port`; end with a sentence after `patience` seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit(f"nothing listens on port {port} after {patience:.0f} s")


def cpu_seconds(pid: int) -> float:
    """Return the user and system seconds that all threads of a process have used; raise OSError when it is gone."""
    clock = ~pid << 3 | SCHEDULER_CLOCK
    return time.clock_gettime(clock)


def publisher(
    port: int, qos: int, count: int, sensors: int, rate: float, *, age: float = 60.0
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Start a publisher that encodes everything and then waits for `go`; `rate` a second, 0: as fast as it can."""
    words = [sys.executable, "-m", "bench.load", *map(str, (port, qos, count, sensors, rate, age))]
    return running(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def go(load: subprocess.Popen[bytes]) -> int:
    """Let the publisher start once it is ready; return the CLOCK_MONOTONIC nanoseconds of that moment."""
    assert load.stdout is not None
    assert load.stdin is not None
    load.stdout.readline()
    began = time.monotonic_ns()
    load.stdin.write(b"go\n")
    load.stdin.flush()
    return began
