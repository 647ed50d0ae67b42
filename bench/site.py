"""Write the site that the benchmark runs: many gauges on one broker, and a wall of twelve panels behind one matrix."""

from __future__ import annotations

from pathlib import Path

ROWS, COLUMNS, INPUTS = 3, 4, 16
PANELS = [(row, column) for row in range(1, ROWS + 1) for column in range(1, COLUMNS + 1)]
RULED = 16
"""How many gauges of the background have a rule as well: none of them ever crosses."""

PROBE = "probe"
PROBE_TOPIC = "bkl/v1/bench/probe/telemetry"
LIMIT = 450.0


def write_site(
    folder: Path, *, broker: int, sensors: int, every: float = 1.0, room: dict[str, str] | None = None
) -> Path:
    """Write the YAML files of a site into `folder` and return it; `room` (device → link) adds a wall and its rules."""
    folder.mkdir(parents=True, exist_ok=True)
    gauges = [f"b{number:04d}" for number in range(sensors)]
    files = {
        "site.yaml": "id: bench\nname: Bench\n",
        "devices.yaml": _devices(broker, room or {}),
        "points.yaml": "points:\n" + "".join(_point(gauge, every) for gauge in gauges),
    }
    if room:
        files["points.yaml"] += _point(PROBE, 0)
        files["scales.yaml"] = SCALES
        files["alarms.yaml"] = "rules:\n" + "".join(_rule(gauge) for gauge in [*gauges[:RULED], PROBE])
        files["walls.yaml"] = _wall()
        files["scenes.yaml"] = "scenes:\n" + _scene("calm", 0) + _scene("flood", COLUMNS)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


SCALES = "scales:\n  - id: banjir\n    name: banjir\n    levels:\n      - {code: S1, label: Siaga I, severity: 4}\n"


def panel_name(row: int, column: int) -> str:
    """Return the device that hangs at a place of the wall, from 1."""
    return f"lfd-r{row}c{column}"


def panel_options(row: int, column: int) -> dict[str, int]:
    """Return the options of the panel at a place."""
    return {"id": (row - 1) * COLUMNS + column}


def _devices(broker: int, room: dict[str, str]) -> str:
    text = "devices:\n" + _device("broker", "mqtt", f"mqtt://127.0.0.1:{broker}", "client_id: semarak-bench")
    if room:
        text += _device("matrix", "videohub", room["matrix"], f"inputs: {INPUTS}, outputs: {INPUTS}")
        for row, column in PANELS:
            name = panel_name(row, column)
            text += _device(name, "samsung_mdc", room[name], f"id: {panel_options(row, column)['id']}")
    return text


def _device(name: str, driver: str, link: str, options: str) -> str:
    return f"  - {{id: {name}, name: {name}, driver: {driver}, link: '{link}', options: {{{options}}}}}\n"


def _point(name: str, every: float) -> str:
    return (
        f"  - id: {name}\n    name: Gauge {name}\n    device: broker\n    unit: cm\n    range: [0, 900]\n"
        f"    every: {every:g}\n    address: {{topic: bkl/v1/bench/{name}/telemetry, metric: tma}}\n"
    )


def _rule(point: str) -> str:
    return (
        f"  - id: {point}\n    point: {point}\n    kind: high\n    scale: banjir\n    levels: {{S1: {LIMIT:g}}}\n"
        "    deadband: 5\n    on_delay: 0\n    actions: [{scene: flood, level: S1, after: 0, region: all}]\n"
    )


def _wall() -> str:
    panels = "".join(
        f"      - {{id: r{row}c{column}, device: {panel_name(row, column)}, row: {row}, column: {column},"
        f" output: {(row - 1) * COLUMNS + column}}}\n"
        for row, column in PANELS
    )
    names = ", ".join(f"r{row}c{column}" for row, column in PANELS)
    sources = "".join(
        f"      - {{id: s{number}, name: {{id: s{number}, en: s{number}}}, input: {number}}}\n"
        for number in range(1, INPUTS + 1)
    )
    return (
        "walls:\n  - id: main\n    name: {id: Main, en: Main}\n"
        f"    grid: {{rows: {ROWS}, columns: {COLUMNS}, width: 1209.6, height: 680.4, gap: 1.8}}\n"
        f"    matrix: {{device: matrix, inputs: {INPUTS}, outputs: {INPUTS}}}\n    base: calm\n    dwell: 0\n"
        f"    panels:\n{panels}    sources:\n{sources}"
        f"    regions:\n      - {{id: all, name: {{id: All, en: All}}, panels: [{names}], alarm_may_enter: true}}\n"
    )


def _scene(name: str, offset: int) -> str:
    windows = "".join(
        f"      - {{source: s{((row - 1) * COLUMNS + column - 1 + offset) % INPUTS + 1}, panels: [r{row}c{column}]}}\n"
        for row, column in PANELS
    )
    return (
        f"  - id: {name}\n    name: {{id: {name}, en: {name}}}\n    wall: main\n    regions: [all]\n"
        f"    windows:\n{windows}"
    )
