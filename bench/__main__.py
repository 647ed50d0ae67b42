"""`python -m bench`: ingest, alarm to wall, and what little costs; every figure beside a reference in the same run."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import alarm, burst, checks, forward, history, ingest, modbus, occurrences, quiet, rules, serial_links, wires
from bench import store as storage
from bench.report import Row, show

Part = Callable[[Path, argparse.Namespace], list[Row]]

PARTS: Mapping[str, Part] = {
    "ingest": lambda folder, o: ingest.measure(folder, runs=o.runs, count=o.count, sensors=o.sensors),
    "paced": lambda folder, o: [ingest.paced(folder, runs=o.runs, sensors=o.sensors)],
    "alarm": lambda folder, o: alarm.measure(folder, runs=o.runs, probes=o.probes, sensors=o.sensors),
    "rules": lambda _, o: rules.measure(runs=min(o.runs, 3)),
    "burst": lambda folder, o: burst.measure(folder, runs=min(o.runs, 3)),
    "checks": lambda _, o: checks.measure(runs=o.runs),
    "forward": lambda folder, o: forward.measure(folder, runs=o.runs, count=o.count, sensors=o.sensors),
    "idle": lambda folder, o: [quiet.idle(folder, runs=min(o.runs, 2), seconds=8)],
    "start": lambda folder, o: [quiet.start(folder, runs=o.runs)],
    "store": lambda folder, o: storage.measure_writes(folder, runs=min(o.runs, 3)),
    "query": lambda folder, o: storage.measure_queries(folder, runs=o.runs, series=o.series),
    "history": lambda folder, o: history.measure(folder, runs=o.runs, series=o.series),
    "occurrences": lambda folder, o: occurrences.measure(folder, runs=min(o.runs, 3)),
    "modbus": lambda _, o: modbus.measure(runs=min(o.runs, 2), seconds=60),
    "wires": lambda _, o: wires.measure(runs=min(o.runs, 3)),
    "serial": lambda folder, o: serial_links.measure(folder, runs=o.runs),
}


def options() -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"which of {', '.join(PARTS)} (none: all)")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs of ours and the reference")
    parser.add_argument("--count", type=int, default=200_000, help="messages of a burst")
    parser.add_argument("--sensors", type=int, default=1_000, help="points that they are spread over")
    parser.add_argument("--probes", type=int, default=100, help="crossings of a run")
    parser.add_argument("--series", type=int, default=50, help="series of a week at 1 Hz that are asked about")
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages, for a look")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there is {', '.join(PARTS)}")
    if asked.quick:
        asked.count, asked.probes = asked.count // 10, min(asked.probes, 30)
    return asked


def main() -> None:
    """Measure, then print one table; a part that fails leaves the others standing, and the exit code says so."""
    asked = options()
    rows: list[Row] = []
    failed: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="semarak-bench-") as folder:
        for name in asked.parts or PARTS:
            try:
                rows += PARTS[name](Path(folder), asked)
            except SystemExit as error:
                failed.append(f"{name}: {error}")
                print(f"NOT MEASURED: {failed[-1]}", flush=True)
    show(rows)
    print(
        f"{asked.runs} alternating runs; bursts of {asked.count:,} messages over {asked.sensors:,} points; "
        f"{asked.probes} crossings a run; {time.monotonic() - began:.0f} s in all"
    )
    if failed:
        raise SystemExit("not measured: " + "; ".join(failed))


if __name__ == "__main__":
    main()
