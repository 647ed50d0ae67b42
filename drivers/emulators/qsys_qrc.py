"""An emulated Q-SYS core: named controls and components, change groups, snapshots, logon, and standby."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drivers.codecs.named import table
from drivers.codecs.qsys_qrc import ERRORS, Call, Decoder, Message, Result, encode
from drivers.devices.qsys_qrc import Options, QSys
from drivers.driver import Driver
from drivers.emulators.emulator import REMOTE
from drivers.emulators.plain import Plain
from drivers.errors import DriverError
from drivers.model import Clock

LEAST, MOST = -100.0, 20.0
"""The range of a gain as it comes, in dB."""
_FACTS: Mapping[str, object] = {
    "channels": "hall=MainGain MainMute; podium=Mixer:output.1.gain Mixer:output.1.mute", "snapshots": "siaga=Room 2",
    "messages": "evacuate=PlayEvacuate", "ramp": 0.0, "user": "", "password": "", "engine": "Active",
    "design": "Semarak", "code": "qALFilm6IcCo", "model": "Core 110f", "redundant": False, "emulator": False,
    "last_snapshot": "", "played": 0, "controls": "",
}  # fmt: skip


class CoreRefused(DriverError):
    """The core's own no: the code of an answer; it never leaves this file."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Core(Plain[Message]):
    """One core; `controls` in its state are the values that have been set, as Name=value."""

    family = "qsys_qrc"
    most_clients = 16
    ending = b"\0"

    def __init__(self, options: Mapping[str, object], *, clock: Clock, seed: int = 0) -> None:
        del clock  # a ramp is over at once
        super().__init__(_FACTS, decoder=Decoder, seed=seed)
        self.idle = 60.0
        self._values: dict[str, float] = {}
        self._groups: dict[tuple[int, str], list[str]] = {}
        self._automatic: set[tuple[int, str]] = set()
        self._told: dict[tuple[int, str], dict[str, float]] = {}
        self._known: set[int] = set()
        self.load(options)
        self.remote: Driver = QSys(Options(channels=self.text("channels"), snapshots=self.text("snapshots")))
        self.stranger = {"model": "Core Nano", "design": "Bukan"}
        self._methods: dict[str, Callable[[int, Any], Any]] = {
            "Logon": self._log_on, "StatusGet": lambda *_: self._status(), "Control.Get": self._get,
            "Control.Set": self._set, "Component.Get": self._get_component, "Component.Set": self._set_component,
            "Component.GetComponents": lambda *_: self._components(), "Snapshot.Load": self._snapshot,
            "Snapshot.Save": self._snapshot, "ChangeGroup.AddControl": self._add, "ChangeGroup.Poll": self._poll,
            "ChangeGroup.AddComponentControl": self._add_component, "ChangeGroup.AutoPoll": self._auto_poll,
            "ChangeGroup.Invalidate": self._invalidate, "ChangeGroup.Destroy": self._destroy,
            "ChangeGroup.Clear": self._clear, "ChangeGroup.Remove": self._remove, "NoOp": lambda *_: True,
        }  # fmt: skip

    def greet(self, client: int) -> Sequence[bytes]:
        """Tell the engine's status to who connects."""
        super().greet(client)
        self._known |= set() if self.facts["password"] else {client}
        return [self._announcement()]

    def leave(self, client: int) -> None:
        """Forget a client, its logon and its change groups."""
        super().leave(client)
        self._known.discard(client)
        for group in [group for group in self._groups if group[0] == client]:
            self._drop(group)

    def acts(self, request: Message) -> bool:
        """Return whether the call sets something."""
        return isinstance(request, Call) and request.method in ("Control.Set", "Component.Set", "Snapshot.Load")

    def answer(self, client: int, request: Message) -> Sequence[bytes]:
        """Do what a call says; a notification is not answered, and what is no call is an invalid request."""
        if isinstance(request, Result):
            return [encode(Result(request.id, code=-32600, words="Invalid request"))]
        try:
            answer = Result(request.id, self._do(client, request))
        except CoreRefused as refused:
            answer = Result(request.id, code=refused.code, words=ERRORS.get(refused.code, "error"))
        return [encode(answer)] if request.id is not None else []

    def refuse(self, request: Message) -> Sequence[bytes]:
        """Return a server error."""
        return [encode(Result(request.id, code=-32603, words="Server error"))] if request.id is not None else []

    def restart(self) -> None:
        """Come up with the design's own values; change groups are gone."""
        self._values.clear()
        self._groups.clear()
        self._automatic.clear()

    def state(self) -> dict[str, object]:
        """Return the facts, and the values that have been set."""
        return {**self.facts, "controls": ";".join(f"{name}={value:g}" for name, value in self._values.items())}

    def load(self, state: Mapping[str, object]) -> None:
        """Take over values; a change of the engine or the design is told to everybody."""
        before = (self.facts["engine"], self.facts["code"], self.facts["design"])
        super().load({key: value for key, value in state.items() if key != "controls"})
        if "controls" in state:
            pairs = [entry.rpartition("=") for entry in str(state["controls"]).split(";") if entry]
            self._values = {name: float(value) for name, _, value in pairs}
        if before != (self.facts["engine"], self.facts["code"], self.facts["design"]):
            self.spread(self._announcement(), self.inboxes)

    def news(self) -> bytes:
        """Return the engine's status once more."""
        return self._announcement()

    def unknown(self) -> bytes:
        """Return a notification of newer firmware."""
        return encode(Call("InventoryStatus", {"Items": []}))

    def meddle(self) -> None:
        """Let somebody turn a knob of the design."""
        name = self.chance.choice(sorted(n for n in self._names() if not n.lower().endswith("mute")))
        self._put(name, float(self.chance.randrange(-60, 0)))

    def pushes(self) -> Sequence[tuple[int, bytes]]:
        """Return what has changed for every change group that is polled by itself."""
        for group in self._automatic:
            changes = self._changes(group)
            if changes:
                self.spread(encode(Call("ChangeGroup.Poll", {"Id": group[1], "Changes": changes})), [group[0]])
        return super().pushes()

    def _do(self, client: int, call: Call) -> Any:
        method = self._methods.get(call.method)
        if method is None:
            raise CoreRefused(-32601)
        free = call.method in ("Logon", "NoOp", "StatusGet")
        if not free and client not in self._known and client != REMOTE:
            raise CoreRefused(10)
        try:
            return method(client, call.params)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise CoreRefused(-32602) from None

    def _log_on(self, client: int, params: Any) -> bool:
        if self.facts["password"] and (params["User"], params["Password"]) != (
            self.facts["user"],
            self.facts["password"],
        ):
            raise CoreRefused(10)
        self._known.add(client)
        return True

    def _status(self) -> dict[str, Any]:
        return {"Platform": self.text("model"), **self._engine(), "Status": {"Code": 0, "String": "OK"}}

    def _engine(self) -> dict[str, Any]:
        return {
            "State": self.facts["engine"], "DesignName": self.facts["design"], "DesignCode": self.facts["code"],
            "IsRedundant": self.facts["redundant"], "IsEmulator": self.facts["emulator"],
        }  # fmt: skip

    def _announcement(self) -> bytes:
        return encode(Call("EngineStatus", self._engine()))

    def _names(self) -> set[str]:
        channels = table(self.text("channels")).values()
        return {control for address in channels for control in address.split()} | set(
            table(self.text("messages")).values()
        )

    def _get(self, _client: int, params: Any) -> list[dict[str, Any]]:
        return [self._told_as(str(name)) for name in params]

    def _set(self, _client: int, params: Any) -> dict[str, Any]:
        return self._put(self._own(str(params["Name"]), 8), float(params["Value"]))

    def _get_component(self, _client: int, params: Any) -> dict[str, Any]:
        name = self._component(params)
        return {"Name": name, "Controls": [self._told_as(f"{name}:{item['Name']}") for item in params["Controls"]]}

    def _set_component(self, _client: int, params: Any) -> bool:
        name = self._component(params)
        for item in params["Controls"]:
            self._put(self._own(f"{name}:{item['Name']}", 8), float(item["Value"]))
        return True

    def _components(self) -> list[dict[str, Any]]:
        return [{"Name": name, "Type": "mixer", "Properties": []} for name in sorted(self._component_names())]

    def _component_names(self) -> set[str]:
        return {name.rpartition(":")[0] for name in self._names() if ":" in name}

    def _component(self, params: Any) -> str:
        name = str(params["Name"])
        if name not in self._component_names():
            raise CoreRefused(7)
        return name

    def _snapshot(self, _client: int, params: Any) -> bool:
        self.facts["last_snapshot"] = f"{params['Name']} {int(params['Bank'])}"
        return True

    def _add(self, client: int, params: Any) -> bool:
        self._group(client, params).extend(self._own(str(name), 8) for name in params["Controls"])
        return True

    def _add_component(self, client: int, params: Any) -> bool:
        name = self._component(params["Component"])
        controls = [self._own(f"{name}:{item['Name']}", 8) for item in params["Component"]["Controls"]]
        self._group(client, params).extend(controls)
        return True

    def _remove(self, client: int, params: Any) -> bool:
        group = self._existing(client, params)
        self._groups[group] = [name for name in self._groups[group] if name not in params["Controls"]]
        return True

    def _poll(self, client: int, params: Any) -> dict[str, Any]:
        group = self._existing(client, params)
        return {"Id": group[1], "Changes": self._changes(group)}

    def _auto_poll(self, client: int, params: Any) -> bool:
        self._automatic.add(self._existing(client, params))
        return True

    def _invalidate(self, client: int, params: Any) -> bool:
        self._told.pop(self._existing(client, params), None)
        return True

    def _clear(self, client: int, params: Any) -> bool:
        self._groups[self._existing(client, params)] = []
        return True

    def _destroy(self, client: int, params: Any) -> bool:
        self._drop(self._existing(client, params))
        return True

    def _drop(self, group: tuple[int, str]) -> None:
        self._groups.pop(group, None)
        self._told.pop(group, None)
        self._automatic.discard(group)

    def _group(self, client: int, params: Any) -> list[str]:
        groups = [group for group in self._groups if group[0] == client]
        if (client, str(params["Id"])) not in self._groups and len(groups) >= 4:
            raise CoreRefused(5)
        return self._groups.setdefault((client, str(params["Id"])), [])

    def _existing(self, client: int, params: Any) -> tuple[int, str]:
        group = (client, str(params["Id"]))
        if group not in self._groups:
            raise CoreRefused(6)
        return group

    def _changes(self, group: tuple[int, str]) -> list[dict[str, Any]]:
        told = self._told.setdefault(group, {})
        fresh = [name for name in self._groups[group] if told.get(name) != self._value(name)]
        told.update({name: self._value(name) for name in fresh})
        return [{**self._told_as(name), **_belongs(name)} for name in fresh]

    def _own(self, name: str, code: int) -> str:
        if name not in self._names():
            raise CoreRefused(code)
        return name

    def _value(self, name: str) -> float:
        return self._values.get(name, 0.0)

    def _told_as(self, name: str) -> dict[str, Any]:
        value = self._value(self._own(name, 8))
        is_mute = name.lower().endswith("mute")
        told = bool(value) if is_mute else value
        words = ("muted" if value else "unmuted") if is_mute else f"{value:g}dB"
        return {"Name": name.rpartition(":")[2], "Value": told, "String": words, "Position": 0}

    def _put(self, name: str, value: float) -> dict[str, Any]:
        if name in table(self.text("messages")).values():
            self.facts["played"] = int(self.text("played")) + int(value != 0)
            return self._told_as(name)
        self._values[name] = min(max(value, LEAST), MOST)
        return self._told_as(name)


def _belongs(name: str) -> dict[str, str]:
    component, colon, _ = name.rpartition(":")
    return {"Component": component} if colon else {}
