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
from drivers.bench.check import prove
from drivers.bench.discover import Search, beacon, camera, mdns_question, pjlink, search, sweep, videohub
from drivers.bench.talk import Desk, exchange
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

GOLDEN = Path(__file__).parents[1] / "samples" / "protocol-vectors.yaml"
OTHER_WIRES = {"modbus_relay", "hdmi_cec", "hikvision_isapi"}
"""Written there for RTU, for the raw bus, as a line of HTTP; here they go over Modbus TCP, a gateway, in messages."""


def test_the_codecs_agree_with_the_golden_bytes() -> None:
    judged = [judge(golden) for golden in read(GOLDEN).vectors]
    differing = {each.golden.name: each.told for each in judged if each.verdict == "DIFFERS"
                 and each.golden.protocol not in OTHER_WIRES}  # fmt: skip
    assert differing == {}
    assert sum(each.verdict == "agrees" for each in judged) >= 140


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
