"""Read a site's folder of YAML files into one `Site`, or say everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from drivers.device_config import BilingualName, DevicesFile, Id, PointsFile, Strict
from drivers.driver import DriverSpec
from drivers.errors import BadConfig
from drivers.model import Device, Name, Place, Point
from drivers.registry import DRIVERS, SOURCES
from drivers.sensors.source import BadPoint, files_of, in_folder
from drivers.strict_yaml import Document, KeyPath, YamlError, load, load_file
from gateway.actions.config import ActionsConfig
from gateway.actions.plan import World
from gateway.actions.response import NO_RESPONSES, Responses
from gateway.alarms.compile import compile_rules
from gateway.alarms.config import AlarmsConfig, ScalesConfig
from gateway.alarms.policy import DEFAULT as DEFAULT_POLICY
from gateway.alarms.policy import Policy
from gateway.alarms.policy_compile import compile_policy
from gateway.alarms.rule import AlarmRule, RuleError
from gateway.derive.compile import compile_derived
from gateway.derive.config import DerivedFile
from gateway.derive.derivation import DEVICE, Derivation
from gateway.derive.errors import DeriveError
from gateway.forward.config import AnySink, SinksFile
from gateway.interlocks import Interlock, InterlockConfig
from gateway.notify.compile import compile_notify
from gateway.notify.config import NotifyFile
from gateway.notify.errors import BadNotify
from gateway.notify.roster import NOBODY, Roster
from gateway.plausibility.twins import wrong_twins
from gateway.rationalisation.config import MatrixConfig
from gateway.rationalisation.records import NO_RECORDS, Records
from gateway.settings.fault import SiteError, SiteFault, at, did_you_mean, of_validation, of_yaml
from gateway.settings.profile_files import read_drivers
from gateway.settings.record_file import read_records
from gateway.settings.responses import read_responses, verbs_of
from gateway.settings.urgency import at_pace, awaited
from gateway.store.config import StoreConfig
from gateway.store.limits import DEFAULT, Limits
from wall_controller.config import ScenesFile, WallsFile, read_scenes, read_walls
from wall_controller.errors import BadWall
from wall_controller.layout import Wall
from wall_controller.scene import Scene

M = TypeVar("M", bound=BaseModel)
MOST_PACE = 10_000


class ApprovalsConfig(Strict):
    """What a second person has to approve before it holds."""

    thresholds: bool = False
    """True: a change of the alarms' limits, deadbands, delays, or of which there are, waits for a second person."""


class SiteFile(Strict):
    """`site.yaml`: who we are; `pace` is how many times faster than life a demonstration runs, 1 for a real site."""

    id: Id
    """How the site calls itself towards programs."""
    name: BilingualName
    """What people call it; plain text stands for both languages."""
    place: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    """Where it stands: latitude and longitude, WGS 84 degrees."""
    pace: Annotated[float, Field(ge=1, le=MOST_PACE)] = 1.0
    """How many times faster than life a demonstration runs; 1 for a real site."""
    interlocks: list[InterlockConfig] = Field(default_factory=list)
    """What must be true before a device may be commanded."""
    store: StoreConfig = StoreConfig()
    """What is kept, and for how long."""
    approvals: ApprovalsConfig = ApprovalsConfig()
    """What takes two persons."""
    priorities: MatrixConfig = MatrixConfig()
    """Which priority a consequence has at an urgency, for the records of `rationalisation.csv`."""


FILES: Mapping[str, tuple[type[BaseModel], Mapping[str, Any] | None]] = {
    "site.yaml": (SiteFile, None),
    "devices.yaml": (DevicesFile, {"devices": []}),
    "points.yaml": (PointsFile, {"points": []}),
    "derived.yaml": (DerivedFile, {"derived": []}),
    "scales.yaml": (ScalesConfig, {"scales": []}),
    "alarms.yaml": (AlarmsConfig, {"rules": []}),
    "walls.yaml": (WallsFile, {"walls": []}),
    "scenes.yaml": (ScenesFile, {"scenes": []}),
    "actions.yaml": (ActionsConfig, {}),
    "sinks.yaml": (SinksFile, {"sinks": []}),
    "notify.yaml": (NotifyFile, {}),
}
"""Every file of a site with its model and what stands for it when it is not there; None: it must be there."""


