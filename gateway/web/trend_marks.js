// Draws into the large trend what is no value: gaps, doubtful stretches and limits.

import { limitsOf } from "./levels.js";
import { plain } from "./numbers.js";
import { nameOf } from "./words.js";

/** @typedef {import("./vendor/uplot.js")} uPlot */
/** @typedef {import("./store.js").Cell} Cell */
/** @typedef {import("./history.js").Past} Past */

const HATCH = 8;
const STRIP = 6;

/** @param {string} name */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Return where a stretch of time lies in the plot, cut to it. @param {uPlot} plot @param {number} since @param {number} until @returns {[number, number]} */
function across(plot, since, until) {
  const { left, width } = plot.bbox;
  const x = (/** @type {number} */ ms) => Math.min(left + width, Math.max(left, plot.valToPos(ms / 1000, "x", true)));
  return [x(since), x(until)];
}

/** Hatch what nobody knows. @param {uPlot} plot @param {Past} past */
export function drawGaps(plot, past) {
  const { ctx, bbox } = plot;
  const apart = HATCH * devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour("hatch");
  ctx.lineWidth = devicePixelRatio;
  for (const gap of past.gaps) {
    const [left, right] = across(plot, gap.since, gap.until);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    for (let x = left - bbox.height - (left % apart); x < right; x += apart) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

/** Underline what is doubted: dashed where uncertain, solid where bad. @param {uPlot} plot @param {Past} past */
export function drawDoubts(plot, past) {
  const { ctx, bbox } = plot;
  const y = bbox.top + bbox.height - (STRIP / 2) * devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour("trouble");
  past.quality.forEach((quality, n) => {
    if (quality === null || quality === "good") return;
    const begin = /** @type {number} */ (past.at[n]);
    const [left, right] = across(plot, begin, begin + past.step);
    ctx.lineWidth = (quality === "bad" ? STRIP : STRIP / 2) * devicePixelRatio;
    ctx.setLineDash(quality === "bad" ? [] : [3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.lineDashOffset = left;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(Math.max(right, left + 2 * devicePixelRatio), y);
    ctx.stroke();
  });
  ctx.restore();
}

/** Draw every limit that lies inside the frame, with its name. @param {uPlot} plot @param {Cell} cell */
export function drawLimits(plot, cell) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.font = `${12 * devicePixelRatio}px Inter, sans-serif`;
  for (const level of limitsOf(cell.point)) {
    const y = plot.valToPos(level.limit, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = colour(`s${level.severity}`);
    ctx.fillStyle = colour("text");
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(`${nameOf(level.label)} ${plain(level.limit)}`, bbox.left + 6 * devicePixelRatio, y - 2 * devicePixelRatio);
  }
  ctx.restore();
}
