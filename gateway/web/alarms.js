// The alarms that stand, worst and oldest first, and those that were put aside.

import { html, signal } from "./vendor/ui.js";
import { acknowledge, levelText } from "./acknowledge.js";
import { Filters, fits, isNarrow } from "./alarm_filters.js";
import { AlarmHistory } from "./alarm_history.js";
import { Tags } from "./alarm_marks.js";
import { AlarmReport } from "./alarm_report.js";
import { Row } from "./alarm_row.js";
import { Ways } from "./alarm_ways.js";
import { BACK, Reasons, showBack } from "./aside.js";
import { showAlarm } from "./faceplate.js";
import { byUrgency, stands, unacknowledged } from "./levels.js";
import { Act, Mark } from "./marks.js";
import { Rules } from "./rules.js";
import { address, where } from "./sections.js";
import { alarms, flood } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {"standing" | "shelved" | "suppressed" | "out_of_service"} Tab */

/** What each list holds. @type {Record<Tab, (alarm: Alarm) => boolean>} */
const TABS = {
  standing: stands,
  shelved: (alarm) => Boolean(alarm.shelf),
  suppressed: (alarm) => Boolean(alarm.suppressed_by?.length),
  out_of_service: (alarm) => Boolean(alarm.outage),
};

const tab = signal(/** @type {Tab} */ ("standing"));

/** @param {{alarms: Alarm[], label: string}} props */
function Rows({ alarms: rows, label }) {
  return html`<ul class="alarms" tabindex="0" aria-label=${label}>${rows.map((alarm) => html`<${Row} key=${alarm.id} alarm=${alarm} />`)}</ul>`;
}

/** The list of alarms that stand, all of them. */
export function AlarmList() {
  const standing = [...alarms.value.values()].filter(stands).sort(byUrgency);
  return standing.length ? html`<${Rows} alarms=${standing} label=${t("alarm.list")} />` : html`<p class="quiet">${t("alarm.none")}</p>`;
}

/** Whether an alarm is folded away in a flood: a low one that was not the first of its group. @param {Alarm} alarm */
const folds = (alarm) => Boolean(flood.value?.on) && alarm.severity <= (flood.value?.list_only ?? 0) && !alarm.first_out;

/** In a flood the low ones are folded: they are there, below. @param {{rows: Alarm[]}} props */
function Standing({ rows }) {
  const folded = rows.filter(folds);
  if (!rows.length) return html`<p class="quiet">${t(isNarrow() ? "alarm.none_fits" : "alarm.none")}</p>`;
  return html`<${Rows} alarms=${rows.filter((alarm) => !folds(alarm))} label=${t("alarm.list")} />
    ${folded.length ? html`<details class="folded"><summary>${t("flood.folded", { n: folded.length })}</summary><${Rows} alarms=${folded} label=${t("flood.folded", { n: folded.length })} /></details>` : null}`;
}

/** @param {{rows: Alarm[], of: Tab}} props */
function Aside({ rows, of }) {
  if (!rows.length) return html`<p class="quiet">${t(`aside.none.${of}`)}</p>`;
  const way = of === "shelved" ? "unshelve" : of === "out_of_service" ? "in-service" : null;
  return html`<ul class="alarms" tabindex="0" aria-label=${t(`alarm.tab.${of}`)}>${rows.map(
    (alarm) => html`<li key=${alarm.id} class=${`alarm aside s${alarm.severity}`}>
      <${Mark} severity=${alarm.active ? alarm.severity : 0} />
      <div class="what"><span><button type="button" class="link" title=${t("alarm.open")} onClick=${() => showAlarm(alarm.id)}>${nameOf(alarm.name)}</button> <${Tags} alarm=${alarm} /></span>
        <span class="level">${levelText(alarm)} · ${t(alarm.active ? "alarm.is_active" : "alarm.is_normal")}</span></div>
      <div class="why"><${Reasons} alarm=${alarm} /></div>
      <div class="how">${way && html`<${Act} class="small" permission=${BACK[way].permission} label=${`${t(`aside.${BACK[way].words}`)}: ${nameOf(alarm.name)}`} onClick=${() => showBack(alarm, way)}>${t(`aside.${BACK[way].words}`)}</${Act}>`}</div>
    </li>`,
  )}</ul>`;
}

/** @param {{all: Alarm[]}} props */
function Tabs({ all }) {
  return html`<div class="switch" role="group" aria-label=${t("alarm.tabs")}>${/** @type {Tab[]} */ (Object.keys(TABS)).map(
    (one) => html`<button type="button" key=${one} class="act small" aria-pressed=${tab.value === one} onClick=${() => (tab.value = one)}>${t(`alarm.tab.${one}`)} <b>${all.filter(TABS[one]).length}</b></button>`,
  )}</div>`;
}

/** What stands, unless the address names the history, the report or the rules. */
export function Alarms() {
  const { item } = where.value;
  return item === "history" ? html`<${AlarmHistory} />` : item === "report" ? html`<${AlarmReport} />` : item.split("/")[0] === "rules" ? html`<${Rules} />` : html`<${Present} />`;
}

function Present() {
  const all = [...alarms.value.values()];
  const rows = all.filter((alarm) => TABS[tab.value](alarm) && fits(alarm)).sort(byUrgency);
  const open = rows.filter((alarm) => unacknowledged(alarm) && !folds(alarm));
  return html`<h1>${t("section.alarms")}<${Ways} /></h1>
    <section class="card grow" aria-labelledby="standing"><h2 id="standing">${t(`alarm.tab.${tab.value}`)}<small>${t("keys.f2_hint")}</small></h2>
      <div class="listhead"><${Tabs} all=${all} /><${Filters} />
        ${tab.value === "standing" && open.length > 1 ? html`<${Act} class="small" permission="alarm.ack" onClick=${() => acknowledge(open)}>${t("alarm.acknowledge_shown", { n: open.length })}</${Act}>` : null}</div>
      ${tab.value === "standing" ? html`<${Standing} rows=${rows} />` : html`<${Aside} rows=${rows} of=${tab.value} />`}</section>
    <p class="small"><a href=${address("alarms", "history")}>${t("alarm.history")}</a></p>`;
}
