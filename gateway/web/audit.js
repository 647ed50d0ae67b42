// Who did what, when, why and with what result; and whether the chain of that record is whole.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { get } from "./api.js";
import { Act } from "./marks.js";
import { succeeded } from "./notices.js";
import { instant, moment } from "./numbers.js";
import { audit, may } from "./store.js";
import { t, told } from "./words.js";

/** @typedef {import("./types.js").AuditEvent} AuditEvent */
/** @typedef {import("./types.js").Verdict} Verdict */

const PAGE = 200;

/** Return a value of an event in few words. @param {unknown} value @returns {string} */
function brief(value) {
  if (value === null || value === undefined || value === "") return "";
  if (Array.isArray(value)) return value.map(brief).join(", ");
  if (typeof value === "object") return Object.entries(value).filter(([, own]) => brief(own)).map(([name, own]) => `${name}: ${brief(own)}`).join(", ");
  return String(value);
}

/** Return only what differs between two values, as `name: before → after`. @param {unknown} before @param {unknown} after @returns {string} */
function changes(before, after) {
  if (before && after && typeof before === "object" && typeof after === "object") {
    const [was, is] = [/** @type {Record<string, unknown>} */ (before), /** @type {Record<string, unknown>} */ (after)];
    const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => brief(was[name]) !== brief(is[name]));
    return names.map((name) => `${name}: ${brief(was[name]) || "–"} → ${brief(is[name]) || "–"}`).join(", ");
  }
  const [was, is] = [brief(before), brief(after)];
  return was ? `${was} → ${is || "–"}` : is;
}

/** @param {AuditEvent} event @param {string} wanted */
function fits(event, wanted) {
  const text = [event.seq, event.actor, event.action, event.subject, event.outcome, event.why, brief(event.before), brief(event.after)].join(" ").toLowerCase();
  return wanted.split(/\s+/).every((word) => text.includes(word));
}

/** @param {{event: AuditEvent}} props */
function Row({ event }) {
  const at = instant(event.at);
  return html`<tr>
    <td>${event.seq}</td><td>${at === null ? event.at : moment(at)}</td><td>${event.actor}</td><td>${told(`action.${event.action}`, event.action)}</td><td>${event.subject}</td>
    <td class="change">${changes(event.before, event.after)}</td>
    <td>${told(`result.${event.outcome}`, told(`alarm.state.${event.outcome}`, event.outcome))}</td><td>${event.why}</td><td><code title=${event.hash}>${event.hash.slice(0, 8)}</code></td>
  </tr>`;
}

/** @param {{verdict: Verdict}} props */
function VerdictLine({ verdict }) {
  const words = verdict.ok ? t("audit.whole", { n: verdict.count }) : t("audit.broken", { n: verdict.first_bad ?? "?", why: verdict.why });
  return html`<p class=${`verdict ${verdict.ok ? "good" : "bad"}`} role="status"><b>${verdict.ok ? "✓" : "✕"} ${words}</b></p>`;
}

/** Read back what came before the page was opened. @param {import("./vendor/ui.js").Signal<AuditEvent[]>} older @param {string} action */
async function readBack(older, action) {
  const query = new URLSearchParams({ limit: String(PAGE), ...(action ? { action } : {}) });
  const answer = await get(`audit?${query}`);
  if (succeeded(answer)) older.value = /** @type {{items: AuditEvent[]}} */ (answer.value).items;
}

export function Audit() {
  const wanted = useSignal("");
  const action = useSignal("");
  const older = useSignal(/** @type {AuditEvent[]} */ ([]));
  const verdict = useSignal(/** @type {Verdict | null} */ (null));
  const reads = may("audit.read");
  useEffect(() => {
    if (reads) void readBack(older, action.value);
  }, [action.value, reads]);
  const check = async () => {
    const answer = await get("audit/verify");
    if (succeeded(answer)) verdict.value = /** @type {Verdict} */ (answer.value);
  };
  const known = new Map([...older.value, ...audit.value].map((event) => [event.seq, event]));
  const all = [...known.values()].sort((a, b) => b.seq - a.seq);
  const list = all.filter((event) => (!action.value || event.action === action.value) && fits(event, wanted.value));
  const actions = [...new Set([...all.map((event) => event.action), action.value])].filter(Boolean).sort();
  const heads = ["seq", "at", "actor", "action", "subject", "change", "outcome", "why", "hash"];
  return html`<h1>${t("section.audit")}<span class="tools">
      <select aria-label=${t("audit.action")} onChange=${(/** @type {Event} */ event) => (action.value = /** @type {HTMLSelectElement} */ (event.target).value)}>
        <option value="">${t("audit.all_actions")}</option>${actions.map((one) => html`<option value=${one} selected=${one === action.value}>${told(`action.${one}`, one)}</option>`)}</select>
      <input type="search" class="filter" placeholder=${t("audit.filter")} aria-label=${t("audit.filter")}
        onInput=${(/** @type {InputEvent} */ event) => (wanted.value = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase())} />
      <${Act} class="main" permission="audit.read" onClick=${check}>${t("audit.verify")}</${Act}></span></h1>
    ${reads ? null : html`<p class="warn">${t("audit.barred")}</p>`}
    ${verdict.value ? html`<${VerdictLine} verdict=${verdict.value} />` : null}
    <div class="card grow scroll" tabindex="0" role="group" aria-label=${t("section.audit")}><table class="audit">
      <thead><tr>${heads.map((head) => html`<th scope="col">${t(`audit.head.${head}`)}</th>`)}</tr></thead>
      <tbody>${list.map((event) => html`<${Row} key=${event.seq} event=${event} />`)}</tbody></table></div>`;
}
