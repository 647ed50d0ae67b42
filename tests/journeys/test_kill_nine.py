"""The service is killed in mid-stream, again and again: of what the broker took, no reading is missing or double."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.clock import SystemClock
from tests.journeys.world import Hall, Person, free_port

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

POINTS = ("p0", "p1", "p2")
BURST = 30
KILLS = 3
AGO_MS = 3_600_000
MORE = 700
"""So many readings of each point are seen between two kills."""


class Sender(threading.Thread):
    """Publishes numbered readings with QoS 1, `source_at` a millisecond apart, until it is told to stop."""

    def __init__(self, port: int) -> None:
        super().__init__(name="sender")
        self.base_ms = SystemClock().now() // 1_000_000 - AGO_MS
        self.sent = 0
        self._over = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="sender")
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Sender:
        self._client.loop_start()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self.join()
        self._client.disconnect()
        self._client.loop_stop()

    def run(self) -> None:
        while not self._over.wait(0.02):
            handed = [self._publish(number) for number in range(self.sent, self.sent + BURST)]
            for message in handed:
                message.wait_for_publish(30)
            self.sent += BURST

    def _publish(self, number: int) -> mqtt.MQTTMessageInfo:
        said = {"v": 1, "ts": self.base_ms + number, "seq": number, "value": number}
        topic = f"bkl/v1/uji/{POINTS[number % len(POINTS)]}/telemetry"
        return self._client.publish(topic, json.dumps(said), qos=1)


def a_site(folder: Path) -> Path:
    folder.mkdir()
    (folder / "site.yaml").write_text("id: uji\nname: {id: Uji, en: Test}\n")
    (folder / "devices.yaml").write_text(
        "devices:\n  - id: broker\n    name: {id: Broker, en: Broker}\n    driver: mqtt\n    link: mqtt://192.0.2.5:1883\n"
        "    options: {client_id: uji}\n"
    )
    points = [
        f"  - id: {name}\n    name: {{id: {name}, en: {name}}}\n    device: broker\n    kind: number\n"
        f"    address: {{topic: bkl/v1/uji/{name}/telemetry}}\n"
        for name in POINTS
    ]
    (folder / "points.yaml").write_text("points:\n" + "".join(points))
    return folder


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """Run mosquitto until the block ends."""
    port, config = free_port(), folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    words = [str(shutil.which("mosquitto")), "-c", str(config)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            while "running" not in (line := process.stderr.readline()):
                assert line, "mosquitto did not start"
            yield port
        finally:
            process.kill()


@contextmanager
def a_hall(folder: Path, kind: str) -> Iterator[tuple[Hall, int]]:
    """Run the service before a broker of a kind; give the broker's port."""
    site = a_site(folder / "site-files")
    if kind == "mosquitto":
        with (
            mosquitto(folder) as port,
            Hall(
                folder / "hall", site=site, pace=1, sensors=False, elsewhere={"broker": f"mqtt://127.0.0.1:{port}"}
            ) as hall,
        ):
            yield hall, port
        return
    with Hall(folder / "hall", site=site, pace=1, sensors=False) as hall:
        yield hall, int(hall.links["broker"].rpartition(":")[2])


async def stored(person: Person, point: str) -> list[float]:
    """Return every value of a point that is kept, oldest first."""
    found: list[float] = []
    cursor = ""
    while True:
        page = (await person.get(f"points/{point}/readings?since=2020-01-01T00:00:00Z&limit=10000{cursor}")).body
        found += [each["value"] for each in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


@pytest.mark.parametrize("kind", ["amqtt", "mosquitto"])
async def test_of_what_a_broker_took_nothing_is_missing_or_double_however_often_the_service_is_killed(
    tmp_path: Path, kind: str
) -> None:
    if kind == "mosquitto" and shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed here")
    with a_hall(tmp_path, kind) as (hall, port):
        async with Person(hall, "admin") as person:
            await person.until(lambda: person.screen.devices["broker"]["status"]["state"] == "up", what="the broker")
            with Sender(port) as sender:
                for _ in range(KILLS):
                    await seen(person, sender.sent + MORE)
                    hall.kill()
                    hall.start()
                    await person.look()
                await seen(person, sender.sent + MORE)
            await seen(person, sender.sent - len(POINTS))
            for number, point in enumerate(POINTS):
                assert await stored(person, point) == list(range(number, sender.sent, len(POINTS))), point


async def seen(person: Person, number: int) -> None:
    """Wait until every point has come to a number."""

    def come() -> bool:
        readings = person.screen.readings
        return all(point in readings and readings[point]["value"] >= number for point in POINTS)

    await person.until(come, within=60, what=f"number {number}")
