"""An emulated Hikvision wall controller: scenes, windows, a digest login, and failures behind a 200."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from drivers.codecs.inbox import Decoder
from drivers.codecs.plain_xml import name, parse, text
from drivers.devices.hikvision_isapi import Controller, Options
from drivers.driver import Driver
from drivers.emulators.http_door import Asked, DigestDoor, HttpEars, response
from drivers.emulators.text_machine import Crowd, TextMachine, number
from drivers.errors import ProtocolError, Refused
from drivers.model import Clock

_SPACE = "http://www.isapi.org/ver20/XMLSchema"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_FIRST_WINDOW, _FIRST_INPUT = 33_554_433, 16_842_753
_FACTS: Mapping[str, object] = {
    "model": "DS-C66S", "serial": "DS-C66S0123456789", "firmware": "V3.2.0", "user": "admin", "password": "hik12345",
    "windows": 4, "window": {}, "scene": 1, "scenes": {"1": {}, "2": {}}, "busy": False,
}  # fmt: skip
_WORDS = {1: ("OK", "ok"), 2: ("Device Busy", "deviceBusy"), 4: ("Invalid Operation", "invalidOperation")}
_BUSY, _BAD = 2, 4
_WALL = r"/ISAPI/DisplayDev/VideoWall/1"


class Wall:
    """One wall; windows are in the order of their ids."""

    family = "hikvision_isapi"
    ending = b"\r\n"
    most_clients = 8
    idle = 0.0

    def __init__(self, clock: Clock, seed: int) -> None:
        del clock  # everything is done at once
        self._chance = random.Random(seed)
        self.facts = dict(_FACTS)
        self.crowd = Crowd()
        self._door = DigestDoor(self.facts, realm="DS-C66S", seed=seed)
        self.remote: Driver = Controller(Options())
        self.stranger: Mapping[str, object] = {"model": "DS-C30S", "serial": "DS-C30S9999999999"}
        self._do: tuple[tuple[str, re.Pattern[str], Callable[[str, bytes], bytes]], ...] = (
            ("GET", re.compile(r"/ISAPI/System/deviceInfo"), lambda *_: self._device()),
            ("GET", re.compile(rf"{_WALL}/scene"), lambda *_: self._scenes()),
            ("GET", re.compile(rf"{_WALL}/scene/isRunning"), lambda *_: self._running()),
            ("PUT", re.compile(rf"{_WALL}/scene/(\d+)/activate"), lambda scene, _: self._activate(scene)),
            ("PUT", re.compile(rf"{_WALL}/scene/(\d+)/saveData"), lambda scene, _: self._save(scene)),
            ("GET", re.compile(rf"{_WALL}/windows"), lambda *_: self._list()),
            ("PUT", re.compile(rf"{_WALL}/windows/(\d+)"), self._write),
        )

    def ears(self, client: int) -> Decoder[Asked]:
        """Return what finds requests."""
        del client
        return HttpEars()

    def greet(self, client: int) -> Sequence[bytes]:
        """Say nothing."""
        del client
        return []

    def forget(self, client: int) -> None:
        """Let a client's login go."""
        self._door.forget(client)

    def acts(self, request: Asked) -> bool:
        """Return whether it changes anything."""
        return request.method != "GET"

    def answer(self, client: int, request: Asked) -> Sequence[bytes]:
        """Answer, or ask for a login; a refusal is a 200 with another status code inside."""
        if not self._door.opens(client, request):
            return [self._door.challenge(client)]
        for method, pattern, act in self._do:
            found = pattern.fullmatch(request.target)
            if found is None or method != request.method:
                continue
            try:
                return [response(200, act(found[1] if found.groups() else "", request.body))]
            except Refused as error:
                return [response(200, _status(request.target, _BUSY if error.busy else _BAD))]
        return [response(404, _status(request.target, _BAD))]

    def refuse(self, request: Asked) -> Sequence[bytes]:
        """Say that it is busy."""
        return [response(200, _status(request.target, _BUSY))]

    def restart(self) -> None:
        """Come up with the scene that ran."""

    def fit(self) -> None:
        """Have a place and a source for every window."""
        count = number(self.facts, "windows", most=256)
        kept = self._windows()
        self.facts["window"] = {
            str(n): {"x": (n - 1) % 4 * 1920, "y": (n - 1) // 4 * 1920, "width": 1920, "height": 1920,
                     "source": _FIRST_INPUT + n - 1, **kept.get(str(n), {})}
            for n in range(1, count + 1)
        }  # fmt: skip

    def news(self) -> bytes:
        """Return nothing: HTTP says nothing unasked."""
        return b""

    def unknown(self) -> bytes:
        """Return nothing: HTTP says nothing unasked."""
        return b""

    def meddle(self) -> None:
        """Let somebody else give a window another source."""
        window = self._windows()[str(self._chance.randint(1, len(self._windows())))]
        window["source"] = _FIRST_INPUT + self._chance.randrange(8)

    def _device(self) -> bytes:
        facts = self.facts
        return _document(
            "DeviceInfo",
            f"<deviceName>wall</deviceName><model>{facts['model']}</model><serialNumber>{facts['serial']}</serialNumber>"
            f"<firmwareVersion>{facts['firmware']}</firmwareVersion>",
        )

    def _scenes(self) -> bytes:
        scenes = (f"<WallScene><id>{n}</id><name>Scene {n}</name></WallScene>" for n in self._kept())
        return _document("WallSceneList", "".join(scenes))

    def _running(self) -> bytes:
        return _document("RunningScene", f"<sceneID>{self.facts['scene']}</sceneID>")

    def _activate(self, scene: str) -> bytes:
        kept = self._kept().get(scene)
        if self.facts["busy"] or kept is None:
            raise Refused("busy" if kept is not None else "no such scene", busy=kept is not None)
        self.facts["scene"] = int(scene)
        for window, values in kept.items():
            self._windows()[window].update(values)
        return _status(f"{_WALL}/scene/{scene}/activate", 1)

    def _save(self, scene: str) -> bytes:
        self._kept()[scene] = {window: dict(values) for window, values in self._windows().items()}
        return _status(f"{_WALL}/scene/{scene}/saveData", 1)

    def _list(self) -> bytes:
        return _document("WallWindowList", "".join(_window(int(n), each) for n, each in self._windows().items()))

    def _write(self, window: str, body: bytes) -> bytes:
        found = self._windows().get(str(int(window) - _FIRST_WINDOW + 1))
        if found is None:
            raise Refused("no such window")
        try:
            found.update(_read(body))
        except (ProtocolError, ValueError) as error:
            raise Refused(str(error)) from error
        return _status(f"{_WALL}/windows/{window}", 1)

    def _windows(self) -> dict[str, dict[str, int]]:
        windows = self.facts["window"]
        return windows if isinstance(windows, dict) else {}

    def _kept(self) -> dict[str, dict[str, dict[str, int]]]:
        scenes = self.facts["scenes"]
        return scenes if isinstance(scenes, dict) else {}


