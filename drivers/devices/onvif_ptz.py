"""PTZ cameras over ONVIF: movement with its own time limit, presets by name, home, position."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from pydantic import BaseModel, SecretStr

from drivers.capability import check, lasting, share
from drivers.codecs import onvif
from drivers.codecs.http import Response
from drivers.codecs.plain_xml import child, name, text
from drivers.device_config import Strict
from drivers.devices.web_talk import WebTalk, call
from drivers.driver import Driver, DriverSpec, PointSpec, Refusal, Reply, Request
from drivers.errors import BadCommand, ProtocolError
from drivers.model import Arg, Command, Name, PointKind, Value

CLOCK, SERVICES, ABOUT, PROFILES = "GetSystemDateAndTime", "GetCapabilities", "GetDeviceInformation", "GetProfiles"
STATUS, PRESETS, MOVE, STOP = "GetStatus", "GetPresets", "ContinuousMove", "Stop"
GO_TO, SET, HOME = "GotoPreset", "SetPreset", "GotoHomePosition"
SPACES: Mapping[str, str] = {
    CLOCK: onvif.DEVICE, SERVICES: onvif.DEVICE, ABOUT: onvif.DEVICE, PROFILES: onvif.MEDIA, STATUS: onvif.PTZ,
    PRESETS: onvif.PTZ, MOVE: onvif.PTZ, STOP: onvif.PTZ, GO_TO: onvif.PTZ, SET: onvif.PTZ, HOME: onvif.PTZ,
}  # fmt: skip
_DOOR = "/onvif/device_service"
_OPEN = (CLOCK,)
"""What is asked without a login: the digest needs the camera's clock first (ONVIF Core, access classes)."""
_DENIED = ("NotAuthorized", "FailedAuthentication", "InvalidSecurity")
_RARELY = 12
"""Polls between two questions about what changes slowly."""


class Options(Strict):
    """The login of an ONVIF user, and which camera must answer."""

    user: str = ""
    """The camera's ONVIF user; empty: it wants no login."""
    password: SecretStr = SecretStr("")
    """The password of that user."""
    profile: str = ""
    """The token of the media profile that is moved; the first one with PTZ unless given."""
    expect_serial: str = ""
    """The serial number that must answer before anything is commanded."""
    expect_model: str = ""
    """The model that must answer before anything is commanded."""


