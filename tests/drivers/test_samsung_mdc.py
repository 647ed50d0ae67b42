"""The Samsung MDC driver: what it asks when, what it refuses, and what it leaves out."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from drivers.codecs.inbox import drain
from drivers.codecs.samsung_mdc import Banner, Decoder, Frame, accept, refuse
from drivers.devices.samsung_mdc import INPUTS, SPEC, Options, SamsungMdc
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg
from tests.drivers.asking import command, payloads


@pytest.fixture
def panel() -> SamsungMdc:
    return SamsungMdc(Options())


def topics(panel: SamsungMdc) -> list[str]:
    return [request.topic for request in panel.poll()]


def test_hello_asks_who_it_is_and_whether_it_is_in_a_wall(panel: SamsungMdc) -> None:
    assert [request.topic for request in panel.hello()] == ["8a", "0b", "0e", "84"]


def test_the_first_poll_asks_for_everything_and_the_next_for_what_changes(panel: SamsungMdc) -> None:
    assert topics(panel) == ["00", "84", "0d", "83", "25"]
    assert topics(panel) == ["00", "84", "0d"]


def test_what_changes_slowly_is_asked_every_twelfth_time(panel: SamsungMdc) -> None:
    assert ["83" in topics(panel) for _ in range(13)] == [True, *[False] * 11, True]


def test_the_geometry_is_asked_only_of_a_panel_in_a_wall(panel: SamsungMdc) -> None:
    panel.feed(accept(0x84, 1, b"\1"))
    assert "89" in topics(panel)
    panel.feed(accept(0x84, 1, b"\0"))
    assert "89" not in topics(panel)


def test_a_question_that_is_refused_is_answered_and_not_asked_again(panel: SamsungMdc) -> None:
    (reply,) = panel.feed(refuse(0x0D, 1))
    assert (reply.topic, reply.refused, dict(reply.values)) == ("0d", None, {})
    assert "0d" not in topics(panel)


def test_a_panel_that_wakes_up_is_asked_again(panel: SamsungMdc) -> None:
    panel.feed(accept(0x11, 1, b"\0"))
    panel.feed(refuse(0x0D, 1))
    panel.feed(accept(0x11, 1, b"\1"))
    assert "0d" in topics(panel)


def test_a_command_that_is_refused_is_refused(panel: SamsungMdc) -> None:
    panel.request(command("input", source="dp2"))
    (reply,) = panel.feed(refuse(0x14, 1, 3))
    assert reply.refused is not None
    assert "input: NAK 3" in reply.refused.text


def test_after_power_the_link_rests_five_seconds(panel: SamsungMdc) -> None:
    assert [request.settle for request in panel.request(command("power", on=True))] == [5.0]
    assert [request.settle for request in panel.request(command("volume", level=3))] == [0.0]


@pytest.mark.parametrize(
    ("verb", "args", "asked"),
    [
        ("power", {"on": True}, ["00"]),
        ("input", {"source": "hdmi1"}, ["00"]),
        ("volume", {"level": 1}, ["00"]),
        ("brightness", {"level": 1}, ["25"]),
        ("tile", {"rows": 2, "columns": 2, "position": 1}, ["84", "89"]),
        ("tile", {"rows": 1, "columns": 1, "position": 1}, ["84"]),
    ],
)
def test_a_command_is_verified_with_the_fewest_questions(
    panel: SamsungMdc, verb: str, args: dict[str, Arg], asked: list[str]
) -> None:
    assert [request.topic for request in panel.verify(command(verb, **args))] == asked


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("input", {"source": "scart"}),
        ("volume", {"level": 101}),
        ("brightness", {"level": -1}),
        ("tile", {"rows": 0, "columns": 2, "position": 1}),
        ("tile", {"rows": 2, "columns": 16, "position": 1}),
        ("tile", {"rows": 2, "columns": 2, "position": 5}),
        ("route", {"routes": {"1": 1}}),
    ],
)
def test_what_the_panel_cannot_do_is_a_bad_command(panel: SamsungMdc, verb: str, args: dict[str, Arg]) -> None:
    with pytest.raises(BadCommand):
        panel.request(command(verb, **args))


def test_every_input_can_be_set_and_is_read_back_by_the_same_name(panel: SamsungMdc) -> None:
    for name, code in INPUTS.items():
        assert payloads(panel, "input", source=name) == [Frame(0x14, 1, bytes([code])).encode()]
        (reply,) = panel.feed(accept(0x14, 1, bytes([code])))
        assert dict(reply.values) == {"input": name}


def test_an_unknown_input_is_reported_by_its_code(panel: SamsungMdc) -> None:
    (reply,) = panel.feed(accept(0x14, 1, b"\x7e"))
    assert dict(reply.values) == {"input": "0x7e"}


@pytest.mark.parametrize(
    "frame", [accept(0x00, 1, b"\1\2"), accept(0x11, 1, b"\7"), accept(0x89, 1, b"\x22\5"), accept(0x83, 1, b"\1")]
)
def test_a_value_that_makes_no_sense_is_a_protocol_error(panel: SamsungMdc, frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        panel.feed(frame)


def test_a_restart_that_is_acknowledged_says_nothing_about_power(panel: SamsungMdc) -> None:
    (reply,) = panel.feed(accept(0x11, 1, b"\2"))
    assert dict(reply.values) == {}


def test_the_id_of_everybody_is_refused_in_a_site_file() -> None:
    for id in (254, 255, -1):
        with pytest.raises(ValidationError):
            Options(id=id)


def test_the_decoder_tells_banners_from_frames() -> None:
    decoder = Decoder()
    decoder.receive(b"MDCAUTH<<FAIL:0x01>>" + Frame(0x11, 1, b"\1").encode())
    assert decoder.next() == Banner("MDCAUTH<<FAIL:0x01>>")
    assert decoder.next() == Frame(0x11, 1, b"\1")


def test_a_frame_with_a_wrong_length_swallows_no_good_frame() -> None:
    panel, good = SamsungMdc(Options()), accept(0x12, 1, b"\x18")
    replies, errors = drain(panel.feed, bytes.fromhex("aaff011041") + good * 3)
    assert [dict(reply.values) for reply in replies] == [{"volume": 24}] * 3
    assert errors


def test_a_decoder_that_nobody_empties_drops_what_it_has_and_says_so() -> None:
    decoder = Decoder()
    with pytest.raises(ProtocolError, match="dropped"):
        for _ in range(10):
            decoder.receive(b"\xbb" * 1000)
    assert decoder.next() is None


def test_a_controller_does_not_take_requests_for_replies(panel: SamsungMdc) -> None:
    with pytest.raises(ProtocolError, match="no reply"):
        panel.feed(Frame(0x11, 1, b"\1").encode())


def test_the_spec_makes_a_driver_with_its_options() -> None:
    driver = SPEC.make(Options(id=9))
    assert driver.poll()[0].payload == bytes.fromhex("aa00090009")
    assert {point.name for point in SPEC.points(Options())} >= {"power", "input", "tile", "serial"}
