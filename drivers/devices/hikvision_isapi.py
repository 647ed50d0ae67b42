"""Hikvision wall controllers and decoders over ISAPI: scenes, what each window shows, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Annotated
from xml.etree.ElementTree import Element

from pydantic import BaseModel, Field, SecretStr

from drivers.capability import check, place_text, whole
from drivers.codecs.http import Response
from drivers.codecs.plain_xml import child, name, parse, text, write
from drivers.device_config import Strict
from drivers.devices.crosspoints import Crosspoints, preset_number, route_points
from drivers.devices.web_talk import WebTalk, call
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, Value

_MOST_ID = 0xFFFF_FFFF
_SCENES = 4096
_GOOD = ("0", "1")
"""`statusCode` of a command that was obeyed; HTTP says 200 in any case."""
_BUSY = ("2",)
_STATUS = "ResponseStatus"
_SOURCE = ("SubWindowList", "SubWindow", "SubWindowParam", "videoInputChannelID")
_IDENTITY = {"model": "model", "serialNumber": "serial", "firmwareVersion": "firmware"}


class Options(Strict):
    """The login, and which wall."""

    user: Annotated[str, Field(min_length=1, max_length=64)] = "admin"
    """The user name."""
    password: SecretStr = SecretStr("")
    """The password; it is never sent as it is (HTTP digest)."""
    wall: Annotated[int, Field(ge=1, le=64)] = 1
    """The wall's number; give a device for each wall."""
    windows: Annotated[int, Field(ge=1, le=256)] = 16
    """How many windows are shown: the first ones in the wall's own order."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""


class Controller:
    """One conversation with one controller; answers tell by the name of their root what they are."""

    def __init__(self, options: Options) -> None:
        self._root = f"/ISAPI/DisplayDev/VideoWall/{options.wall}"
        self._size = Crosspoints("this wall", _MOST_ID, options.windows)
        self._windows: list[Element] = []
        self._talk = WebTalk(options.user, options.password.get_secret_value(), self._read)
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], list[Request]]] = {
            "preset": self._activate,
            "route": self._route,
            "place": self._place,
        }
        self._readers: Mapping[str, Callable[[Element], Mapping[str, Value]]] = {
            "DeviceInfo": _identity,
            "RunningScene": lambda root: {"preset": str(_number(text(root, "sceneID")))},
            "WallWindowList": self._listed,
        }

    def hello(self) -> Sequence[Request]:
        """Ask who it is; the first question meets the login."""
        return [call("GET", "/ISAPI/System/deviceInfo", topic="DeviceInfo")]

    def poll(self) -> Sequence[Request]:
        """Ask which scene runs, and for all windows."""
        running = call("GET", f"{self._root}/scene/isRunning", topic="RunningScene")
        return [running, call("GET", f"{self._root}/windows", topic="WallWindowList")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the requests of a command; raise BadCommand for what this wall has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Hikvision wall has no {command.verb}; it has {', '.join(self._commands)}")
        return encode(command.args)

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask for everything: it is two requests."""
        return self.poll()

    def leaving(self, request: Request) -> bytes:
        """Return the request's bytes, signed."""
        return self._talk.leaving(request)

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; raise ProtocolError for what is no answer."""
        return self._talk.feed(data)

    def hung_up(self) -> Sequence[Reply]:
        """Return the reply that only the end of the connection completes."""
        return self._talk.hung_up()

    def _activate(self, args: Mapping[str, Arg]) -> list[Request]:
        scene = preset_number(args["preset"], _SCENES)
        return [call("PUT", f"{self._root}/scene/{scene}/activate", topic=_STATUS, patience=10.0)]

    def _route(self, args: Mapping[str, Arg]) -> list[Request]:
        return [self._changed(window, {_SOURCE: source}) for window, source in self._size.routes(args["routes"])]

    def _place(self, args: Mapping[str, Arg]) -> list[Request]:
        x, y, width, height = (whole(args[each]) for each in ("x", "y", "width", "height"))
        if min(x, y) < 0 or min(width, height) < 1:
            raise BadCommand(f"a window stands inside the wall and has a size, not {x},{y} and {width} by {height}")
        place = {("Coordinate", "x"): x, ("Coordinate", "y"): y, ("width",): width, ("height",): height}
        return [self._changed(self._size.output(args["window"]), {("Rect", *path): to for path, to in place.items()})]

    def _changed(self, window: int, values: Mapping[tuple[str, ...], int]) -> Request:
        """Return the request that writes a window as it was read, but for these values."""
        if window > len(self._windows):
            raise BadCommand(f"there is no window {window} on the wall; it has {len(self._windows)}")
        changed = deepcopy(self._windows[window - 1])
        for path, value in values.items():
            found = child(changed, *path)
            if found is None:
                raise BadCommand(f"window {window} has no {path[-1]} that could be set")
            found.text = str(value)
        return call("PUT", f"{self._root}/windows/{text(changed, 'id')}", topic=_STATUS, body=write(changed))

    def _read(self, response: Response) -> Sequence[Reply]:
        if not response.body:
            return [_refused(f"HTTP {response.status}")] if response.status >= 300 else []
        root = parse(response.body)
        if name(root) == _STATUS:
            return [_verdict(root)]
        reader = self._readers.get(name(root))
        if response.status >= 300:
            return [_refused(f"HTTP {response.status}")]
        return [Reply(name(root), reader(root))] if reader else []

    def _listed(self, root: Element) -> Mapping[str, Value]:
        self._windows = [each for each in root if name(each) == "WallWindow"]
        values: dict[str, Value] = {}
        for window, element in enumerate(self._windows[: self._size.outputs], 1):
            source = text(element, *_SOURCE)
            values |= self._size.told(window, _number(source)) if source else {}
            values[f"place.{window}"] = place_text(
                _number(text(element, "Rect", "Coordinate", "x")), _number(text(element, "Rect", "Coordinate", "y")),
                _number(text(element, "Rect", "width")), _number(text(element, "Rect", "height")),
            )  # fmt: skip
        return values


def _identity(root: Element) -> Mapping[str, Value]:
    return {point: text(root, tag) for tag, point in _IDENTITY.items() if text(root, tag)}


def _verdict(root: Element) -> Reply:
    code, why = text(root, "statusCode"), text(root, "subStatusCode") or text(root, "statusString")
    if code in _GOOD:
        return Reply(_STATUS)
    return Reply(_STATUS, refused=Refusal(f"the wall refuses: {why} (statusCode {code})", busy=code in _BUSY))


def _refused(why: str) -> Reply:
    return Reply(None, refused=Refusal(f"the wall refuses: {why}"))


def _number(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) <= 10):
        raise ProtocolError(f"a number is wanted, not {word[:20]!r}")
    return int(word)


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    windows = getattr(options, "windows", 1)
    return (
        PointSpec("model", Name("Model", "Model")),
        PointSpec("serial", Name("Nomor seri", "Serial number")),
        PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
        PointSpec("preset", Name("Adegan yang berjalan", "Running scene")),
        *route_points(windows),
        *(PointSpec(f"place.{n}", Name(f"Letak jendela {n}", f"Place of window {n}")) for n in range(1, windows + 1)),
    )


def _make(options: BaseModel) -> Driver:
    return Controller(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="hikvision_isapi",
    maker="Hikvision",
    models=("DS-C10S", "DS-C30S", "DS-C66S"),
    port=80,
    options=Options,
    points=_points,
    verbs=("preset", "route", "place"),
    make=_make,
    poll_every=10.0,
    identity=("model", "serial"),
    sources={
        "scenes, windows, status codes": "Hikvision ISAPI (Display and Control) guide, 9.7.7 and 9.7.11",
        "isRunning, answers, ids": "public client and mock server of a wall project, after the same guide",
        "login": "RFC 7616 (digest), as Hikvision devices ask for it",
    },
)