class OnvifPtz:
    """One conversation with one camera; a message is finished as it leaves, with the login of that moment."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._talk = WebTalk(options.user, options.password.get_secret_value(), self._read)
        self._paths = {onvif.DEVICE: _DOOR, onvif.MEDIA: _DOOR, onvif.PTZ: _DOOR}
        self._profile = options.profile
        self._presets: dict[str, str] = {}
        """Tokens by name."""
        self._wishes: dict[str, str] = {}
        """What a command says, by its action."""
        self._now: datetime | None = None
        self._asked = ""
        self._absent: set[str] = set()
        self._polls = 0

    def hello(self) -> Sequence[Request]:
        """Ask for the clock first, then for services, maker and model, profiles and presets."""
        return self._ask(CLOCK, SERVICES, ABOUT, PROFILES, PRESETS)

    def poll(self) -> Sequence[Request]:
        """Ask for the clock and the position, and now and then for the presets."""
        rare = (PRESETS,) if self._polls % _RARELY == _RARELY - 1 else ()
        self._polls += 1
        return self._ask(CLOCK, STATUS, *rare)

    def request(self, command: Command) -> Sequence[Request]:
        """Return the messages of a command, after the camera's clock when there is a login to make."""
        check(command.verb, command.args)
        encode = _COMMANDS.get(command.verb)
        if encode is None:
            raise BadCommand(f"an ONVIF camera has no {command.verb}; it has {', '.join(_COMMANDS)}")
        if not self._profile:
            raise BadCommand("this camera has no profile with PTZ; is PTZ switched on in its menu?")
        action, body = encode(command.args, self._presets)
        self._wishes[action] = body
        return self._ask(*((CLOCK,) if self._options.user else ()), action)

    def verify(self, _command: Command) -> Sequence[Request]:
        """Return nothing: a camera accepts, and tells afterwards only where it is."""
        return []

    def feed(self, data: bytes) -> Sequence[Reply]:
        """Return the replies that `data` completes."""
        return self._talk.feed(data)

    def hung_up(self) -> Sequence[Reply]:
        """Return the reply that only the end of the connection completes."""
        return self._talk.hung_up()

    def leaving(self, request: Request) -> bytes:
        """Return the message with the login, the profile and the path that count now."""
        self._asked = request.topic
        return self._talk.leaving(self._message(request.topic, header=self._security(request.topic)))

    def _ask(self, *actions: str) -> list[Request]:
        return [self._message(action) for action in actions if action not in self._absent]

    def _message(self, action: str, *, header: str = "") -> Request:
        space = SPACES[action]
        token = f"<p:ProfileToken>{escape(self._profile)}</p:ProfileToken>" if space == onvif.PTZ else ""
        wish = self._wishes.get(action, "<p:Category>All</p:Category>" if action == SERVICES else "")
        body = f'<p:{action} xmlns:p="{space}">{token}{wish}</p:{action}>'
        kind = f'{onvif.MIME}; action="{space}/{action}"'
        return call("POST", self._paths[space], topic=action, body=onvif.envelope(body, header=header), kind=kind)

    def _security(self, action: str) -> str:
        options = self._options
        if not options.user or self._now is None or action in _OPEN:
            return ""
        return onvif.security(
            options.user, options.password.get_secret_value(), nonce=secrets.token_bytes(16),
            created=onvif.timestamp(self._now),
        )  # fmt: skip

    def _read(self, response: Response) -> list[Reply]:
        if not response.body:
            return [Reply(None, refused=Refusal(f"the camera answers HTTP {response.status} and nothing else"))]
        answer = onvif.read(response.body)
        if isinstance(answer, onvif.Fault):
            return [self._refused(answer)]
        action = name(answer).removesuffix("Response")
        read = self._readers().get(action)
        return [Reply(action, read(answer) if read else {})]

    def _refused(self, fault: onvif.Fault) -> Reply:
        if fault.code in _DENIED:
            why = "the camera refuses the login: correct `user` and `password`; is it an ONVIF user, and PTZ allowed?"
            return Reply(self._asked or None, denied=why)
        if self._asked in _OPTIONAL:
            self._absent.add(self._asked)
            return Reply(self._asked)
        return Reply(self._asked or None, refused=Refusal(f"the camera refuses: {fault.code} {fault.reason}".rstrip()))

    def _readers(self) -> Mapping[str, Callable[[Element], Mapping[str, Value]]]:
        return {
            CLOCK: self._read_clock, SERVICES: self._read_services, ABOUT: _about, PROFILES: self._read_profiles,
            PRESETS: self._read_presets, STATUS: _status,
        }  # fmt: skip

    def _read_clock(self, answer: Element) -> Mapping[str, Value]:
        self._now = onvif.clock(answer)
        return {}

    def _read_services(self, answer: Element) -> Mapping[str, Value]:
        for space, part in ((onvif.MEDIA, "Media"), (onvif.PTZ, "PTZ")):
            # Behind a NAT a camera tells an address that is not ours; its path is right all the same.
            path = urlsplit(text(answer, "Capabilities", part, "XAddr")).path
            self._paths[space] = path or self._paths[space]
        return {}

    def _read_profiles(self, answer: Element) -> Mapping[str, Value]:
        movable = [each.get("token", "") for each in answer if child(each, "PTZConfiguration") is not None]
        if not self._options.profile:
            self._profile = movable[0] if movable else ""
        return {}

    def _read_presets(self, answer: Element) -> Mapping[str, Value]:
        self._presets = {text(each, "Name") or each.get("token", ""): each.get("token", "") for each in answer}
        return {"presets": ", ".join(self._presets)}


def _about(answer: Element) -> Mapping[str, Value]:
    return {
        "maker": text(answer, "Manufacturer"), "model": text(answer, "Model"),
        "firmware": text(answer, "FirmwareVersion"), "serial": text(answer, "SerialNumber"),
    }  # fmt: skip