def _document(root: str, inside: str) -> bytes:
    return f'{_HEAD}<{root} version="2.0" xmlns="{_SPACE}">{inside}</{root}>'.encode()


def _status(target: str, code: int) -> bytes:
    words, sub = _WORDS[code]
    return _document(
        "ResponseStatus",
        f"<requestURL>{target}</requestURL><statusCode>{code}</statusCode><statusString>{words}</statusString>"
        f"<subStatusCode>{sub}</subStatusCode>",
    )


def _window(place: int, values: Mapping[str, int]) -> str:
    return (
        f"<WallWindow><id>{_FIRST_WINDOW + place - 1}</id><wndOperateMode>uniformCoordinate</wndOperateMode>"
        f"<Rect><Coordinate><x>{values['x']}</x><y>{values['y']}</y></Coordinate>"
        f"<width>{values['width']}</width><height>{values['height']}</height></Rect>"
        f"<layerIdx>{place}</layerIdx><windowMode>1</windowMode><wndShowMode>subWndMode</wndShowMode>"
        "<SubWindowList><SubWindow><id>1</id><SubWindowParam><signalMode>video input</signalMode>"
        f"<videoInputChannelID>{values['source']}</videoInputChannelID></SubWindowParam></SubWindow></SubWindowList>"
        "</WallWindow>"
    )


def _read(body: bytes) -> dict[str, int]:
    root = parse(body)
    if name(root) != "WallWindow":
        raise ValueError(name(root))
    source = text(root, "SubWindowList", "SubWindow", "SubWindowParam", "videoInputChannelID")
    x, y = text(root, "Rect", "Coordinate", "x"), text(root, "Rect", "Coordinate", "y")
    width, height = text(root, "Rect", "width"), text(root, "Rect", "height")
    return {"x": int(x), "y": int(y), "width": int(width), "height": int(height), "source": int(source)}


def wall(options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> TextMachine[Asked]:
    """Return a wall in this state."""
    return TextMachine(Wall(clock, seed), options)
