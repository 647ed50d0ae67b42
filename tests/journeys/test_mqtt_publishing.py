"""A hall tells a broker everything: Home Assistant finds it, a dead broker is nobody's trouble, a power cut is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.settings.site import load_site
from tests.drivers.telemetry_world import Mosquitto, free_port
from tests.gateway.publisher_world import Listener, until
from tests.journeys.world import SITE, Hall, Person

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

SINKS = "sinks: [{{id: pusat, kind: mqtt, url: 'mqtt://127.0.0.1:{port}', protocol: 5, home_assistant: {found}}}]\n"
ROOT = "semarak/v1/balai-raya"


async def test_a_hall_is_on_the_broker_with_all_it_knows_until_it_dies(tmp_path: Path) -> None:
    hall, site, heard, port = Hall(tmp_path), load_site(SITE), Listener(), free_port()
    sinks = hall.site / "sinks.yaml"
    sinks.write_text(SINKS.format(port=port, found="true"))
    broker = Mosquitto(tmp_path)
    broker._port = port
    with hall:
        async with Person(hall, "admin") as person:
            await person.until(lambda: len(person.screen.counts) > 20, what="readings of the field")
            (sink,) = (await person.get("sinks")).body["items"]
            assert (sink["kind"], sink["state"]) == ("mqtt", "away")
            assert set(person.screen.restarts().values()) == {0}
            await broker.start()
            async with heard.on(port):
                await until(lambda: heard.held.get(f"{ROOT}/status") == b"online", within=60.0)
                assert {f"{ROOT}/alarms/{rule.id}/state" for rule in site.rules} <= set(heard.held)
                assert {f"{ROOT}/devices/{name}/state" for name in site.devices} <= set(heard.held)
                found = [topic for topic in heard.held if topic.startswith("homeassistant/")]
                assert len(found) == len(site.points) + len(site.rules)
                for topic in found:
                    assert json.loads(heard.held[topic])["state_topic"].startswith(ROOT)
                point = next(iter(person.screen.counts))
                topic = f"{ROOT}/points/{point}/reading"
                before = len(heard.payloads(topic))
                await until(lambda: len(heard.payloads(topic)) > before + 2)
                sinks.write_text(SINKS.format(port=port, found="false"))
                assert (await person.post("config/apply")).status == 200
                await until(lambda: all(heard.held[topic] == b"" for topic in found), within=60)
                await until(lambda: heard.held[f"{ROOT}/status"] == b"online")
                assert set(person.screen.restarts().values()) == {0}
                hall.kill()
                await until(lambda: heard.held[f"{ROOT}/status"] == b"offline")
    await broker.stop()
