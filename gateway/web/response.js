// What an alarm sets in motion: every step at a level, what of it is under way now, and why something would be refused.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { get, segment } from "./api.js";
import { succeeded } from "./notices.js";
import { age, instant, moment } from "./numbers.js";
import { sourceName } from "./shown.js";
import { devices, scenes, walls } from "./store.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {import("./types.js").Level} Level */
/** @typedef {import("./types.js").Deed} Deed */
/** @typedef {import("./types.js").Ask} Ask */
/** @typedef {import("./types.js").Foreseen} Foreseen */
/** @typedef {import("./types.js").ActionStep} ActionStep */

/** @param {Deed} deed */
const regionName = (deed) => nameOf(walls.value.get(deed.wall)?.regions.find((region) => region.id === deed.region)?.name) || deed.region || t("response.everywhere");

/** @param {Deed} deed @param {string} source */
function sourceOf(deed, source) {
  const wall = walls.value.get(deed.wall);
  return wall ? sourceName(wall, source) : source;
}

/** @param {Ask} ask */
function asked(ask) {
  const args = Object.values(ask.args).map((value) => (typeof value === "boolean" ? t(value ? "flag.on" : "flag.off") : String(value)));
  return `${nameOf(devices.value.get(ask.device)?.name) || ask.device}: ${told(`verb.${ask.verb}`, ask.verb)} ${args.join(" ")}`.trim();
}

/** What a step does, in one line. @param {Foreseen} step */
function what({ deed, decides, call_list }) {
  if (deed.kind === "scene") return t("response.scene", { scene: nameOf(scenes.value.find((scene) => scene.id === deed.scene)?.name) || deed.scene, region: regionName(deed) });
  if (deed.kind === "layout") return t("response.layout", { region: regionName(deed) });
  if (deed.command) return asked(deed.command);
  return t("response.notify", { who: decides ? nameOf(decides) : call_list });
}

/** What stands behind it: cameras, windows, commands, persons. @param {Foreseen} step @returns {string[]} */
function behind({ deed, windows, commands, told: persons }) {
  const cameras = deed.cameras.map((camera) => sourceOf(deed, camera)).join(", ");
  const panes = windows.map((pane) => `${sourceOf(deed, pane.source)} (${pane.panels.join(" ")})`).join(", ");
  return [
    cameras && t("response.cameras", { cameras }),
    panes && t("response.windows", { windows: panes }),
    windows.length ? t("response.commands", { n: commands.length }) : "",
    deed.on_clear ? t("response.then", { asked: asked(deed.on_clear) }) : "",
    persons.join(", "),
  ].filter(Boolean);
}

/** How long a step lasts. @param {Deed} deed */
const lasts = (deed) => t(`response.until.${deed.until}`) + (deed.at_most ? `, ${t("response.at_most", { span: age(deed.at_most) })}` : "");

/** @param {{step: ActionStep | undefined}} props */
function Now({ step }) {
  if (!step) return html`–`;
  const at = instant(step.done_at ?? step.since);
  return html`<b>${t(`response.stage.${step.stage}`)}</b>${at === null ? "" : ` ${moment(at)}`}<br /><span class="small">${step.outcome}</span>`;
}

/** @param {{step: Foreseen, now: ActionStep | undefined}} props */
function Row({ step, now }) {
  const lines = behind(step);
  const orders = step.commands.map((order) => html`<li><b>${order.device}</b> ${told(`verb.${order.verb}`, order.verb)} <span>${order.detail}</span></li>`);
  return html`<tr><th scope="row">${step.deed.after ? t("response.after", { span: age(step.deed.after) }) : t("response.at_once")}${step.deed.escalates ? html`<br /><span class="small">${t("response.escalates")}</span>` : null}</th>
    <td>${what(step)}${lines.map((line) => html`<br /><span class="small">${line}</span>`)}
      ${orders.length ? html`<details><summary>${t("response.orders")}</summary><ul class="steps">${orders}</ul></details>` : null}
      ${step.refused ? html`<p class="warn">${t("response.refused", { why: step.refused })}</p>` : null}</td>
    <td>${lasts(step.deed)}</td><td><${Now} step=${now} /></td></tr>`;
}

/** The part of a faceplate that says what happens when the alarm rings. @param {{alarm: Alarm, levels: Level[]}} props */
export function Response({ alarm, levels }) {
  const level = useSignal((alarm.active ? levels.find((one) => one.code === alarm.code) : null)?.code ?? levels.at(-1)?.code ?? "");
  const plan = useSignal(/** @type {Foreseen[] | null} */ (null));
  const steps = useSignal(/** @type {ActionStep[]} */ ([]));
  const path = `alarms/${segment(alarm.id)}/actions`;
  useEffect(() => {
    void get(`${path}/preview?level=${encodeURIComponent(level.value)}`).then((answer) => {
      if (succeeded(answer)) plan.value = /** @type {{steps: Foreseen[]}} */ (answer.value).steps;
    });
  }, [path, level.value]);
  useEffect(() => {
    void get(path).then((answer) => {
      if (succeeded(answer)) steps.value = /** @type {{steps: ActionStep[]}} */ (answer.value).steps;
    });
  }, [path, alarm.since, alarm.state, alarm.code]);
  const choose = (/** @type {Event} */ event) => (level.value = /** @type {HTMLSelectElement} */ (event.target).value);
  return html`<label class="response">${t("response.level")} <select value=${level.value} onChange=${choose}>
      ${[...levels].reverse().map((one) => html`<option key=${one.code} value=${one.code} selected=${one.code === level.value}>${nameOf(one.label)} (${nameOf(alarm.scale_name)})</option>`)}</select></label>
    ${plan.value === null ? html`<p class="quiet">…</p>` : plan.value.length === 0 ? html`<p class="quiet">${t("response.nothing")}</p>` : html`<div class="scroll" tabindex="0" role="group" aria-label=${t("response.title")}><table>
      <thead><tr>${["when", "what", "until", "now"].map((head) => html`<th scope="col">${t(`response.head.${head}`)}</th>`)}</tr></thead>
      <tbody>${plan.value.map((step) => html`<${Row} key=${step.deed.id} step=${step} now=${steps.value.find((one) => one.deed.id === step.deed.id)} />`)}</tbody></table></div>`}`;
}
