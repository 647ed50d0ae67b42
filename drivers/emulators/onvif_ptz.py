"""An emulated ONVIF camera: its own clock, a login by token or by HTTP digest, movements with a time limit, presets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from drivers.codecs import onvif
from drivers.codecs.plain_xml import child, name, text
from drivers.devices.onvif_ptz import OnvifPtz, Options
from drivers.emulators.emulator import REMOTE
from drivers.emulators.http_door import Asked, DigestDoor, HttpEars, response
from drivers.emulators.onvif_token import TokenDoor
from drivers.emulators.plain import Plain
from drivers.errors import ProtocolError, Refused
from drivers.model import Clock

_PROFILE = "Profile_1"
_AXES = ("pan", "tilt", "zoom")
_RATE = 0.4
"""Parts of the whole way that full speed makes in a second."""
_DEFAULT_TIMEOUT = 10.0
_READS = ("Get",)


class Head(Plain[Asked]):
    """One camera; its place is from -1 to 1, its zoom from 0 to 1."""

    family = "onvif_ptz"
    ending = b"\r\n"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        super().__init__(
            {
                "user": "", "password": "", "login": "token", "skew": 0.0, "maker": "Semarak", "model": "PTZ-20X",
                "serial": "ONVIF00000001", "firmware": "1.4.2", "pan": 0.0, "tilt": 0.0, "zoom": 0.0, "presets": "",
                "moving": 0,
            },
            decoder=HttpEars, seed=seed,
        )  # fmt: skip
        self._clock = clock
        self._door = DigestDoor(self.facts, realm="onvif", seed=seed)
        self._token = TokenDoor(self.facts, self._now)
        self._velocity = dict.fromkeys(_AXES, 0.0)
        self._since = self._until = clock.mono()
        self._presets: dict[str, tuple[str, tuple[float, float, float]]] = {"1": ("Pintu", (0.5, 0.1, 0.3))}
        self.load(options)
        self.remote = OnvifPtz(Options(profile=_PROFILE))
        self.stranger = {"model": "PTZ-99", "serial": "ONVIF99999999"}
        self._actions: Mapping[str, Callable[[Element], str]] = {
            "GetSystemDateAndTime": lambda _: self._time(), "GetCapabilities": lambda _: self._capabilities(),
            "GetServices": lambda _: self._services(), "GetDeviceInformation": lambda _: self._about(),
            "GetProfiles": lambda _: _PROFILES, "GetNodes": lambda _: _NODES, "GetStatus": self._status,
            "GetPresets": self._list, "GotoPreset": self._recall, "SetPreset": self._save,
            "RemovePreset": self._remove, "GotoHomePosition": self._home, "ContinuousMove": self._continuous,
            "AbsoluteMove": self._absolute, "RelativeMove": self._relative, "Stop": self._stop,
        }  # fmt: skip

    def leave(self, client: int) -> None:
        """Forget a client and its login."""
        super().leave(client)
        self._door.forget(client)

    def acts(self, request: Asked) -> bool:
        """Return whether it is more than a question."""
        action = _action(request.body)
        return action is not None and not name(action).startswith(_READS)

    def answer(self, client: int, request: Asked) -> Sequence[bytes]:
        """Let the login be judged, do it, and answer; what is no message gets a fault."""
        action = _action(request.body)
        if action is None or request.method != "POST":
            return [_fault("InvalidArgs", "no message that this camera understands")]
        what = name(action)
        if what != "GetSystemDateAndTime" and client != REMOTE and self.facts["password"]:
            if self.facts["login"] == "http" and not self._door.opens(client, request):
                return [self._door.challenge(client)]
            if self.facts["login"] != "http" and not self._token.opens(request.body):
                return [_fault("NotAuthorized", "Sender not Authorized", status=400)]
        return [self._done(what, action)]

    def refuse(self, request: Asked) -> Sequence[bytes]:
        """Say that it cannot be done now."""
        del request
        return [_fault("Action", "The requested action cannot be done now")]

    def state(self) -> dict[str, object]:
        """Return the facts, with its place now."""
        self._settle()
        names = ",".join(label for label, _ in self._presets.values())
        return {**super().state(), "presets": names, "moving": int(any(self._velocity.values()))}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; raise KeyError or ValueError for what is no state of a camera."""
        super().load({key: value for key, value in state.items() if key != "presets"})
        if not state.get("moving", 1):
            self._velocity = dict.fromkeys(_AXES, 0.0)

    def news(self) -> bytes:
        """Return nothing: HTTP says nothing unasked."""
        return b""

    def unknown(self) -> bytes:
        """Return nothing: HTTP says nothing unasked."""
        return b""

    def meddle(self) -> None:
        """Let somebody turn it."""
        self.facts["pan"] = -self.number("pan") or 0.25

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1e9 + self.number("skew"), UTC)

    def _done(self, what: str, action: Element) -> bytes:
        act = self._actions.get(what)
        if act is None:
            return _fault("ActionNotSupported", f"{what} is not implemented")
        self._settle()
        try:
            body = act(action)
        except Refused as error:
            code, _, reason = str(error).partition(" ")
            return _fault(code, reason)
        space = action.tag[1:].partition("}")[0]
        return _sent(200, f'<r:{what}Response xmlns:r="{space}">{body}</r:{what}Response>')

    def _settle(self) -> None:
        """Bring its place up to date; a movement ends by itself at its time limit."""
        now = self._clock.mono()
        passed = max(min(now, self._until) - self._since, 0.0)
        self._since = now
        for axis, low in zip(_AXES, (-1.0, -1.0, 0.0), strict=True):
            place = self.number(axis) + self._velocity[axis] * _RATE * passed
            self.facts[axis] = round(min(max(place, low), 1.0), 6)
        if now >= self._until:
            self._velocity = dict.fromkeys(_AXES, 0.0)

    def _time(self) -> str:
        now = self._now()
        return (
            "<r:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
            f"<tt:UTCDateTime><tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time><tt:Date><tt:Year>{now.year}</tt:Year>"
            f"<tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
            "</r:SystemDateAndTime>"
        )

    def _capabilities(self) -> str:
        parts = "".join(
            f"<tt:{part}><tt:XAddr>http://192.168.1.64/onvif/{path}</tt:XAddr></tt:{part}>"
            for part, path in (("Device", "device_service"), ("Media", "media_service"), ("PTZ", "ptz_service"))
        )
        return f"<r:Capabilities>{parts}</r:Capabilities>"

    def _services(self) -> str:
        spaces = ((onvif.DEVICE, "device_service"), (onvif.MEDIA, "media_service"), (onvif.PTZ, "ptz_service"))
        return "".join(
            f"<r:Service><r:Namespace>{space}</r:Namespace><r:XAddr>http://192.168.1.64/onvif/{path}</r:XAddr>"
            "<r:Version><tt:Major>2</tt:Major><tt:Minor>0</tt:Minor></r:Version></r:Service>"
            for space, path in spaces
        )

    def _about(self) -> str:
        told = (("Manufacturer", "maker"), ("Model", "model"), ("FirmwareVersion", "firmware"),
                ("SerialNumber", "serial"))  # fmt: skip
        rows = "".join(f"<r:{word}>{escape(self.text(fact))}</r:{word}>" for word, fact in told)
        return f"{rows}<r:HardwareId>1.0</r:HardwareId>"

    def _status(self, asked: Element) -> str:
        _own(asked)
        word = "MOVING" if any(self._velocity.values()) else "IDLE"
        return (
            f'<r:PTZStatus><tt:Position><tt:PanTilt x="{self.number("pan"):g}" y="{self.number("tilt"):g}"/>'
            f'<tt:Zoom x="{self.number("zoom"):g}"/></tt:Position><tt:MoveStatus><tt:PanTilt>{word}</tt:PanTilt>'
            f"<tt:Zoom>{word}</tt:Zoom></tt:MoveStatus><tt:UtcTime>{onvif.timestamp(self._now())}</tt:UtcTime>"
            "</r:PTZStatus>"
        )

    def _list(self, asked: Element) -> str:
        _own(asked)
        return "".join(
            f"<r:Preset token={quoteattr(token)}><tt:Name>{escape(label)}</tt:Name></r:Preset>"
            for token, (label, _) in self._presets.items()
        )

    def _recall(self, asked: Element) -> str:
        _own(asked)
        token = text(asked, "PresetToken")
        if token not in self._presets:
            raise Refused("NoToken The requested preset token does not exist.")
        self._go(self._presets[token][1])
        return ""

    def _save(self, asked: Element) -> str:
        _own(asked)
        if any(self._velocity.values()):
            raise Refused("MovingPTZ Preset cannot be set while the PTZ unit is moving.")
        token = text(asked, "PresetToken") or str(max(map(int, self._presets), default=0) + 1)
        label = text(asked, "PresetName") or f"Preset {token}"
        self._presets[token] = (label, (self.number("pan"), self.number("tilt"), self.number("zoom")))
        return f"<r:PresetToken>{escape(token)}</r:PresetToken>"

    def _remove(self, asked: Element) -> str:
        _own(asked)
        if self._presets.pop(text(asked, "PresetToken"), None) is None:
            raise Refused("NoToken The requested preset token does not exist.")
        return ""

    def _home(self, asked: Element) -> str:
        _own(asked)
        self._go((0.0, 0.0, 0.0))
        return ""

    def _continuous(self, asked: Element) -> str:
        _own(asked)
        vector = _vector(asked, "Velocity")
        limit = text(asked, "Timeout")
        seconds = float(limit[2:-1]) if limit.startswith("PT") and limit.endswith("S") else _DEFAULT_TIMEOUT
        self._velocity = dict(zip(_AXES, vector, strict=True))
        self._until = self._clock.mono() + seconds
        return ""

    def _absolute(self, asked: Element) -> str:
        _own(asked)
        self._go(_vector(asked, "Position"))
        return ""

    def _relative(self, asked: Element) -> str:
        _own(asked)
        pan, tilt, zoom = _vector(asked, "Translation")
        self._go((self.number("pan") + pan, self.number("tilt") + tilt, self.number("zoom") + zoom))
        return ""

    def _stop(self, asked: Element) -> str:
        _own(asked)
        self._velocity = dict.fromkeys(_AXES, 0.0)
        return ""

    def _go(self, place: tuple[float, float, float]) -> None:
        self._velocity = dict.fromkeys(_AXES, 0.0)
        for axis, value, low in zip(_AXES, place, (-1.0, -1.0, 0.0), strict=True):
            self.facts[axis] = min(max(value, low), 1.0)


