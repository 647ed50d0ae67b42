"""What a serial URL means: settings with their faults named, and names that outlive a re-plug."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from drivers.bench.ports import listed
from drivers.device_config import DeviceConfig
from drivers.errors import BadConfig
from drivers.links import Unreachable, host_of
from drivers.links.dial import dial
from drivers.links.serial_port import PortSettings, names_of, path_of, port_settings, usb_name


@dataclass
class Plugged:
    """A port as the system lists it."""

    device: str
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None


ADAPTERS = (
    Plugged("/dev/ttyS0"),
    Plugged("/dev/ttyUSB0", 0x0403, 0x6001, "A50285BI"),
    Plugged("/dev/ttyUSB1", 0x0403, 0x6001, "AB0JQ9X2"),
    Plugged("/dev/ttyACM0", 0x2341, 0x0043),
)


def found(name: str) -> str:
    return path_of(name, plugged_in=lambda: ADAPTERS)


def settings(url: str) -> PortSettings:
    parts = urlsplit(url)
    return port_settings(parts, f"{parts.netloc}{parts.path}")


def test_a_url_says_how_the_line_is_spoken_to() -> None:
    url = "serial:///dev/ttyUSB0?baud=19200&bits=7&parity=E&stop=2&flow=rtscts&rs485=on&backend=serialx"
    assert settings(url) == PortSettings(
        name="/dev/ttyUSB0", baud=19_200, bits=7, parity="E", stop=2, flow="rtscts", rs485="on", backend="serialx"
    )
    assert settings("serial:///dev/ttyS1") == PortSettings(name="/dev/ttyS1")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("serial:///dev/ttyS0?baud=fast", "serial:///dev/ttyS0: baud: Input should be a valid integer"),
        ("serial:///dev/ttyS0?bits=9", "bits: Input should be less than or equal to 8"),
        ("serial:///dev/ttyS0?parity=even", "parity: Input should be 'N', 'E', 'O', 'M' or 'S'"),
        ("serial:///dev/ttyS0?speed=9600", "speed: Extra inputs are not permitted; a line has baud, bits, parity"),
        ("serial:///dev/ttyS0?baud=", "baud: Input should be a valid integer"),
        ("serial://", "names no port; write it as serial:///dev/ttyUSB0?baud=9600"),
        ("serial://ttyUSB0", "'ttyUSB0' is no port's name; write it as serial:///dev/ttyUSB0?baud=9600"),
    ],
)
async def test_a_line_that_cannot_be_is_named(url: str, why: str) -> None:
    with pytest.raises(BadConfig) as caught:
        path_of(settings(url).name)
    assert why in str(caught.value)


def test_a_usb_adapter_is_found_by_what_it_is_wherever_it_is_plugged() -> None:
    assert found("0403:6001:AB0JQ9X2") == "/dev/ttyUSB1"
    assert found("2341:0043") == "/dev/ttyACM0"
    assert found("/dev/ttyS7") == "/dev/ttyS7"
    assert [usb_name(each) for each in ADAPTERS[1:]] == ["0403:6001:A50285BI", "0403:6001:AB0JQ9X2", "2341:0043"]


def test_an_adapter_that_is_not_plugged_in_is_missed_with_what_is() -> None:
    with pytest.raises(Unreachable, match="no port 0403:6001:NOPE is plugged in") as caught:
        found("0403:6001:NOPE")
    assert caught.value.hint.endswith("Plugged in now: 0403:6001:A50285BI, 0403:6001:AB0JQ9X2, 2341:0043")


def test_a_name_that_fits_two_adapters_fits_none() -> None:
    with pytest.raises(Unreachable, match="0403:6001 fits several ports: /dev/ttyUSB0, /dev/ttyUSB1"):
        found("0403:6001")


def test_a_port_is_found_by_udevs_link(tmp_path: Path) -> None:
    (tmp_path / "by-id").mkdir()
    (tmp_path / "by-id" / "usb-FTDI_A50285BI-if00-port0").symlink_to("/dev/null")
    name = "by-id/usb-FTDI_A50285BI-if00-port0"
    assert path_of(name, by_link=tmp_path) == str(tmp_path / name)
    with pytest.raises(Unreachable, match="no port by-id/usb-other is plugged in") as caught:
        path_of("by-id/usb-other", by_link=tmp_path)
    assert "Plugged in now: usb-FTDI_A50285BI-if00-port0" in caught.value.hint
    with pytest.raises(Unreachable, match="by-path"):
        path_of("by-path/pci-0000:00:14.0-usb-0:3:1.0-port0", by_link=tmp_path)


def test_a_technician_is_shown_every_name_the_steadiest_first(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB1"
    device.touch()
    for kind, name in (("by-id", "usb-FTDI_AB0JQ9X2-if00-port0"), ("by-path", "pci-0000:00:14.0-usb-0:3:1.0-port0")):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / name).symlink_to(device)
        (tmp_path / kind / "another").symlink_to("/dev/null")
    names = names_of(Plugged(str(device), 0x0403, 0x6001, "AB0JQ9X2"), by_link=tmp_path)
    assert names == [
        "by-id/usb-FTDI_AB0JQ9X2-if00-port0",
        "0403:6001:AB0JQ9X2",
        "by-path/pci-0000:00:14.0-usb-0:3:1.0-port0",
        str(device),
    ]
    assert list(listed([ADAPTERS[3]])) == [
        "/dev/ttyACM0",
        "  serial://2341:0043?baud=9600",
        "  serial:///dev/ttyACM0?baud=9600",
    ]
    assert "no serial port is plugged in" in next(iter(listed([])))


@pytest.mark.parametrize("name", ["serial:///dev/ttyS0?baud=9600", "serial://by-id/usb-x", "serial://0403:6001:AB"])
def test_a_serial_link_is_one_that_a_site_file_may_have_and_leads_to_no_host(name: str) -> None:
    assert DeviceConfig.model_validate({"id": "a", "name": "A", "driver": "x", "link": name}).link == name
    assert host_of(name) == ""
    assert host_of("tcp://192.0.2.1:99") == "192.0.2.1"


async def test_a_site_that_names_a_port_nobody_has_is_told_so() -> None:
    with pytest.raises(BadConfig, match="is no port's name"):
        await dial("serial://COM3?baud=9600")
