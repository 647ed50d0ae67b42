"""A believable hall for the screens' tests: points on smooth curves, twelve panels, and a flood that can be started."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drivers.model import Clock

Json = dict[str, Any]
SAMPLES = Path(__file__).parent.parent / "samples"
PANEL_MM = (1209.6, 680.4)
BEZEL_MM = 1.8
RISE, HOLD, FALL = 14.0, 60.0, 30.0
SURGES = {
    "awlr-air-bengkulu-rawamakmur": 240.0,
    "awlr-air-bengkulu-tanjungagung": 150.0,
    "awlr-air-bengkulu-kembangseri": 220.0,
    "arr-taba-penanjung": 26.0,
    "arr-rindu-hati": 34.0,
}
STALE, SUSPECT, BAD = "awlr-air-manna-manna", "rsrv-lembap", "pm25-panorama"
ROUTINE = [
    ("cctv-pasar", 3, 1, 1, 1, "informasi"),
    ("harga", 3, 2, 1, 1, "informasi"),
    ("peta", 1, 1, 2, 2, "tanggap"),
    ("cctv-simpang", 1, 3, 1, 1, "tanggap"),
    ("cctv-pelabuhan", 1, 4, 1, 1, "tanggap"),
    ("cuaca", 2, 3, 1, 1, "tanggap"),
    ("sungai", 2, 4, 1, 1, "tanggap"),
    ("alarm", 3, 3, 1, 1, "tanggap"),
    ("gempa", 3, 4, 1, 1, "tanggap"),
]
FLOOD = [
    *ROUTINE[:2],
    ("peta-banjir", 1, 1, 2, 2, "tanggap"),
    ("tren", 1, 3, 2, 2, "tanggap"),
    ("cctv-rawamakmur", 3, 3, 1, 1, "tanggap"),
    ("sop", 3, 4, 1, 1, "tanggap"),
]
SOURCES = {
    "peta": ("Peta provinsi", "Province map"),
    "peta-banjir": ("Peta banjir", "Flood map"),
    "cctv-pasar": ("Kamera Pasar Panorama", "Panorama market camera"),
    "harga": ("Harga komoditas", "Commodity prices"),
    "cctv-simpang": ("Kamera Simpang Lima", "Simpang Lima camera"),
    "cctv-pelabuhan": ("Kamera Pulau Baai", "Pulau Baai camera"),
    "cuaca": ("Cuaca BMKG", "BMKG weather"),
    "sungai": ("Papan sungai", "River board"),
    "alarm": ("Daftar alarm", "Alarm list"),
    "gempa": ("Gempa BMKG", "BMKG earthquakes"),
    "tren": ("Tren AWLR 6 jam", "Water level, 6 h"),
    "cctv-rawamakmur": ("Kamera Rawa Makmur", "Rawa Makmur camera"),
    "sop": ("SOP dan linimasa", "SOP and timeline"),
}
SCENES = [
    ("rutin", "Rutin Harian", "Daily routine", "scene.recall", False),
    ("banjir", "Siaga Banjir", "Flood watch", "scene.emergency", True),
    ("gempa", "Gempa Dirasakan", "Felt earthquake", "scene.emergency", True),
    ("tsunami", "Peringatan Tsunami", "Tsunami warning", "scene.emergency", True),
    ("malam", "Siaga Malam", "Night watch", "scene.recall", False),
    ("listrik", "Listrik Padam", "Mains failure", "scene.recall", True),
    ("tamu", "Kunjungan Tamu", "Visitors", "scene.recall", False),
]


def rfc3339(seconds: float) -> str:
    """Return UTC seconds as text with milliseconds and Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _levels(row: dict[str, str], labels: dict[tuple[str, str], Json]) -> list[Json]:
    limits = [row["batas_1"], row["batas_2"], row["batas_3"]]
    flood = ["SIAGA3", "SIAGA2", "SIAGA1"]
    rain = ["LEBAT", "SANGATLEBAT", "EKSTREM"]
    codes = {"banjir_siaga": flood, "hujan_jam": rain}.get(row["skala"], ["1", "2", "3"])
    plain = [{"id": f"Batas {n}", "en": f"Limit {n}"} for n in (1, 2, 3)]
    return [
        {"code": code, "label": labels.get((row["skala"], code), plain[n]), "limit": float(limit), "severity": n + 2}
        for n, (code, limit) in enumerate(zip(codes, limits, strict=True))
        if limit
    ]


