"""Barco walls behind a Video Wall Manager (UniSee): power and brightness over its REST interface."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from drivers.capability import check, whole
from drivers.codecs.http import Response, Responses, request
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, PointKind, Value

_LOGIN, _BRIGHTNESS, _POWER = "/api/v1/auth/key", "/api/v1/wall/brightness", "/api/v1/wall/power"
_OUTSIDE = (401, 403)
_POWER_WORDS = {"on": "on", "idle": "idle", "standby": "off"}
_WORDS = {"on": "on", "off": "standby"}
_SID = 256


class Options(Strict):
    """The key of the REST interface."""

    key: SecretStr = SecretStr("")
    """The authentication key that the Wall Manager's own page shows for type REST."""
    low: Annotated[int, Field(ge=0, le=100)] = 0
    """The least brightness that is allowed here, in percent: legible while an alarm is on."""


class UniSee:
    """One connection; it logs in by its first request, and again when the session has ended."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._responses = Responses()
        self._sid = ""
        self._asked: Request | None = None
        self._entering = False
        self._ready: list[Reply] = []
        self._commands: Mapping[str, Callable[[Mapping[str, Arg]], Request]] = {
            "power": lambda args: _post(_POWER, {"power": _WORDS["on" if args["on"] else "off"]}, topic="set power"),
            "brightness": self._brighten,
        }

    def hello(self) -> Sequence[Request]:
        """Show the key."""
        key = self._options.key.get_secret_value()
        return [_post(_LOGIN, {"type": "REST", "key": key}, topic="sid")]

    def poll(self) -> Sequence[Request]:
        """Ask for power and brightness."""
        return [_get(_POWER, topic="power"), _get(_BRIGHTNESS, topic="brightness")]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the request of a command; raise BadCommand for what this wall has not."""
        check(command.verb, command.args)
        encode = self._commands.get(command.verb)
        if encode is None:
            raise BadCommand(f"a Video Wall Manager has no {command.verb}; it has {', '.join(self._commands)}")
        return [encode(command.args)]

    def verify(self, _command: Command) -> Sequence[Request]:
        """Ask for everything: it is two requests."""
        return self.poll()

    def leaving(self, request: Request) -> bytes:
        """Return the request's bytes with the session that counts now."""
        self._asked, self._entering = request, request.topic == "sid"
        return self._signed(request)

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes; raise ProtocolError for what is no answer."""
        self._responses.receive(data)
        while (response := self._responses.next()) is not None:
            self._ready += self._read(response)
        return self._taken()

    def hung_up(self) -> Sequence[Reply]:
        """Return the reply that only the end of the connection completes; what makes no sense is forgotten with it."""
        response = self._responses.hung_up()
        with suppress(ProtocolError):
            self._ready += self._read(response) if response is not None else []
        return self._taken()

    def _taken(self) -> list[Reply]:
        ready, self._ready = self._ready, []
        return ready

    def _signed(self, request: Request) -> bytes:
        line, end, rest = request.payload.partition(b"\r\n")
        self._responses.asked(line.partition(b" ")[0].decode("latin-1"))
        cookie = f"Cookie: sid={self._sid}\r\n".encode() if self._sid and request.topic != "sid" else b""
        return line + end + cookie + rest

    def _brighten(self, args: Mapping[str, Arg]) -> Request:
        level = whole(args["level"])
        if not self._options.low <= level <= 100:
            raise BadCommand(f"brightness is {self._options.low} to 100 percent here, not {level}")
        return _post(_BRIGHTNESS, {"brightness": level}, topic="set brightness")

    def _read(self, response: Response) -> list[Reply]:
        if response.status in _OUTSIDE:
            return self._expelled()
        if response.status >= 300:
            return [Reply(None, refused=Refusal(f"the wall manager refuses: HTTP {response.status}"))]
        told = _object(response.body)
        if "sid" in told:
            return self._entered(told["sid"])
        topic = (
            self._asked.topic if self._asked else next((name for name in ("power", "brightness") if name in told), "")
        )
        return [Reply(topic, _values(told))] if topic else []

    def _expelled(self) -> list[Reply]:
        if self._entering or self._asked is None:
            return [Reply("sid", denied="it refuses the key; see the option key")]
        self._sid, self._entering = "", True
        return [Reply("login", back=self._signed(self.hello()[0]))]

    def _entered(self, sid: object) -> list[Reply]:
        if (
            not isinstance(sid, str)
            or not sid.isascii()
            or not sid.isprintable()
            or not 0 < len(sid) <= _SID
            or ";" in sid
        ):
            raise ProtocolError(f"a session that is none: {str(sid)[:40]!r}")
        again = self._entering and self._asked is not None and self._asked.topic != "sid"
        self._sid, self._entering = sid, False
        if again and self._asked is not None:
            return [Reply("login", back=self._signed(self._asked))]
        return [Reply("sid")]


def _get(target: str, *, topic: str) -> Request:
    return Request(request("GET", target, host="device", headers={"Accept": "application/json"}), topic, patience=5.0)


def _post(target: str, told: Mapping[str, Value], *, topic: str) -> Request:
    body = json.dumps(told, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    return Request(request("POST", target, host="device", headers=headers, body=body), topic, patience=5.0)


def _object(body: bytes) -> Mapping[str, object]:
    if not body.strip():
        return {}
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"no JSON: {body[:40]!r}") from error
    return told if isinstance(told, dict) else {}


def _values(told: Mapping[str, object]) -> Mapping[str, Value]:
    values: dict[str, Value] = {}
    if "power" in told:
        word = _POWER_WORDS.get(str(told["power"]).lower())
        if word is None:
            raise ProtocolError(f"a power {str(told['power'])[:20]!r}; it is {', '.join(_POWER_WORDS)}")
        values["power"] = word
    level = told.get("brightness")
    if level is not None:
        if isinstance(level, bool) or not isinstance(level, int | float) or not 0 <= level <= 100:
            raise ProtocolError(f"a brightness {str(level)[:20]!r}; it is 0 to 100 percent")
        values["brightness"] = round(level)
    return values


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return (
        PointSpec("power", Name("Daya", "Power")),
        PointSpec("brightness", Name("Kecerahan", "Brightness"), PointKind.NUMBER, "%"),
    )


def _make(options: BaseModel) -> Driver:
    return UniSee(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="barco_vwm",
    maker="Barco",
    models=("UniSee with Video Wall Manager",),
    port=443,
    options=Options,
    points=_points,
    verbs=("power", "brightness"),
    make=_make,
    poll_every=15.0,
    sources={
        "login, brightness, power": "a public Q-SYS plug-in for Barco CTRL and the Wall Manager, its tests",
        "On, Idle, Standby": "Barco Video Wall Manager, REST interface",
    },
)
