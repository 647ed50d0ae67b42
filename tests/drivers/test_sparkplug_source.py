"""What the Sparkplug source makes of single messages, of a lost broker, and of options that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.sparkplug_b import Metric, Payload, encode
from drivers.codecs.sparkplug_topic import Said, topic
from drivers.codecs.sparkplug_values import DataType, raw_of
from drivers.errors import BadConfig
from drivers.model import Device, DeviceState, Name, Point, PointKind, Quality, Reading, Reason, Value
from drivers.registry import SOURCES
from drivers.sensors.mqtt_wire import Message
from drivers.sensors.pace import unhurried
from drivers.sensors.sparkplug import SparkplugSource
from drivers.sensors.sparkplug_nodes import REBIRTH_MOST_S, REBIRTH_S, nodes_of
from tests.drivers.sparkplug_world import (
    COMM,
    FINE,
    GROUP,
    NODE,
    Ear,
    all_stand,
    listener,
    metric,
    newest,
    points,
    stands,
    station,
)
from tests.drivers.tcp_proxy import Proxy
from tests.drivers.telemetry_world import Journal, free_port, running, serving, swallowing

T = 1_768_608_000_000
MS_NS = 1_000_000


def said(kind: str, seq: int | None, *metrics: Metric, device: str = "", at: int = T, keep: bool = False) -> Message:
    payload = Payload(at, metrics, seq)
    return topic(Said(kind, GROUP, NODE, device)).encode(), encode(payload), 0, 0, keep, False


def value(name: str, told: Value, kind: DataType = DataType.DOUBLE, **more: object) -> Metric:
    return Metric(name, datatype=kind, raw=raw_of(told, kind), **more)  # type: ignore[arg-type]


def nbirth(*metrics: Metric, at: int = T) -> Message:
    return said("NBIRTH", 0, value("bdSeq", 1, DataType.INT64), *metrics, at=at)


def take(part: SparkplugSource, *messages: Message) -> None:
    """Let a source take messages that came in one read."""
    part._take(part._host.new_link(lambda _: None, unhurried()), list(messages))


def part_of(heard: Ear, *chosen: Point) -> SparkplugSource:
    return listener(1883, heard, Journal(), list(chosen))


def test_a_reading_has_the_time_of_its_metric_else_of_its_message() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"), metric("b"))
    take(part, nbirth(value("a", 1.0, timestamp=T - 5), value("b", 2.0)))
    assert [(one.point, one.source_at) for one in heard.readings] == [("a", (T - 5) * MS_NS), ("b", T * MS_NS)]


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (Metric("a", datatype=DataType.DOUBLE, raw="x"), "value"),
        (Metric("a", datatype=DataType.STRING, raw="x"), "value"),
        (Metric("a", datatype=DataType.DOUBLE, raw=float("nan")), "value"),
        (Metric("a", datatype=DataType.DOUBLE), "value"),
        (Metric("a", datatype=DataType.DATA_SET), "unsupported"),
        (Metric("a", datatype=DataType.INT32_ARRAY), "unsupported"),
        (value("a", 1.0, timestamp=4_102_444_800_000), "future"),
        (value("a", 1.0, timestamp=12), "ts"),
    ],
)
def test_a_metric_that_cannot_be_used_is_refused_alone_with_its_word(told: Metric, word: str) -> None:
    heard = Ear()
    part = part_of(heard, metric("a"), metric("b"))
    take(part, nbirth(told, value("b", 2.0)))
    assert [(one.point, one.value) for one in heard.readings] == [("b", 2.0)]
    assert [one.why.split(":")[0] for one in heard.rejected] == [word]
    assert (part.counters["rejected"], part.counters[f"rejected.{word}"]) == (1, 1)
    assert part._nodes[GROUP, NODE].knows("")


def test_what_nobody_has_a_point_for_is_no_trouble() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"))
    table = Metric("table", datatype=DataType.DATA_SET)
    take(part, nbirth(value("a", 1.0), table), said("DBIRTH", 1, value("z", 1.0), device="Lemari"))
    take(
        part,
        said("NCMD", None),
        said("DCMD", None, device="Lemari"),
        (b"spBv1.0/G/NDATA/other", b"", 0, 0, False, False),
    )
    assert (part.counters["rejected"], part.counters["unclaimed"]) == (0, 4)
    assert heard.state is DeviceState.UP


def test_what_the_broker_kept_and_what_has_no_topic_is_refused() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"))
    kept = said("NBIRTH", 0, value("a", 1.0), keep=True)
    take(part, kept, (b"spBv1.0/Bengkulu/NDATA", b"", 0, 0, False, False))
    assert (heard.readings, [one.why.split(":")[0] for one in heard.rejected]) == ([], ["retained", "topic"])


def test_a_metric_that_its_birth_does_not_name_is_named_to_the_technician() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"), metric("Salah"), metric("c", of="Sungai"))
    take(part, nbirth(value("a", 1.0)), said("DBIRTH", 1, device="Sungai"))
    names = [f"{GROUP}/{NODE}/Salah", f"{GROUP}/{NODE}/Sungai/c"]
    assert (heard.state, heard.statuses[-1].reason) == (DeviceState.DEGRADED, f"no such metric: {', '.join(names)}")


def test_a_value_that_was_taken_back_is_given_back_by_the_birth_though_it_was_measured_before() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"))
    part._publish = heard.publish
    take(part, nbirth(value("a", 1.0, timestamp=T)))
    take(part, said("NDEATH", None))
    assert stands(heard, "a") == (Quality.BAD, Reason.COMM)
    take(part, nbirth(value("a", 1.0, timestamp=T), at=T + 60_000))
    assert stands(heard, "a") == FINE
    assert newest(heard, "a").source_at == T * MS_NS + 2


def test_in_one_read_a_death_takes_back_what_came_before_it() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"))
    take(part, nbirth(value("a", 1.0)), said("NDATA", 1, value("a", 2.0), at=T + 1), said("NDEATH", None))
    assert [(one.value, one.quality) for one in heard.readings] == [
        (1.0, Quality.GOOD),
        (2.0, Quality.GOOD),
        (2.0, Quality.BAD),
    ]
    assert part.counters["readings"] == 3


def test_a_null_of_a_point_that_never_had_a_value_is_nothing() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"))
    take(part, nbirth(Metric("a", datatype=DataType.DOUBLE, null=True)))
    assert (heard.readings, heard.rejected, heard.state) == ([], [], DeviceState.UP)


def test_history_in_a_gap_is_kept_as_doubtful_history() -> None:
    heard = Ear()
    part = part_of(heard, metric("a"))
    take(part, nbirth(value("a", 1.0)))
    take(part, said("NDATA", 5, value("a", 0.5, timestamp=T - 60_000, historical=True)))
    [old] = [one for one in heard.readings if one.retained]
    assert (old.value, old.source_at, old.quality, old.reason) == (0.5, (T - 60_000) * MS_NS, *COMM)
    assert newest(heard, "a").value == 1.0


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 200))
def test_a_mutated_message_is_taken_or_refused_and_a_birth_puts_all_right(
    changes: list[tuple[int, int]], end: int
) -> None:
    heard = Ear()
    part = part_of(heard, metric("a"), metric("b", PointKind.TEXT, of="Sungai"))
    births = nbirth(value("a", 1.0)), said("DBIRTH", 1, value("b", "x", DataType.STRING), device="Sungai")
    take(part, *births)
    for name, body, *_ in (*births, said("NDATA", 2, value("a", 2.0)), said("NDEATH", None)):
        spoilt = bytearray(body)
        for at, byte in changes:
            spoilt[at % len(spoilt)] = byte
        take(part, (name, bytes(spoilt), 0, 0, False, False), (name, bytes(spoilt[:end]), 0, 0, False, False))
    take(part, *births)
    assert heard.state is DeviceState.UP


def test_whoever_is_silent_is_asked_less_and_less_often_and_whoever_speaks_every_ten_seconds() -> None:
    [node] = nodes_of([metric("a")]).values()
    asked = [mono for mono in range(2_000) if node.asks(mono, heard=False)]
    assert asked[:4] == [0, 2 * REBIRTH_S, 6 * REBIRTH_S, 14 * REBIRTH_S]
    assert asked[-1] - asked[-2] == REBIRTH_MOST_S
    spoken = [mono for mono in range(2_000, 2_100) if node.asks(mono, heard=True)]
    assert len(spoken) == 100 // REBIRTH_S


@pytest.mark.real
async def test_a_lost_broker_makes_everything_doubtful_and_the_way_back_makes_it_good(tmp_path: Path) -> None:
    heard, node = Ear(), station()
    async with serving("mosquitto", tmp_path) as (broker, _):
        proxy = Proxy(broker)
        part = listener(await proxy.start(), heard, Journal(at_once=True))
        async with running(part, heard) as task:
            await node.start("127.0.0.1", broker)
            await heard.until(lambda: heard.state is DeviceState.UP)
            proxy.cut()
            await task
            assert all_stand(heard) == {COMM}
        node.say("Sungai", {"Level": 99.0})
        async with running(part, heard):
            await heard.until(lambda: heard.state is DeviceState.UP)
            assert all_stand(heard) == {FINE}
            assert newest(heard, "level").value == 99.0
        assert part.counters["connections"] == 2
        await node.stop()
        await proxy.stop()


@pytest.mark.real
async def test_what_was_known_before_a_restart_is_doubtful_until_the_birth() -> None:
    heard, journal = Ear(), Journal()
    part = listener(free_port(), heard, journal, [metric("a")])
    heard.publish([Reading("a", 7.0, T * MS_NS, T * MS_NS, 0.0)])
    await swallowing(part.run)
    assert (newest(heard, "a").value, stands(heard, "a"), heard.state) == (7.0, COMM, DeviceState.SILENT)
    assert len(heard.values("a")) == 2


@pytest.mark.real
async def test_a_death_is_acknowledged_only_when_it_is_on_the_disk(tmp_path: Path) -> None:
    heard, node, journal = Ear(), station(), Journal()
    async with serving("mosquitto", tmp_path) as (port, _):
        part = listener(port, heard, journal)
        async with running(part, heard):
            await node.start("127.0.0.1", port)
            await heard.until(lambda: heard.state is DeviceState.UP)
            node.cut()
            await heard.until(lambda: part.counters["deaths"] == 1)
            assert part.counters["acknowledged"] == 0
            journal.commit()
            assert part.counters["acknowledged"] == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"host_id": "a/b"}, "host_id"),
        ({"client_id": ""}, "client_id"),
        ({"qos": 1}, "qos"),
        ({"certificate": "x"}, "certificate and key"),
        ({"ca": "x"}, "mqtts://"),
    ],
)
def test_an_option_that_cannot_be_is_refused(options: dict[str, Value], told: str) -> None:
    with pytest.raises(BadConfig, match=told):
        listener(1883, Ear(), Journal(), **options)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"group": "G", "node": "N"}, "metric"),
        ({"group": "G/H", "node": "N", "metric": "a"}, "group"),
        ({"group": "G", "node": "+", "metric": "a"}, "node"),
        ({"group": "G", "node": "N", "device": "#", "metric": "a"}, "device"),
        ({"group": "G", "node": "N", "metric": "a", "alias": 3}, "alias"),
    ],
)
def test_an_address_that_cannot_be_is_refused_by_its_key(address: dict[str, Value], told: str) -> None:
    with pytest.raises(BadConfig, match=f"a: address: {told}"):
        listener(1883, Ear(), Journal(), [metric("a", address=address)])


def test_a_metric_has_one_point_and_check_says_so() -> None:
    device = Device("edge", Name("e", "e"), "sparkplug", "mqtt://192.0.2.5")
    with pytest.raises(BadConfig, match="already belongs to suhu"):
        SOURCES["sparkplug"].check(device, [*points(), metric("Suhu", low=0.0)])
    SOURCES["sparkplug"].check(device, points())
