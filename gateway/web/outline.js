// Draws what lies over the panels of the wall: windows with their sources, and regions, which need not be rectangles.

import { html } from "./vendor/ui.js";
import { windowWords } from "./shown.js";
import { nameOf } from "./words.js";

/** @typedef {import("./types.js").Wall} Wall */
/** @typedef {import("./types.js").Panel} Panel */
/** @typedef {import("./types.js").Region} Region */

/** The share of a letter's height that a letter is wide: on average, and at most when many stand together. */
const LETTER = 0.53;
const WIDE = 0.58;

/** Shorten words to what a width holds. @param {string} words @param {number} width @param {number} size */
export function clip(words, width, size) {
  const most = Math.max(3, Math.floor(width / (size * WIDE)) - 1);
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}

/** @param {{wall: Wall, window: import("./types.js").WallWindow, text: number}} props */
export function WindowBox({ wall, window: win, text }) {
  const inset = text * 0.55;
  const foot = text * 1.75;
  const size = text * 1.15;
  const words = clip(windowWords(wall, win), win.width, size);
  const row = Math.min(win.height, ...wall.panels.filter((panel) => win.panels.includes(panel.id)).map((panel) => panel.height));
  const middle = win.x + win.width / 2;
  const line = win.y + (row - foot) * 0.56 + text * 0.4;
  const plate = words.length * size * LETTER + size;
  return html`<g class="window" aria-hidden="true">
    <rect x=${win.x + inset} y=${win.y + inset} width=${win.width - inset * 2} height=${win.height - inset - foot} stroke-width=${text * 0.09} rx=${text * 0.2} />
    <rect class="plate" x=${middle - plate / 2} y=${line - size} width=${plate} height=${size * 1.3} rx=${text * 0.2} />
    <text x=${middle} y=${line} font-size=${size} text-anchor="middle">${words}</text>
  </g>`;
}

/** Return the outline of some panels, drawn `inset` inside their outer edges. @param {Panel[]} own @param {number} inset */
function outline(own, inset) {
  const has = (/** @type {number} */ row, /** @type {number} */ column) => own.some((panel) => panel.row === row && panel.column === column);
  return own
    .map(({ row, column, x, y, width, height }) => {
      const [up, down, left, right] = [has(row - 1, column), has(row + 1, column), has(row, column - 1), has(row, column + 1)];
      // A line runs on into the neighbour of the same region, so that inner corners close.
      const from = x + (left ? -inset : inset);
      const to = x + width + (right ? inset : -inset);
      const top = y + (up ? -inset : inset);
      const bottom = y + height + (down ? inset : -inset);
      const across = (/** @type {number} */ at) => `M${from} ${at}H${to}`;
      const along = (/** @type {number} */ at) => `M${at} ${top}V${bottom}`;
      return [up ? "" : across(y + inset), down ? "" : across(y + height - inset), left ? "" : along(x + inset), right ? "" : along(x + width - inset)].join("");
    })
    .join("");
}

/** @param {{wall: Wall, region: Region, text: number}} props */
export function RegionBox({ wall, region, text }) {
  const own = wall.panels.filter((panel) => region.panels.includes(panel.id));
  const first = [...own].sort((a, b) => a.row - b.row || a.column - b.column)[0];
  if (!first) return null;
  const label = nameOf(region.name);
  return html`<g class=${`region ${region.claim?.kind ?? "free"}`} aria-hidden="true">
    <path class="outline" d=${outline(own, text * 0.15)} stroke-width=${text * 0.2} stroke-linecap="square" />
    <rect class="tab" x=${first.x + text * 0.1} y=${first.y + text * 0.1} width=${(label.length * WIDE + 1) * text} height=${text * 1.35} />
    <text x=${first.x + text * 0.5} y=${first.y + text * 1.1} font-size=${text}>${label}</text>
  </g>`;
}
