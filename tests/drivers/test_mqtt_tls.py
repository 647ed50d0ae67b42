"""TLS to the broker that sites run: both ends' certificates, a login, and every way in which trust fails."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.errors import BadConfig, LinkError, Refused
from drivers.model import DeviceState
from drivers.sensors.mqtt_tls import Untrusted
from tests.drivers.authority import Authority
from tests.drivers.telemetry_world import Heard, Journal, Mosquitto, free_port, gauge, publisher, running, source

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("mosquitto_passwd") is None, reason="mosquitto is not installed here"),
]
TOPIC = "bkl/v1/bpbd/pos-1/telemetry"
LINK = "mqtts://127.0.0.1"


@dataclass
class Door:
    """A broker with a plain door for sensors, and one with TLS for us."""

    plain: int
    secure: int
    authority: Authority
    folder: Path


@asynccontextmanager
async def broker(folder: Path, *, days: float = 30, address: str = "127.0.0.1") -> AsyncIterator[Door]:
    authority, secure = Authority(folder), free_port()
    certificate, key = authority.sign("broker", days=days, address=address)
    logins = folder / "logins"
    words = ["mosquitto_passwd", "-c", "-b", str(logins), "hall", "secret"]
    await (await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)).wait()
    more = (
        f"listener {secure} 127.0.0.1\ncafile {authority.file}\ncertfile {certificate}\nkeyfile {key}\n"
        f"require_certificate true\nallow_anonymous false\npassword_file {logins}\n"
    )
    mosquitto = Mosquitto(folder, more=more)
    plain = await mosquitto.start()
    try:
        yield Door(plain, secure, authority, folder)
    finally:
        await mosquitto.stop()


def ours(door: Door) -> dict[str, str]:
    """Return the options of somebody whom the broker trusts, and who trusts it."""
    certificate, key = door.authority.sign("hall")
    files = {"ca": str(door.authority.file), "certificate": str(certificate), "key": str(key)}
    return files | {"username": "hall", "password": "secret"}


@pytest.mark.parametrize("protocol", ["3.1.1", 5])
async def test_readings_come_over_tls_with_both_certificates_and_a_login(protocol: str | int, tmp_path: Path) -> None:
    heard, journal = Heard(), Journal(at_once=True)
    async with broker(tmp_path) as door:
        part = source(door.secure, [gauge()], heard, journal, link=LINK, protocol=protocol, **ours(door))
        sensor = await publisher(door.plain)
        async with running(part, heard):
            for value in range(3_000):
                sensor.publish(TOPIC, b'{"value":%d,"x":"%s"}' % (value % 700, b"y" * (value % 900)))
            await heard.until(lambda: len(heard.values("pos-1")) == 3_000)
            assert heard.values("pos-1") == [value % 700 for value in range(3_000)]
            await heard.until(lambda: part.counters["acknowledged"] == 3_000)
        assert heard.state is DeviceState.UP
        sensor.close()


async def refusal(door: Door, heard: Heard, **changes: str) -> Exception:
    part = source(door.secure, [gauge()], heard, Journal(), link=LINK, **(ours(door) | changes))
    with pytest.raises((Refused, LinkError, BadConfig)) as refused:
        async with asyncio.timeout(10):
            await part.run()
    return refused.value


async def test_a_broker_of_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    heard = Heard()
    async with broker(tmp_path) as door:
        stranger = Authority(tmp_path, "stranger")
        assert isinstance(await refusal(door, heard, ca=str(stranger.file)), Untrusted)
    assert heard.state is DeviceState.REFUSED
    assert "not trusted" in heard.statuses[-1].reason
    assert "option ca" in heard.statuses[-1].hint


async def test_an_expired_certificate_is_not_trusted(tmp_path: Path) -> None:
    heard = Heard()
    async with broker(tmp_path, days=-1) as door:
        assert isinstance(await refusal(door, heard), Untrusted)
    assert "certificate has expired" in heard.statuses[-1].reason
    assert "renew the broker's certificate" in heard.statuses[-1].hint


async def test_a_certificate_for_another_address_is_not_trusted(tmp_path: Path) -> None:
    heard = Heard()
    async with broker(tmp_path, address="192.0.2.5") as door:
        assert isinstance(await refusal(door, heard), Untrusted)
    assert heard.state is DeviceState.REFUSED
    assert "stands in the broker's certificate" in heard.statuses[-1].hint


async def test_a_broker_that_does_not_take_our_certificate_says_so(tmp_path: Path) -> None:
    heard = Heard()
    async with broker(tmp_path) as door:
        certificate, key = Authority(tmp_path, "stranger").sign("unknown")
        error = await refusal(door, heard, certificate=str(certificate), key=str(key))
        assert isinstance(error, Untrusted)
        assert heard.state is DeviceState.REFUSED
        assert "our own certificate" in heard.statuses[-1].hint
        assert isinstance(await refusal(door, heard, certificate="", key=""), Untrusted)


async def test_a_wrong_password_over_tls_is_a_refusal(tmp_path: Path) -> None:
    heard = Heard()
    async with broker(tmp_path) as door:
        error = await refusal(door, heard, password="wrong")
    assert type(error) is Refused
    assert "password" in heard.statuses[-1].hint


async def test_a_door_without_tls_is_named(tmp_path: Path) -> None:
    heard = Heard()
    async with broker(tmp_path) as door:
        door.secure = door.plain
        error = await refusal(door, heard)
    assert isinstance(error, LinkError)
    assert heard.state is DeviceState.SILENT


async def test_a_certificate_that_soon_expires_is_shown(tmp_path: Path) -> None:
    heard = Heard()
    async with broker(tmp_path, days=9) as door:
        part = source(door.secure, [gauge()], heard, Journal(), link=LINK, **ours(door))
        async with running(part, heard):
            assert heard.state is DeviceState.DEGRADED
            assert "the broker's certificate expires on 20" in heard.statuses[-1].reason


async def test_files_that_cannot_be_are_a_fault_of_the_configuration(tmp_path: Path) -> None:
    heard = Heard()
    (tmp_path / "garbage.pem").write_text("this is no certificate")
    async with broker(tmp_path) as door:
        other = door.authority.sign("other")[1]
        for change, told in [
            ({"ca": str(tmp_path / "none.pem")}, "none.pem: No such file"),
            ({"ca": str(tmp_path / "garbage.pem")}, "garbage.pem: holds no certificate"),
            ({"key": str(other)}, "hall.crt: holds no certificate, or not the one of its key"),
        ]:
            error = await refusal(door, heard, **change)
            assert told in str(error)
            assert heard.state is DeviceState.BAD_CONFIG


def test_files_of_tls_need_a_link_with_tls() -> None:
    with pytest.raises(BadConfig, match="write the link as mqtts://"):
        source(1883, [gauge()], Heard(), Journal(), ca="ca.pem")
    with pytest.raises(BadConfig, match="certificate and key go together"):
        source(8883, [gauge()], Heard(), Journal(), link=LINK, certificate="us.crt")
