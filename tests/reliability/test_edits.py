"""R14: whatever is edited, in whatever order, the running site becomes what a fresh start would be, without one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from drivers.sensors.mqtt_link import MqttLink
from gateway.app.configuration import Source
from gateway.app.field import part_name
from gateway.app.running_site import RunningSite, Setting
from gateway.auth.roles import Actor, Role
from gateway.settings.difference import difference
from gateway.settings.site import load_site
from tests.drivers.telemetry_world import Mosquitto, broker_of, publisher
from tests.journeys.world import free_port
from tests.reliability.world import Entry, broker, gauge, said, sink, topic, until, write_site

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

BROKERS = ("north", "south")
GAUGES = tuple(f"g{n}" for n in range(5))
SCALE = {"id": "banjir", "name": "banjir", "levels": [{"code": "S1", "label": "Siaga I", "severity": 4}]}
RULE = {"kind": "high", "scale": "banjir", "on_delay": 0}


WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A red example is shown as it is: to find a smaller one would take minutes."""


@dataclass(frozen=True)
class Edit:
    """A whole site: the protocol of each broker, each gauge's broker and unit, the limits, and whether a sink."""

    brokers: Mapping[str, str | int]
    gauges: Mapping[str, tuple[int, str]]
    limits: Mapping[str, float]
    sink: bool

    def write(self, folder: Path, port: int) -> None:
        """Write it as files."""
        names = sorted(self.brokers)
        of = {gauge: names[at % len(names)] for gauge, (at, _) in self.gauges.items()}
        devices = [
            broker(port) | {"id": name, "options": {"client_id": name, "protocol": self.brokers[name]}}
            for name in names
        ]
        points = [gauge(name) | {"device": of[name], "unit": unit} for name, (_, unit) in self.gauges.items()]
        rules = [
            RULE | {"id": f"r-{name}", "point": name, "levels": {"S1": limit}}
            for name, limit in self.limits.items()
            if name in self.gauges
        ]
        sinks: list[Entry] = [sink(9)] if self.sink else []
        write_site(folder, devices=devices, points=points, scales=[SCALE], alarms=rules, sinks=sinks)


EDITS = st.builds(
    Edit,
    st.dictionaries(st.sampled_from(BROKERS), st.sampled_from(["3.1.1", 5]), min_size=1),
    st.dictionaries(st.sampled_from(GAUGES), st.tuples(st.integers(0, 1), st.sampled_from(["cm", "m"])), min_size=1),
    st.dictionaries(st.sampled_from(GAUGES), st.sampled_from([100.0, 200.0])),
    st.booleans(),
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=WITHOUT_SHRINKING)
@given(st.lists(EDITS, min_size=2, max_size=6))
def test_r14_after_any_edits_the_running_site_is_what_a_fresh_start_would_be(edits: Sequence[Edit]) -> None:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        runner.run(follow(Path(folder), edits))


SOMEBODY = Actor("teknisi", frozenset({Role.TECHNICIAN}), "session")


async def follow(folder: Path, edits: Sequence[Edit]) -> None:
    """Start with the first site, and make it each of the others in turn."""
    mosquitto = broker_of("mosquitto", folder)
    assert isinstance(mosquitto, Mosquitto)
    port = await mosquitto.start()
    sensor = await publisher(port)
    try:
        edits[0].write(folder / "site", port)
        async with running(folder) as site:
            await everything_is_heard(site, edits[0], sensor)
            for edit in edits[1:]:
                edit.write(folder / "site", port)
                await applied(site, folder / "site")
                await everything_is_heard(site, edit, sensor)
    finally:
        sensor.close()
        await mosquitto.stop()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[RunningSite]:
    """Run the service in this process."""
    source = Source(folder / "site", lambda texts: load_site(folder / "site", texts=texts))
    site, ready = RunningSite(Setting(folder / "data", "127.0.0.1", free_port(), source)), asyncio.Event()
    task = asyncio.get_running_loop().create_task(site.run(ready.set), name="site")
    try:
        await ready.wait()
        yield site
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def applied(site: RunningSite, folder: Path) -> None:
    """Apply the files: the parts are those of a fresh start, what is the same runs on, and again changes nothing."""
    old, before, new = site._site, dict(site._supervisor._tasks), load_site(folder)
    changed = difference(old, new)
    assert tuple((await site._configuration.apply(SOMEBODY)).changes) == changed.sentences()
    now = site._supervisor._tasks
    parts = {part_name(device) for device in new.devices.values()} | {f"forward/{name}" for name in new.sinks}
    assert set(now) == parts | {name for name in before if "/" not in name}
    touched = {f"source/{name}" for name in changed.devices} | {f"forward/{name}" for name in changed.sinks}
    assert {name for name, task in now.items() if before.get(name) is not task} <= touched
    assert tuple((await site._configuration.apply(SOMEBODY)).changes) == ()


async def everything_is_heard(site: RunningSite, edit: Edit, sensor: MqttLink) -> None:
    """Speak at every gauge, and find what is said in the store and judged by the limits as they are now."""
    for name in edit.gauges:
        value = 150 + site._clock.mono() % 1

        async def come(name: str = name, value: float = value) -> bool:
            sensor.publish(topic(name), said(value))
            latest = site._store.latest.get(name)
            return latest is not None and latest.value == value

        await until(come, within=60)
    expected = {f"r-{name}" for name, limit in edit.limits.items() if name in edit.gauges and limit < 150}
    assert {alarm.id for alarm in site.engine.alarms() if alarm.active} == expected