def _status(answer: Element) -> Mapping[str, Value]:
    values: dict[str, Value] = {}
    position = child(answer, "PTZStatus", "Position")
    for point, part, axis in (("pan", "PanTilt", "x"), ("tilt", "PanTilt", "y"), ("zoom", "Zoom", "x")):
        found = child(position, part) if position is not None else None
        if found is not None:
            try:
                values[point] = float(found.get(axis, ""))
            except ValueError as error:
                raise ProtocolError(f"the camera tells a {point} that is no number") from error
    states = {text(answer, "PTZStatus", "MoveStatus", part) for part in ("PanTilt", "Zoom")} - {"", "UNKNOWN"}
    if states:
        values["moving"] = "yes" if "MOVING" in states else "no"
    return values


Encoded = tuple[str, str]


def _move(args: Mapping[str, Arg], _presets: Mapping[str, str]) -> Encoded:
    pan, tilt, zoom = (share(args, part) for part in ("pan", "tilt", "zoom"))
    vector = f'<tt:PanTilt x="{pan:g}" y="{tilt:g}"/><tt:Zoom x="{zoom:g}"/>'
    return MOVE, f"<p:Velocity>{vector}</p:Velocity><p:Timeout>PT{lasting(args):g}S</p:Timeout>"


def _stop(_args: Mapping[str, Arg], _presets: Mapping[str, str]) -> Encoded:
    return STOP, "<p:PanTilt>true</p:PanTilt><p:Zoom>true</p:Zoom>"


def _home(_args: Mapping[str, Arg], _presets: Mapping[str, str]) -> Encoded:
    return HOME, ""


def _recall(args: Mapping[str, Arg], presets: Mapping[str, str]) -> Encoded:
    wanted = str(args["preset"])
    token = presets.get(wanted, wanted if wanted in presets.values() else "")
    if not token:
        raise BadCommand(f"this camera has no preset {wanted!r}; it has {', '.join(presets) or 'none'}")
    return GO_TO, f"<p:PresetToken>{escape(token)}</p:PresetToken>"


def _save(args: Mapping[str, Arg], presets: Mapping[str, str]) -> Encoded:
    wanted = str(args["preset"])
    token = f"<p:PresetToken>{escape(presets[wanted])}</p:PresetToken>" if wanted in presets else ""
    return SET, f"<p:PresetName>{escape(wanted)}</p:PresetName>{token}"


_COMMANDS: Mapping[str, Callable[[Mapping[str, Arg], Mapping[str, str]], Encoded]] = {
    "move": _move,
    "stop": _stop,
    "preset": _recall,
    "save_preset": _save,
    "home": _home,
}
_OPTIONAL = frozenset({SERVICES, PRESETS, STATUS})
_POINTS = (
    PointSpec("pan", Name("Putar (-1 sampai 1)", "Pan (-1 to 1)"), PointKind.NUMBER),
    PointSpec("tilt", Name("Angguk (-1 sampai 1)", "Tilt (-1 to 1)"), PointKind.NUMBER),
    PointSpec("zoom", Name("Zum (0 sampai 1)", "Zoom (0 to 1)"), PointKind.NUMBER),
    PointSpec("moving", Name("Bergerak", "Moving")),
    PointSpec("presets", Name("Preset yang ada", "Presets there are")),
    PointSpec("maker", Name("Pembuat", "Maker")),
    PointSpec("model", Name("Model", "Model")),
    PointSpec("serial", Name("Nomor seri", "Serial number")),
    PointSpec("firmware", Name("Perangkat tegar", "Firmware")),
)


def _points(_options: BaseModel) -> tuple[PointSpec, ...]:
    return _POINTS


def _make(options: BaseModel) -> Driver:
    return OnvifPtz(Options.model_validate(options.model_dump()))


SPEC = DriverSpec(
    name="onvif_ptz",
    maker="any (ONVIF)",
    models=("profile S", "profile T"),
    port=80,
    options=Options,
    points=_points,
    verbs=tuple(_COMMANDS),
    make=_make,
    links={"tcp": {"mode": "exchange"}, "tls": {"mode": "exchange"}},
    identity=("serial", "model"),
    sources={
        "actions, vectors, time limit": "ONVIF PTZ Service Specification 17.06; ptz.wsdl 2.0",
        "clock first, access without a login": "ONVIF Core Specification (access classes)",
        "login": "WSS UsernameToken Profile 1.0, 3.1 (digest); RFC 7616 (HTTP digest)",
    },
)
