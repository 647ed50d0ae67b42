// The occurrences of a point as bars under its trend: how bad, from when until when, where somebody acknowledged.

import { html, useSignal } from "./vendor/ui.js";
import { Mark } from "./marks.js";
import { age, instant, quantity } from "./numbers.js";
import { endOf, levelOf, showOccurrence, when } from "./occurrence.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./occurrences.js").Occurrence} Occurrence */
/** @typedef {import("./occurrences.js").Timeline} Timelined */
/** Where the plot above lies, in pixels from the left of its box. @typedef {{left: number, width: number}} Place */

const LANES = 4;
const LEAST = 0.4;

/** Return an occurrence in one sentence. @param {Occurrence} one */
export function sentence(one) {
  const parts = [
    `${nameOf(one.name)}: ${levelOf(one)}`,
    `${when(one.raised_at)} – ${one.closed_at ? when(one.closed_at) : t("occurrence.until_now")} (${age(one.standing)})`,
    one.peak === null ? "" : `${t("alarm.head.peak")} ${quantity(one.peak, one.unit, one.point)}`,
    one.acked_by ? t("timeline.acked", { by: one.acked_by, span: one.time_to_ack === null ? "–" : age(one.time_to_ack) }) : t("timeline.unacked"),
    endOf(one),
  ];
  return parts.filter(Boolean).join(" · ");
}

/** Return each alarm's lane: its own while there are enough. @param {Occurrence[]} items @returns {Map<string, number>} */
function lanes(items) {
  const names = [...new Set(items.map((one) => one.alarm))].sort();
  return new Map(names.map((name, n) => [name, Math.min(n, LANES - 1)]));
}

/** @param {{told: Timelined, place: Place | null}} props */
export function Timeline({ told, place }) {
  const chosen = useSignal("");
  const since = instant(told.since) ?? 0;
  const whole = Math.max(1, (instant(told.until) ?? 0) - since);
  const across = (/** @type {string | null} */ text) => Math.min(100, Math.max(0, (((instant(text) ?? since + whole) - since) / whole) * 100));
  const lane = lanes(told.items);
  const rows = Math.max(1, Math.min(LANES, lane.size));
  const one = told.items.find((item) => item.id === chosen.value);
  const bar = (/** @type {Occurrence} */ item) => {
    const left = across(item.raised_at);
    const width = Math.max(LEAST, across(item.closed_at) - left);
    const acked = item.acked_at ? ((across(item.acked_at) - left) / width) * 100 : null;
    const choose = () => (chosen.value = item.id);
    return html`<button type="button" key=${item.id} class=${`bar s${item.severity} ${item.closed_at ? "" : "running"}`} aria-pressed=${chosen.value === item.id}
      aria-label=${sentence(item)} title=${sentence(item)} onFocus=${choose} onMouseEnter=${choose} onClick=${choose}
      style=${{ left: `${Math.min(left, 100 - LEAST)}%`, width: `${width}%`, top: `${(lane.get(item.alarm) ?? 0) * 26}px` }}>
      ${acked === null || acked < 0 || acked > 100 ? null : html`<i class="acked" aria-hidden="true" style=${{ left: `${acked}%` }}></i>`}</button>`;
  };
  return html`<section class="timeline" aria-label=${t("timeline.label")}>
    <div class="lanes" role="group" aria-label=${t("timeline.label")} style=${{ height: `${rows * 26}px`, ...(place ? { marginLeft: `${place.left}px`, width: `${place.width}px` } : {}) }}>
      ${told.unknown.map((gap) => html`<span key=${gap.since} class="nobody" title=${t("timeline.unknown")} style=${{ left: `${across(gap.since)}%`, width: `${across(gap.until) - across(gap.since)}%` }}></span>`)}
      ${[...told.items].reverse().map(bar)}
    </div>
    <p class="small timelinefoot">${one
      ? html`<${Mark} severity=${one.severity} /> <span>${sentence(one)}</span> <button type="button" class="act small" onClick=${() => showOccurrence(one.id)}>${t("timeline.open")}</button>`
      : html`<span>${told.items.length ? t("timeline.count", { n: told.items.length }) : t("timeline.none")}</span>`}
      ${told.more ? html`<span>${t("timeline.more")}</span>` : null}
      ${told.unknown.length ? html`<span class="trendkey"><i class="gap" aria-hidden="true"></i>${t("timeline.unknown")}</span>` : null}</p>
  </section>`;
}
