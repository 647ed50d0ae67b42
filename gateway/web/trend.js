// The large trend of a point: mean and spread over a span, with its limits, growing while it is looked at.

import { html, useEffect, useRef, useSignal } from "./vendor/ui.js";
import uPlot from "./vendor/uplot.js";
import { Sheet, show } from "./dialog.js";
import { exportAddress, history } from "./history.js";
import { levelOf, limitsOf } from "./levels.js";
import { theme } from "./look.js";
import { Age, Figure, Mark } from "./marks.js";
import { hour, moment, plain, printed } from "./numbers.js";
import { timeline } from "./occurrences.js";
import { now } from "./store.js";
import { Timeline } from "./timeline.js";
import { colour, drawDoubts, drawGaps, drawLimits } from "./trend_marks.js";
import { language, nameOf, t } from "./words.js";

/** @typedef {import("./store.js").Cell} Cell */
/** @typedef {import("./history.js").Past} Past */

const BUCKETS = 300;
const RELOAD_MS = 5_000;
const HEIGHT = 320;
const LATEST_RELOAD_MS = 60_000;
const SPANS = /** @type {const} */ ([["15m", 900], ["1h", 3_600], ["24h", 86_400], ["7d", 604_800], ["30d", 2_592_000]]);

/** Open the trend of a point. @param {Cell} cell */
export const showTrend = (cell) => show(() => html`<${Trend} cell=${cell} />`);

/** Keep the limits in the frame when the values come near them. @param {Cell} cell @param {number} low @param {number} high @returns {[number, number]} */
function frame(cell, low, high) {
  const room = Math.max((high - low) * 0.15, Math.abs(high) * 0.02, 0.5);
  const near = limitsOf(cell.point).map((level) => level.limit).filter((limit) => limit > low - room * 6 && limit < high + room * 6);
  return [Math.min(low, ...near) - room, Math.max(high, ...near) + room];
}

/** @param {Cell} cell @param {HTMLElement} box @param {Past} past */
function drawn(cell, box, past) {
  const axis = { stroke: colour("muted"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px Inter, sans-serif" };
  const long = past.until - past.since > 86_400_000;
  /** @type {[number, number]} */
  const span = [past.since / 1000, past.until / 1000];
  return new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false },
      scales: { x: { time: true, range: () => span }, y: { range: (_plot, low, high) => frame(cell, low ?? 0, high ?? 1) } },
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
      hooks: {
        drawAxes: [(plot) => drawGaps(plot, past)],
        draw: [(plot) => drawDoubts(plot, past), (plot) => drawLimits(plot, cell)],
      },
    },
    [past.at.map((at) => at / 1000), past.low, past.mean, past.high],
    box,
  );
}

/** Return what the trend shows, for who cannot see it. @param {Cell} cell @param {Past} past */
function summary(cell, past) {
  const numbers = (/** @type {import("./history.js").Column} */ column) => column.filter((value) => typeof value === "number");
  const low = numbers(past.low);
  if (!low.length) return t("trend.empty");
  return t("trend.summary", { low: plain(Math.min(...low)), high: plain(Math.max(...numbers(past.high))), unit: printed(cell.point.unit) });
}

/** Name what is drawn besides values, when there is any. @param {{past: Past}} props */
function Legend({ past }) {
  const keys = /** @type {[string, string, boolean][]} */ ([
    ["gap", "trend.gap", past.gaps.length > 0],
    ["uncertain", "quality.uncertain", past.quality.includes("uncertain")],
    ["bad", "quality.bad", past.quality.includes("bad")],
  ]);
  return html`${keys.filter(([, , there]) => there).map(([key, words]) => html`<span class="trendkey"><i class=${key} aria-hidden="true"></i>${t(words)}</span>`)}`;
}

/** @typedef {import("./vendor/ui.js").Signal<import("./timeline.js").Place | null>} PlaceSignal */

/** Values, gaps and limits over a span. @param {{cell: Cell, past: Past, place: PlaceSignal, tall?: number}} props `tall`: pixels */
export function Plot({ cell, past, place: lies, tall = HEIGHT }) {
  const box = /** @type {{current: HTMLDivElement | null}} */ (useRef(null));
  useEffect(() => {
    const place = box.current;
    if (!place) return undefined;
    const plot = drawn(cell, place, past);
    const follow = () => {
      plot.setSize({ width: place.clientWidth, height: tall });
      lies.value = { left: plot.over.offsetLeft, width: plot.over.offsetWidth };
    };
    const watcher = new ResizeObserver(follow);
    watcher.observe(place);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [past, theme.value, language.value]);
  const words = summary(cell, past);
  return html`<div class="plot" ref=${box} role="img" aria-label=${words}></div>
    <p class="small trendfoot"><span>${words}</span><${Legend} past=${past} />
      <a class="act small" href=${exportAddress(cell.point.id, past.since, past.until)} download>${t("trend.export")}</a></p>`;
}

/** @param {{cell: Cell}} props */
function Trend({ cell }) {
  const span = useSignal(/** @type {number} */ (3_600));
  const past = useSignal(/** @type {Past | null} */ (null));
  const bars = useSignal(/** @type {import("./occurrences.js").Timeline | null} */ (null));
  const place = useSignal(/** @type {import("./timeline.js").Place | null} */ (null));
  const trouble = useSignal("");
  useEffect(() => {
    let gone = false;
    const read = async () => {
      const until = now();
      const since = until - span.value * 1000;
      const [answer, stood] = await Promise.all([history(cell.point.id, since, until, BUCKETS), timeline(cell.point.id, since, until)]);
      if (gone) return;
      trouble.value = answer.ok ? "" : answer.sentence;
      if (answer.ok) past.value = answer.value;
      bars.value = stood.ok ? stood.value : null;
    };
    void read();
    const timer = setInterval(read, Math.min(LATEST_RELOAD_MS, Math.max(RELOAD_MS, (span.value * 1000) / BUCKETS)));
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
    ${past.value ? html`<${Plot} cell=${cell} past=${past.value} place=${place} />` : html`<p class="quiet plot">${t("trend.loading")}</p>`}
    ${bars.value ? html`<${Timeline} told=${bars.value} place=${place.value} />` : past.value ? html`<p class="small">${t("timeline.missing")}</p>` : null}
    <p class="small">${cell.point.id} · ${cell.point.owner || cell.point.device}</p>
  </${Sheet}>`;
}
