// Acknowledging an alarm: what was decided (disposition) and a note, in one dialog.

import { html, signal, useSignal } from "./vendor/ui.js";
import { post, segment } from "./api.js";
import { Sheet, hide, show } from "./dialog.js";
import { byUrgency, unacknowledged } from "./levels.js";
import { Mark, rolesText } from "./marks.js";
import { notice, succeeded, trouble } from "./notices.js";
import { quantity } from "./numbers.js";
import { alarms, may } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */

const DISPOSITIONS = ["", "no_impact", "some_impact", "significant_impact", "duplicate", "false"];
const LONGEST_NOTE = 500;

/** The alarm that the keys act on: the one last chosen, or the most urgent. */
export const chosen = signal("");

/** Return an alarm's level with the name of its scale, because "Siaga" means other things on other scales. @param {Alarm} alarm */
export function levelText(alarm) {
  const scale = nameOf(alarm.scale_name);
  const named = /^(skala|scale)\b/i.test(scale) ? scale : t("alarm.scale", { scale });
  return scale ? `${nameOf(alarm.label)} · ${named}` : nameOf(alarm.label);
}

/** Acknowledge the chosen alarm, or the most urgent one that nobody has acknowledged. */
export function acknowledgeFirst() {
  const open = [...alarms.value.values()].filter(unacknowledged).sort(byUrgency);
  const alarm = open.find((one) => one.id === chosen.value) ?? open[0];
  if (!alarm) notice(t("ack.nothing"));
  else acknowledge([alarm]);
}

/** Open the dialog for one alarm, or for several at once. @param {Alarm[]} those */
export function acknowledge(those) {
  if (!may("alarm.ack")) notice(t("act.not_allowed", { roles: rolesText() }));
  else show(() => html`<${Acknowledge} ids=${those.map((alarm) => alarm.id)} />`);
}

/** Acknowledge one, or several each by itself; return whether all of it was done. @param {string[]} ids @param {object} told */
async function send(ids, told) {
  if (ids.length === 1) return succeeded(await post(`alarms/${segment(ids[0] ?? "")}/ack`, told));
  const answer = /** @type {import("./api.js").Answer<import("./types.js").Acked>} */ (await post("alarms/ack", { ids, ...told }));
  if (!succeeded(answer)) return false;
  for (const item of answer.value.items) {
    if (!item.done) trouble(`${nameOf(alarms.value.get(item.id)?.name) || item.id}: ${item.detail}`);
  }
  return true;
}

/** @param {{alarm: Alarm}} props */
const Subject = ({ alarm }) => html`<p class="subject"><${Mark} severity=${alarm.severity} /><b>${nameOf(alarm.name)}</b><br />
  ${levelText(alarm)} · ${quantity(alarm.value, alarm.unit, alarm.point)}</p>`;

/** @param {{ids: string[]}} props */
function Acknowledge({ ids }) {
  const busy = useSignal(false);
  const those = ids.flatMap((id) => alarms.value.get(id) ?? []);
  const [alarm] = those;
  if (!alarm) return null;
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const done = await send(ids, { note: String(form.get("note")).trim(), disposition: form.get("disposition") });
    busy.value = false;
    if (!done) return;
    notice(ids.length === 1 ? t("ack.done", { name: nameOf(alarm.name) }) : t("ack.several_done", { n: ids.length }));
    hide();
  };
  const foot = html`<button type="button" class="act" onClick=${hide}>${t("dialog.cancel")}</button>
    <button type="submit" form="ack-form" class="act main" aria-busy=${busy.value ? "true" : undefined}>${t("alarm.acknowledge")}</button>`;
  return html`<${Sheet} title=${t("ack.title")} foot=${foot}>
    <div class="subjects">${those.map((one) => html`<${Subject} key=${one.id} alarm=${one} />`)}</div>
    <form id="ack-form" onSubmit=${submit}>
      <fieldset><legend>${t("ack.disposition")}</legend>
        ${DISPOSITIONS.map(
          (one, n) => html`<label class="choice" key=${one}><input type="radio" name="disposition" value=${one} defaultChecked=${n === 0} autofocus=${n === 0} />
            <span>${t(`disposition.${one || "none"}`)}</span></label>`,
        )}
      </fieldset>
      <label>${t("ack.note")}<textarea name="note" rows="3" maxlength=${LONGEST_NOTE} placeholder=${t("ack.note_hint")}></textarea></label>
    </form>
  </${Sheet}>`;
}
