// Which alarms a list shows: by state, severity, category and place; kept while the page is open.

import { html, signal } from "./vendor/ui.js";
import { unacknowledged } from "./levels.js";
import { cells, devices } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {{state: string, severity: number, category: string, place: string}} Wanted */

/** @type {Record<string, (alarm: Alarm) => boolean>} */
const STATES = {
  unacknowledged,
  acknowledged: (alarm) => alarm.acked,
  active: (alarm) => alarm.active,
  gone: (alarm) => !alarm.active,
  unknown: (alarm) => alarm.cond_unknown,
  chattering: (alarm) => alarm.chattering,
  first: (alarm) => alarm.first_out !== "",
};
const NOTHING = Object.freeze({ state: "", severity: 0, category: "", place: "" });

export const wanted = signal(/** @type {Wanted} */ (NOTHING));

/** Whether anything is left out. */
export const isNarrow = () => Object.entries(NOTHING).some(([key, value]) => wanted.value[/** @type {keyof Wanted} */ (key)] !== value);

/** Return everything by which a person may look for an alarm's place. @param {Alarm} alarm */
function where(alarm) {
  const point = cells.value.get(alarm.point)?.point;
  const room = point && devices.value.get(point.device)?.room;
  return [nameOf(alarm.name), alarm.id, nameOf(alarm.scale_name), point && nameOf(point.name), point?.owner, ...(point?.tags ?? []), room].filter(Boolean).join(" ").toLowerCase();
}

/** Whether an alarm is among those that are looked for. @param {Alarm} alarm */
export function fits(alarm) {
  const { state, severity, category, place } = wanted.value;
  const words = place.toLowerCase().split(/\s+/).filter(Boolean);
  return (
    (STATES[state]?.(alarm) ?? true) && alarm.severity >= severity && (!category || alarm.category === category) && (!words.length || words.every((word) => where(alarm).includes(word)))
  );
}

/** @param {keyof Wanted} key @param {(text: string) => string | number} [read] */
const change = (key, read = (text) => text) => (/** @type {Event} */ event) => (wanted.value = { ...wanted.value, [key]: read(/** @type {HTMLSelectElement} */ (event.target).value) });

/** @param {{label: string, value: string | number, options: [string | number, string][], onChange: (event: Event) => void}} props */
function Choice({ label, value, options, onChange }) {
  return html`<select aria-label=${label} onChange=${onChange}>
    <option value=${options[0]?.[0]} selected=${value === options[0]?.[0]}>${label}: ${options[0]?.[1]}</option>
    ${options.slice(1).map(([own, words]) => html`<option value=${own} selected=${own === value}>${words}</option>`)}
  </select>`;
}

/** The row of fields above a list. */
export function Filters() {
  const { state, severity, category, place } = wanted.value;
  const all = t("alarm.filter.all");
  return html`<div class="filters" role="search" aria-label=${t("alarm.filter")}>
    <${Choice} label=${t("alarm.filter.state")} value=${state} onChange=${change("state")} options=${[["", all], ...Object.keys(STATES).map((one) => [one, t(`alarm.filter.state.${one}`)])]} />
    <${Choice} label=${t("alarm.filter.severity")} value=${severity} onChange=${change("severity", Number)} options=${[[0, all], ...[2, 3, 4].map((one) => [one, t("alarm.filter.from", { severity: t(`severity.${one}`) })])]} />
    <${Choice} label=${t("alarm.filter.category")} value=${category} onChange=${change("category")} options=${[["", all], ...["process", "comm"].map((one) => [one, t(`alarm.category.${one}`)])]} />
    <input type="search" class="filter" value=${place} placeholder=${t("alarm.filter.place")} aria-label=${t("alarm.filter.place")} onInput=${change("place")} />
    ${isNarrow() ? html`<button type="button" class="act small" onClick=${() => (wanted.value = NOTHING)}>${t("alarm.filter.clear")}</button>` : null}
  </div>`;
}
