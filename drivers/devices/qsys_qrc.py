"""Q-SYS cores over QRC: levels, mutes, snapshots and announcements, of the core that is active."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr, field_validator

from drivers.capability import check
from drivers.codecs.inbox import Inbox
from drivers.codecs.named import Named, known, table
from drivers.codecs.qsys_qrc import ERRORS, LOGON_REQUIRED, Call, Decoder, Message, encode
from drivers.device_config import Strict
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, PointKind, Value

GROUP = "semarak"
STATES = {"Active": "active", "Standby": "standby", "Idle": "idle"}
_RATE = 0.2
"""Seconds between two looks of the core at what has changed for us."""
_NEWS = "news"
_BANK = re.compile(r"(.+) (\d{1,2})")


class Options(Strict):
    """Which controls of the design are which channels, and who logs on."""

    channels: Named = ""
    """Channels by name: named controls for gain and mute, or `Component:control`, as `hall=MainGain MainMute`."""
    snapshots: Named = ""
    """Presets by name: snapshot bank and number, as `siaga=Room 2`."""
    messages: Named = ""
    """Announcements by name: the control that starts each, as `evacuate=PlayEvacuate`."""
    ramp: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Seconds in which a level moves to its new value."""
    user: str = ""
    """The user to log on as; empty where the core asks for none."""
    password: SecretStr = SecretStr("")
    """Their password or PIN."""

    @field_validator("channels")
    @classmethod
    def _pairs(cls, text: str) -> str:
        for name, address in table(text).items():
            if len(address.split()) != 2:
                raise ValueError(f"{name}: {address!r} is not the names of a gain and a mute, as MainGain MainMute")
        return text

    @field_validator("snapshots")
    @classmethod
    def _banks(cls, text: str) -> str:
        for name, address in table(text).items():
            if not _BANK.fullmatch(address):
                raise ValueError(f"{name}: {address!r} is not a snapshot bank and a number, as Room 2")
        return text


class QSys:
    """One conversation with one core; of a redundant pair each is a device of its own."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._controls = {
            f"{what}.{name}": control
            for name, address in table(options.channels).items()
            for what, control in zip(("level", "mute"), address.split(), strict=True)
        }
        self._points = {control: point for point, control in self._controls.items()}
        self._numbers = count(1)
        self._asked: set[int] = set()
        self._logon = 0
        self._engine = ""
        self._grouped = ""
        self._design = ""
        self._inbox = Inbox[Message, Reply](Decoder(), self._replies)
        self._news: Mapping[str, Callable[[Any], Mapping[str, Value]]] = {
            "EngineStatus": self._status,
            "ChangeGroup.Poll": lambda params: self._told(_items(params, "Changes")),
        }

    def hello(self) -> Sequence[Request]:
        """Log on where a user is given, and ask which core this is and whether it is the active one."""
        logon = []
        if self._options.user:
            secret = self._options.password.get_secret_value()
            logon = [self._call("Logon", {"User": self._options.user, "Password": secret})]
            self._logon = int(logon[0].topic)
        return [*logon, self._call("StatusGet", 0)]

    def poll(self) -> Sequence[Request]:
        """Ask for the state of the engine and of every channel; a new design has forgotten our change group."""
        subscribe = [] if self._grouped == self._design else self._subscribe()
        self._grouped = self._design
        return [self._call("StatusGet", 0), *subscribe, *self._gets()]

    def request(self, command: Command) -> Sequence[Request]:
        """Return the call of a command; raise BadCommand for what the site does not name, and on a core in standby."""
        check(command.verb, command.args)
        encode_args = _COMMANDS.get(command.verb)
        if encode_args is None:
            raise BadCommand(f"a Q-SYS core has no {command.verb}; it has {', '.join(_COMMANDS)}")
        if self._engine == "standby":
            raise BadCommand("this core is on standby; its twin is the active one, which must be commanded")
        return [self._call(*encode_args(self, command.args))]

    def verify(self, command: Command) -> Sequence[Request]:
        """Ask for the controls: the core tells changes by itself, but not a value that was right already."""
        return self._gets() if command.verb in ("level", "mute_channel") else []

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies; an answer with an id that was never asked answers what is in flight."""
        return self._inbox.feed(data)

    def set(self, point: str, value: float, *, ramp: float = 0.0) -> tuple[str, dict[str, Any]]:
        """Return method and parameters that set the control of a point; raise BadCommand for an unknown channel."""
        what, _, name = point.partition(".")
        names = {key.partition(".")[2]: control for key, control in self._controls.items() if key.startswith(what)}
        control = known(names, name, "channel")
        extra = {"Ramp": ramp} if ramp else {}
        return _setting(control, {"Value": value, **extra})

    def level(self, args: Mapping[str, Arg]) -> tuple[str, dict[str, Any]]:
        """Return the call that sets a gain in dB."""
        return self.set(f"level.{args['channel']}", float(str(args["level"])), ramp=self._options.ramp)

    def snapshot(self, args: Mapping[str, Arg]) -> tuple[str, dict[str, Any]]:
        """Return the call that loads a snapshot."""
        found = _BANK.fullmatch(known(table(self._options.snapshots), str(args["preset"]), "preset"))
        if found is None:
            raise BadCommand(f"preset {args['preset']!r} names no snapshot bank and number")
        return "Snapshot.Load", {"Name": found[1], "Bank": int(found[2])}

    def announce(self, args: Mapping[str, Arg]) -> tuple[str, dict[str, Any]]:
        """Return the call that triggers an announcement."""
        return _setting(known(table(self._options.messages), str(args["message"]), "message"), {"Value": 1})

    def _call(self, method: str, params: Any) -> Request:
        number = next(self._numbers)
        self._asked.add(number)
        return Request(encode(Call(method, params, number)), str(number))

    def _subscribe(self) -> list[Request]:
        named, components = _sorted(self._points)
        if not self._points:
            return []
        adds = [self._call("ChangeGroup.AddControl", {"Id": GROUP, "Controls": named})] if named else []
        adds += [
            self._call("ChangeGroup.AddComponentControl", {"Id": GROUP, "Component": _component(name, controls)})
            for name, controls in components.items()
        ]
        return [*adds, self._call("ChangeGroup.AutoPoll", {"Id": GROUP, "Rate": _RATE})]

    def _gets(self) -> list[Request]:
        named, components = _sorted(self._points)
        gets = [self._call("Control.Get", named)] if named else []
        return gets + [self._call("Component.Get", _component(name, found)) for name, found in components.items()]

    def _replies(self, message: Message) -> list[Reply]:
        if isinstance(message, Call):
            read = self._news.get(message.method)
            return [Reply(_NEWS, read(message.params))] if read else []
        topic = str(message.id) if message.id in self._asked else None
        logon = message.failed and (message.id == self._logon or message.code == LOGON_REQUIRED)
        self._asked.discard(message.id or 0)
        if logon:
            return [Reply(topic, denied="the core refuses the logon; correct `user` and `password` in its options")]
        if message.failed:
            why = ERRORS.get(message.code, message.words[:200])
            return [Reply(topic, refused=Refusal(f"the core refuses: {why} (code {message.code})"))]
        return [Reply(topic, self._values(message.result))]

    def _values(self, result: Any) -> Mapping[str, Value]:
        if isinstance(result, dict) and "State" in result:
            return self._status(result)
        if isinstance(result, dict) and "Controls" in result:
            own = [{**item, "Component": result.get("Name")} for item in _items(result, "Controls")]
            return self._told(own)
        return self._told(_dicts(result)) if isinstance(result, list) else {}

    def _status(self, params: Any) -> Mapping[str, Value]:
        if not isinstance(params, dict) or params.get("State") not in STATES:
            raise ProtocolError(f"an engine status that is none: {str(params)[:60]}")
        self._engine = STATES[params["State"]]
        self._design = str(params.get("DesignCode", ""))
        told: dict[str, Value] = {"engine": self._engine, "design": str(params.get("DesignName", ""))}
        return told | ({"model": str(params["Platform"])} if "Platform" in params else {})

    def _told(self, items: Iterable[Mapping[str, Any]]) -> Mapping[str, Value]:
        """Return the values of our own channels among what is told."""
        found: dict[str, Value] = {}
        for item in items:
            component = item.get("Component")
            control = str(item.get("Name")) if component is None else f"{component}:{item.get('Name')}"
            point = self._points.get(control)
            if point is not None:
                found[point] = _value(point, item.get("Value"))
        return found


