// The first screen: the wall, the alarms and the rivers, all in one glance and without scrolling.

import { html, useComputed } from "./vendor/ui.js";
import { AlarmList } from "./alarms.js";
import { groupOf, levelOf } from "./levels.js";
import { PointLine } from "./point_line.js";
import { SceneStrip, Story } from "./scenes.js";
import { address } from "./sections.js";
import { cells, tick, walls } from "./store.js";
import { t } from "./words.js";
import { WallCard } from "./wall.js";

/** @typedef {import("./store.js").Cell} Cell */

const MOST_RIVERS = 12;

/** @param {Cell} cell */
const severity = (cell) => levelOf(cell.point, cell.latest.peek()?.reading.value)?.severity ?? 0;

/** The rivers, the worst first; the order is looked at once a second, so that rows do not dance. */
function Rivers() {
  const rivers = useComputed(() => {
    void tick.value;
    const own = [...cells.value.values()].filter((cell) => groupOf(cell.point) === "rivers");
    return own.sort((a, b) => severity(b) - severity(a)).slice(0, MOST_RIVERS);
  });
  return html`<section class="card rivers" aria-labelledby="rivers">
    <h2 id="rivers">${t("group.rivers")}<a href=${address("points")}>${t("overview.all_points")}</a></h2>
    <ul class="pointlines" tabindex="0" aria-label=${t("group.rivers")}>${rivers.value.map((cell) => html`<${PointLine} key=${cell.point.id} cell=${cell} />`)}</ul>
  </section>`;
}

export function Overview() {
  const wall = [...walls.value.values()][0];
  return html`<h1 class="sr">${t("section.overview")}</h1>
    ${wall ? html`<${WallCard} wall=${wall} />` : html`<p class="quiet">${t("wall.none")}</p>`}
    <${Rivers} />
    <section class="card alarmcard" aria-labelledby="standing"><h2 id="standing">${t("alarm.list")}<small>${t("keys.f2_hint")}</small></h2><${AlarmList} /></section>
    <section class="card scenescard" aria-labelledby="scenes"><h2 id="scenes">${t("section.scenes")}<${Story} /></h2><${SceneStrip} /></section>`;
}
