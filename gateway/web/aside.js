// Putting alarms aside and taking them back: the shelf, out of service; each with its reason.

import { html, useSignal } from "./vendor/ui.js";
import { post, segment } from "./api.js";
import { levelText } from "./acknowledge.js";
import { Sheet, hide, show } from "./dialog.js";
import { Mark } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { age, instant, moment } from "./numbers.js";
import { alarms, now } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {"unshelve" | "in-service" | "reset"} Back */

const LONGEST_WHY = 500;
const SPANS_S = [900, 3_600, 7_200, 14_400, 28_800];
const DAY_MS = 86_400_000;

/** What each way back needs. @type {Record<Back, {permission: string, words: string}>} */
export const BACK = {
  unshelve: { permission: "alarm.shelve", words: "unshelve" },
  "in-service": { permission: "alarm.service", words: "in_service" },
  reset: { permission: "alarm.ack", words: "reset" },
};

/** Ask for how long and why, `longest` seconds at most. @param {Alarm} alarm @param {number} longest */
export const showShelf = (alarm, longest) => show(() => html`<${Shelve} alarm=${alarm} longest=${longest} />`);
/** @param {Alarm} alarm */
export const showOutage = (alarm) => show(() => html`<${TakeOut} alarm=${alarm} />`);
/** @param {Alarm} alarm @param {Back} way */
export const showBack = (alarm, way) => show(() => html`<${TakeBack} alarm=${alarm} way=${way} />`);

/** One dialog with a reason: says what is handled, sends it once, and tells how it ended.
 * @param {{alarm: Alarm, action: string, words: string, required?: boolean, read: (form: FormData) => object, children?: import("./vendor/ui.js").ComponentChildren}} props */
function Deed({ alarm, action, words, required = false, read, children }) {
  const busy = useSignal(false);
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const answer = await post(`alarms/${segment(alarm.id)}/${action}`, { why: String(form.get("why")).trim(), ...read(form) });
    busy.value = false;
    if (!succeeded(answer)) return;
    notice(t(`aside.${words}.done`, { name: nameOf(alarm.name) }));
    hide();
  };
  const foot = html`<button type="button" class="act" onClick=${hide}>${t("dialog.cancel")}</button>
    <button type="submit" form="aside-form" class="act main" aria-busy=${busy.value ? "true" : undefined}>${t(`aside.${words}`)}</button>`;
  return html`<${Sheet} title=${t(`aside.${words}.title`)} foot=${foot}>
    <p class="subject"><${Mark} severity=${alarm.severity} /><b>${nameOf(alarm.name)}</b><br />${levelText(alarm)}</p>
    <form id="aside-form" onSubmit=${submit}>${children}
      <label>${t(required ? "aside.why" : "aside.why_optional")}<textarea name="why" rows="2" maxlength=${LONGEST_WHY} required=${required} placeholder=${t(`aside.${words}.hint`)}></textarea></label>
    </form>
  </${Sheet}>`;
}

/** @param {{alarm: Alarm, longest: number}} props */
function Shelve({ alarm, longest }) {
  const spans = [...SPANS_S.filter((span) => span < longest), longest];
  const read = (/** @type {FormData} */ form) => ({ seconds: Number(form.get("seconds")), once: form.get("once") === "on" });
  return html`<${Deed} alarm=${alarm} action="shelve" words="shelve" required=${true} read=${read}>
    <fieldset class="choices"><legend>${t("aside.shelve.span")}</legend>
      ${spans.map((span, n) => html`<label class="choice" key=${span}><input type="radio" name="seconds" value=${span} defaultChecked=${n === 0} autofocus=${n === 0} /><span>${age(span)}</span></label>`)}
    </fieldset>
    <label class="choice"><input type="checkbox" name="once" /><span>${t("aside.shelve.once")}</span></label>
    <p class="small">${t("aside.shelve.bound", { span: age(longest) })}</p>
  </${Deed}>`;
}

/** Return a time as a field for local time takes it. @param {number} ms */
function local(ms) {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {{alarm: Alarm}} props */
function TakeOut({ alarm }) {
  const read = (/** @type {FormData} */ form) => ({ due: new Date(String(form.get("due"))).toISOString() });
  return html`<${Deed} alarm=${alarm} action="out-of-service" words="out_of_service" required=${true} read=${read}>
    <label>${t("aside.due")}<input type="datetime-local" name="due" required autofocus min=${local(now() + 60_000)} value=${local(now() + DAY_MS)} /></label>
    <p class="small">${t("aside.due.hint")}</p>
  </${Deed}>`;
}

/** @param {{alarm: Alarm, way: Back}} props */
function TakeBack({ alarm, way }) {
  return html`<${Deed} alarm=${alarm} action=${way} words=${BACK[way].words} read=${() => ({})} />`;
}

/** Who has put an alarm aside, until when and why, in one sentence each. @param {{alarm: Alarm}} props */
export function Reasons({ alarm }) {
  const told = (/** @type {string} */ key, /** @type {import("./types.js").Aside | null} */ aside) => {
    const until = instant(aside?.until);
    return aside && html`<p class=${aside.overdue ? "trouble" : ""}>${t(key, { by: aside.by, until: until === null ? "–" : moment(until), why: aside.why })}</p>`;
  };
  return html`${told(alarm.oneshot ? "aside.told.once" : "aside.told.shelf", alarm.shelf)}
    ${told(alarm.outage?.overdue ? "aside.told.overdue" : "aside.told.outage", alarm.outage)}
    ${alarm.suppressed_by?.length ? html`<p>${t("aside.told.suppressed", { by: alarm.suppressed_by.map((id) => called(id)).join(", ") })}</p>` : null}`;
}

/** Return what suppresses, as people call it. @param {string} id */
function called(id) {
  if (id.startsWith("device:")) return t("aside.device", { device: id.slice("device:".length) });
  return nameOf(alarms.value.get(id.split(":").at(-1) ?? id)?.name) || id;
}
