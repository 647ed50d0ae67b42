"""What a step claims of a wall: a scene, with the nearest cameras in it or as it is, or a layout that was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf

from drivers.model import Point
from gateway.actions.config import CamerasConfig, DrawnConfig, ResponseStepConfig
from gateway.actions.nearest import nearest
from gateway.actions.response import Show
from gateway.alarms.rule import KeyPath, RuleError
from gateway.alarms.template import did_you_mean, known
from wall_controller.config import read_layout
from wall_controller.errors import BadWall
from wall_controller.layout import Layout, Wall, filled
from wall_controller.scene import Scene


class Claiming:
    """The claims of one step, which stands at `path`; raises RuleError for what no wall can show."""

    def __init__(self, path: KeyPath, who: str, walls: Mapping[str, Wall], scenes: Mapping[str, Scene]) -> None:
        self._path, self._who, self._walls, self._scenes = path, who, walls, scenes

    def of(self, step: ResponseStepConfig, pace: float) -> Show | None:
        """Return what a step claims, without its cameras; None: it claims nothing."""
        if step.layout is not None:
            show = self._drawn(step.layout, step.region)
        elif step.scene is not None:
            show = self.scene(step.scene, step.region)
        else:
            return None
        if step.cameras is not None:
            self._check_cameras(step.cameras, show)
        return replace(show, priority=step.priority, dwell=step.dwell / pace)

    def scene(self, scene: str, region: str) -> Show:
        """Return the claim of a scene in a region, or in all of its own that let an alarm in."""
        wanted = known(scene, self._scenes, (*self._path, "scene"), "scene")
        wall = self._walls[wanted.wall]
        if region and region not in wanted.layouts:
            hint = did_you_mean(region, wanted.layouts)
            raise self._refuse(("region",), f"scene {scene} does not fill region {region!r}", hint)
        entered = [name for name in wanted.layouts if wall.regions[name].alarm_may_enter and region in ("", name)]
        if not entered:
            what = f"region {region}" if region else f"every region of scene {scene}"
            raise self._refuse(
                ("region",) if region else ("scene",), f"{what} lets no alarm in", "set `alarm_may_enter` in walls.yaml"
            )
        return Show(wanted.wall, scene, region)

    def near(self, show: Show, step: ResponseStepConfig, point: Point | None) -> Show:
        """Return the claim with the cameras that are nearest to a point; without any it is the scene as it is."""
        cameras = step.cameras
        if cameras is None or point is None:
            return show
        wall, layout = self._walls[show.wall], self._scenes[show.scene].layouts[show.region]
        room = sum(len(window.panels) for window in layout.windows if window.source == cameras.into)
        found = nearest(
            point.place, point.tags, wall.sources.values(), n=min(cameras.nearest, room), within=cameras.within or inf
        )
        if not found:
            return show
        return replace(show, layout=filled(wall, layout, into=cameras.into, sources=found), cameras=found)

    def _drawn(self, drawn: DrawnConfig, name: str) -> Show:
        wall = known(drawn.wall, self._walls, (*self._path, "layout", "wall"), "wall")
        region = known(name, wall.regions, (*self._path, "region"), "region")
        if not region.alarm_may_enter:
            raise self._refuse(
                ("region",), f"region {region.id} lets no alarm in", "set `alarm_may_enter` in walls.yaml"
            )
        return Show(wall.id, "", region.id, self._read(drawn, wall, region.id))

    def _read(self, drawn: DrawnConfig, wall: Wall, region: str) -> Layout:
        try:
            return read_layout(drawn, wall, [region])[region]
        except BadWall as error:
            problem = error.problems[0]
            raise self._refuse(("layout", *problem.path), problem.text, "see `layout` on the page of scenes") from None

    def _check_cameras(self, cameras: CamerasConfig, show: Show) -> None:
        wall = self._walls[show.wall]
        shown = {window.source for window in self._scenes[show.scene].layouts[show.region].windows}
        if cameras.into not in shown:
            text = f"scene {show.scene} shows no {cameras.into!r} in region {show.region}"
            raise self._refuse(("cameras", "into"), text, did_you_mean(cameras.into, shown))
        if all(source.camera is None for source in wall.sources.values()):
            raise self._refuse(
                ("cameras",), f"no source of wall {wall.id} is a camera", "give its cameras `camera` in walls.yaml"
            )

    def _refuse(self, key: KeyPath, message: str, hint: str) -> RuleError:
        return RuleError((*self._path, *key), f"{self._who}: {message}", hint)