@dataclass(frozen=True, slots=True)
class Site:
    """One installation, validated whole; the periods of its points are already divided by `pace`."""

    id: str
    name: Name
    place: Place | None
    pace: float
    devices: Mapping[str, Device]
    points: Mapping[str, Point]
    """Those of sensors, then the derived ones."""
    derived: Mapping[str, Derivation]
    """How derived points come about, each after those that it needs."""
    rules: tuple[AlarmRule, ...]
    interlocks: tuple[Interlock, ...]
    walls: Mapping[str, Wall]
    scenes: Mapping[str, Scene]
    sinks: Mapping[str, AnySink]
    store: Limits = DEFAULT
    """How much is kept, and for how long."""
    handling: Policy = DEFAULT_POLICY
    """What persons and rules may do with alarms."""
    approvals: bool = False
    """True: what changes a threshold waits for a second person."""
    notify: Roster = NOBODY
    """Who is told of alarms, and over what."""
    responses: Responses = NO_RESPONSES
    """What alarms set in motion."""
    drivers: Mapping[str, DriverSpec] = field(default_factory=lambda: DRIVERS)
    """Those that come with Semarak, and the site's own profiles."""
    records: Records = NO_RECORDS
    """What was thought about its alarms."""


JUDGING: Mapping[str, str | None] = {
    "alarms.yaml": "rules: []", "scales.yaml": "scales: []", "points.yaml": "points: []", "derived.yaml": "derived: []",
    "site.yaml": None,
}  # fmt: skip
"""The files that what rings follows from, tables (CSV) besides, and what stands for one that is not there."""


def judging_texts(folder: Path) -> Mapping[str, str]:
    """Return the texts that what rings follows from, by file; one that cannot be read is left to `load_site`."""
    texts = {name: text for name, text in JUDGING.items() if text is not None and not (folder / name).exists()}
    for path in [*(folder / name for name in JUDGING), *sorted(folder.glob("*.csv"))]:
        with suppress(OSError, UnicodeDecodeError):
            texts[path.name] = path.read_text(encoding="utf-8")
    return texts


