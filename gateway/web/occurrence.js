// One time that an alarm rang, in full: how bad, how long, who saw it, what was done, what became of it.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { levelText } from "./acknowledge.js";
import { Sheet, show } from "./dialog.js";
import { Mark } from "./marks.js";
import { age, instant, moment, quantity } from "./numbers.js";
import { occurrence } from "./occurrences.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./occurrences.js").Occurrence} Occurrence */
/** @typedef {import("./occurrences.js").Detail} Detail */

/** Open an occurrence. @param {string} id */
export const showOccurrence = (id) => show(() => html`<${OccurrenceSheet} id=${id} />`);

/** Return a time in words, a dash for none. @param {string | null | undefined} text */
export const when = (text) => {
  const ms = instant(text);
  return ms === null ? "–" : moment(ms);
};

/** Return its level with its scale. @param {Occurrence} one */
export const levelOf = (one) => levelText(/** @type {import("./types.js").Alarm} */ (/** @type {unknown} */ (one)));

/** Return how it stands or ended, in words. @param {Occurrence} one */
export const endOf = (one) => t(one.closed_at === null ? (one.cleared_at ? "occurrence.open_gone" : "occurrence.open") : `occurrence.ended.${one.ended}`);

/** @param {{one: Occurrence}} props */
function Facts({ one }) {
  const facts = /** @type {[string, string][]} */ ([
    ["alarm.head.raised", when(one.raised_at)],
    ["occurrence.annunciated", one.annunciated_at ? t("occurrence.times", { at: when(one.annunciated_at), n: one.annunciations }) : t("occurrence.never_sounded")],
    ["alarm.head.by", one.acked_by ? [one.acked_by, one.station, when(one.acked_at)].filter(Boolean).join(", ") : "–"],
    ["occurrence.time_to_ack", one.time_to_ack === null ? "–" : age(one.time_to_ack)],
    ["alarm.head.cleared", when(one.cleared_at)],
    ["occurrence.closed", one.closed_at ? `${when(one.closed_at)} (${endOf(one)})` : endOf(one)],
    ["occurrence.active", age(one.active)],
    ["occurrence.standing", age(one.standing)],
    ["alarm.head.peak", one.peak === null ? "–" : `${quantity(one.peak, one.unit, one.point)} · ${one.peak_at ? when(one.peak_at) : t("occurrence.peak_unseen")}`],
    ["ack.disposition", one.acked_by ? t(`disposition.${one.disposition || "none"}`) : "–"],
    ["alarm.head.note", one.note || "–"],
    ["occurrence.place", one.place || "–"],
  ]);
  return html`<dl class="facelines">${facts.map(([key, words]) => html`<div key=${key}><dt>${t(key)}</dt><dd>${words}</dd></div>`)}</dl>`;
}

/** @param {{detail: Detail}} props */
function Spells({ detail }) {
  if (!detail.spells.length) return null;
  return html`<h3>${t("occurrence.spells")}</h3><ul class="events">${detail.spells.map(
    (spell) => html`<li key=${spell.kind + spell.since}><b>${t(`spell.${spell.kind}`)}</b> ${when(spell.since)} – ${spell.until ? when(spell.until) : t("occurrence.until_now")}
      ${spell.whose ? html` · ${spell.whose}` : null}${spell.why ? html` · “${spell.why}”` : null}</li>`,
  )}</ul>`;
}

/** @param {{detail: Detail}} props */
function Events({ detail }) {
  return html`<h3>${t("occurrence.events")}</h3>
    ${detail.events.length
      ? html`<ul class="events">${detail.events.map(
          (event) => html`<li key=${event.seq}><time datetime=${event.at}>${when(event.at)}</time> <b>${told(`action.${event.action}`, event.action)}</b> · ${event.actor}
            ${event.outcome ? html` · ${told(`result.${event.outcome}`, told(`alarm.state.${event.outcome}`, event.outcome))}` : null}${event.why ? html` · ${event.why}` : null}</li>`,
        )}</ul>`
      : html`<p class="quiet">${t("occurrence.no_events")}</p>`}`;
}

/** @param {{id: string}} props */
function OccurrenceSheet({ id }) {
  const detail = useSignal(/** @type {Detail | null} */ (null));
  const trouble = useSignal("");
  useEffect(() => {
    let gone = false;
    void occurrence(id).then((answer) => {
      if (gone) return;
      if (answer.ok) detail.value = answer.value;
      else trouble.value = answer.sentence;
    });
    return () => (gone = true);
  }, [id]);
  const found = detail.value;
  return html`<${Sheet} title=${found ? nameOf(found.occurrence.name) : t("occurrence.title")} wide=${true}>
    ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}
    ${found
      ? html`<p class="trendhead"><${Mark} severity=${found.occurrence.severity} /> <b>${levelOf(found.occurrence)}</b></p>
          <${Facts} one=${found.occurrence} /><${Spells} detail=${found} /><${Events} detail=${found} />
          <p class="small">${found.occurrence.id}</p>`
      : html`<p class="quiet">${trouble.value ? "" : t("trend.loading")}</p>`}
  </${Sheet}>`;
}
