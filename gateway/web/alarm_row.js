// One alarm in a list: what, where, how much, since when, and the marks that tell it apart from its neighbours.

import { html } from "./vendor/ui.js";
import { acknowledge, chosen, levelText } from "./acknowledge.js";
import { Since, State, Tags } from "./alarm_marks.js";
import { showAlarm } from "./faceplate.js";
import { unacknowledged } from "./levels.js";
import { Act, Mark } from "./marks.js";
import { clock, instant, moment, quantity } from "./numbers.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */

/** @param {{alarm: Alarm}} props */
export function Row({ alarm }) {
  const open = unacknowledged(alarm);
  const choose = () => (chosen.value = alarm.id);
  const raised = instant(alarm.raised_at);
  return html`<li class=${`alarm s${alarm.severity} ${open ? "open" : ""} ${chosen.value === alarm.id ? "chosen" : ""}`} onFocusIn=${choose} onClick=${choose}>
    <${Mark} severity=${alarm.severity} blink=${open && alarm.severity >= 3} />
    <div class="what">
      <span><button type="button" class="link" title=${t("alarm.open")} onClick=${() => showAlarm(alarm.id)}>${nameOf(alarm.name)}</button> <${Tags} alarm=${alarm} /></span>
      <span class="level">${levelText(alarm)}</span>
    </div>
    <div class="much"><b>${quantity(alarm.value, alarm.unit, alarm.point)}</b><span title=${raised === null ? undefined : moment(raised)}>
      ${raised === null ? "–" : clock(raised)} · <${Since} text=${alarm.raised_at} /></span></div>
    <div class="how"><${State} alarm=${alarm} />
      ${open
        ? html`<${Act} class="small" permission="alarm.ack" label=${t("alarm.acknowledge_one", { name: nameOf(alarm.name) })} onClick=${() => acknowledge([alarm])}>
            ${t("alarm.acknowledge")}</${Act}>`
        : null}
    </div>
    ${alarm.note ? html`<p class="note">“${alarm.note}”</p>` : null}
  </li>`;
}