def _value(point: str, value: Any) -> Value:
    if not isinstance(value, bool | int | float):
        raise ProtocolError(f"{point} is told as {str(value)[:40]!r}, which is no number and no flag")
    if point.startswith("mute."):
        return "on" if value else "off"
    return float(value)


def _setting(control: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    component, colon, name = control.rpartition(":")
    if not colon:
        return "Control.Set", {"Name": control, **values}
    return "Component.Set", {"Name": component, "Controls": [{"Name": name, **values}]}


def _sorted(controls: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Return the named controls, and the controls of each component."""
    named: list[str] = []
    components: dict[str, list[str]] = {}
    for control in controls:
        component, colon, name = control.rpartition(":")
        (components.setdefault(component, []) if colon else named).append(name)
    return named, components


def _component(name: str, controls: Iterable[str]) -> dict[str, Any]:
    return {"Name": name, "Controls": [{"Name": control} for control in controls]}


def _items(params: Any, key: str) -> list[Mapping[str, Any]]:
    return _dicts(params.get(key) if isinstance(params, dict) else None)


def _dicts(items: Any) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


_COMMANDS: Mapping[str, Callable[[QSys, Mapping[str, Arg]], tuple[str, dict[str, Any]]]] = {
    "level": QSys.level,
    "mute_channel": lambda core, args: core.set(f"mute.{args['channel']}", int(bool(args["on"]))),
    "preset": QSys.snapshot,
    "announce": QSys.announce,
}


def _points(options: BaseModel) -> tuple[PointSpec, ...]:
    names = table(getattr(options, "channels", ""))
    return (
        PointSpec("engine", Name("Keadaan mesin", "Engine state")),
        PointSpec("design", Name("Rancangan", "Design")),
        PointSpec("model", Name("Model", "Model")),
        *(PointSpec(f"level.{n}", Name(f"Tingkat {n}", f"Level of {n}"), PointKind.NUMBER, "dB") for n in names),
        *(PointSpec(f"mute.{n}", Name(f"Bisu {n}", f"Mute of {n}")) for n in names),
    )


def _make(options: BaseModel) -> Driver:
    return QSys(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="qsys_qrc",
    maker="QSC",
    models=("Core 8 Flex", "Core 110f", "Core Nano", "Core 510i"),
    port=1710,
    options=Options,
    points=_points,
    verbs=tuple(_COMMANDS),
    make=_make,
    poll_every=10.0,
    sources={
        "methods, EngineStatus, keep-alive": "Q-SYS help, External Control APIs: QRC commands",
        "error codes": "Q-SYS help, QRC; Beckhoff TF6310, error codes",
        "an id that does not match": "PlaceOS/drivers q_sys_remote_spec",
    },
)
