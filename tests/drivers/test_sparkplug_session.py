"""The rules of an edge node's session: what is sure, what is doubted, what is over."""

from __future__ import annotations

from drivers.codecs.sparkplug_b import Metric, Payload
from drivers.codecs.sparkplug_session import EdgeSession, News, State
from drivers.codecs.sparkplug_topic import Said, parsed, state, state_topic, topic
from drivers.codecs.sparkplug_values import DataType, Whole


def hear(session: EdgeSession, kind: str, seq: int | None = None, *metrics: Metric, device: str = "") -> News:
    return session.hear(Said(kind, "G", "N", device), Payload(None, metrics, seq))


def number(value: int) -> Metric:
    return Metric("bdSeq", datatype=DataType.INT64, raw=Whole(value))


def named(alias: int, name: str = "") -> Metric:
    return Metric(name, alias, datatype=DataType.DOUBLE if name else 0, raw=1.0)


def born(seq: int = 0, session_number: int = 5) -> EdgeSession:
    session = EdgeSession(frozenset({"D"}))
    hear(session, "NBIRTH", seq, number(session_number), named(1, "a"))
    hear(session, "DBIRTH", seq + 1, named(2, "b"), device="D")
    return session


def test_the_count_wraps_and_begins_where_the_birth_says() -> None:
    session = born(seq=253)
    for seq in (255, 0, 1, 2):
        assert hear(session, "NDATA", seq, named(1)).words == ("data",)
    assert session.state is State.ALIVE


def test_a_zero_that_is_left_out_counts_as_zero() -> None:
    session = born(seq=254)
    assert hear(session, "NDATA", None, named(1)).words == ("data",)


def test_a_gap_is_doubt_once_and_until_the_birth() -> None:
    session = born()
    first = hear(session, "NDATA", 3, named(1))
    assert (first.words, first.doubted, session.state) == (("data", "gaps"), True, State.AWAITED)
    assert [one.name for one in first.metrics] == ["a"]
    second = hear(session, "NDATA", 9, named(1))
    assert (second.words, second.doubted) == (("data", "early"), False)
    assert hear(session, "NBIRTH", 0, number(5)).born
    assert session.state is State.ALIVE


def test_devices_that_have_no_points_are_counted_and_no_more() -> None:
    session = born()
    assert hear(session, "DDATA", 2, named(9), device="other") == News(words=("unclaimed",))
    assert hear(session, "DDATA", 4, named(9), device="other") == News(words=("unclaimed", "gaps"), doubted=True)


def test_data_get_their_name_and_type_from_the_birth() -> None:
    session = born()
    [one] = hear(session, "DDATA", 2, named(2), device="D").metrics
    assert (one.name, one.datatype) == ("b", DataType.DOUBLE)
    [by_name] = hear(session, "DDATA", 3, Metric("b", raw=2.0), device="D").metrics
    assert (by_name.name, by_name.datatype) == ("b", DataType.DOUBLE)


def test_an_alias_that_no_birth_gave_wants_a_birth_and_spares_the_others() -> None:
    session = born()
    news = hear(session, "DDATA", 2, named(2), named(7), device="D")
    assert ([one.name for one in news.metrics], news.words, news.doubted) == (["b"], ("data", "unknown_alias"), True)


def test_an_alias_with_two_names_is_nobodys_and_asks_for_nothing() -> None:
    session = EdgeSession()
    hear(session, "NBIRTH", 0, named(1, "a"), named(1, "b"), named(2, "c"), named(2, "c"))
    news = hear(session, "NDATA", 1, named(1), named(2))
    assert ([one.name for one in news.metrics], news.words) == (["c"], ("data", "ambiguous_alias"))
    assert session.state is State.ALIVE


def test_a_death_of_another_session_is_stale_and_its_own_is_not() -> None:
    session = born(session_number=6)
    assert hear(session, "NDEATH", None, number(5)) == News(words=("stale_deaths",))
    assert session.state is State.ALIVE
    assert hear(session, "NDEATH", None, number(6)) == News(words=("deaths",), died=True)
    assert (session.state, session.has("D"), session.has("")) == (State.DEAD, False, False)


def test_a_death_without_a_number_counts() -> None:
    assert hear(born(), "NDEATH").died


def test_in_doubt_every_death_counts_because_a_birth_may_be_missing() -> None:
    session = born(session_number=5)
    hear(session, "NDATA", 9, named(1))
    assert hear(session, "NDEATH", None, number(6)).died
    other = born(session_number=5)
    other.lose()
    assert hear(other, "NDEATH", None, number(6)).died


def test_the_dead_that_speak_are_awaited_and_their_old_aliases_are_nobodys() -> None:
    session = born()
    hear(session, "NDEATH", None, number(5))
    news = hear(session, "NDATA", 2, named(1))
    assert (news.metrics, news.words) == ((), ("data", "early", "unknown_alias"))
    assert session.state is State.AWAITED


def test_a_device_is_born_and_dies_by_itself() -> None:
    session = born()
    assert hear(session, "DDEATH", 2, device="D") == News(words=("device_deaths",), died=True)
    assert (session.state, session.has("D")) == (State.ALIVE, False)
    assert hear(session, "DBIRTH", 3, named(2, "b"), device="D").born
    assert session.has("D")


def test_data_of_a_device_that_is_not_born_wants_a_birth() -> None:
    session = born()
    hear(session, "DDEATH", 2, device="D")
    news = hear(session, "DDATA", 3, Metric("b", raw=2.0), device="D")
    assert (news.words, news.doubted, [one.name for one in news.metrics]) == (("data", "early"), True, ["b"])


def test_a_new_birth_of_the_node_ends_its_devices() -> None:
    session = born()
    hear(session, "NBIRTH", 0, number(5))
    assert not session.has("D")


def test_a_missed_message_keeps_the_names_and_a_lost_connection_forgets_them() -> None:
    session = born()
    assert session.miss() == News(doubted=True)
    assert [one.name for one in hear(session, "NDATA", 2, named(1)).metrics] == ["a"]
    assert session.lose() == News(doubted=False)
    assert hear(session, "NDATA", 3, named(1)).metrics == ()


def test_a_topic_is_written_and_read() -> None:
    for said in (Said("NBIRTH", "Grup A", "N"), Said("DDATA", "G", "N", "D 1")):
        assert parsed(topic(said).encode()) == said
    for wrong in ("spBv1.0/G/NDATA/N/D", "spBv1.0/G/DDATA/N", "spBv1.0/G/NDATA", "spAv1.0/G/NDATA/N", "spBv1.0/G/X/N",
                  "spBv1.0/STATE/host", "spBv1.0//NDATA/N", "spBv1.0/G/DDATA/N/", "a/b"):  # fmt: skip
        assert parsed(wrong.encode()) is None
    assert parsed(b"spBv1.0/G/NDATA/\xff") == Said("NDATA", "G", "\ufffd")


def test_a_host_says_its_state_as_the_standard_writes_it() -> None:
    assert state_topic("semarak") == "spBv1.0/STATE/semarak"
    assert state(1_768_608_000_000, online=True) == b'{"online":true,"timestamp":1768608000000}'
    assert state(7, online=False) == b'{"online":false,"timestamp":7}'
