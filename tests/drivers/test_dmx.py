"""Lights without a clock: ticks, moves that take their time, and packets when they are due."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from drivers.devices.artnet import ArtNet
from drivers.devices.artnet import Options as ArtOptions
from drivers.devices.dmx import KEEP_ALIVE_TICKS, REPEATS, TICK_S, Lights, Zones
from drivers.devices.sacn import Options as StreamOptions
from drivers.devices.sacn import StreamingAcn
from drivers.errors import BadCommand
from drivers.model import Arg
from tests.drivers.asking import command


def lights(**options: str) -> Lights:
    return Lights(Zones(zones="podium=1,2; audience=4", **options))


def wish(seconds: float = 0.0, **levels: float) -> dict[str, Arg]:
    return {"levels": levels, "seconds": seconds}


def test_nothing_is_sent_before_a_command() -> None:
    silent = lights()
    assert not any(silent.due() for _ in range(100))


def test_a_level_is_there_at_once_and_only_in_its_own_slots() -> None:
    lit = lights()
    lit.wish(wish(podium=100))
    assert lit.slots() == bytes([255, 255, 0, 0])


def test_a_move_takes_as_many_ticks_as_its_time_has() -> None:
    lit = lights()
    lit.wish(wish(1.0, audience=100))
    seen = [lit.slots()[3]]
    for _ in range(round(1.0 / TICK_S) - 1):
        assert lit.due()
        seen.append(lit.slots()[3])
    assert (seen[0], seen[-1], seen) == (10, 255, sorted(seen))
    assert seen[-2] < 255


def test_a_new_wish_turns_a_move_round_where_it_is_and_leaves_the_others_alone() -> None:
    lit = lights()
    lit.wish(wish(1.0, podium=100, audience=100))
    for _ in range(11):
        lit.due()
    half = lit.slots()[3]
    lit.wish(wish(0.0, podium=0))
    assert (lit.slots()[0], lit.slots()[3] > half) == (0, True)


def test_after_a_change_packets_are_repeated_and_then_kept_alive() -> None:
    lit = lights()
    lit.wish(wish(podium=50))
    sent = [lit.due() for _ in range(REPEATS + 2 * KEEP_ALIVE_TICKS)]
    assert sent[:REPEATS] == [True] * REPEATS
    assert [at - REPEATS + 1 for at, due in enumerate(sent) if due and at >= REPEATS] == [
        KEEP_ALIVE_TICKS,
        2 * KEEP_ALIVE_TICKS,
    ]


def test_what_the_site_file_starts_with_is_sent_from_the_start() -> None:
    lit = lights(start="podium=80")
    assert lit.due()
    assert lit.slots()[:2] == bytes([204, 204])


@pytest.mark.parametrize("levels", [{"stage": 10.0}, {"podium": 101.0}, {"podium": -1.0}, {}])
def test_zones_and_levels_that_are_not_there_are_bad_commands(levels: dict[str, float]) -> None:
    with pytest.raises(BadCommand):
        lights().wish(wish(**levels))


@pytest.mark.parametrize("options", [{"zones": "a=513"}, {"zones": "a=x"}, {"start": "a=101"}, {"start": "a=dim"}])
def test_options_that_cannot_be_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Zones(**options)


def test_sequences_go_round_and_never_stand_still() -> None:
    node = ArtNet(ArtOptions(zones="a=1"))
    stream = StreamingAcn(StreamOptions(zones="a=1"))
    told = [
        (
            node.request(command("light", **wish(a=1)))[0].payload[12],
            stream.request(command("light", **wish(a=1)))[0].payload[111],
        )
        for _ in range(257)
    ]
    assert [one for one, _ in told[253:]] == [254, 255, 1, 2]
    assert [other for _, other in told[253:]] == [254, 255, 0, 1]


def test_a_node_is_asked_who_it_is_every_three_seconds() -> None:
    node = ArtNet(ArtOptions())
    asked = [tick for tick in range(1, 200) if any(request.topic == "node" for request in node.poll())]
    assert [round(tick * TICK_S, 2) for tick in asked] == [3.0, 6.0]
