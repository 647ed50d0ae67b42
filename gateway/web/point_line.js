// A point in one line, for the overview, and as a card, for its section.

import { html } from "./vendor/ui.js";
import { levelOf } from "./levels.js";
import { Age, Figure, LevelBar, Mark, twoLines } from "./marks.js";
import { Spark } from "./spark.js";
import { showTrend } from "./trend.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./store.js").Cell} Cell */

/** @param {{cell: Cell}} props */
function LevelWords({ cell }) {
  const level = levelOf(cell.point, cell.latest.value?.reading.value);
  return html`<span class=${`levelwords s${level?.severity ?? 0}`}>${level ? nameOf(level.label) : cell.point.levels.length ? t("level.normal") : ""}</span>`;
}

/** @param {{cell: Cell}} props */
function LevelMark({ cell }) {
  const level = levelOf(cell.point, cell.latest.value?.reading.value);
  return html`<${Mark} severity=${level?.severity ?? 0} words=${level ? nameOf(level.label) : undefined} />`;
}

/** @param {{cell: Cell}} props */
export function PointLine({ cell }) {
  const [what, where] = twoLines(cell.point);
  return html`<li class="pointline">
    <${LevelMark} cell=${cell} />
    <button type="button" class="link" title=${nameOf(cell.point.name)} onClick=${() => showTrend(cell)}><b>${what}</b><small>${where}</small></button>
    <${Spark} cell=${cell} /><${LevelBar} cell=${cell} />
    <span class="much"><${Figure} cell=${cell} /><${Age} cell=${cell} /></span>
  </li>`;
}

/** @param {{cell: Cell}} props */
export function PointCard({ cell }) {
  const [what, where] = twoLines(cell.point);
  const plot = cell.point.kind !== "text";
  return html`<li class="pointcard">
    <div class="head"><${LevelMark} cell=${cell} />
      <button type="button" class="link" title=${cell.point.id} disabled=${!plot} onClick=${() => showTrend(cell)}><b>${what}</b><small>${where || cell.point.owner || cell.point.device}</small></button>
      <${Figure} cell=${cell} /></div>
    ${plot ? html`<${Spark} cell=${cell} />` : null}
    <div class="foot"><${LevelBar} cell=${cell} /><${LevelWords} cell=${cell} /><${Age} cell=${cell} /></div>
  </li>`;
}
