// One alarm in full: how it is judged, how it stands, what became of it, and everything that may be done with it.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { get, segment } from "./api.js";
import { acknowledge, levelText } from "./acknowledge.js";
import { State, Tags } from "./alarm_marks.js";
import { BACK, Reasons, showBack, showOutage, showShelf } from "./aside.js";
import { Sheet, show } from "./dialog.js";
import { unacknowledged } from "./levels.js";
import { Act, Mark } from "./marks.js";
import { succeeded } from "./notices.js";
import { age, decimal, instant, moment, plain, printed, quantity } from "./numbers.js";
import { Rationale } from "./rationale.js";
import { Response } from "./response.js";
import { alarms, cells } from "./store.js";
import { showTrend } from "./trend.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {import("./types.js").AlarmDetail} AlarmDetail */
/** @typedef {import("./types.js").AuditEvent} AuditEvent */

/** Open an alarm. @param {string} id */
export const showAlarm = (id) => show(() => html`<${Faceplate} id=${id} />`);

/** @param {string | null | undefined} text */
const at = (text) => {
  const ms = instant(text);
  return ms === null ? "–" : moment(ms);
};

/** @param {{alarm: Alarm, rule: AlarmDetail["rule"]}} props */
function Rule({ alarm, rule }) {
  const unit = printed(alarm.unit);
  const spans = /** @type {[string, string][]} */ ([
    ["alarm.rule.kind", told(`alarm.kind.${rule.kind}`, rule.kind)],
    ["alarm.rule.deadband", rule.deadband ? `${plain(rule.deadband)} ${unit}` : "–"],
    ["alarm.rule.on_delay", rule.on_delay ? age(rule.on_delay) : "–"],
    ["alarm.rule.off_delay", rule.off_delay ? age(rule.off_delay) : "–"],
    ["alarm.rule.latching", t(rule.latching ? "flag.yes" : "flag.no")],
  ]);
  return html`<table><thead><tr><th scope="col">${t("alarm.head.level")}</th><th scope="col">${t("alarm.rule.scale")}</th><th scope="col">${t("alarm.rule.limit")}</th></tr></thead>
      <tbody>${[...rule.levels].reverse().map(
        (level) => html`<tr key=${level.code} class=${alarm.active && level.code === alarm.code ? "odd" : ""}><th scope="row"><${Mark} severity=${level.severity} /> ${nameOf(level.label)}</th>
          <td>${nameOf(alarm.scale_name)}</td><td>${typeof level.limit === "number" ? `${plain(level.limit)} ${unit}` : "–"}</td></tr>`,
      )}</tbody></table>
    <dl class="facelines">${spans.map(([key, words]) => html`<div key=${key}><dt>${t(key)}</dt><dd>${words}</dd></div>`)}</dl>
    <p class="small">${t("alarm.rule.return")}</p>`;
}

/** @param {{alarm: Alarm}} props */
function Occurrence({ alarm }) {
  const waited = alarm.acked_at && alarm.raised_at ? age((Date.parse(alarm.acked_at) - Date.parse(alarm.raised_at)) / 1000) : "";
  const facts = /** @type {[string, string][]} */ ([
    ["alarm.head.raised", at(alarm.raised_at)],
    ["alarm.head.cleared", at(alarm.cleared_at)],
    ["alarm.head.peak", quantity(alarm.peak, alarm.unit, alarm.point)],
    ["alarm.head.by", alarm.acked_by ? `${alarm.acked_by}${waited ? `, ${t("alarm.after", { span: waited })}` : ""}` : "–"],
    ["ack.disposition", alarm.acked_by ? t(`disposition.${alarm.disposition || "none"}`) : "–"],
    ["alarm.head.note", alarm.note || "–"],
  ]);
  return html`<dl class="facelines">${facts.map(([key, words]) => html`<div key=${key}><dt>${t(key)}</dt><dd>${words}</dd></div>`)}</dl>
    ${alarm.chattering ? html`<p class="warn">${t("alarm.advice", { n: decimal(alarm.steadier, 0) })}</p>` : null}<${Reasons} alarm=${alarm} />`;
}

/** @param {AuditEvent} event */
const occurrenceOf = (event) => /** @type {{occurrence?: string} | null} */ (event.after)?.occurrence;

