"""Reads what alarms set in motion, and tells in which file each fault stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from drivers.driver import DriverSpec
from drivers.model import Device
from drivers.registry import SOURCES
from drivers.strict_yaml import Document, KeyPath
from gateway.actions.config import ActionsConfig
from gateway.actions.plan import World, compile_plans
from gateway.actions.response import Responses
from gateway.alarms.config import AlarmsConfig
from gateway.alarms.rule import AlarmRule, RuleError
from gateway.settings.fault import SiteError, at


def read_responses(
    written: ActionsConfig, alarms: AlarmsConfig, documents: Mapping[str, Document], *,
    rules: Sequence[AlarmRule], world: World,
) -> Responses:  # fmt: skip
    """Return what alarms set in motion; raise SiteError for the first step that cannot be."""
    try:
        return Responses(compile_plans(written, rules=rules, world=world), written.deciding())
    except RuleError as error:
        file, path = _place(error.path, alarms)
        raise SiteError([at(documents[file], path, error.message, error.hint)]) from None


def verbs_of(devices: Mapping[str, Device], drivers: Mapping[str, DriverSpec]) -> Mapping[str, Collection[str]]:
    """Return what each device can be asked for."""
    return {
        name: spec.verbs
        for name, device in devices.items()
        if (spec := drivers.get(device.driver) or SOURCES.get(device.driver)) is not None
    }


def _place(path: KeyPath, alarms: AlarmsConfig) -> tuple[str, KeyPath]:
    """Return the file of a fault and where it stands there: the compiler knows a rule by its id only."""
    if path[:1] != ("rules",):
        return "actions.yaml", path
    return "alarms.yaml", ("rules", _index(str(path[1]), [rule.id for rule in alarms.rules]), *path[2:])


def _index(rule: str, written: Sequence[str]) -> int:
    """Return which entry of the file a rule comes from; one over many points has theirs after its id."""
    return next(n for n, id_ in enumerate(written) if rule == id_ or rule.startswith(f"{id_}."))
