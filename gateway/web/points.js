// Every point, what is not normal first, then by group; a filter finds one.

import { html, useComputed, useSignal } from "./vendor/ui.js";
import { GROUP_ORDER, groupOf, levelOf, trust } from "./levels.js";
import { PointCard } from "./point_line.js";
import { ageOf, cells } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./store.js").Cell} Cell */

/** Return how much a point asks to be looked at: its severity, or a little for a value that cannot be trusted. @param {Cell} cell */
function asks(cell) {
  const heard = cell.latest.value;
  const severity = levelOf(cell.point, heard?.reading.value)?.severity ?? 0;
  const how = trust(cell.point, heard, heard ? ageOf(heard) : 0);
  return Math.max(severity, how === "good" || how === "none" ? 0 : 0.5);
}

/** @param {Cell} cell @param {string} wanted */
function fits(cell, wanted) {
  const { point } = cell;
  const text = [point.id, nameOf(point.name), point.owner, point.unit, ...point.tags].join(" ").toLowerCase();
  return wanted.split(/\s+/).every((word) => text.includes(word));
}

/** @param {Cell[]} all @returns {[string, Cell[]][]} */
function grouped(all) {
  const abnormal = all.filter((cell) => asks(cell) > 0).sort((a, b) => asks(b) - asks(a));
  const rest = all.filter((cell) => asks(cell) === 0);
  const groups = GROUP_ORDER.map((group) => /** @type {[string, Cell[]]} */ ([group, rest.filter((cell) => groupOf(cell.point) === group)]));
  return [/** @type {[string, Cell[]]} */ (["abnormal", abnormal]), ...groups].filter(([, own]) => own.length);
}

/** @param {{name: string, own: Cell[], open: boolean}} props */
function Group({ name, own, open }) {
  return html`<details class=${`card group ${name}`} open=${open}>
    <summary><h2>${t(`group.${name}`)}<small>${own.length}</small></h2></summary>
    <ul class="pointcards">${own.map((cell) => html`<${PointCard} key=${cell.point.id} cell=${cell} />`)}</ul>
  </details>`;
}

export function Points() {
  const wanted = useSignal("");
  const groups = useComputed(() => grouped([...cells.value.values()].filter((cell) => fits(cell, wanted.value))));
  return html`<h1>${t("section.points")}
      <input type="search" class="filter" placeholder=${t("points.filter")} aria-label=${t("points.filter")}
        onInput=${(/** @type {InputEvent} */ event) => (wanted.value = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase())} /></h1>
    ${groups.value.length ? null : html`<p class="quiet">${t("points.none")}</p>`}
    ${groups.value.map(([name, own]) => html`<${Group} key=${name} name=${name} own=${own} open=${name !== "devices" || wanted.value !== ""} />`)}`;
}
