// The large trend of a point: mean and spread over a span, with its limits, growing while it is looked at.

import { html, useEffect, useRef, useSignal } from "./vendor/ui.js";
import uPlot from "./vendor/uplot.js";
import { Sheet, show } from "./dialog.js";
import { levelOf, limitsOf } from "./levels.js";
import { theme } from "./look.js";
import { Age, Figure, Mark } from "./marks.js";
import { hour, moment, plain, printed } from "./numbers.js";
import { history } from "./series.js";
import { now } from "./store.js";
import { language, nameOf, t } from "./words.js";

/** @typedef {import("./store.js").Cell} Cell */
/** @typedef {import("./types.js").Bucket} Bucket */

const BUCKETS = 300;
const RELOAD_MS = 5_000;
const HEIGHT = 320;
const SPANS = /** @type {const} */ ([["15m", 900], ["1h", 3_600], ["6h", 21_600], ["24h", 86_400], ["7d", 604_800]]);

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Open the trend of a point. @param {Cell} cell */
export const showTrend = (cell) => show(() => html`<${Trend} cell=${cell} />`);

/** Draw every limit that lies inside the frame, with its name. @param {uPlot} plot @param {Cell} cell */
function drawLimits(plot, cell) {
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

/** Keep the limits in the frame when the values come near them. @param {Cell} cell @param {number} low @param {number} high @returns {[number, number]} */
function frame(cell, low, high) {
  const room = Math.max((high - low) * 0.15, Math.abs(high) * 0.02, 0.5);
  const near = limitsOf(cell.point).map((level) => level.limit).filter((limit) => limit > low - room * 6 && limit < high + room * 6);
  return [Math.min(low, ...near) - room, Math.max(high, ...near) + room];
}

/** @param {Cell} cell @param {HTMLElement} box @param {uPlot.AlignedData} data */
function drawn(cell, box, data) {
  const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px Inter, sans-serif" };
  const long = (data[0].at(-1) ?? 0) - (data[0][0] ?? 0) > 86_400;
  return new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false },
      scales: { x: { time: true }, y: { range: (_plot, low, high) => frame(cell, low ?? 0, high ?? 1) } },
      axes: [
        { ...axis, values: (_plot, ticks) => ticks.map((at) => (long ? moment(at * 1000) : hour(at * 1000))), space: long ? 130 : 60 },
        { ...axis, values: (_plot, ticks) => ticks.map(plain), size: 64 },
      ],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: colour("text"), width: 1.5, points: { show: false } },
        { stroke: "transparent", points: { show: false } },
      ],
      bands: [{ series: [3, 1], fill: colour("spread") }],
      hooks: { draw: [(plot) => drawLimits(plot, cell)] },
    },
    data,
    box,
  );
}

/** @param {Bucket[]} buckets @returns {uPlot.AlignedData} */
function columns(buckets) {
  const pick = (/** @type {"low" | "mean" | "high"} */ what) => buckets.map((bucket) => bucket[what]);
  return [buckets.map((bucket) => Date.parse(bucket.at) / 1000), pick("low"), pick("mean"), pick("high")];
}

/** @param {{cell: Cell, buckets: Bucket[]}} props */
function Plot({ cell, buckets }) {
  const box = /** @type {{current: HTMLDivElement | null}} */ (useRef(null));
  useEffect(() => {
    const place = box.current;
    if (!place || buckets.length < 2) return undefined;
    const plot = drawn(cell, place, columns(buckets));
    const watcher = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    watcher.observe(place);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [buckets, theme.value, language.value]);
  const { point } = cell;
  const low = Math.min(...buckets.map((bucket) => bucket.low));
  const high = Math.max(...buckets.map((bucket) => bucket.high));
  const words = buckets.length ? t("trend.summary", { low: plain(low), high: plain(high), unit: printed(point.unit) }) : t("trend.empty");
  return html`<div class="plot" ref=${box} role="img" aria-label=${words}></div><p class="small">${words}</p>`;
}

/** @param {{cell: Cell}} props */
function Trend({ cell }) {
  const span = useSignal(/** @type {number} */ (3_600));
  const buckets = useSignal(/** @type {Bucket[] | null} */ (null));
  const trouble = useSignal("");
  useEffect(() => {
    let gone = false;
    const read = async () => {
      const until = now();
      const { answer, items } = await history(cell.point.id, until - span.value * 1000, until, BUCKETS);
      if (gone) return;
      trouble.value = answer.ok ? "" : answer.sentence;
      if (answer.ok) buckets.value = items;
    };
    void read();
    const timer = setInterval(read, RELOAD_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [span.value]);
  const level = levelOf(cell.point, cell.latest.value?.reading.value);
  return html`<${Sheet} title=${nameOf(cell.point.name)} wide=${true}>
    <div class="trendhead"><${Mark} severity=${level?.severity ?? 0} /><${Figure} cell=${cell} />
      <span>${level ? nameOf(level.label) : ""}</span><${Age} cell=${cell} />
      <div class="switch" role="group" aria-label=${t("trend.span")}>${SPANS.map(
        ([name, seconds]) => html`<button type="button" class="act small" aria-pressed=${span.value === seconds} onClick=${() => (span.value = seconds)}>${t(`trend.span.${name}`)}</button>`,
      )}</div></div>
    ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}
    ${buckets.value ? html`<${Plot} cell=${cell} buckets=${buckets.value} />` : html`<p class="quiet plot">${t("trend.loading")}</p>`}
    <p class="small">${cell.point.id} · ${cell.point.owner || cell.point.device}</p>
  </${Sheet}>`;
}
