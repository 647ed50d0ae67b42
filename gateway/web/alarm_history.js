// The history of alarms: every time that one rang, newest first, filtered, opened, taken away as a file.

import { html, signal, useEffect, useSignal } from "./vendor/ui.js";
import { nameOf, t } from "./words.js";
import { endOf, levelOf, showOccurrence, when } from "./occurrence.js";
import { fileAddress, occurrences } from "./occurrences.js";
import { Act, Mark } from "./marks.js";
import { age, quantity } from "./numbers.js";
import { Ways } from "./alarm_ways.js";
import { now } from "./store.js";

/** @typedef {import("./occurrences.js").Occurrence} Occurrence */
/** @typedef {import("./occurrences.js").Wanted} Wanted */

const DAYS = [1, 7, 30, 366, 0];
const STATES = ["all", "open", "closed", "unacknowledged", "shelved", "suppressed", "out_of_service", "flood", "chattered"];
const PATIENCE_MS = 300;

const wanted = signal(/** @type {Wanted} */ ({ days: 7, severity: 0, state: "all", text: "" }));

/** @param {{label: string, value: string | number, options: [string | number, string][], onChange: (value: string) => void}} props */
function Choice({ label, value, options, onChange }) {
  return html`<select aria-label=${label} onChange=${(/** @type {Event} */ event) => onChange(/** @type {HTMLSelectElement} */ (event.target).value)}>
    ${options.map(([own, words]) => html`<option value=${own} selected=${own === value}>${words}</option>`)}</select>`;
}

/** @param {Partial<Wanted>} some */
const want = (some) => (wanted.value = { ...wanted.value, ...some });

function Filters() {
  const { days, severity, state, text } = wanted.value;
  return html`<div class="filters" role="search" aria-label=${t("alarm.filter")}>
    <${Choice} label=${t("occurrence.filter.days")} value=${days} onChange=${(/** @type {string} */ own) => want({ days: Number(own) })}
      options=${DAYS.map((n) => [n, t(n ? "occurrence.filter.last" : "occurrence.filter.ever", { n })])} />
    <${Choice} label=${t("alarm.filter.severity")} value=${severity} onChange=${(/** @type {string} */ own) => want({ severity: Number(own) })}
      options=${[[0, `${t("alarm.filter.severity")}: ${t("alarm.filter.all")}`], ...[2, 3, 4].map((n) => [n, t("alarm.filter.from", { severity: t(`severity.${n}`) })])]} />
    <${Choice} label=${t("alarm.filter.state")} value=${state} onChange=${(/** @type {string} */ own) => want({ state: own })}
      options=${STATES.map((one) => [one, t(`occurrence.state.${one}`)])} />
    <input type="search" class="filter" value=${text} maxlength="100" placeholder=${t("occurrence.filter.text")} aria-label=${t("occurrence.filter.text")}
      onInput=${(/** @type {Event} */ event) => want({ text: /** @type {HTMLInputElement} */ (event.target).value })} />
    <a class="act small" href=${fileAddress(wanted.value, Date.now(), "csv")} download>${t("occurrence.csv")}</a>
    <a class="act small" href=${fileAddress(wanted.value, Date.now(), "parquet")} download>${t("occurrence.parquet")}</a>
  </div>`;
}

/** @param {{one: Occurrence}} props */
function Row({ one }) {
  return html`<tr>
    <td><${Mark} severity=${one.severity} /></td>
    <td><button type="button" class="link" title=${t("timeline.open")} onClick=${() => showOccurrence(one.id)}>${nameOf(one.name)}</button></td>
    <td>${levelOf(one)}</td><td>${when(one.raised_at)}</td><td>${age(one.active)}</td>
    <td>${one.peak === null ? "–" : quantity(one.peak, one.unit, one.point)}</td>
    <td>${one.acked_by ? `${one.acked_by}, ${one.time_to_ack === null ? "–" : age(one.time_to_ack)}` : "–"}</td>
    <td>${endOf(one)}</td><td>${[...one.asides.map((kind) => t(`spell.${kind}`)), one.in_flood && t("occurrence.state.flood")].filter(Boolean).join(", ")}</td><td>${one.note}</td>
  </tr>`;
}

const HEADS = ["alarm.head.name", "alarm.head.level", "alarm.head.raised", "occurrence.active", "alarm.head.peak", "alarm.head.by", "occurrence.end", "occurrence.spells", "alarm.head.note"];

export function AlarmHistory() {
  const items = useSignal(/** @type {Occurrence[]} */ ([]));
  const next = useSignal(/** @type {string | null} */ (null));
  const trouble = useSignal("");
  const reading = useSignal(true);
  const read = async (/** @type {string | null} */ after, /** @type {() => boolean} */ gone) => {
    reading.value = true;
    const answer = await occurrences(wanted.value, now(), after);
    if (gone()) return;
    reading.value = false;
    trouble.value = answer.ok ? "" : answer.sentence;
    if (!answer.ok) return;
    items.value = after ? [...items.value, ...answer.value.items] : answer.value.items;
    next.value = answer.value.next;
  };
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(() => void read(null, () => gone), PATIENCE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [wanted.value]);
  return html`<h1>${t("occurrence.page")}<${Ways} /></h1>
    <section class="card grow" aria-label=${t("occurrence.page")}>
      <div class="listhead"><${Filters} /></div>
      ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}
      <div class="scroll" tabindex="0" role="group" aria-label=${t("occurrence.page")}><table class="occurrences" aria-busy=${reading.value}>
        <thead><tr><th scope="col"><span class="sr">${t("alarm.filter.severity")}</span></th>${HEADS.map((key) => html`<th scope="col">${t(key)}</th>`)}</tr></thead>
        <tbody>${items.value.map((one) => html`<${Row} key=${one.id} one=${one} />`)}</tbody></table>
        ${!items.value.length && !trouble.value ? html`<p class="quiet">${t(reading.value ? "trend.loading" : "occurrence.none")}</p>` : null}
        ${next.value ? html`<p><${Act} class="small" busy=${reading.value} onClick=${() => void read(next.value, () => false)}>${t("occurrence.older")}</${Act}></p>` : null}</div>
    </section>`;
}
