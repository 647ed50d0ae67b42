"""Write the site that the benchmark runs: many gauges on one broker, and a wall of twelve panels behind one matrix."""

from __future__ import annotations

from pathlib import Path

PACE = 1000
"""Delays and dwell run this much faster than life, so that one run can cross the limit many times."""

RULED = 16
"""How many gauges have a flood rule with an action on the wall, at most one crosses at a time."""


def write_site(folder: Path, *, broker: int, sensors: int, matrix: int | None = None) -> Path:
    """Write the YAML files of a site into `folder` and return it; with a `matrix` port the rules drive a wall."""
    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text(f"id: bench\nname: Bench\ntimezone: Asia/Jakarta\npace: {PACE}\n")
    (folder / "devices.yaml").write_text(_devices(broker, matrix))
    (folder / "points.yaml").write_text("points:\n" + "".join(_point(number) for number in range(sensors)))
    if matrix is not None:
        (folder / "scales.yaml").write_text(
            "scales:\n  - id: banjir\n    name: banjir\n    levels:\n      - {code: S1, label: Siaga I, severity: 4}\n"
        )
        (folder / "alarms.yaml").write_text("rules:\n" + "".join(_rule(number) for number in range(RULED)))
        (folder / "walls.yaml").write_text(_wall())
        (folder / "scenes.yaml").write_text(_scenes())
    return folder


def _devices(broker: int, matrix: int | None) -> str:
    text = (
        "devices:\n  - id: broker\n    name: Broker\n    driver: mqtt\n"
        f"    link: mqtt://127.0.0.1:{broker}\n    options: {{client_id: semarak-bench}}\n"
    )
    if matrix is not None:
        text += (
            "  - id: matrix\n    name: Matrix\n    driver: videohub\n"
            f"    link: tcp://127.0.0.1:{matrix}\n    options: {{inputs: 16, outputs: 16}}\n"
        )
    return text


def _point(number: int) -> str:
    return (
        f"  - id: b{number:04d}\n    name: Gauge {number}\n    device: broker\n    unit: cm\n    range: [0, 900]\n    every: 1\n"
        f"    address: {{topic: bkl/v1/bench/b{number:04d}/telemetry, metric: tma}}\n"
    )


def _rule(number: int) -> str:
    return (
        f"  - id: b{number:04d}\n    point: b{number:04d}\n    kind: high\n    scale: banjir\n    levels: {{S1: 450}}\n"
        "    deadband: 5\n    on_delay: 0\n    actions: [{scene: flood, level: S1, after: 0, region: all}]\n"
    )


def _wall() -> str:
    panels = "".join(
        f"      - {{id: r{row}c{column}, row: {row}, column: {column}, output: {(row - 1) * 4 + column}}}\n"
        for row in (1, 2, 3)
        for column in (1, 2, 3, 4)
    )
    sources = "".join(f"      - {{id: s{number}, name: Source {number}, input: {number}}}\n" for number in range(1, 17))
    names = ", ".join(f"r{row}c{column}" for row in (1, 2, 3) for column in (1, 2, 3, 4))
    return (
        "walls:\n  - id: main\n    name: Main\n    matrix: matrix\n    base: calm\n    panel: {width: 1209.6, height: 680.4, bezel: 1.8}\n"
        f"    panels:\n{panels}    sources:\n{sources}"
        f"    regions:\n      - {{id: all, name: All, panels: [{names}], alarm_may_enter: true}}\n"
    )


def _scenes() -> str:
    def windows(offset: int) -> str:
        return "".join(
            f"          - {{source: s{(row * 4 + column + offset) % 16 + 1}, panels: [r{row + 1}c{column + 1}]}}\n"
            for row in range(3)
            for column in range(4)
        )

    return "scenes:\n" + "".join(
        f"  - id: {name}\n    name: {name}\n    wall: main\n    layouts:\n      - region: all\n        windows:\n{windows(offset)}"
        for name, offset in (("calm", 0), ("flood", 4))
    )
