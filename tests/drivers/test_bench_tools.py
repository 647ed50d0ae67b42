"""The technician's tool: golden bytes, a profile proved on site, a talk by hand, and who is there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner

from drivers.bench import discover
from drivers.bench.check import app as check_app
from drivers.bench.check import prove, rehearse
from drivers.bench.discover import Search, beacon, camera, mdns_question, pjlink, search, sweep, videohub
from drivers.bench.golden import meanings
from drivers.bench.talk import Desk, Expert, exchange
from drivers.bench.vectors import app as vectors_app
from drivers.bench.vectors import judge, read
from drivers.emulators.chain import Chain
from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.samsung_mdc import Panel
from drivers.emulators.tcp_device import TcpDevice
from drivers.errors import BadConfig
from drivers.links.dial import dial
from drivers.profiles.library import OWN, shipped
from drivers.registry import DRIVERS
from tests.vectors import FILES

GOLDEN = Path(__file__).parents[1] / "samples" / "protocol-vectors.yaml"
ANSWERS = [(each.protocol, each.name) for each in read(GOLDEN).vectors if each.direction == "device_to_controller"]


def test_the_codecs_agree_with_every_golden_vector() -> None:
    ran = CliRunner().invoke(vectors_app, [str(GOLDEN)])
    wrong = [line for line in ran.output.splitlines() if line.startswith(("DIFFERS", "unjudged"))]
    assert (wrong, ran.exit_code) == ([], 0)
    assert "204 agree, 0 differ, 0 are unjudged" in ran.output
    assert "docs/decisions/0031" in next(line for line in ran.output.splitlines() if "barco_crp" in line)


def test_every_golden_answer_is_compared_with_what_it_says() -> None:
    known = meanings()
    assert [f"{protocol} {name}" for protocol, name in ANSWERS if name not in known.get(protocol, {})] == []


def test_a_golden_answer_that_says_something_else_differs() -> None:
    told = {each.name: each for each in read(GOLDEN).vectors}
    changes = {
        "relay0_on": "0a", "read_8_coils_reply": "0a", "short5_max": "0b06", "refuse_do": "fffd01",
        "volume_reply_8": b"f 01 OK09x".hex(), "switch_bad": b"mO /MEDIA/VIDEO/XP:switch\r\n".hex(),
        "report_power_on": "019001", "ack_socket1": "906103ff", "group_write_1_2_3_on": "1100bce011050a03010080",
    }  # fmt: skip
    judged = {name: judge(told[name].model_copy(update={"bytes_hex": text})).verdict for name, text in changes.items()}
    assert judged == dict.fromkeys(changes, "DIFFERS")


def test_what_nothing_here_can_judge_is_no_success(tmp_path: Path) -> None:
    text = "vectors:\n- {protocol: morse, name: sos, direction: device_to_controller, bytes_hex: '53', meaning: help}\n"
    (tmp_path / "v.yaml").write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(vectors_app, [str(tmp_path / "v.yaml")])
    assert (ran.exit_code, "unjudged morse sos" in ran.output) == (1, True)


def test_a_spoilt_vector_is_told_by_the_exit_status(tmp_path: Path) -> None:
    text = (
        "vectors:\n- {protocol: samsung_mdc, name: power_on, direction: device_to_controller,"
        " bytes_hex: aaff010341110157, meaning: power is on}\n"
    )
    (tmp_path / "v.yaml").write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(vectors_app, [str(tmp_path / "v.yaml")])
    assert (ran.exit_code, "DIFFERS" in ran.output, "bad checksum" in ran.output) == (1, True, True)
    (tmp_path / "v.yaml").write_text(text.replace("0157", "0156"), encoding="utf-8")
    ran = CliRunner().invoke(vectors_app, [str(tmp_path / "v.yaml")])
    assert (ran.exit_code, "{'power': 'on'}" in ran.output) == (0, True)
    assert CliRunner().invoke(vectors_app, [str(tmp_path / "none.yaml")]).exit_code == 2


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_profile_proves_itself(name: str) -> None:
    assert [each for each in prove(shipped()[name]) if each.fault] == []


@pytest.mark.parametrize("name", sorted({*DRIVERS} - {*shipped()}))
def test_every_driver_is_answered_by_its_own_emulator(name: str) -> None:
    options = {**FILES[name].meets.state, **FILES[name].meets.options}
    known = {key: value for key, value in options.items() if key in DRIVERS[name].options.model_fields}
    assert [each for each in rehearse(DRIVERS[name], known) if each.fault] == []


def test_a_driver_is_checked_with_its_options_and_its_golden_bytes() -> None:
    ran = CliRunner().invoke(check_app, ["videohub", "--golden", str(GOLDEN)])
    assert (ran.exit_code, "ok     golden: preamble" in ran.output) == (0, True)
    ran = CliRunner().invoke(check_app, ["hikvision_isapi", "--option", "password=hik12345"])
    assert (ran.exit_code, "ok     emulated: DeviceInfo" in ran.output) == (0, True)
    ran = CliRunner().invoke(check_app, ["hikvision_isapi"])
    assert (ran.exit_code, "it refuses the login" in ran.output) == (1, True)
    ran = CliRunner().invoke(check_app, ["pelco_d", "--golden", str(GOLDEN.with_name("none.yaml"))])
    assert (ran.exit_code, "none.yaml cannot be read" in ran.output) == (1, True)


def test_a_profile_with_a_wrong_example_says_which(tmp_path: Path) -> None:
    text = (OWN.parent / "devices" / "_blank.yaml").read_text(encoding="utf-8").replace("blank", "acme", 1)
    mine = tmp_path / "acme.yaml"
    mine.write_text(text.replace('send: "VOL 33"', 'send: "VOL 34"').replace("profile: blank", "profile: acme"))
    ran = CliRunner().invoke(check_app, [str(mine)])
    assert ran.exit_code == 1
    assert "example: volume 33: it sends b'VOL 33\\r\\n'" in ran.output
    mine.write_text("profile: [")
    assert "acme.yaml:1" in CliRunner().invoke(check_app, [str(mine)]).output


@pytest.mark.real
async def test_a_talk_shows_both_sides_says_what_they_mean_and_keeps_them(tmp_path: Path) -> None:
    device = emulate("denon_avr", name="avr", options={}, clock=RealClock())
    port = await device.start("127.0.0.1", 0)
    shown: list[str] = []
    record = tmp_path / "new.yaml"
    desk = Desk(shipped()["denon_avr"], b"\r\n", say=shown.append, record=record)
    link = await dial(f"tcp://127.0.0.1:{port}")
    await exchange(link, desk, "MV33")
    await exchange(link, desk, "hex: 4d 55 3f 0d")
    await link.close()
    await device.stop()
    assert shown[0] == "> b'MV33\\r'  4d 56 33 33 0d"
    assert "  means {'volume': 33}" in shown
    assert "> b'MU?\\r'  4d 55 3f 0d" in shown
    assert 'send: "MV33", reply: "MV33"' in record.read_text(encoding="utf-8")
    with pytest.raises(BadConfig, match="pairs of hexadecimal digits"):
        desk.bytes_of("hex: 4")


@pytest.mark.real
async def test_a_driver_explains_both_sides_of_a_talk() -> None:
    device = emulate("samsung_mdc", name="panel", options={"id": 1}, clock=RealClock())
    port = await device.start("127.0.0.1", 0)
    shown: list[str] = []
    desk = Desk(None, b"", say=shown.append, record=None, expert=Expert("samsung_mdc", ["id=1"]))
    link = await dial(f"tcp://127.0.0.1:{port}")
    await exchange(link, desk, "hex: aa 11 01 01 01 14")
    await link.close()
    await device.stop()
    assert shown == [
        r"> b'\xaa\x11\x01\x01\x01\x14'  aa 11 01 01 01 14",
        r"  asks Frame(command=17, id=1, data=b'\x01')",
        r"< b'\xaa\xff\x01\x03A\x11\x01V'  aa ff 01 03 41 11 01 56",
        "  means {'power': 'on'}",
    ]
    assert Expert("samsung_mdc").asked(b"hello") == ["nothing that it understands"]
    desk.show("<", bytes.fromhex("aaff010341110157"))
    assert "the driver does not know it: bad checksum" in shown[-1]
    with pytest.raises(BadConfig, match="no driver is called 'morse'"):
        Expert("morse")


class Answerer(asyncio.DatagramProtocol):
    """Answers every datagram with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self._transport.sendto(self._answer, address)