/** @param {{alarm: Alarm, events: AuditEvent[]}} props */
function History({ alarm, events }) {
  if (!events.length) return html`<p class="quiet">${t("alarm.no_events")}</p>`;
  return html`<div class="scroll events" tabindex="0" role="group" aria-label=${t("alarm.events")}><table>
    <thead><tr>${["at", "action", "actor", "outcome", "why"].map((head) => html`<th scope="col">${t(`audit.head.${head}`)}</th>`)}</tr></thead>
    <tbody>${events.map(
      (event) => html`<tr key=${event.seq} class=${occurrenceOf(event) === alarm.occurrence ? "" : "before"}><td>${at(event.at)}</td><td>${told(`action.${event.action}`, event.action)}</td><td>${event.actor}</td>
        <td>${told(`alarm.state.${event.outcome}`, event.outcome)}</td><td>${event.why}</td></tr>`,
    )}</tbody></table></div>`;
}

/** @param {{alarm: Alarm, longest: number}} props */
function Deeds({ alarm, longest }) {
  const cell = cells.value.get(alarm.point);
  const back = (/** @type {import("./aside.js").Back} */ way) => html`<${Act} permission=${BACK[way].permission} onClick=${() => showBack(alarm, way)}>${t(`aside.${BACK[way].words}`)}</${Act}>`;
  return html`${cell ? html`<button type="button" class="act" onClick=${() => showTrend(cell)}>${t("trend.open")}</button>` : null}
    ${alarm.shelf ? back("unshelve") : html`<${Act} permission="alarm.shelve" busy=${!longest} onClick=${() => showShelf(alarm, longest)}>${t("aside.shelve")}</${Act}>`}
    ${alarm.outage ? back("in-service") : html`<${Act} permission="alarm.service" onClick=${() => showOutage(alarm)}>${t("aside.out_of_service")}</${Act}>`}
    ${alarm.state === "LATCH_ACK" ? back("reset") : null}
    ${unacknowledged(alarm) ? html`<${Act} class="main" permission="alarm.ack" onClick=${() => acknowledge([alarm])}>${t("alarm.acknowledge")}</${Act}>` : null}`;
}

/** @param {{id: string}} props */
function Faceplate({ id }) {
  const detail = useSignal(/** @type {AlarmDetail | null} */ (null));
  const alarm = alarms.value.get(id) ?? detail.value?.alarm;
  useEffect(() => {
    void get(`alarms/${segment(id)}`).then((answer) => {
      if (succeeded(answer)) detail.value = /** @type {AlarmDetail} */ (answer.value);
    });
  }, [id, alarm?.since, alarm?.state]);
  if (!alarm) return html`<${Sheet} title=${t("section.alarms")}><p class="quiet">…</p></${Sheet}>`;
  return html`<${Sheet} title=${nameOf(alarm.name)} wide=${true} foot=${html`<${Deeds} alarm=${alarm} longest=${detail.value?.rule.longest_shelf ?? 0} />`}>
    <p class="subject"><${Mark} severity=${alarm.severity} /><b>${levelText(alarm)}</b> · ${quantity(alarm.value, alarm.unit, alarm.point)} · <${State} alarm=${alarm} /> <${Tags} alarm=${alarm} /></p>
    <div class="faceplate">
      <section aria-labelledby="face-now"><h3 id="face-now">${t("alarm.occurrence")}</h3><${Occurrence} alarm=${alarm} /></section>
      <section aria-labelledby="face-rule"><h3 id="face-rule">${t("alarm.rule")}</h3>${detail.value ? html`<${Rule} alarm=${alarm} rule=${detail.value.rule} />` : null}</section>
    </div>
    <section aria-labelledby="face-rationale"><h3 id="face-rationale">${t("rationale.title")}</h3><${Rationale} alarm=${alarm} /></section>
    <section aria-labelledby="face-response"><h3 id="face-response">${t("response.title")}</h3>${detail.value ? html`<${Response} alarm=${alarm} levels=${detail.value.rule.levels} />` : null}</section>
    <section aria-labelledby="face-events"><h3 id="face-events">${t("alarm.events")}</h3>${detail.value ? html`<${History} alarm=${alarm} events=${detail.value.history} />` : null}</section>
  </${Sheet}>`;
}
