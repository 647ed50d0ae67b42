// The form by which a technician asks one device for one thing; it goes through the same door as everything else.

import { html, useSignal } from "./vendor/ui.js";
import { post, segment } from "./api.js";
import { rolesText } from "./marks.js";
import { succeeded } from "./notices.js";
import { may } from "./store.js";
import { t, told } from "./words.js";

/** @typedef {import("./types.js").Device} Device */
/** @typedef {import("./types.js").Outcome} Outcome */
/** @typedef {"flag" | "number" | "text" | "routes" | "value"} Kind */

/** What each verb of the rooms takes. @type {Record<string, Record<string, Kind>>} */
const ARGUMENTS = {
  power: { on: "flag" },
  input: { source: "text" },
  route: { routes: "routes" },
  tile: { rows: "number", columns: "number", position: "number" },
  volume: { level: "number" },
  mute: { on: "flag" },
  picture_mute: { on: "flag" },
  freeze: { on: "flag" },
  brightness: { level: "number" },
  lock_output: { output: "number", on: "flag" },
  level: { channel: "text", level: "number" },
  mute_channel: { channel: "text", on: "flag" },
  preset: { preset: "text" },
  save_preset: { preset: "text" },
  mute_output: { output: "number", on: "flag" },
  panel_lock: { on: "flag" },
  place: { window: "number", x: "number", y: "number", width: "number", height: "number" },
  announce: { message: "text" },
  relay: { output: "number", on: "flag" },
  outlet: { output: "number", on: "flag" },
  cycle_outlet: { output: "number" },
  infrared: { output: "number", code: "text" },
  text: { text: "text" },
  light: { levels: "routes", seconds: "number" },
  wake: { machine: "text" },
  move: { pan: "number", tilt: "number", zoom: "number", seconds: "number" },
  focus: { drive: "number", seconds: "number" },
  autofocus: { on: "flag" },
  write: { point: "text", value: "value" },
};

/** Read `1=4, 2=4`: output takes input. @param {string} text */
function routes(text) {
  const pairs = text.split(/[,;\s]+/).filter(Boolean).map((pair) => pair.split("="));
  return Object.fromEntries(pairs.map(([output, source]) => [output, Number(source)]));
}

/** Read a number, a flag (`true` or `false`) or else a text. @param {string} text */
function value(text) {
  if (text === "true" || text === "false") return text === "true";
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

/** @type {Record<Kind, (text: string) => unknown>} */
const READ = { flag: (text) => text === "on", number: Number, text: (text) => text, routes, value };

/** @param {{name: string, kind: Kind}} props */
function Argument({ name, kind }) {
  const label = told(`arg.${name}`, name);
  if (kind === "flag") {
    return html`<label>${label}<select name=${name}><option value="on">${t("flag.on")}</option><option value="off">${t("flag.off")}</option></select></label>`;
  }
  const hint = kind === "routes" ? t("command.routes_hint") : undefined;
  return html`<label>${label}<input name=${name} type=${kind === "number" ? "number" : "text"} step="any" required placeholder=${hint} /></label>`;
}

/** @param {{device: Device}} props */
export function CommandForm({ device }) {
  const verb = useSignal(device.verbs[0] ?? "");
  const outcome = useSignal(/** @type {Outcome | null} */ (null));
  const busy = useSignal(false);
  if (!device.verbs.length) return html`<p class="quiet">${t("command.none")}</p>`;
  const barred = may("device.command") ? "" : t("act.not_allowed", { roles: rolesText() });
  const wanted = ARGUMENTS[verb.value] ?? {};
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const args = Object.fromEntries(Object.entries(wanted).map(([name, kind]) => [name, READ[kind](String(form.get(name)))]));
    busy.value = true;
    outcome.value = null;
    const answer = await post(`devices/${segment(device.id)}/commands`, { verb: verb.value, args, why: String(form.get("why")) });
    busy.value = false;
    if (succeeded(answer)) outcome.value = /** @type {Outcome} */ (answer.value);
  };
  return html`<form class="command" onSubmit=${submit}>
    <fieldset disabled=${barred !== "" || busy.value}>
      <label>${t("command.verb")}<select name="verb" onChange=${(/** @type {Event} */ event) => (verb.value = /** @type {HTMLSelectElement} */ (event.target).value)}>
        ${device.verbs.map((one) => html`<option value=${one} selected=${one === verb.value}>${told(`verb.${one}`, one)}</option>`)}</select></label>
      ${Object.entries(wanted).map(([name, kind]) => html`<${Argument} key=${verb.value + name} name=${name} kind=${kind} />`)}
      <label class="why">${t("command.why")}<input name="why" required maxlength="200" /></label>
      <button type="submit" class="act main">${t("command.send")}</button>
    </fieldset>
    ${barred ? html`<p class="small">${barred}</p>` : null}
    <p class="outcome" role="status">${outcome.value ? html`<b>${told(`result.${outcome.value.result}`, outcome.value.result)}</b>${outcome.value.detail ? ` — ${outcome.value.detail}` : ""}` : ""}</p>
  </form>`;
}
