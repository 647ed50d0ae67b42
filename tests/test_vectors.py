"""Every vector holds: the driver writes exactly these bytes and reads these values, however they are chopped."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping

import pytest

from drivers.codecs.inbox import drain
from drivers.driver import Attentive, Driver, Reply
from drivers.emulators.samsung_mdc import Panel
from drivers.registry import DRIVERS
from tests.fakes import FakeClock
from tests.machines import machine
from tests.vectors import ALL, FILES, Vector, VectorFile


def each(chosen: Callable[[Vector], object]) -> pytest.MarkDecorator:
    """Return the mark that runs a test for every vector of that sort."""
    some = [(file, vector) for file, vector in ALL if chosen(vector)]
    return pytest.mark.parametrize(
        ("file", "vector"), some, ids=[f"{file.driver}: {vector.name}" for file, vector in some]
    )


replied = each(lambda vector: vector.reply)


def fresh(file: VectorFile, vector: Vector) -> Driver:
    """Return a driver that has heard what came before."""
    spec = DRIVERS[file.driver]
    driver = spec.make(spec.options.model_validate(vector.options))
    driver.feed(file.raw(vector.before))
    attend(driver, vector, {file.raw(text) for text in vector.send})
    return driver


def attend(driver: Driver, vector: Vector, sent: Container[bytes]) -> None:
    """Tell a driver that must know it what has been asked."""
    if not isinstance(driver, Attentive) or not (vector.verb or vector.asks):
        return
    requests = driver.request(vector.command()) if vector.verb else getattr(driver, vector.asks)()
    for request in requests:
        if request.payload in sent:
            driver.leaving(request)


def fed(driver: Driver, pieces: Iterable[bytes]) -> list[Reply]:
    replies: list[Reply] = []
    for piece in pieces:
        replies += driver.feed(piece)
    return replies


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def sent(driver: Driver, vector: Vector) -> list[bytes]:
    requests = driver.request(vector.command()) if vector.verb else getattr(driver, vector.asks)()
    return [request.payload for request in requests]


@each(lambda vector: vector.verb or vector.asks)
def test_the_driver_writes_these_bytes(file: VectorFile, vector: Vector) -> None:
    wanted = [file.raw(text) for text in vector.send]
    written = sent(fresh(file, vector), vector)
    assert (written if vector.verb else [payload for payload in written if payload in wanted]) == wanted


def check(replies: list[Reply], vector: Vector) -> None:
    if vector.nobody:
        assert replies == []
        return
    reply = replies[-1]
    assert reply.topic == vector.topic or vector.topic in [reply.topic for reply in replies]
    assert dict(merged(replies)) == (vector.values or {})
    assert bool(reply.denied) is vector.denied
    assert (reply.refused is not None) is bool(vector.refused)
    assert reply.refused is None or reply.refused.busy is (vector.refused == "busy")


def merged(replies: Iterable[Reply]) -> Mapping[str, object]:
    return {name: value for reply in replies for name, value in reply.values.items()}


@replied
def test_the_driver_reads_these_values_whole_and_byte_by_byte(file: VectorFile, vector: Vector) -> None:
    reply = file.raw(vector.reply)
    for pieces in ([reply],) if file.datagrams else ([reply], bytewise(reply)):
        driver = fresh(file, vector)
        if vector.verb:
            driver.request(vector.command())
        check(fed(driver, pieces), vector)


@replied
def test_a_reply_that_comes_twice_means_the_same_twice(file: VectorFile, vector: Vector) -> None:
    reply = file.raw(vector.reply)
    driver = fresh(file, vector)
    once = fed(driver, [reply])
    assert [dict(r.values) for r in fed(driver, [reply])] in ([dict(r.values) for r in once], [])
    if file.datagrams:
        return
    assert [dict(r.values) for r in fed(fresh(file, vector), [reply + reply])][: len(once)] == [
        dict(r.values) for r in once
    ]


@each(lambda vector: vector.send and vector.reply and vector.emulated)
def test_the_emulator_gives_these_answers(file: VectorFile, vector: Vector) -> None:
    device = machine(file.driver, vector.state)
    device.greet(1)
    said: list[bytes] = []
    for text in vector.send:
        for request in device.hear(1, file.raw(text)):
            said += device.answer(1, request)
    assert b"".join(said) == file.raw(vector.reply)


def test_a_panel_obeys_what_is_sent_to_everybody_and_never_acknowledges_it() -> None:
    (vector,) = (vector for vector in FILES["samsung_mdc"].vectors if "everybody" in vector.name)
    panel = Panel({"id": 7}, clock=FakeClock())
    (request,) = panel.hear(1, FILES["samsung_mdc"].raw(vector.send[0]))
    assert (panel.answer(1, request), panel.state()["power"]) == ([], 0)


@pytest.mark.parametrize("driver", sorted(DRIVERS))
def test_every_verb_and_every_point_of_a_driver_has_a_vector(driver: str) -> None:
    spec = DRIVERS[driver]
    vectors = FILES[driver].vectors
    told = {name.split(".")[0] for vector in vectors for name in vector.values or {}}
    points = {point.name.split(".")[0] for point in spec.points(spec.options())}
    assert {vector.verb for vector in vectors} >= set(spec.verbs)
    assert told >= points - {"firmware"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_names_of_vectors_are_unique(name: str) -> None:
    names = [vector.name for vector in FILES[name].vectors]
    assert len(names) == len(set(names))


@replied
def test_a_driver_never_counts_a_vector_as_garbage(file: VectorFile, vector: Vector) -> None:
    assert drain(fresh(file, vector).feed, file.raw(vector.reply))[1] == []
