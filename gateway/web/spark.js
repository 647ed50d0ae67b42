// Draws the small trend of a point, with the limits it comes near.

import { html, useEffect, useRef, useState } from "./vendor/ui.js";
import { levelOf, limitsOf } from "./levels.js";
import { isApart, seriesOf, spanMs } from "./series.js";
import { now } from "./store.js";
import { t } from "./words.js";

/** @typedef {import("./store.js").Cell} Cell */
/** @typedef {import("./series.js").Dot} Dot */

const WIDTH = 100;
const HEIGHT = 30;

/** Return the lowest and highest number to draw, never a span so small that noise looks like a storm. @param {Dot[]} dots @param {number[]} limits @returns {[number, number]} */
function frame(dots, limits) {
  const values = dots.map((dot) => dot.value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const least = Math.max(Math.abs(high) * 0.08, 0.5);
  const near = limits.filter((limit) => limit > low - (high - low) && limit < high + (high - low));
  const bottom = Math.min(low, ...near);
  const top = Math.max(high, ...near);
  const extra = Math.max(0, least - (top - bottom)) / 2;
  return [bottom - extra, top + extra];
}

/** @param {{cell: Cell}} props */
function Drawn({ cell }) {
  const dots = seriesOf(cell.point.id).value;
  if (dots.length < 2) return html`<span class="spark empty"></span>`;
  const limits = limitsOf(cell.point);
  const [low, high] = frame(dots, limits.map((level) => level.limit));
  const until = Math.max(dots.at(-1)?.at ?? 0, now());
  const since = until - spanMs();
  const x = (/** @type {number} */ at) => Math.max(0, ((at - since) / (until - since)) * WIDTH);
  const y = (/** @type {number} */ value) => HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4);
  const step = (/** @type {Dot} */ dot, /** @type {number} */ n) => (n && !isApart(cell.point, dots[n - 1], dot) ? "L" : "M");
  const path = dots.map((dot, n) => `${step(dot, n)}${x(dot.at).toFixed(1)} ${y(dot.value).toFixed(1)}h0`).join("");
  const doubts = dots.filter((dot) => dot.doubt).map((dot) => `M${x(dot.at).toFixed(1)} ${HEIGHT - 1}h${(WIDTH / dots.length).toFixed(1)}`).join("");
  const severity = levelOf(cell.point, cell.latest.value?.reading.value)?.severity ?? 0;
  const inside = limits.filter((level) => level.limit >= low && level.limit <= high);
  return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
    ${inside.map((level) => html`<line class="limit" x1="0" x2=${WIDTH} y1=${y(level.limit)} y2=${y(level.limit)} />`)}
    <path class=${`trace s${severity}`} d=${path} />
    ${doubts ? html`<path class="doubted" d=${doubts} />` : null}
  </svg>`;
}

/** The small trend, read only once it comes into view. @param {{cell: Cell}} props */
export function Spark({ cell }) {
  const place = /** @type {{current: HTMLElement | null}} */ (useRef(null));
  const [seen, see] = useState(false);
  useEffect(() => {
    if (seen || !place.current) return undefined;
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) see(true);
    });
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [seen]);
  return html`<span class="sparkbox" ref=${place} title=${t("trend.small")}>${seen ? html`<${Drawn} cell=${cell} />` : null}</span>`;
}
