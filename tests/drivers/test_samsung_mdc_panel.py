"""The emulated panel: what it does with each command, in a wall, in standby, and for everybody."""

from __future__ import annotations

import pytest

from drivers.codecs.samsung_mdc import Frame, accept, refuse
from drivers.emulators.emulator import REMOTE
from drivers.emulators.mdc_cells import CELLS
from drivers.emulators.samsung_mdc import Panel
from tests.fakes import FakeClock


def told(panel: Panel, command: int, data: bytes = b"", *, id: int = 1, client: int = 1) -> bytes:
    """Return what the panel says to a frame."""
    sent = Frame(command, id, data).encode()
    return b"".join(said for request in panel.hear(client, sent) for said in panel.answer(client, request))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def panel(clock: FakeClock) -> Panel:
    made = Panel({}, clock=clock)
    made.greet(1)
    return made


def test_it_does_not_hear_other_displays(panel: Panel) -> None:
    assert told(panel, 0x11, b"\0", id=2) == b""
    assert panel.state()["power"] == 1


def test_it_hears_frames_in_any_chopping_and_ignores_garbage(panel: Panel) -> None:
    stream = b"\0\7" + Frame(0x12, 1, b"\5").encode() + bytes.fromhex("aa11010100ff") + Frame(0x13, 1, b"\1").encode()
    heard = [frame for at in range(len(stream)) for frame in panel.hear(1, stream[at : at + 1])]
    assert heard == [Frame(0x12, 1, b"\5"), Frame(0x13, 1, b"\1")]


@pytest.mark.parametrize(("command", "data"), [(0x15, b"\x10"), (0x15, b"\x18")])
def test_the_picture_size_cannot_be_set_in_a_wall(panel: Panel, command: int, data: bytes) -> None:
    told(panel, 0x84, b"\1")
    assert told(panel, command, data) == refuse(command, 1)


@pytest.mark.parametrize(("command", "data"), [(0x5C, b"\1"), (0x5C, b""), (0x89, b"\x22\1")])
def test_wall_mode_and_geometry_need_the_wall(panel: Panel, command: int, data: bytes) -> None:
    assert told(panel, command, data) == refuse(command, 1)
    told(panel, 0x84, b"\1")
    assert told(panel, command, data)[4] == 0x41


@pytest.mark.parametrize("data", [b"\x22\5", b"\x22\0", b"\x02\1", b"\x22", b"\x22\1\1"])
def test_a_geometry_that_is_none_is_refused(panel: Panel, data: bytes) -> None:
    told(panel, 0x84, b"\1")
    assert told(panel, 0x89, data) == refuse(0x89, 1)


def test_in_standby_it_answers_and_does_only_what_needs_no_picture(panel: Panel) -> None:
    told(panel, 0x11, b"\0")
    assert told(panel, 0x14, b"\x23") == refuse(0x14, 1)
    assert told(panel, 0x00)[6] == 0
    assert told(panel, 0x36, b"\0") == accept(0x36, 1, b"\0")
    assert told(panel, 0x11, b"\1") == accept(0x11, 1, b"\1")


def test_an_unknown_command_and_a_wrong_value_are_refused(panel: Panel) -> None:
    assert told(panel, 0xEE) == refuse(0xEE, 1)
    assert told(panel, 0x12, b"\x65") == refuse(0x12, 1)
    assert told(panel, 0x83, b"\0") == refuse(0x83, 1)
    assert told(panel, 0x00, b"\0") == refuse(0x00, 1)


def test_a_sub_command_is_echoed_by_ack_and_not_by_nak(panel: Panel) -> None:
    assert told(panel, 0x1B, b"\x85") == accept(0x1B, 1, b"\x85\1")
    assert told(panel, 0x1B, b"\x85\0") == accept(0x1B, 1, b"\x85\0")
    assert told(panel, 0x1B, b"\x99") == refuse(0x1B, 1)


def test_every_cell_that_can_be_asked_answers(panel: Panel) -> None:
    told(panel, 0x84, b"\1")
    for (command, sub), cell in CELLS.items():
        if cell.asks:
            assert told(panel, command, b"" if sub is None else bytes([sub]))[4] == 0x41, cell.name


def test_a_reboot_is_acknowledged_and_takes_it_away_once(panel: Panel) -> None:
    assert told(panel, 0x11, b"\2") == accept(0x11, 1, b"\2")
    assert (panel.restarts() > 0, panel.restarts()) == (True, 0)


def test_without_network_standby_it_listens_only_when_it_is_on(panel: Panel) -> None:
    told(panel, 0xB5, b"\0")
    assert panel.listens()
    told(panel, 0x11, b"\0")
    assert not panel.listens()


def test_while_it_wakes_up_slowly_it_refuses_and_says_off(panel: Panel, clock: FakeClock) -> None:
    told(panel, 0x11, b"\0")
    panel.load({"warm_up": 8.0})
    assert told(panel, 0x11, b"\1") == accept(0x11, 1, b"\1")
    assert (told(panel, 0x00)[6], told(panel, 0x14, b"\x23")) == (0, refuse(0x14, 1))
    clock.advance(8)
    assert (told(panel, 0x00)[6], told(panel, 0x14, b"\x23")) == (1, accept(0x14, 1, b"\x23"))


def test_the_hours_go_on_while_it_is_lit(panel: Panel, clock: FakeClock) -> None:
    clock.advance(3600)
    assert told(panel, 0x83) == accept(0x83, 1, (30_006).to_bytes(2, "big"))


def test_the_keys_of_the_remote_control_work_unless_it_is_switched_off(panel: Panel) -> None:
    told(panel, 0xB0, b"\x07")
    told(panel, 0x62, b"\1")
    told(panel, 0x62, b"\0")
    assert panel.state()["volume"] == 11
    told(panel, 0x36, b"\0")
    assert told(panel, 0x12, b"\1", client=REMOTE) == b""
    assert panel.state()["volume"] == 11


def test_the_kinds_of_overlay_are_switched_one_by_one(panel: Panel) -> None:
    assert told(panel, 0xA3, b"\0\1") == accept(0xA3, 1, b"\x1f")
    assert told(panel, 0xA3, b"\1\0") == accept(0xA3, 1, b"\x1d")


def test_its_state_goes_out_and_in_again(panel: Panel) -> None:
    told(panel, 0x84, b"\1")
    told(panel, 0x89, b"\x34\5")
    other = Panel({}, clock=FakeClock())
    other.load(panel.state())
    assert other.state() == panel.state()
    assert other.state()["geometry"] == "3405"


@pytest.mark.parametrize(
    ("state", "error"),
    [({"colour_of_the_sky": 1}, KeyError), ({"volume": 300}, ValueError), ({"volume": 1.5}, ValueError)],
)
def test_a_state_that_is_none_is_refused(panel: Panel, state: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        panel.load(state)


def test_the_log_is_in_words(panel: Panel) -> None:
    assert panel.tell(Frame(0x14, 1, b"\x21").encode()) == "source 21 (id 1)"
    assert panel.tell(accept(0x00, 1, b"\1") + refuse(0x89, 1)) == "ACK status 01; NAK geometry 01"
