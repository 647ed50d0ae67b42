"""The fake hall's devices and wall: what panels are asked and what they report; three of them can misbehave."""

from __future__ import annotations

from typing import Any

from tests.web.fake_world import BEZEL_MM, FLOOD, PANEL_MM, ROUTINE, SCENES, SOURCES, Json, World, rfc3339

SETTLE_S = 3.0
MOODS = {"r3c4": "unreachable", "r1c4": "differs", "r2c2": "unsure"}


def _rect(row: int, column: int, rows: int = 1, columns: int = 1) -> Json:
    (width, height), gap = PANEL_MM, BEZEL_MM
    return {
        "x": (column - 1) * (width + gap),
        "y": (row - 1) * (height + gap),
        "width": columns * width + (columns - 1) * gap,
        "height": rows * height + (rows - 1) * gap,
    }


def _covered(row: int, column: int, rows: int, columns: int) -> list[str]:
    return [f"r{r}c{c}" for r in range(row, row + rows) for c in range(column, column + columns)]


def _source_of(layout: list[tuple[str, int, int, int, int, str]], panel: str) -> str:
    return next(source for source, *where, _region in layout if panel in _covered(*where))


def _panels_of(region: str) -> list[str]:
    return [
        panel
        for _source, row, column, rows, columns, own in ROUTINE
        if own == region
        for panel in _covered(row, column, rows, columns)
    ]


