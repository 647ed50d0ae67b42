// How well the alarms serve the operators: every figure of a month with its target, its verdict and its definition.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { get } from "./api.js";
import { Ways } from "./alarm_ways.js";
import { when } from "./occurrence.js";
import { age, day, decimal, instant } from "./numbers.js";
import { now } from "./store.js";
import { language, nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Called} Called */
/** @typedef {"good" | "bearable" | "bad" | "unjudged"} Verdict */
/** @typedef {{id: string, name: Called, value: number | null, unit: string, good: number | null, bearable: number | null, at_least: boolean, verdict: Verdict, counted: Called, source: string}} Figure */
/**
 * @typedef {object} Report
 * @property {string} since
 * @property {string} until
 * @property {number} observed
 * @property {{since: string, until: string}[]} unknown
 * @property {boolean} provisional
 * @property {number} occurrences
 * @property {number} annunciated
 * @property {number} floods
 * @property {Figure[]} figures
 * @property {{alarm: string, name: Called, count: number, share: number, chattered: number}[]} contributors
 * @property {{severity: number, sounded: number, count: number, p50: number | null, p95: number | null}[]} answered
 * @property {{since: string, count: number, peak: number | null, stale: number}[]} days
 */

const MONTHS = 12;
const WIB_MS = 7 * 3_600_000;
const SIGNS = { good: "✓", bearable: "~", bad: "✕", unjudged: "–" };

/** Return a figure as people read it. @param {number | null} value */
const number = (value) => (value === null ? "–" : decimal(value, Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1));

/** Return the last months of the hall, the present one first, as `2026-11`. @param {number} ms @returns {string[]} */
function months(ms) {
  const there = new Date(ms + WIB_MS);
  return Array.from({ length: MONTHS }, (_, n) => new Date(Date.UTC(there.getUTCFullYear(), there.getUTCMonth() - n, 1)).toISOString().slice(0, 7));
}

/** @type {Record<string, string>} */
const UNITS = { "/10 min": "report.unit.ten_minutes", "/h": "report.unit.hour", "/d": "report.unit.day" };

/** Return a unit as it is printed. @param {string} of */
const unit = (of) => (UNITS[of] ? t(UNITS[of]) : of);

/** @param {Figure} one */
function target(one) {
  if (one.good === null) return "–";
  const sign = one.at_least ? "≥" : "≤";
  return `${sign} ${number(one.good)}${one.bearable === null ? "" : ` (${sign} ${number(one.bearable)})`} ${unit(one.unit)}`;
}

/** @param {{figures: Figure[]}} props */
function Figures({ figures }) {
  const heads = ["figure", "value", "target", "verdict", "counted", "source"];
  return html`<table class="report"><thead><tr>${heads.map((head) => html`<th scope="col">${t(`report.head.${head}`)}</th>`)}</tr></thead>
    <tbody>${figures.map(
      (one) => html`<tr key=${one.id} class=${one.verdict}><th scope="row">${nameOf(one.name)}</th><td><b>${number(one.value)}</b> ${one.value === null ? "" : unit(one.unit)}</td><td>${target(one)}</td>
        <td class="judged">${SIGNS[one.verdict]} ${t(`report.verdict.${one.verdict}`)}</td><td>${nameOf(one.counted)}</td><td>${one.source}</td></tr>`,
    )}</tbody></table>`;
}

/** @param {{title: string, heads: string[], rows: (string | number)[][]}} props */
function Table({ title, heads, rows }) {
  return html`<section class="card"><h2>${title}</h2>${rows.length
    ? html`<table><thead><tr>${heads.map((head) => html`<th scope="col">${t(`report.head.${head}`)}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>`
    : html`<p class="quiet">${t("occurrence.none")}</p>`}</section>`;
}

/** @param {{of: Report}} props */
function Told({ of }) {
  const whole = (Date.parse(of.until) - Date.parse(of.since)) / 1000;
  const dayOf = (/** @type {string} */ text) => day(instant(text) ?? 0);
  const span = (/** @type {number | null} */ seconds) => (seconds === null ? "–" : age(seconds));
  return html`<p>${t("report.span", { since: when(of.since), until: when(of.until), share: number(whole ? (of.observed / whole) * 100 : null) })}
      ${" "}${t("report.counts", { occurrences: of.occurrences, annunciated: of.annunciated, floods: of.floods })}</p>
    ${of.provisional ? html`<p class="warn">${t("report.provisional")}</p>` : null}
    ${of.unknown.length ? html`<details><summary>${t("report.unknown", { n: of.unknown.length })}</summary><ul>${of.unknown.slice(0, 50).map((gap) => html`<li>${when(gap.since)} – ${when(gap.until)}</li>`)}</ul></details>` : null}
    <section class="card"><h2>${t("report.figures")}</h2><${Figures} figures=${of.figures} /></section>
    <${Table} title=${t("report.contributors")} heads=${["alarm", "count", "share", "chattered"]}
      rows=${of.contributors.map((one) => [nameOf(one.name), one.count, `${number(one.share)} %`, one.chattered])} />
    <${Table} title=${t("report.answered")} heads=${["severity", "sounded", "acked", "p50", "p95"]}
      rows=${of.answered.map((one) => [t(`severity.${one.severity}`), one.sounded, one.count, span(one.p50), span(one.p95)])} />
    <${Table} title=${t("report.days")} heads=${["day", "count", "peak", "stale"]} rows=${of.days.map((one) => [dayOf(one.since), one.count, one.peak ?? "–", one.stale])} />`;
}

export function AlarmReport() {
  const choices = months(now());
  const month = useSignal(/** @type {string} */ (choices[0] ?? ""));
  const positions = useSignal(1);
  const report = useSignal(/** @type {Report | null} */ (null));
  const trouble = useSignal("");
  const query = new URLSearchParams({ month: month.value, positions: String(positions.value) });
  useEffect(() => {
    let gone = false;
    void get(`reports/alarms?${query}`).then((answer) => {
      if (gone) return;
      trouble.value = answer.ok ? "" : answer.sentence;
      report.value = answer.ok ? /** @type {Report} */ (answer.value) : null;
    });
    return () => (gone = true);
  }, [month.value, positions.value]);
  const file = (/** @type {string} */ format) => `/api/v1/reports/alarms/file?${new URLSearchParams({ month: month.value, positions: String(positions.value), format, language: language.value })}`;
  return html`<h1>${t("report.title")}<${Ways} /></h1>
    <div class="listhead"><div class="filters">
      <select aria-label=${t("report.month")} onChange=${(/** @type {Event} */ event) => (month.value = /** @type {HTMLSelectElement} */ (event.target).value)}>${choices.map((one) => html`<option value=${one} selected=${one === month.value}>${one}</option>`)}</select>
      <label>${t("report.positions")} <input type="number" class="few" min="1" max="100" value=${positions.value} onChange=${(/** @type {Event} */ event) => (positions.value = Math.min(100, Math.max(1, Math.trunc(Number(/** @type {HTMLInputElement} */ (event.target).value)) || 1)))} /></label>
      ${["html", "pdf", "csv"].map((format) => html`<a class="act small" href=${file(format)} download>${t(`report.${format}`)}</a>`)}</div></div>
    ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}
    <div class="scroll grow reportbody" tabindex="0" role="group" aria-label=${t("report.title")}>${report.value ? html`<${Told} of=${report.value} />` : html`<p class="quiet">${trouble.value ? "" : t("trend.loading")}</p>`}</div>`;
}