def load_site(
    folder: Path,
    *,
    pace: float | None = None,
    links: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Site:
    """Return the site in `folder`; raise SiteError with every fault.

    `pace` and `links` (device → URL) stand in for what the files say: the demonstration's stand-ins listen elsewhere.
    `texts` stand in for the files of their names.
    """
    return _Reading(folder, texts or {}).site(pace, links or {})


class _Reading:
    """One reading of a folder: collects faults, and gives up before a later step would stumble over an earlier one."""

    def __init__(self, folder: Path, texts: Mapping[str, str]) -> None:
        self._folder, self._texts = folder, texts
        self._faults: list[SiteFault] = []
        self._documents: dict[str, Document] = {}
        self._drivers: Mapping[str, DriverSpec] = DRIVERS

    def site(self, pace: float | None, links: Mapping[str, str]) -> Site:
        self._read_files()
        head = self._model("site.yaml", SiteFile)
        devices_file, points_file = self._model("devices.yaml", DevicesFile), self._model("points.yaml", PointsFile)
        scales, alarms = self._model("scales.yaml", ScalesConfig), self._model("alarms.yaml", AlarmsConfig)
        walls_file, scenes_file = self._model("walls.yaml", WallsFile), self._model("scenes.yaml", ScenesFile)
        sinks_file = self._model("sinks.yaml", SinksFile)
        derived_file = self._model("derived.yaml", DerivedFile)
        actions_file = self._model("actions.yaml", ActionsConfig)
        self._stop_at_faults()
        pace = head.pace if pace is None else pace
        devices = self._unique("devices.yaml", "devices", [each.device() for each in devices_file.devices])
        sensed = self._unique("points.yaml", "points", [each.point() for each in points_file.points])
        self._check_devices(devices)
        self._check_points(devices, sensed)
        self._check_sources(devices, sensed)
        paced = {name: at_pace(each, pace) for name, each in sensed.items()}
        derived = self._derived(derived_file, paced, pace=pace)
        points = paced | {name: each.point for name, each in derived.items()}
        walls, scenes = self._walls(walls_file, scenes_file, devices)
        self._check_interlocks(head, devices, points)
        sinks = self._unique("sinks.yaml", "sinks", [self._sink_located(each) for each in sinks_file.sinks])
        notify = self._notify(devices)
        self._stop_at_faults()
        rules, handling = self._rules(alarms, scales, points, scenes, pace)
        by_id = {each.id: each.scale() for each in scales.scales}
        world = World(points, by_id, walls, scenes, verbs_of(devices, self._drivers), notify.lists.keys() or None, pace)
        responses = read_responses(actions_file, alarms, self._documents, rules=rules, world=world)
        urgent = awaited(rules, derived)
        records = Records(read_records(self._text), head.priorities.matrix())
        return Site(
            head.id, head.name.name(), Place(*head.place) if head.place else None, pace,
            {name: replace(self._located(each), link=links.get(name, each.link)) for name, each in devices.items()},
            {name: replace(each, urgent=name in urgent) for name, each in points.items()}, derived, rules,
            tuple(each.interlock() for each in head.interlocks), walls, scenes, sinks, head.store.limits(),
            handling, head.approvals.thresholds, notify, responses, self._drivers, records,
        )  # fmt: skip

    def _read_files(self) -> None:
        if not self._folder.is_dir():
            fault = SiteFault(str(self._folder), 1, 1, "", "there is no such folder", "name the folder of a site")
            raise SiteError([fault])
        for path in sorted(self._folder.glob("*.y*ml")):
            if path.name not in FILES:
                hint = did_you_mean(path.name, FILES)
                self._faults.append(SiteFault(path.name, 1, 1, "", "a site has no file of this name", hint))
        for name in FILES:
            if name in self._texts or (self._folder / name).exists():
                try:
                    text = self._texts.get(name)
                    self._documents[name] = load_file(self._folder / name) if text is None else load(text, name)
                except YamlError as error:
                    self._faults.append(of_yaml(error))
            elif FILES[name][1] is None:
                self._faults.append(SiteFault(name, 1, 1, "", "the file is missing", "a site needs at least site.yaml"))
        self._drivers = read_drivers(self._folder, self._faults)
        self._stop_at_faults()

    def _model(self, name: str, model: type[M]) -> M:
        document = self._documents.setdefault(name, Document(name, FILES[name][1], {}))
        try:
            return model.model_validate({} if document.data is None else document.data)
        except ValidationError as error:
            self._faults += of_validation(document, error)
            return model.model_construct()

    def _unique(self, file: str, key: str, things: list[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, thing in enumerate(things):
            if thing.id in found:
                self._faults.append(at(self._documents[file], (key, number, "id"), f"{thing.id} stands here twice"))
            found[thing.id] = thing
        return found

    def _check_devices(self, devices: Mapping[str, Device]) -> None:
        document = self._documents["devices.yaml"]
        for number, device in enumerate(devices.values()):
            path = ("devices", number)
            if device.id == DEVICE:
                self._faults.append(at(document, (*path, "id"), f"{DEVICE} stands for what is calculated", "rename it"))
            spec = self._drivers.get(device.driver) or SOURCES.get(device.driver)
            if spec is None:
                hint = did_you_mean(device.driver, [*self._drivers, *SOURCES])
                self._faults.append(at(document, (*path, "driver"), f"there is no driver {device.driver!r}", hint))
                continue
            self._validate(document, spec.options, dict(device.options), (*path, "options"))

    def _check_points(self, devices: Mapping[str, Device], points: Mapping[str, Point]) -> None:
        document = self._documents["points.yaml"]
        for number, point in enumerate(points.values()):
            path = ("points", number)
            device = devices.get(point.device)
            if device is None:
                hint = did_you_mean(point.device, devices)
                self._faults.append(at(document, (*path, "device"), f"there is no device {point.device!r}", hint))
            elif device.driver in SOURCES:
                self._validate(document, SOURCES[device.driver].address, dict(point.address), (*path, "address"))
            elif device.driver in self._drivers:
                hint = "its points come with its driver"
                self._faults.append(at(document, (*path, "device"), f"{device.id} is no source of telemetry", hint))
        for id_, why in wrong_twins(points):
            self._faults.append(at(document, ("points", list(points).index(id_), "checks", "twin"), why))

    def _check_sources(self, devices: Mapping[str, Device], points: Mapping[str, Point]) -> None:
        """Ask every source whether its options and its points go together, once each of them is sound."""
        sources = [] if self._faults else [each for each in devices.values() if each.driver in SOURCES]
        for device in sources:
            try:
                SOURCES[device.driver].check(device, [each for each in points.values() if each.device == device.id])
            except BadPoint as error:
                keys = (error.key,) if error.key else ()
                path: KeyPath = ("points", list(points).index(error.point), "address", *keys)
                self._faults.append(at(self._documents["points.yaml"], path, error.text))
            except BadConfig as error:
                path = ("devices", list(devices).index(device.id))
                text = str(error).removeprefix(f"{device.id}: ")
                self._faults.append(at(self._documents["devices.yaml"], path, text))

    def _derived(self, written: DerivedFile, points: Mapping[str, Point], *, pace: float) -> dict[str, Derivation]:
        try:
            return {each.id: each for each in compile_derived(written, points, pace=pace)}
        except DeriveError as error:
            self._faults.append(at(self._documents["derived.yaml"], error.path, error.message, error.hint))
        return {}

    def _notify(self, devices: Mapping[str, Device]) -> Roster:
        written = self._model("notify.yaml", NotifyFile)
        self._stop_at_faults()
        try:
            return compile_notify(written, devices, folder=self._folder.resolve())
        except BadNotify as error:
            self._faults.append(at(self._documents["notify.yaml"], error.path, error.message, error.hint))
        return NOBODY

    def _located(self, device: Device) -> Device:
        source = SOURCES.get(device.driver)
        return in_folder(device, source.options, self._folder.resolve()) if source else device

    def _sink_located(self, sink: AnySink) -> AnySink:
        return sink.model_copy(update=files_of(type(sink), sink.model_dump(), self._folder.resolve()))

    def _validate(self, document: Document, model: type[BaseModel], data: Any, under: tuple[str | int, ...]) -> None:
        try:
            model.model_validate(data)
        except ValidationError as error:
            self._faults += of_validation(document, error, under=under)

    def _walls(
        self, walls_file: WallsFile, scenes_file: ScenesFile, devices: Mapping[str, Device]
    ) -> tuple[Mapping[str, Wall], Mapping[str, Scene]]:
        walls: Mapping[str, Wall] = {}
        scenes: Mapping[str, Scene] = {}
        file = "walls.yaml"
        try:
            walls = read_walls(walls_file)
            self._check_wall_devices(walls_file, scenes_file, devices)
            file = "scenes.yaml"
            scenes = read_scenes(scenes_file, walls)
        except BadWall as error:
            self._faults += [at(self._documents[file], problem.path, problem.text) for problem in error.problems]
        return walls, scenes

    def _check_wall_devices(
        self, walls_file: WallsFile, scenes_file: ScenesFile, devices: Mapping[str, Device]
    ) -> None:
        named: list[tuple[str, KeyPath, str]] = []
        for at_wall, wall in enumerate(walls_file.walls):
            named.append(("walls.yaml", ("walls", at_wall, "matrix", "device"), wall.matrix.device))
            for at_panel, panel in enumerate(wall.panels):
                named.append(("walls.yaml", ("walls", at_wall, "panels", at_panel, "device"), panel.device))
        for at_scene, scene in enumerate(scenes_file.scenes):
            for at_step, step in enumerate(scene.steps):
                named.append(("scenes.yaml", ("scenes", at_scene, "steps", at_step, "device"), step.device))
        for file, path, device in named:
            if device not in devices:
                text, hint = f"there is no device {device!r}", did_you_mean(device, devices)
                self._faults.append(at(self._documents[file], path, text, hint))

    def _check_interlocks(self, head: SiteFile, devices: Mapping[str, Device], points: Mapping[str, Point]) -> None:
        document = self._documents["site.yaml"]
        for number, interlock in enumerate(head.interlocks):
            path = ("interlocks", number)
            if interlock.when.point not in points:
                text, hint = f"there is no point {interlock.when.point!r}", did_you_mean(interlock.when.point, points)
                self._faults.append(at(document, (*path, "when", "point"), text, hint))
            for device in _unknown(interlock.devices or (), devices):
                text, hint = f"there is no device {device!r}", did_you_mean(device, devices)
                self._faults.append(at(document, (*path, "devices"), text, hint))

    def _rules(
        self,
        alarms: AlarmsConfig,
        scales: ScalesConfig,
        points: Mapping[str, Point],
        scenes: Mapping[str, Scene],
        pace: float,
    ) -> tuple[tuple[AlarmRule, ...], Policy]:
        try:
            rules = compile_rules(
                alarms, scales=[each.scale() for each in scales.scales], points=points.values(), scenes=scenes,
                pace=pace, read=self._text,
            )  # fmt: skip
            return rules, compile_policy(alarms, rules=rules, points=points.values())
        except RuleError as error:
            raise SiteError([at(self._documents["alarms.yaml"], error.path, error.message, error.hint)]) from None

    def _text(self, name: str) -> str:
        text = self._texts.get(name)
        return (self._folder / name).read_text(encoding="utf-8") if text is None else text

    def _stop_at_faults(self) -> None:
        if self._faults:
            raise SiteError(self._faults)


def _unknown(names: Any, known: Mapping[str, object]) -> Iterator[str]:
    return (name for name in names if name not in known)
