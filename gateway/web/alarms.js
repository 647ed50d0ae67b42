// The alarms that stand, worst and oldest first, and those that have gone back to normal.

import { html } from "./vendor/ui.js";
import { acknowledge, chosen, levelText } from "./acknowledge.js";
import { byUrgency, stands, unacknowledged } from "./levels.js";
import { Act, Mark } from "./marks.js";
import { age, clock, instant, moment, quantity } from "./numbers.js";
import { alarms, cells, now } from "./store.js";
import { nameOf, t } from "./words.js";
import { showTrend } from "./trend.js";

/** @typedef {import("./types.js").Alarm} Alarm */

/** @param {{text: string | null}} props */
function Since({ text }) {
  const at = instant(text);
  if (at === null) return html`<span class="since">–</span>`;
  return html`<time class="since" datetime=${text} title=${moment(at)}>${age((now() - at) / 1000)}</time>`;
}

/** @param {{alarm: Alarm}} props */
function State({ alarm }) {
  return html`<span class=${`state ${unacknowledged(alarm) ? "open" : ""}`}>${t(`alarm.state.${alarm.state}`)}
    ${alarm.acked && alarm.acked_by ? html`<small>${alarm.acked_by}</small>` : null}
    ${alarm.cond_unknown ? html`<i class="doubt" title=${t("alarm.unknown")}>? ${t("alarm.unknown_short")}</i>` : null}</span>`;
}

/** @param {{alarm: Alarm}} props */
function Row({ alarm }) {
  const open = unacknowledged(alarm);
  const cell = cells.value.get(alarm.point);
  const choose = () => (chosen.value = alarm.id);
  const raised = instant(alarm.raised_at);
  return html`<li class=${`alarm s${alarm.severity} ${open ? "open" : ""} ${chosen.value === alarm.id ? "chosen" : ""}`} onFocusIn=${choose} onClick=${choose}>
    <${Mark} severity=${alarm.severity} blink=${open && alarm.severity >= 3} />
    <div class="what">
      <button type="button" class="link" title=${t("trend.open")} disabled=${!cell} onClick=${() => cell && showTrend(cell)}>${nameOf(alarm.name)}</button>
      <span class="level">${levelText(alarm)}</span>
    </div>
    <div class="much"><b>${quantity(alarm.value, alarm.unit, alarm.point)}</b><span title=${raised === null ? undefined : moment(raised)}>
      ${raised === null ? "–" : clock(raised)} · <${Since} text=${alarm.raised_at} /></span></div>
    <div class="how"><${State} alarm=${alarm} />
      ${open
        ? html`<${Act} class="small" permission="alarm.ack" label=${t("alarm.acknowledge_one", { name: nameOf(alarm.name) })} onClick=${() => acknowledge(alarm)}>
            ${t("alarm.acknowledge")}</${Act}>`
        : null}
    </div>
    ${alarm.note ? html`<p class="note">“${alarm.note}”</p>` : null}
  </li>`;
}

/** The list of alarms that stand. */
export function AlarmList() {
  const standing = [...alarms.value.values()].filter(stands).sort(byUrgency);
  if (!standing.length) return html`<p class="quiet">${t("alarm.none")}</p>`;
  return html`<ul class="alarms" tabindex="0" aria-label=${t("alarm.list")}>${standing.map((alarm) => html`<${Row} key=${alarm.id} alarm=${alarm} />`)}</ul>`;
}

/** @param {{alarm: Alarm}} props */
function Past({ alarm }) {
  const at = (/** @type {string | null} */ text) => {
    const ms = instant(text);
    return ms === null ? "–" : moment(ms);
  };
  return html`<tr>
    <td>${nameOf(alarm.name)}</td><td>${levelText(alarm)}</td><td>${quantity(alarm.peak, alarm.unit, alarm.point)}</td>
    <td>${at(alarm.raised_at)}</td><td>${at(alarm.cleared_at)}</td><td>${alarm.acked_by ?? "–"}</td><td>${alarm.note || "–"}</td>
  </tr>`;
}

function History() {
  const past = [...alarms.value.values()].filter((alarm) => !stands(alarm) && alarm.raised_at);
  past.sort((a, b) => (b.cleared_at ?? "").localeCompare(a.cleared_at ?? ""));
  if (!past.length) return html`<p class="quiet">${t("alarm.no_history")}</p>`;
  const heads = ["alarm.head.name", "alarm.head.level", "alarm.head.peak", "alarm.head.raised", "alarm.head.cleared", "alarm.head.by", "alarm.head.note"];
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${t("alarm.history")}><table>
    <thead><tr>${heads.map((key) => html`<th scope="col">${t(key)}</th>`)}</tr></thead>
    <tbody>${past.map((alarm) => html`<${Past} key=${alarm.id} alarm=${alarm} />`)}</tbody>
  </table></div>`;
}

export function Alarms() {
  return html`<h1>${t("section.alarms")}</h1>
    <section class="card grow" aria-labelledby="standing"><h2 id="standing">${t("alarm.list")}<small>${t("keys.f2_hint")}</small></h2><${AlarmList} /></section>
    <section class="card" aria-labelledby="past"><h2 id="past">${t("alarm.history")}</h2><${History} /></section>`;
}
