"""What golden answers must be decoded to: `golden.yaml`, read and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from drivers.codecs import dali
from drivers.codecs.inbox import Inbox, drain
from drivers.codecs.pulse_eight import Code, encode
from drivers.driver import Attentive, Driver, DriverSpec, Reply
from drivers.errors import BadConfig, ProtocolError
from drivers.model import Command
from drivers.registry import DRIVERS

_ANY = "any topic"
_CODECS = {"visca_over_ip": "visca_ip", "tesira_ttp": "tesira"}
"""Protocols that have another name here."""


class Meaning(BaseModel):
    """What one answer means: `frames` (or `lines`) to the codec, everything else to a driver that may have asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str = ""
    options: Mapping[str, Any] = {}
    asks: str = ""
    """The topic of the question that it answers."""
    after: str = ""
    """The verb that it answers, with `args`."""
    args: Mapping[str, Any] = {}
    means: Mapping[str, Any] | None = None
    topic: str | None = _ANY
    refuses: str = ""
    denies: str = ""
    busy: bool = False
    frames: Sequence[str] = ()
    lines: Sequence[str] = ()
    says: Sequence[str] = ()
    """Words among those in which the KNX library shows it."""


@cache
def meanings() -> Mapping[str, Mapping[str, Meaning]]:
    """Return what stands in `golden.yaml`, by protocol and name."""
    text = (files("drivers.bench") / "golden.yaml").read_text(encoding="utf-8")
    told = YAML(typ="safe").load(text)
    return {
        protocol: {name: Meaning.model_validate(each) for name, each in named.items()}
        for protocol, named in told.items()
    }


def driver_of(protocol: str) -> str:
    """Return the name of the driver and codec of a protocol."""
    return _CODECS.get(protocol, protocol)


def compare(protocol: str, meaning: Meaning, data: bytes) -> tuple[str, str]:
    """Return what `data` is decoded to, in words, and in what that differs from its meaning (empty: in nothing)."""
    if meaning.says:
        return _by_library(meaning, data)
    if meaning.frames or meaning.lines:
        return _by_codec(driver_of(protocol), meaning, data)
    return _by_driver(DRIVERS[meaning.driver or driver_of(protocol)], meaning, _wrapped(protocol, data))


def shown(reply: Reply) -> str:
    """Return a reply in words."""
    if reply.refused:
        return f"refused: {reply.refused.text}"
    if reply.denied:
        return f"denied: {reply.denied}"
    return f"{reply.topic or 'accepted'} {dict(reply.values)}" if reply.values else f"about {reply.topic or 'the last'}"


def _by_codec(name: str, meaning: Meaning, data: bytes) -> tuple[str, str]:
    try:
        found = _messages(name, data)
    except ProtocolError as error:
        return "", str(error)
    if meaning.lines:
        read = import_module(f"drivers.codecs.{name}").read
        found = [read(line) for block in found for line in block.lines]
    told, wanted = [repr(each) for each in found], [*(meaning.frames or meaning.lines)]
    return "; ".join(told), "" if told == wanted else f"{'; '.join(told) or 'nothing'} and not {'; '.join(wanted)}"


def _messages(name: str, data: bytes) -> list[Any]:
    if name == "dali":
        return [dali.read(data)]
    decoder = import_module(f"drivers.codecs.{name}").Decoder()
    return Inbox[Any, Any](decoder, lambda message: [message]).feed(data)


def _by_driver(spec: DriverSpec, meaning: Meaning, data: bytes) -> tuple[str, str]:
    driver = spec.make(spec.options.model_validate(meaning.options))
    _ask(driver, meaning)
    replies, errors = drain(driver.feed, data)
    told = "; ".join(map(shown, replies))
    if errors or not replies:
        return told, str(errors[0]) if errors else "nothing that was asked"
    return told, "" if _fits(replies, meaning) else f"{told} and not {_wanted(meaning)}"


def _wanted(meaning: Meaning) -> str:
    return str(meaning.model_dump(exclude_unset=True, exclude={"options", "asks", "after", "args", "driver"}))


def _ask(driver: Driver, meaning: Meaning) -> None:
    """Let the driver send what the vector answers."""
    if meaning.after:
        asked = driver.request(Command("golden", "device", meaning.after, meaning.args, "bench", "a vector", 0, 60.0))
    else:
        asked = [one for one in (*driver.hello(), *driver.poll()) if one.topic == meaning.asks]
    if isinstance(driver, Attentive):
        for request in asked:
            driver.leaving(request)


def _fits(replies: Sequence[Reply], meaning: Meaning) -> bool:
    values = {name: value for each in replies for name, value in each.values.items()}
    refused = [each.refused for each in replies if each.refused]
    denied = [each.denied for each in replies if each.denied]
    return (
        values == (meaning.means or {})
        and meaning.topic in (_ANY, *(each.topic for each in replies))
        and bool(refused) is bool(meaning.refuses)
        and bool(denied) is bool(meaning.denies)
        and all(meaning.refuses in each.text and each.busy >= meaning.busy for each in refused)
        and all(meaning.denies in text for text in denied)
    )


def _wrapped(protocol: str, data: bytes) -> bytes:
    """Return a CEC frame as the adapter tells it, byte by byte; everything else as it is."""
    if protocol != "hdmi_cec":
        return data
    last, acknowledged = 0x80, 0x40
    codes = [Code.FRAME_START, *[Code.FRAME_DATA] * (len(data) - 1)]
    flags = [acknowledged] * (len(data) - 1) + [acknowledged | last]
    return b"".join(encode(code | flag, bytes((byte,))) for code, flag, byte in zip(codes, flags, data, strict=True))


def _by_library(meaning: Meaning, data: bytes) -> tuple[str, str]:
    """Decode a KNXnet/IP frame or a telegram with xknx; raise BadConfig when it is not installed."""
    try:
        from xknx.cemi.cemi_frame import CEMIFrame
        from xknx.exceptions import XKNXException
        from xknx.knxip import KNXIPFrame
    except ImportError:
        raise BadConfig("KNX needs the extra `knx`: pip install 'semarak[knx]'") from None
    try:
        told = str(KNXIPFrame.from_knx(data)[0] if data[:2] == b"\x06\x10" else CEMIFrame.from_knx(data))
    except XKNXException as error:
        return "", str(error)
    missing = [word for word in meaning.says if word not in told]
    return told, f"{told} does not say {', '.join(missing)}" if missing else ""