_CONFIGURATION = (
    '<tt:PTZConfiguration token="PTZ_1"><tt:Name>PTZ</tt:Name><tt:UseCount>1</tt:UseCount>'
    "<tt:NodeToken>Node_1</tt:NodeToken></tt:PTZConfiguration>"
)
_PROFILES = (
    '<r:Profiles token="Fixed" fixed="true"><tt:Name>Fixed</tt:Name></r:Profiles>'
    f'<r:Profiles token="{_PROFILE}" fixed="true"><tt:Name>Main</tt:Name>{_CONFIGURATION}</r:Profiles>'
)
_NODES = (
    '<r:PTZNode token="Node_1"><tt:Name>Node</tt:Name><tt:MaximumNumberOfPresets>100</tt:MaximumNumberOfPresets>'
    "<tt:HomeSupported>true</tt:HomeSupported></r:PTZNode>"
)


def _action(body: bytes) -> Element | None:
    try:
        found = onvif.read(body) if body else None
    except ProtocolError:
        return None
    return None if found is None or isinstance(found, onvif.Fault) else found


def _own(asked: Element) -> None:
    if text(asked, "ProfileToken") != _PROFILE:
        raise Refused("NoProfile The requested profile token does not exist.")


def _vector(asked: Element, part: str) -> tuple[float, float, float]:
    """Return pan, tilt and zoom of a vector; what it leaves out is 0."""
    pan_tilt, zoom = child(asked, part, "PanTilt"), child(asked, part, "Zoom")
    try:
        found = (
            float(pan_tilt.get("x", "0")) if pan_tilt is not None else 0.0,
            float(pan_tilt.get("y", "0")) if pan_tilt is not None else 0.0,
            float(zoom.get("x", "0")) if zoom is not None else 0.0,
        )
    except ValueError:
        raise Refused("InvalidArgVal a number that is none") from None
    if any(abs(value) > 1 for value in found):
        raise Refused("InvalidVelocity The requested speed is out of bounds.")
    return found


def _sent(status: int, body: str) -> bytes:
    return response(status, onvif.envelope(body), kind=onvif.MIME)


def _fault(code: str, reason: str, *, status: int = 500) -> bytes:
    return _sent(
        status,
        '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:ter="http://www.onvif.org/ver10/error">'
        f'ter:{code}</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text>'
        "</s:Reason></s:Fault>",
    )
