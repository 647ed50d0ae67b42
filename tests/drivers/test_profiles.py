"""Devices without code: templates that write and read, frames, and what is told of a profile that is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.checksums import CHECKSUMS
from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.plain_frames import ByteFraming, Framing, TextFraming, decoder
from drivers.emulators.from_profile import ProfileMachine
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Command
from drivers.profiles.library import OWN, BadProfile, files, load, read
from drivers.profiles.pattern import Pattern
from drivers.profiles.profile_driver import spec_of
from drivers.profiles.schema import Profile
from drivers.strict_yaml import load as load_yaml

BLANK = OWN.parent / "devices" / "_blank.yaml"


@pytest.mark.parametrize(
    ("template", "binary", "fields", "body"),
    [
        ("VOL{value}", False, {"value": "33"}, b"VOL33"),
        ("x{value}AVx{n}", False, {"value": "3", "n": "12"}, b"x3AVx12"),
        ("VO{value:02}", False, {"value": "7"}, b"VO07"),
        ("kf {value:02X}", False, {"value": "26"}, b"kf 1A"),
        ("01 {value} {n:2}", True, {"value": "255", "n": "258"}, bytes.fromhex("01ff0102")),
        ("{value:2<} ff", True, {"value": "258"}, bytes.fromhex("0201ff")),
    ],
)
def test_one_template_writes_and_reads(template: str, binary: bool, fields: dict[str, str], body: bytes) -> None:
    pattern = Pattern(template, binary=binary)
    assert pattern.write(fields) == body
    assert pattern.read(body) == fields
    assert pattern.read(body + b"x") is None or not binary


@given(st.integers(0, 99), st.integers(0, 9))
def test_whatever_is_written_is_read_back(value: int, n: int) -> None:
    pattern = Pattern("Z{n}=VO{value:02};")
    fields = {"n": str(n), "value": str(value)}
    assert pattern.read(pattern.write(fields)) == fields


@pytest.mark.parametrize(
    ("template", "why"),
    [("a{value", "brace"), ("{value}{value}", "twice"), ("{value:9q}", "a width"), ("a}b", "brace")],
)
def test_a_template_that_makes_no_sense_is_explained(template: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Pattern(template)


@pytest.mark.parametrize(
    ("template", "binary", "token", "why"),
    [
        ("V{value:02}", False, "100", "more than 2 digits"),
        ("V{value:02}", False, "loud", "whole number"),
        ("V{value}", False, "1\r2", "control character"),
        ("{value}", True, "256", "does not fit into 1 bytes"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(template: str, binary: bool, token: str, why: str) -> None:
    with pytest.raises(BadCommand, match=why):
        Pattern(template, binary=binary).write({"value": token})


MDC = ByteFraming(head=b"\xaa", checksum="sum8", covers=1, length_at=3, length_adds=5)
FRAMINGS: list[Framing] = [
    TextFraming(b"\r\n"), TextFraming(b"\r"), TextFraming(b"#\r"), TextFraming(b";"), MDC,
    ByteFraming(head=b"\xff", size=5, checksum="crc8"),
    ByteFraming(head=b"\x02", tail=b"\x03", size=6, checksum="xor8"),
    ByteFraming(head=b"\x55\xaa", size=7, checksum="crc16-modbus"),
]  # fmt: skip


def inbox(framing: Framing) -> Inbox[bytes, bytes]:
    return Inbox(decoder(framing), lambda body: [body])


def body_of(framing: Framing) -> bytes:
    if isinstance(framing, TextFraming) or framing.length_at >= 0:
        return b"\x11\x01\x01" if framing is MDC else b"POWER=1"
    return bytes(range(0x10, 0x10 + framing.size - len(framing.wrap(b""))))


@pytest.mark.parametrize("framing", FRAMINGS)
def test_frames_come_out_whole_byte_by_byte_glued_and_after_garbage(framing: Framing) -> None:
    body = body_of(framing)
    frame = framing.wrap(body)
    assert inbox(framing).feed(frame + frame) == [body, body]
    box = inbox(framing)
    assert [found for at in range(len(frame)) for found in box.feed(frame[at : at + 1])] == [body]
    box = inbox(framing)
    drain(box.feed, b"\x00\x07garbage\r" + frame[:-2])
    assert body in [found for _ in range(3) for found in drain(box.feed, frame)[0]]


def test_the_bytes_of_a_maker_follow_from_the_framing() -> None:
    assert MDC.wrap(bytes.fromhex("110101")) == bytes.fromhex("aa1101010114")
    assert MDC.unwrap(bytes.fromhex("aa1101010114")) == bytes.fromhex("110101")
    with pytest.raises(ProtocolError, match="bad checksum"):
        MDC.unwrap(bytes.fromhex("aa1101010115"))
    assert CHECKSUMS["crc8"].of(b"123456789") == 0xF4


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_stream_without_an_end_is_bounded(framing: Framing) -> None:
    box = inbox(framing)
    errors = [error for _ in range(10) for error in drain(box.feed, b"\xbb" * 2000)[1]]
    assert errors


def profile(**changes: str) -> Profile:
    """Return the blank profile with some of its text replaced."""
    text = BLANK.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert FIND[old] in text, old
        text = text.replace(FIND[old], new)
    return read(load_yaml(text, "mine.yaml"))


FIND = {
    "verb": 'volume: {send: "VOL {value}"}',
    "end": 'framing: {end: "\\r\\n"}',
    "answer": 'answer: "VOL={value}"',
    "vector": "- {name: volume 33",
    "port": "port: 23",
}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"verb": 'loudness: {send: "VOL {value}"}'}, "mine.yaml:14:3: commands: there is no verb 'loudness'"),
        ({"end": "framing: {head: AA}"}, "text needs `end`; bytes need either `length` or `size`"),
        ({"answer": 'answer: "VOL={value"'}, "points.volume: 'VOL={value' has a brace"),
        ({"answer": 'answer: "{value}"'}, "has nothing of its own by which it could be known"),
        ({"port": "prot: 23"}, "mine.yaml:6:1: prot: Extra inputs are not permitted"),
        ({"port": "port: 70000"}, "mine.yaml:6:1: port: Input should be less than or equal to 65535"),
    ],
)
def test_a_profile_that_is_none_is_told_with_its_line(changes: dict[str, str], why: str) -> None:
    with pytest.raises(BadProfile) as caught:
        profile(**changes)
    assert why.partition(":3: ")[2] in str(caught.value) if ":3: " in why else why in str(caught.value)


def test_a_point_or_verb_without_a_vector_is_named() -> None:
    text = BLANK.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "volume 33" not in line]
    with pytest.raises(BadProfile, match="no vector shows point volume, verb volume"):
        read(load_yaml("\n".join(lines), "mine.yaml"))


def test_a_profile_is_called_like_its_file(tmp_path: Path) -> None:
    mine = tmp_path / "acme.yaml"
    mine.write_text(BLANK.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(BadProfile, match="it must be called like its file: acme"):
        load(mine)
    assert list(files(tmp_path)) == [mine]


def command(verb: str, **args: object) -> Command:
    return Command("c", "d", verb, args, "test", "a test", 0, 1.0)  # type: ignore[arg-type]  # the test's own


def test_a_command_that_the_device_cannot_obey_is_refused_before_it_is_sent() -> None:
    spec = spec_of(profile())
    driver = spec.make(spec.options())
    for wrong, why in (
        (command("volume", level=101), "volume is 0 to 100, not 101"),
        (command("input", source="hdmi1"), "Nobody none has no input; it has power, volume"),
    ):
        with pytest.raises(BadCommand, match=why):
            driver.request(wrong)


def test_what_no_template_knows_is_told_and_what_is_refused_is_refused() -> None:
    spec = spec_of(profile())
    driver = spec.make(spec.options())
    with pytest.raises(ProtocolError, match="nothing that the profile blank knows: HELLO"):
        driver.feed(b"HELLO\r\n")
    (reply,) = driver.feed(b"ERR7\r\n")
    assert reply.refused is not None
    assert "ERR7" in reply.refused.text


def test_devices_with_an_address_leave_each_others_messages_alone() -> None:
    text = BLANK.read_text(encoding="utf-8").replace("refusal:", "id: 1\nrefusal:")
    for old in ("POWER?", "POWER=", "POWER ", "VOL?", "VOL=", "VOL "):
        text = text.replace(f'"{old}', f'"{{id:02}}{old}')
    text = text.replace('send: "{id:02}POWER 1"', 'send: "01POWER 1"').replace('reply: "POWER=1"', 'reply: "01POWER=1"')
    spec = spec_of(read(load_yaml(text, "mine.yaml")))
    driver = spec.make(spec.options.model_validate({"id": 7}))
    assert [request.payload for request in driver.request(command("power", on=True))] == [b"07POWER 1\r\n"]
    assert [dict(reply.values) for reply in driver.feed(b"07POWER=1\r\n08POWER=0\r\n")] == [{"power": "on"}]
    machine = ProfileMachine({"id": 7}, profile=read(load_yaml(text, "mine.yaml")))
    assert [machine.answer(1, heard) for heard in machine.hear(1, b"08POWER?\r\n07POWER?\r\n")] == [[b"07POWER=0\r\n"]]