PROBE_MATCH = (
    b"<e:Envelope><e:Body><d:ProbeMatches><d:Scopes>onvif://www.onvif.org/name/Gate onvif://www.onvif.org/hardware/DS2"
    b"</d:Scopes><d:XAddrs>http://192.0.2.5/onvif/device_service</d:XAddrs></d:ProbeMatches></e:Body></e:Envelope>"
)
MDNS = (
    bytes.fromhex("000084000000000100000000")
    + b"\x0b_blackmagic\x04_tcp\x05local\x00"
    + bytes.fromhex("000c00010000007800120f")
    + b"Smart Videohub1\xc0\x0c"
)


@pytest.mark.real
@pytest.mark.parametrize(
    ("tell", "answer", "told"),
    [
        (pjlink, b"%2ACKN=40:4e:36:ce:e5:9c\r", "a projector (PJLink class 2), MAC 40:4e:36:ce:e5:9c"),
        (camera, PROBE_MATCH, "a camera (ONVIF) Gate, DS2 at http://192.0.2.5/onvif/device_service"),
        (videohub, MDNS, "a Blackmagic device Smart Videohub1"),
    ],
)
async def test_who_answers_a_search_is_listed(tell: Callable[[bytes], str], answer: bytes, told: str) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Answerer(answer), local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    found = await search([Search("127.0.0.1", port, b"who?", tell)], 20.0, most=1)
    transport.close()
    assert found == [f"127.0.0.1       {told}"]
    assert tell(b"something else") == ""


def test_a_beacon_and_a_question_are_as_their_papers_say() -> None:
    heard = b"AMXB<-UUID=GlobalCache_000C1E024239><-SDKClass=Utility><-Make=GlobalCache><-Model=iTachWF2IR>\r"
    assert beacon(heard) == "GlobalCache iTachWF2IR, GlobalCache_000C1E024239"
    assert beacon(b"AMXB") == ""
    question = mdns_question("_blackmagic._tcp.local")
    assert (
        question == bytes.fromhex("000000000001000000000000") + b"\x0b_blackmagic\x04_tcp\x05local\x00\x00\x0c\x80\x01"
    )
    assert socket.inet_aton(discover.SEARCHES["itach"].group)


@pytest.mark.real
async def test_a_bus_is_swept_id_by_id_and_asked_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "ANSWER_S", 1.0)
    clock = RealClock()
    chain = TcpDevice("bus", Chain([Panel({"id": id, "serial": f"S{id}"}, clock=clock) for id in (0, 2)]), clock=clock)
    port = await chain.start()
    before = chain.machine.state()
    found = await sweep(f"tcp://127.0.0.1:{port}", "samsung_mdc", 2)
    assert [line[:6] for line in found] == ["id   0", "id   2"]
    assert chain.machine.state() == before
    await chain.stop()
    with pytest.raises(BadConfig, match="has no id to sweep"):
        await sweep("tcp://127.0.0.1:1", "videohub", 4)