class Hall:
    """Shows a world's wall and devices in the API's shapes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.troubled = False
        self.asks: list[Json] = []
        self.asked: list[tuple[str, str]] = []
        """What a person pressed: what was retried, and which device was answered how."""

    def take(self, scene: str, by: str, kind: str) -> None:
        """Let a scene claim the wall."""
        world = self.world
        world.scene, world.claimed_by, world.taken_at = scene, (by, kind), world.now()
        world.revision += 1

    def _layout(self) -> list[tuple[str, int, int, int, int, str]]:
        return FLOOD if self.world.scene == "banjir" else ROUTINE

    def _moving(self) -> bool:
        return self.world.now() - self.world.taken_at < SETTLE_S

    def _panel(self, row: int, column: int) -> Json:
        name = f"r{row}c{column}"
        want, had = _source_of(self._layout(), name), _source_of(ROUTINE, name)
        state = "pending" if self._moving() and want != had else "verified"
        if self.troubled:
            state = MOODS.get(name, state)
        desired: dict[str, str | None] = {"source": want, "power": "on", "tile": "off"}
        got = {**desired, "source": had} if state in ("pending", "differs") else desired
        if state == "unreachable":
            got = {"source": None, "power": None, "tile": None}
        detail = {"unreachable": "tidak menjawab dalam 3 s", "differs": "masukan diubah dari panel depan"}.get(
            state, ""
        )
        return {
            "id": name,
            "device": f"lfd-{name}",
            **_rect(row, column),
            "row": row,
            "column": column,
            "dead": False,
            "state": state,
            "desired": desired,
            "reported": got,
            "detail": detail,
        }

    def _claim(self, region: str) -> Json:
        world = self.world
        by, kind = world.claimed_by if region == "tanggap" else ("07.30", "schedule")
        scene = world.scene if region == "tanggap" else "rutin"
        since = rfc3339(world.taken_at)
        why = "Siaga II selama 10 menit" if kind == "alarm" else ""
        return {
            "id": f"klaim-{region}",
            "scene": scene,
            "region": region,
            "by": by,
            "kind": kind,
            "priority": 1,
            "since": since,
            "until": None,
            "why": why,
        }

    def operation(self) -> Json | None:
        """Return the change under way, or the last one."""
        world = self.world
        if world.revision == 41:
            return None
        moving = self._moving()
        panels = [f"lfd-r{row}c{column}" for row in (1, 2, 3) for column in (3, 4)]
        steps = [{"device": "matriks-1", "verb": "route", "result": "ok", "detail": "6 rute, satu salvo"}]
        for panel in panels:
            bad = self.troubled and panel == "lfd-r3c4"
            result = "sent" if moving else "unreachable" if bad else "ok"
            steps.append(
                {
                    "device": panel,
                    "verb": "input",
                    "result": result,
                    "detail": "tidak menjawab dalam 3 s" if bad and not moving else "",
                }
            )
        state = "running" if moving else "partial" if self.troubled else "done"
        ended = None if moving else rfc3339(world.taken_at + SETTLE_S)
        start = rfc3339(world.taken_at)
        return {
            "id": "op-1",
            "scene": world.scene,
            "state": state,
            "steps": steps,
            "estimated_s": 1.2,
            "started_at": start,
            "ended_at": ended,
        }

    def wall(self) -> Json:
        """Return the wall."""
        regions = {"tanggap": ("Tanggap", "Response"), "informasi": ("Informasi", "Information")}
        (width, height), gap = PANEL_MM, BEZEL_MM
        claims = [self._claim(region) for region in regions]
        return {
            "id": "aula",
            "name": {"id": "Dinding aula", "en": "Hall wall"},
            "width": 4 * width + 3 * gap,
            "height": 3 * height + 2 * gap,
            "revision": self.world.revision,
            "panels": [self._panel(row, column) for row in (1, 2, 3) for column in (1, 2, 3, 4)],
            "regions": [
                {
                    "id": region,
                    "name": {"id": name, "en": english},
                    "panels": _panels_of(region),
                    "alarm_may_enter": region == "tanggap",
                    "claim": claim,
                    "waiting": int(claim["kind"] == "alarm"),
                    "until": None,
                    "undo": 1,
                }
                for (region, (name, english)), claim in zip(regions.items(), claims, strict=True)
            ],
            "windows": [
                {
                    "id": f"w{n}",
                    "source": source,
                    "label": "",
                    "region": region,
                    **_rect(*where),
                    "panels": _covered(*where),
                }
                for n, (source, *where, region) in enumerate(self._layout())
            ],
            "sources": [
                {"id": source, "name": {"id": name, "en": english}} for source, (name, english) in SOURCES.items()
            ],
            "claims": claims,
            "asks": self.asks,
            "operation": self.operation(),
        }

    def scenes(self) -> list[Json]:
        """Return the scenes."""
        return [
            {
                "id": scene,
                "name": {"id": name, "en": english},
                "wall": "aula",
                "regions": ["tanggap"],
                "permission": permission,
                "confirm": confirm,
                "active": scene == self.world.scene,
            }
            for scene, name, english, permission, confirm in SCENES
        ]

    def devices(self) -> list[Json]:
        """Return the devices."""
        panels = [
            self._device(
                f"lfd-r{r}c{c}", f"Panel 55 inci baris {r} kolom {c}", "samsung_mdc", ["power", "input", "tile"]
            )
            for r in (1, 2, 3)
            for c in (1, 2, 3, 4)
        ]
        return [
            *panels,
            self._device("matriks-1", "Matriks video 16×16", "videohub", ["route", "lock_output"]),
            self._device("proyektor-1", "Proyektor ruang rapat", "pjlink", ["power", "input", "picture_mute"]),
            self._device("modbus-1", "Modul Modbus TCP", "modbus", []),
            self._device("mqtt-1", "Broker MQTT", "mqtt", []),
        ]

    def _device(self, device: str, name: str, driver: str, verbs: list[str]) -> Json:
        world = self.world
        now = rfc3339(world.now())
        silent = self.troubled and device == "lfd-r3c4"
        values: Json = {"power": "on", "input": "hdmi1"} if verbs else {}
        garbage = 3 if device == "mqtt-1" else 0
        log: list[Json] = [
            {"at": now, "direction": "sent", "hex": "aa 11 05 00 16", "text": "·····"},
            {"at": now, "direction": "received", "hex": "aa ff 05 03 41 11 01 5a", "text": "····A··Z"},
        ]
        status: dict[str, Any] = {"state": "up", "since": rfc3339(world.born), "reason": "", "hint": ""}
        if silent:
            status = {
                "state": "silent",
                "since": rfc3339(world.taken_at),
                "reason": "tidak ada jawaban dalam 3 s",
                "hint": "periksa daya panel dan kabel jaringannya",
            }
        return {
            "id": device,
            "name": {"id": name, "en": name},
            "driver": driver,
            "link": f"tcp://192.0.2.{100 + sum(map(ord, device)) % 100}:1515",
            "room": "server" if not verbs else "rapat" if driver == "pjlink" else "hall",
            "tags": ["wall"] if driver == "samsung_mdc" else [],
            "enabled": True,
            "status": status,
            "values": {key: {"value": value, "at": now, "quality": "good"} for key, value in values.items()},
            "verbs": verbs,
            "log": log * 3 if verbs else [],
            "counters": {
                "sent": 1204,
                "received": 1203,
                "timeouts": int(silent) * 2,
                "garbage": garbage,
                "refused": 0,
                "reconnects": int(silent),
            },
        }
