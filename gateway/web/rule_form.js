// A form for one rule: the keys that its kind knows, each as the schema describes it; the rest is written as text.

import { html } from "./vendor/ui.js";
import { cells } from "./store.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./rules_api.js").Rule} Rule */
/** @typedef {import("./rules_api.js").Fault} Fault */
/** @typedef {import("./rules_api.js").Field} Field */
/** @typedef {import("./rules_api.js").Shape} Shape */

/** The keys that only one kind or another knows. @type {Record<string, string[]>} */
const OWN = {
  rate: ["window", "samples", "counter"], flat: ["window", "samples"], count: ["window"], deviation: ["setpoint"],
  discrepancy: ["feedback"], stale: ["device"], composite: ["say"],
};
const BEFORE = ["id", "kind", "point", "scale"];
const AFTER = ["deadband", "on_delay", "off_delay", "latching", "group"];
const POINTS = new Set(["point", "feedback", "setpoint"]);

/** Return a written limit or number as data: a number where it is one, a list where it has brackets. @param {string} text @returns {unknown} */
function read(text) {
  const plain = text.trim().replace(/^(-?\d+),(\d+)$/, "$1.$2");
  if (plain === "") return undefined;
  try {
    return JSON.parse(plain);
  } catch {
    return plain;
  }
}

/** @param {unknown} value */
const shown = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** @param {{rule: Rule, shape: Shape, faults: Fault[], locked: boolean, change: (rule: Rule) => void}} props */
export function RuleForm({ rule, shape, faults, locked, change }) {
  const kind = String(rule["kind"] ?? "");
  const scale = shape.scales.find((one) => one.id === rule["scale"]);
  const levels = /** @type {Record<string, unknown>} */ (rule["levels"] ?? {});
  const say = (/** @type {string} */ key, /** @type {unknown} */ value) => {
    const next = { ...rule, [key]: value };
    if (value === undefined || (key !== "kind" && value === "")) delete next[key];
    change(next);
  };
  const wrong = (/** @type {string} */ path) => faults.filter((one) => one.path === path || (path !== "levels" && one.path.startsWith(`${path}.`)));
  const told_ = (/** @type {string} */ path) => html`${wrong(path).map((one) => html`<span key=${one.message} class="trouble small" id=${`fault-${path}`}>${one.message}</span>`)}`;
  const marks = (/** @type {string} */ path) => (wrong(path).length ? { "aria-invalid": "true", "aria-describedby": `fault-${path}` } : {});
  const value = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;
  const field = (/** @type {string} */ key) => {
    const of = /** @type {Field} */ (shape.fields[key] ?? {});
    const types = [of.type, ...(of.anyOf ?? []).map((one) => one.type)];
    const label = told(`rule.field.${key}`, key);
    if (types.includes("boolean")) return html`<label key=${key} class="choice"><input type="checkbox" name=${key} checked=${rule[key] === true} onChange=${(/** @type {Event} */ event) => say(key, /** @type {HTMLInputElement} */ (event.target).checked || undefined)} /><span>${label}</span>${told_(key)}</label>`;
    const options = key === "scale" ? shape.scales.map((one) => [one.id, nameOf(one.name)]) : of.enum?.map((one) => [one, told(`rule.kind.${one}`, one)]);
    if (options) return html`<label key=${key}>${label}<select name=${key} ...${marks(key)} onChange=${(/** @type {Event} */ event) => say(key, value(event))}>${options.map(([own, words]) => html`<option value=${own} selected=${own === rule[key]}>${words}</option>`)}</select>${told_(key)}</label>`;
    const number = types.includes("number") && !types.includes("string");
    return html`<label key=${key}>${label}<input name=${key} value=${shown(rule[key])} list=${POINTS.has(key) ? "rule-points" : undefined} inputmode=${number ? "decimal" : undefined} ...${marks(key)}
      onChange=${(/** @type {Event} */ event) => say(key, types.includes("number") || types.includes("integer") ? read(value(event)) : value(event).trim())} />${told_(key)}</label>`;
  };
  const others = Object.keys(rule).filter((key) => ![...BEFORE, ...AFTER, ...(OWN[kind] ?? []), "levels"].includes(key));
  return html`<form class="ruleform" aria-label=${t("rule.form")} onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}><fieldset disabled=${locked}>
    <datalist id="rule-points">${[...cells.value.keys()].map((id) => html`<option key=${id} value=${id}></option>`)}</datalist>
    ${BEFORE.filter((key) => key !== "point" || (kind !== "composite" && !rule["points"] && !rule["device"])).map(field)}
    <fieldset class="levels"><legend>${t("rule.levels")}</legend>${(scale?.levels ?? []).filter((one) => one.severity > 0).map(
      (one) => html`<label key=${one.code}>${nameOf(one.label)}<input name=${`levels.${one.code}`} value=${shown(levels[one.code])} ...${marks(`levels.${one.code}`)}
        onChange=${(/** @type {Event} */ event) => {
          const next = { ...levels, [one.code]: read(value(event)) };
          if (next[one.code] === undefined) delete next[one.code];
          say("levels", next);
        }} />${told_(`levels.${one.code}`)}</label>`,
    )}${told_("levels")}</fieldset>
    ${[...(OWN[kind] ?? []), ...AFTER].map(field)}
    ${others.length ? html`<p class="small">${t("rule.in_text", { keys: others.join(", ") })}</p>` : null}
  </fieldset></form>`;
}
