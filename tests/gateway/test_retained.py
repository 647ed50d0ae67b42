"""Which topics a broker still owes us an answer for: newest wins, refused ones wait, emptied ones are forgotten."""

from __future__ import annotations

import asyncio

import pytest

from gateway.forward.retained import KIND, Retained


class Shelf:
    """Keeps documents."""

    def __init__(self, *topics: str) -> None:
        self.docs: dict[str, dict[str, object]] = {"mqtt": {"topics": list(topics)}} if topics else {}

    def keep(self, kind: str, id: str, doc: object) -> None:
        assert kind == KIND
        self.docs[id] = dict(doc) if isinstance(doc, dict) else {}

    def kept(self, kind: str) -> dict[str, dict[str, object]]:
        assert kind == KIND
        return self.docs


async def taken(retained: Retained) -> list[tuple[str, bytes]]:
    """Return what is owed now, and leave it unanswered."""
    found = []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            while True:
                found.append(await retained.take())
    return found


async def test_a_newer_payload_replaces_one_that_waits_and_the_same_again_is_nothing() -> None:
    retained = Retained("mqtt", Shelf())
    assert not retained.want("a", b"1")
    assert retained.want("a", b"2")
    assert not retained.want("a", b"2")
    assert not retained.want("b", b"1")
    assert await taken(retained) == [("a", b"2"), ("b", b"1")]
    assert not retained.want("a", b"2")
    assert await taken(retained) == []


async def test_it_is_drained_only_when_everything_sent_is_answered() -> None:
    retained = Retained("mqtt", Shelf())
    retained.want("a", b"1")
    ((topic, payload),) = await taken(retained)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await retained.drained()
    retained.settled(topic, payload, "")
    await retained.drained()


async def test_a_new_connection_is_owed_everything() -> None:
    retained = Retained("mqtt", Shelf())
    retained.want("a", b"1")
    retained.want("b", b"1")
    await taken(retained)
    retained.settled("a", b"1", "Not authorized")
    retained.renew()
    assert retained.refused == {}
    assert await taken(retained) == [("a", b"1"), ("b", b"1")]


async def test_what_is_refused_waits_and_is_tried_again_with_its_newest() -> None:
    retained = Retained("mqtt", Shelf())
    retained.want("a", b"1")
    await taken(retained)
    retained.settled("a", b"1", "Not authorized")
    retained.want("a", b"2")
    assert (retained.refused, await taken(retained)) == ({"a": "Not authorized"}, [])
    await retained.drained()
    retained.retry()
    assert (retained.refused, await taken(retained)) == ({}, [("a", b"2")])


async def test_names_are_kept_so_that_they_are_emptied_after_a_restart_too() -> None:
    shelf = Shelf()
    retained = Retained("mqtt", shelf)
    retained.want("a", b"1")
    retained.want("b", b"1")
    await taken(retained)
    assert shelf.docs == {"mqtt": {"topics": ["a", "b"]}}
    again = Retained("mqtt", shelf)
    again.want("a", b"1")
    again.renew()
    assert sorted(await taken(again)) == [("a", b"1"), ("b", b"")]
    again.settled("b", b"", "")
    again.settled("a", b"1", "")
    assert await taken(again) == []
    assert (again.topics, shelf.docs) == (["a"], {"mqtt": {"topics": ["a"]}})
    again.forget()
    assert shelf.docs == {"mqtt": {}}


async def test_a_topic_that_was_emptied_and_is_wanted_again_before_the_answer_stays() -> None:
    retained = Retained("mqtt", Shelf("a"))
    retained.renew()
    assert await taken(retained) == [("a", b"")]
    retained.want("a", b"1")
    retained.settled("a", b"", "")
    assert await taken(retained) == [("a", b"1")]
