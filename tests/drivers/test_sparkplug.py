"""The Sparkplug source against real brokers: births, deaths, gaps, rebirths, history, and what breaks them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.model import DeviceState, Quality, Reason
from tests.drivers.sparkplug_world import (
    COMM,
    FINE,
    GONE,
    GROUP,
    NODE,
    Ear,
    Witness,
    all_stand,
    listener,
    newest,
    stands,
    station,
)
from tests.drivers.telemetry_world import BROKERS, Journal, running, serving

pytestmark = pytest.mark.real


@pytest.mark.parametrize("kind", BROKERS)
async def test_a_station_is_born_speaks_by_alias_and_dies(kind: str, tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving(kind, tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            assert heard.statuses[-1].reason == f"awaiting the birth of: {GROUP}/{NODE}"
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            assert {one.point: one.value for one in heard.readings} == {
                "suhu": -7.0, "level": 311.5, "aliran": 12.0, "nyala": False, "mode": "otomatis",
            }  # fmt: skip
            assert all_stand(heard) == {FINE}
            node.say("Sungai", {"Level": 320.25})
            node.say("", {"Suhu": -8})
            node.say("Pompa", {"Nyala": True, "Mode": "manual"})
            await heard.until(lambda: heard.values("mode")[-1] == "manual")
            assert (newest(heard, "level").value, newest(heard, "suhu").value) == (320.25, -8.0)
            node.cut()
            await heard.until(lambda: all_stand(heard) == {GONE})
            assert newest(heard, "level").value == 320.25
            assert heard.statuses[-1].reason == f"dead: {GROUP}/{NODE}"
            await node.start("127.0.0.1", port)
            await heard.until(lambda: all_stand(heard) == {FINE} and heard.state is DeviceState.UP)
            await node.stop()
            await heard.until(lambda: all_stand(heard) == {GONE})
        counted = {name: part.counters[name] for name in ("births", "deaths", "gaps", "rejected", "unknown_alias")}
        assert counted == {"births": 2, "deaths": 2, "gaps": 0, "rejected": 0, "unknown_alias": 0}


async def test_who_connects_later_asks_for_the_birth(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        await node.start("127.0.0.1", port)
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await heard.until(lambda: heard.state is DeviceState.UP)
            assert (node.births, part.counters["rebirths_requested"]) == (2, 1)
            assert all_stand(heard) == {FINE}
        await node.stop()


async def test_data_before_the_birth_is_told_apart_and_the_birth_asked_for_at_once(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        await node.start("127.0.0.1", port)
        node.inject("deaf")
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            node.say("Sungai", {"Level": 320.0})
            await heard.until(lambda: part.counters["early"] == 1 and part.counters["rebirths_requested"] == 1)
            assert heard.readings == []  # an alias without a birth is nobody's
            assert part.counters["unknown_alias"] == 1
            node.clear()
            node.bear()
            await heard.until(lambda: heard.state is DeviceState.UP)
            assert newest(heard, "level").value == 320.0
        await node.stop()


@pytest.mark.parametrize("fault", ["lost", "wrong_seq"])
async def test_a_gap_makes_a_node_doubtful_until_its_rebirth(fault: str, tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.inject(fault)
            node.say("Sungai", {"Level": 312.0})
            node.clear()
            node.say("Sungai", {"Aliran": 13})
            await heard.until(lambda: node.births == 2 and all_stand(heard) == {FINE})
            assert (part.counters["gaps"], part.counters["rebirths_requested"]) == (1, 1)
            assert COMM in {(one.quality, one.reason) for one in heard.readings if one.point == "mode"}
            assert newest(heard, "level").value == 312.0  # what was lost came with the rebirth
            assert DeviceState.DEGRADED in {one.state for one in heard.statuses}
        await node.stop()


async def test_a_node_that_loses_everything_is_asked_once_in_ten_seconds(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.inject("wrong_seq")
            for value in range(20):
                node.say("Sungai", {"Level": value})
            await heard.until(lambda: newest(heard, "level").value == 19.0)
            assert part.counters["rebirths_requested"] == 1
            assert stands(heard, "level") == COMM
        await node.stop()


async def test_a_stale_death_that_overtakes_the_rebirth_kills_nobody(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.inject("death_overtakes")
            node.cut()
            await node.start("127.0.0.1", port)
            await heard.until(lambda: part.counters["stale_deaths"] == 1)
            node.say("Sungai", {"Level": 99.0})
            await heard.until(lambda: newest(heard, "level").value == 99.0)
            assert all_stand(heard) == {FINE}
            assert heard.state is DeviceState.UP
            assert part.counters["deaths"] == 1
        await node.stop()


async def test_a_device_dies_alone_and_comes_back(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.lose("Sungai")
            await heard.until(lambda: heard.state is DeviceState.DEGRADED)
            assert heard.statuses[-1].reason == f"dead: {GROUP}/{NODE}/Sungai"
            assert all_stand(heard, "level", "aliran") == {GONE}
            assert all_stand(heard, "suhu", "nyala", "mode") == {FINE}
            node.find("Sungai")
            await heard.until(lambda: heard.state is DeviceState.UP)
            assert all_stand(heard) == {FINE}
            assert part.counters["gaps"] == 0
        await node.stop()


async def test_aliases_that_change_hands_at_a_birth_never_give_a_value_to_another_point(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    node.inject("alias_reuse")
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            for turn in range(8):
                node.say("Sungai", {"Level": 100.0 + turn, "Aliran": 200 + turn})
                node.say("", {"Suhu": turn})
                node.bear()
            await heard.until(lambda: newest(heard, "level").value == 107.0 and part.counters["births"] == 9)
            assert {value for value in heard.values("level") if value != 311.5} == {100.0 + turn for turn in range(8)}
            assert {value for value in heard.values("aliran") if value != 12.0} == {200.0 + turn for turn in range(8)}
            assert {value for value in heard.values("suhu") if value != -7.0} == {float(turn) for turn in range(8)}
        await node.stop()


async def test_an_alias_that_two_metrics_have_is_nobodys(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    node.inject("alias_twice")
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.say("Sungai", {"Level": 100.0})
            node.say("", {"Suhu": 5})  # the only metric of the node itself, so that its alias is clear
            await heard.until(lambda: newest(heard, "suhu").value == 5.0)
            assert part.counters["ambiguous_alias"] == 1
            assert (newest(heard, "level").value, stands(heard, "level")) == (311.5, FINE)
        await node.stop()


async def test_a_garbled_payload_is_refused_with_its_word_and_answered_with_a_rebirth_request(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.inject("garbage")
            node.say("Sungai", {"Level": 100.0})
            node.clear()
            await heard.until(lambda: node.births == 2 and heard.state is DeviceState.UP)
            assert [one.why.partition(":")[0] for one in heard.rejected] == ["protobuf"]
            assert part.counters["rejected.protobuf"] == 1
            assert newest(heard, "level").value == 100.0
        await node.stop()


async def test_what_was_kept_during_silence_is_history_and_never_the_latest(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, Journal(at_once=True))
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.inject("silent")
            for value in (1.0, 2.0, 3.0):
                node.say("Sungai", {"Level": value})
            node.clear()
            node.bear()
            await heard.until(lambda: part.counters["history"] == 3)
            old = [one for one in heard.readings if one.retained]
            assert [(one.value, one.quality) for one in old] == [(value, Quality.GOOD) for value in (1.0, 2.0, 3.0)]
            latest = newest(heard, "level")
            assert (latest.value, latest.retained) == (3.0, False)
            assert all(one.source_at <= latest.source_at for one in old)
        await node.stop()


async def test_a_null_is_bad_and_a_doubt_of_the_node_is_passed_on(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (port, _):
        async with running(listener(port, heard, Journal(at_once=True)), heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.say("Sungai", {"Level": None})
            node.say("Sungai", {"Aliran": 14}, quality=500)
            node.say("Pompa", {"Nyala": True}, quality=0)
            node.say("", {"Suhu": -60})
            await heard.until(lambda: newest(heard, "suhu").value == -60.0)
            assert (newest(heard, "level").value, stands(heard, "level")) == (311.5, (Quality.BAD, Reason.SOURCE))
            assert stands(heard, "aliran") == (Quality.UNCERTAIN, Reason.STALE)
            assert stands(heard, "nyala") == (Quality.BAD, Reason.SOURCE)
            assert stands(heard, "suhu") == (Quality.UNCERTAIN, Reason.RANGE)
        await node.stop()


@pytest.mark.parametrize("protocol", ["3.1.1", 5])
async def test_the_primary_host_is_online_before_its_nodes_are_born_and_offline_when_it_leaves(
    protocol: str | int, tmp_path: Path
) -> None:
    heard, node = Ear(), station(host="semarak")
    witness, late = Witness(), Witness()
    async with serving("mosquitto", tmp_path) as (port, _):
        wire = await witness.open(port, "witness")
        await node.start("127.0.0.1", port)
        assert node.births == 0
        part = listener(port, heard, Journal(at_once=True), host_id="semarak", protocol=protocol)
        async with running(part, heard):
            await heard.until(lambda: heard.state is DeviceState.UP)
            assert node.births == 1
            wire.publish("spBv1.0/STATE/semarak", json.dumps({"online": False, "timestamp": 1}).encode())
            await witness.until(lambda: len(witness.told) == 3)
        # A broker that still had something for us may take our goodbye for a broken wire, and add our will.
        await witness.until(lambda: len(witness.told) >= 4)
        assert [online for online, _, _ in witness.told[:4]] == [True, False, True, False]
        assert witness.told[0][1] == witness.told[2][1]  # its time is repeated, and outranks whoever contradicts it
        other = await late.open(port, "late")
        await late.until(lambda: bool(late.told))
        assert (late.told[0][0], late.told[0][2]) == (False, True)  # it is kept for whoever comes later
        for link in (wire, other):
            link.close()
        await node.stop()