def _points() -> Iterator[Json]:
    with (SAMPLES / "skala_bahaya.csv").open(encoding="utf-8") as file:
        labels = {
            (row["skala"], row["kode"]): {"id": row["label_id"], "en": row["label_en"]} for row in csv.DictReader(file)
        }
    with (SAMPLES / "demo_sensors.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            flag = row["satuan"] == "bool"
            yield {
                "id": row["id"],
                "device": "mqtt-1" if row["protokol"] == "mqtt" else "modbus-1",
                "name": {"id": row["nama"], "en": row["nama"]},
                "kind": "flag" if flag else "number",
                "unit": "" if flag else row["satuan"],
                "low": float(row["min_wajar"]),
                "high": float(row["maks_wajar"]),
                "place": {"lat": float(row["lat"]), "lon": float(row["lon"])},
                "every": 1.0,
                "stale_after": 0.0 if flag else 20.0,
                "owner": row["opd"],
                "tags": [row["jenis"].lower()],
                "rule": row["id"] if row["batas_1"] else None,
                "levels": [] if flag else _levels(row, labels),
                "falls": row["arah"] == "turun",
            }


def _inside(at: float, spans: list[tuple[float, float]]) -> bool:
    return any(since <= at < until for since, until in spans)


class World:
    """The state of the fake hall; `at` in seconds UTC decides every value, so that history and live readings agree."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.born = self.now()
        self.flood_at: float | None = None
        self.points = list(_points())
        self.alarms: dict[str, Json] = {}
        self.scene = "rutin"
        self.claimed_by = ("07.30", "schedule")
        self.taken_at = self.born - 3600
        self.revision = 41
        self.silences: list[tuple[float, float]] = []
        self.doubts: list[tuple[float, float]] = []
        self.audit: list[Json] = []
        self.note("sistem", "config.apply", "balai-raya", after={"points": len(self.points)}, outcome="done")

    def now(self) -> float:
        """Return UTC seconds."""
        return self._clock.now() / 1e9

    def note(self, actor: str, action: str, subject: str, **more: Any) -> Json:
        """Add an event to the audit and return it."""
        seq = len(self.audit) + 1
        blank = {"before": None, "after": None, "outcome": "", "why": "", "hash": f"{seq * 2654435761 % 2**32:08x}" * 8}
        event = {
            "seq": seq,
            "at": rfc3339(self.now()),
            "actor": actor,
            "action": action,
            "subject": subject,
            **blank,
            **more,
        }
        self.audit.append(event)
        return event

    def _surge(self, at: float) -> float:
        if self.flood_at is None or at < self.flood_at:
            return 0.0
        passed = at - self.flood_at
        return min(1.0, passed / RISE) * max(0.0, min(1.0, (RISE + HOLD + FALL - passed) / FALL))

    def value(self, point: Json, at: float) -> float | bool:
        """Return what a point's sensor says at a moment."""
        if point["kind"] == "flag":
            return bool(point["id"] == "genset-status")
        seed = sum(map(ord, point["id"]))
        limits = [level["limit"] for level in point["levels"]]
        base = limits[0] * (1.25 if point["falls"] else 0.62) if limits else (point["low"] + point["high"]) / 2
        wave = math.sin(at / (240 + seed % 97) + seed) * 0.05 + math.sin(at / (11 + seed % 7)) * 0.008
        level = base * (1 + wave) + SURGES.get(point["id"], 0.0) * self._surge(at)
        return round(float(level), 1)

    def reading(self, point: Json) -> Json:
        """Return a point's latest reading in the API's shape."""
        at = self.born - 600 if point["id"] == STALE else self.now()
        quality, reason = {SUSPECT: ("uncertain", "stuck"), BAD: ("bad", "range")}.get(point["id"], ("good", ""))
        value, text = self.value(point, at), rfc3339(at)
        age = self.now() - at
        return {
            "point": point["id"],
            "value": value,
            "source_at": text,
            "received_at": text,
            "age": age,
            "quality": quality,
            "reason": reason,
        }

    def history(self, point: Json, since: float, until: float, count: int) -> Json:
        """Return the history of a point; what lies in `silences` is missing, what lies in `doubts` uncertain."""
        width = (until - since) / count
        at = [since + width * n for n in range(count)]
        means = [None if _inside(one, self.silences) else float(self.value(point, one)) for one in at]
        spread = abs(float(self.value(point, until))) * 0.01
        gaps = [(max(since, one), min(until, other)) for one, other in self.silences if since < other and one < until]
        return {
            "since": rfc3339(since),
            "until": rfc3339(until),
            "step": width,
            "own_since": None,
            "at": [rfc3339(one) for one in at],
            "series": [
                {
                    "point": point["id"],
                    "values": {
                        "min": [None if mean is None else mean - spread for mean in means],
                        "mean": means,
                        "max": [None if mean is None else mean + spread for mean in means],
                    },
                    "quality": [
                        None if mean is None else "uncertain" if _inside(one, self.doubts) else "good"
                        for one, mean in zip(at, means, strict=True)
                    ],
                    "gaps": [{"since": rfc3339(one), "until": rfc3339(other)} for one, other in gaps],
                }
            ],
        }

    def judge(self) -> list[Json]:
        """Let alarms follow the rivers; return those that changed."""
        changed = []
        for point in self.points:
            if not point["id"].startswith(("awlr", "arr")) or point["id"] == STALE:
                continue
            value = float(self.value(point, self.now()))
            passed = [level for level in point["levels"] if value >= level["limit"]]
            alarm = self.alarms.get(point["id"])
            if passed and (alarm is None or not alarm["active"] or alarm["severity"] < passed[-1]["severity"]):
                changed.append(self._raise(point, passed[-1], value))
            elif not passed and alarm is not None and alarm["active"]:
                state = "NORM" if alarm["acked"] else "RTNUN"
                changed.append(
                    {**alarm, "active": False, "state": state, "cleared_at": rfc3339(self.now()), "value": value}
                )
            elif alarm is not None and alarm["active"] and abs(alarm["value"] - value) > 1:
                changed.append({**alarm, "value": value, "peak": max(alarm["peak"], value)})
        self.alarms.update({alarm["id"]: alarm for alarm in changed})
        return changed

    def _raise(self, point: Json, level: Json, value: float) -> Json:
        now = rfc3339(self.now())
        flood = point["id"].startswith("awlr")
        return {
            "id": point["id"],
            "occurrence": f"{point['id']}-{now}",
            "point": point["id"],
            "name": point["name"],
            "scale": "banjir_siaga" if flood else "hujan_jam",
            "scale_name": "skala banjir" if flood else "hujan per jam",
            "code": level["code"],
            "label": level["label"],
            "severity": level["severity"],
            "state": "UNACK",
            "active": True,
            "acked": False,
            "value": value,
            "unit": point["unit"],
            "peak": value,
            "raised_at": now,
            "since": now,
            "cleared_at": None,
            "acked_by": None,
            "note": "",
            "cond_unknown": False,
            "place": point["place"],
            "acked_at": None,
            "disposition": "",
            "category": "process",
            "group": "",
            "first_out": "",
            "chatter": 0,
            "chattering": False,
            "steadier": 0.0,
            "shelf": None,
            "oneshot": False,
            "suppressed_by": [],
            "outage": None,
        }
