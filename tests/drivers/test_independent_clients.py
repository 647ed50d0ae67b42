"""Clients that we did not write complete their scripts against our emulators: both of us read the same manual."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiopjlink import PJLink, PJLinkERR1, PJLinkERR2, PJLinkERR3, PJLinkPassword, Power, Sources
from samsung_mdc import MDC
from samsung_mdc.exceptions import MDCTLSAuthFailed, MDCTLSRequired, NAKError
from videohubwire.client import Videohub, VideohubError

from drivers.emulators.clock import RealClock
from drivers.emulators.families import emulate
from drivers.emulators.tcp_device import TcpDevice
from drivers.model import Value
from tests.fakes import FakeClock

pytestmark = pytest.mark.real
HOST = "127.0.0.1"


@asynccontextmanager
async def emulated(
    family: str, clock: FakeClock | None = None, **options: Value
) -> AsyncIterator[tuple[TcpDevice[Any], int]]:
    """Serve one emulated device on a free port."""
    device = emulate(family, name=family, options=options, clock=clock or RealClock())
    assert isinstance(device, TcpDevice)
    port = await device.start(HOST, 0)
    try:
        yield device, port
    finally:
        await device.stop()


# --- python-samsung-mdc ------------------------------------------------------------------------------------------


async def test_python_samsung_mdc_runs_a_panel() -> None:
    async with emulated("samsung_mdc", id=3, model="QM55B", serial="0ABC") as (_, port), MDC(f"{HOST}:{port}") as mdc:
        assert await mdc.model_name(3) == ("QM55B",)
        assert await mdc.serial_number(3) == ("0ABC",)
        assert (await mdc.power(3, ["OFF"]), await mdc.power(3, ["ON"])) == ((0,), (1,))
        assert await mdc.volume(3, [42]) == (42,)
        assert await mdc.mute(3, ["ON"]) == (1,)
        assert (await mdc.input_source(3, ["DISPLAY_PORT_1"]))[0].name == "DISPLAY_PORT_1"
        status = await mdc.status(3)
        assert [int(value) for value in status] == [1, 42, 1, 0x25, 0x10, 0, 0]


async def test_python_samsung_mdc_finds_the_wall_s_own_rules() -> None:
    async with emulated("samsung_mdc") as (_, port), MDC(f"{HOST}:{port}") as mdc:
        with pytest.raises(NAKError):
            await mdc.video_wall_mode(1, ["FULL"])
        await mdc.video_wall_state(1, ["ON"])
        assert await mdc.video_wall_mode(1, ["FULL"]) == (1,)
        assert await mdc.video_wall_model(1, ["4,3", 7]) == ((4, 3), 7)
        with pytest.raises(NAKError):
            await mdc.picture_aspect(1, ["PC_16_9"])
        await mdc.video_wall_state(1, ["OFF"])
        assert (await mdc.picture_aspect(1, ["PC_4_3"]))[0].name == "PC_4_3"


async def test_python_samsung_mdc_cannot_set_a_timing_variant() -> None:
    async with emulated("samsung_mdc") as (_, port), MDC(f"{HOST}:{port}") as mdc:
        with pytest.raises(NAKError):
            await mdc.input_source(1, ["HDMI1_PC"])


ASKED = (
    "error_status", "software_version", "model_number", "screen_size", "mdc_connection", "contrast", "brightness",
    "sharpness", "color", "tint", "auto_power", "ir_state", "color_tone", "color_temperature", "standby", "auto_lamp",
    "manual_lamp", "inverse", "safety_lock", "panel_lock", "ticker", "device_name", "osd", "picture_mode", "sound_mode",
    "all_keys_lock", "panel_on_time", "energy_saving", "osd_type", "network_standby", "auto_id_setting", "panel",
    "network_configuration", "network_mode", "weekly_restart", "magicinfo_server", "launcher_play_via",
    "launcher_url_address", "osd_menu_orientation", "auto_source_switch", "auto_source", "screen_mute", "menu_size",
)  # fmt: skip


async def test_python_samsung_mdc_can_read_everything_that_we_answer() -> None:
    async with emulated("samsung_mdc") as (_, port), MDC(f"{HOST}:{port}") as mdc:
        answers = {name: await getattr(mdc, name)(1) for name in ASKED if hasattr(mdc, name)}
        assert len(answers) >= len(ASKED) - 1
        assert int(answers["error_status"][3]) == 0


SET: Mapping[str, list[object]] = {
    "contrast": [30], "brightness": [31], "sharpness": [32], "color": [33], "tint": [34], "manual_lamp": [80],
    "ir_state": ["DISABLED"], "safety_lock": ["ON"], "panel_lock": ["ON"], "osd": [False], "panel": ["OFF"],
    "network_standby": ["ON"], "device_name": ["Aula"], "energy_saving": ["LOW"], "picture_mode": ["STANDARD"],
    "auto_source_switch": ["ON"], "launcher_url_address": ["http://192.0.2.9/"], "screen_mute": ["ON"],
}  # fmt: skip


async def test_what_python_samsung_mdc_sets_it_reads_back() -> None:
    async with emulated("samsung_mdc") as (_, port), MDC(f"{HOST}:{port}") as mdc:
        for name, data in SET.items():
            assert await getattr(mdc, name)(1, data) == await getattr(mdc, name)(1), name


async def test_python_samsung_mdc_passes_the_secured_door() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the client asks for the oldest TLS there is
        async with emulated("samsung_mdc", password="1234") as (_, port):
            async with MDC(f"{HOST}:{port}", pin="1234") as mdc:
                assert await mdc.volume(1, [9]) == (9,)
            with pytest.raises(MDCTLSAuthFailed):
                await MDC(f"{HOST}:{port}", pin="9999").open()
            plain = MDC(f"{HOST}:{port}")
            with pytest.raises(MDCTLSRequired):
                await plain.status(1)
            await plain.close()


async def test_after_three_wrong_pins_the_door_is_blocked_even_for_the_right_one() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the client asks for the oldest TLS there is
        async with emulated("samsung_mdc", password="1234") as (_, port):
            codes = []
            for pin in ("1", "2", "3", "1234"):
                with pytest.raises(MDCTLSAuthFailed) as caught:
                    await MDC(f"{HOST}:{port}", pin=pin).open()
                codes.append(caught.value.args[0])
            assert codes == [1, 1, 1, 2]


async def test_the_secured_door_has_a_certificate_of_its_own() -> None:
    async with emulated("samsung_mdc", password="1234") as (_, port):
        reader, writer = await asyncio.open_connection(HOST, port)
        assert await reader.readexactly(15) == b"MDCSTART<<TLS>>"
        strict = ssl.create_default_context()
        with pytest.raises(ssl.SSLCertVerificationError):
            await writer.start_tls(strict, server_hostname=HOST)
        writer.close()


# --- videohubwire (bmdwire) --------------------------------------------------------------------------------------


async def with_hubs(work: Callable[[Videohub, Videohub], None], **options: Value) -> TcpDevice[Any]:
    """Let two clients of a matrix work in a thread, as the library blocks."""

    def script(port: int) -> None:
        with Videohub(HOST, port) as first, Videohub(HOST, port) as second:
            work(first, second)

    async with emulated("videohub", **options) as (device, port):
        await asyncio.to_thread(script, port)
        return device


async def test_videohubwire_reads_the_prelude_and_routes() -> None:
    def work(first: Videohub, second: Videohub) -> None:
        assert (first.video_inputs, first.video_outputs) == (16, 16)
        first.ping()
        first.route(4, 11)
        assert second.state()["outputs"][4] == {"index": 4, "label": "Output 5", "source": 11, "lock": "U"}

    device = await with_hubs(work)
    assert device.machine.state()["routing"][4] == 11  # type: ignore[index]  # a list, as state() says


async def test_videohubwire_changes_labels_that_everybody_sees() -> None:
    def work(first: Videohub, second: Videohub) -> None:
        first.set_input_label(2, "CCTV simpang lima")
        first.set_output_label(0, "Dinding kiri")
        state = second.state()
        assert (state["inputs"][2]["label"], state["outputs"][0]["label"]) == ("CCTV simpang lima", "Dinding kiri")

    await with_hubs(work)


async def test_videohubwire_is_refused_at_an_output_that_another_client_has_locked() -> None:
    def work(first: Videohub, second: Videohub) -> None:
        first._send("VIDEO OUTPUT LOCKS:\n3 O\n\n")
        assert (first.state()["outputs"][3]["lock"], second.state()["outputs"][3]["lock"]) == ("O", "L")
        with pytest.raises(VideohubError, match="refused"):
            second.route(3, 1)
        first.route(3, 1)
        second._send("VIDEO OUTPUT LOCKS:\n3 F\n\n")
        assert second.state()["outputs"][3]["lock"] == "U"
        second.route(3, 2)
        assert first.state()["outputs"][3]["source"] == 2

    await with_hubs(work)


async def test_videohubwire_knows_a_matrix_without_the_end_of_the_prelude() -> None:
    def work(first: Videohub, _second: Videohub) -> None:
        assert (first.protocol_version, first.state()["outputs"][15]["source"]) == ("2.3", 15)

    await with_hubs(work, version="2.3")


# --- aiopjlink2 --------------------------------------------------------------------------------------------------


async def test_aiopjlink_runs_a_projector_through_its_warm_up() -> None:
    clock = FakeClock()
    async with emulated("pjlink", clock, warm_up=20.0, cool_down=30.0) as (_, port):
        link = PJLink(HOST, port)
        assert await link.power.get() is Power.State.OFF
        with pytest.raises(PJLinkERR3):
            await link.sources.get()
        await link.power.turn_on()
        assert await link.power.get() is Power.State.WARMING
        with pytest.raises(PJLinkERR3):
            await link.power.turn_off()
        clock.advance(21)
        assert await link.power.get() is Power.State.ON
        await link.power.turn_off()
        assert await link.power.get() is Power.State.COOLING
        clock.advance(31)
        assert await link.power.get() is Power.State.OFF


async def test_aiopjlink_sets_inputs_mutes_and_freeze() -> None:
    async with emulated("pjlink", power="on") as (_, port):
        link = PJLink(HOST, port)
        await link.sources.set(Sources.Mode.DIGITAL, 2)
        assert await link.sources.get() == (Sources.Mode.DIGITAL, "2")
        assert (Sources.Mode.DIGITAL, "A") not in await link.sources.available()
        names = await link.sources.available_with_names()
        assert (Sources.Mode.DIGITAL, "A", "HDMI A") in names
        with pytest.raises(PJLinkERR2):
            await link.sources.set(Sources.Mode.STORAGE, 9)
        await link.mute.video(True)
        await link.mute.audio(True)
        assert await link.mute.status() == (True, True)
        await link.mute.video(False)
        assert await link.mute.status() == (False, True)
        await link.freeze.set(True)
        assert await link.freeze.get() is True
        await link.speaker.turn_up()
        await link.microphone.turn_down()


async def test_aiopjlink_reads_everything_there_is() -> None:
    async with emulated("pjlink", power="on", lamps="1250 310", errors="010000") as (_, port):
        link = PJLink(HOST, port)
        assert [hours for hours, _ in await link.lamps.status()] == [1250, 310]
        assert {part.name: level.name for part, level in (await link.errors.query()).items()}["LAMP"] == "WARN"
        table = await link.info.table()
        assert table["manufacturer_name"] == "EPSON"
        assert None not in table.values()
        assert await link.sources.resolution() == (1920, 1080)
        assert await link.sources.recommended_resolution() == (1920, 1200)
        assert (await link.filter.hours(), await link.filter.replacement_models()) == (410, ["ELPAF00"])
        assert await link.lamps.replacement_models() == ["ELPLP00"]


async def test_aiopjlink_logs_in_and_is_refused_with_a_wrong_password() -> None:
    async with emulated("pjlink", password="JBMIAProjectorLink") as (_, port):
        assert await PJLink(HOST, port, password="JBMIAProjectorLink").power.get() is Power.State.OFF
        with pytest.raises(PJLinkPassword):
            await PJLink(HOST, port, password="salah").power.get()


async def test_aiopjlink_finds_no_lamp_in_a_laser_and_no_freeze_in_class_1() -> None:
    async with emulated("pjlink", power="on", lamps="", **{"class": 1}) as (_, port):
        link = PJLink(HOST, port)
        with pytest.raises(PJLinkERR1):
            await link.lamps.status()
        with pytest.raises(PJLinkERR1):
            await link.freeze.get()
