// The alarm rules as they are written, which of them wait to be applied, and the way into force.

import { html, signal, useEffect, useSignal } from "./vendor/ui.js";
import { Ways } from "./alarm_ways.js";
import { Sheet, hide, show } from "./dialog.js";
import { Act } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { RuleEditor } from "./rule_editor.js";
import { apply, difference, readRules } from "./rules_api.js";
import { address, go, where } from "./sections.js";
import { may } from "./store.js";
import { t, told } from "./words.js";

/** @typedef {import("./rules_api.js").RuleLine} RuleLine */

const OWN = "rules/";
export const NEW = "+";
const wanted = signal("");

/** Show what the files would change, and apply it with a reason. @param {() => void} after */
export const showApply = (after) => show(() => html`<${Apply} after=${after} />`);

/** @param {{after: () => void}} props */
function Apply({ after }) {
  const changes = useSignal(/** @type {string[] | null} */ (null));
  const busy = useSignal(false);
  useEffect(() => {
    void difference().then((answer) => (succeeded(answer) ? (changes.value = answer.value.changes) : hide()));
  }, []);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    const why = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("why")).trim();
    const answer = await apply(why);
    busy.value = false;
    if (!succeeded(answer)) return;
    notice(t(answer.value.approval ? "rule.apply.waits" : "rule.apply.done"));
    hide();
    after();
  };
  const some = Boolean(changes.value?.length);
  const foot = html`<button type="button" class="act" onClick=${hide}>${t("dialog.cancel")}</button>
    ${some ? html`<button type="submit" form="rule-apply" class="act main" aria-busy=${busy.value ? "true" : undefined}>${t("rule.apply")}</button>` : null}`;
  return html`<${Sheet} title=${t("rule.apply.title")} foot=${foot}>
    <p>${t(changes.value === null ? "trend.loading" : some ? "rule.apply.changes" : "rule.apply.none")}</p>
    <ul class="changes">${changes.value?.map((one) => html`<li key=${one}>${one}</li>`)}</ul>
    ${some ? html`<form id="rule-apply" onSubmit=${submit}><label>${t("aside.why")}<textarea name="why" rows="2" maxlength="500" required></textarea></label></form>` : null}
  </${Sheet}>`;
}

/** Return the limits in one line. @param {RuleLine} rule */
const limits = (rule) => Object.entries(rule.levels).map(([code, limit]) => `${code} ${JSON.stringify(limit)}`).join(" · ") || "–";

function List() {
  const rules = useSignal(/** @type {RuleLine[] | null} */ (null));
  const waits = useSignal(/** @type {string[]} */ ([]));
  const trouble = useSignal("");
  const read = async () => {
    const [all, found] = await Promise.all([readRules(), difference()]);
    if (all.ok) rules.value = all.value.items;
    trouble.value = !all.ok ? all.sentence : found.ok ? "" : found.sentence;
    waits.value = found.ok ? found.value.changes : [];
  };
  useEffect(() => {
    if (may("config.read")) void read();
    else trouble.value = t("rule.no_right");
  }, []);
  const words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (/** @type {RuleLine} */ one) => [one.id, one.subject, one.scale, told(`rule.kind.${one.kind}`, one.kind)].join(" ").toLowerCase();
  const shown = (rules.value ?? []).filter((one) => words.every((word) => text(one).includes(word)));
  const waiting = (/** @type {string} */ id) => waits.value.some((one) => one.startsWith(`${id}:`) || one.startsWith(`${id}.`));
  return html`<h1>${t("rule.page")}<${Ways} /></h1>
    <section class="card grow" aria-label=${t("rule.page")}>
      <div class="listhead"><div class="filters" role="search" aria-label=${t("alarm.filter")}><input type="search" class="filter" maxlength="100" value=${wanted.value} placeholder=${t("rule.filter")} aria-label=${t("rule.filter")}
        onInput=${(/** @type {Event} */ event) => (wanted.value = /** @type {HTMLInputElement} */ (event.target).value)} /></div>
        <${Act} class="small" permission="config.apply" onClick=${() => go("alarms", OWN + NEW)}>${t("rule.new")}</${Act}>
        ${waits.value.length ? html`<${Act} class="small main" permission="config.apply" onClick=${() => showApply(() => void read())}>${t("rule.apply.n", { n: waits.value.length })}</${Act}>` : null}</div>
      ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}
      <div class="scroll" tabindex="0" role="group" aria-label=${t("rule.page")}><table class="rules">
        <thead><tr>${["id", "kind", "subject", "levels", "state"].map((head) => html`<th scope="col">${t(`rule.head.${head}`)}</th>`)}</tr></thead>
        <tbody>${shown.map((one) => html`<tr key=${one.id}><td><a href=${address("alarms", OWN + one.id)}>${one.id}</a></td><td>${told(`rule.kind.${one.kind}`, one.kind)}</td>
          <td>${one.subject || "–"}</td><td>${limits(one)}</td><td>${waiting(one.id) ? html`<b class="tag">${t("rule.waits")}</b>` : t("rule.in_force")}</td></tr>`)}</tbody></table>
        ${!shown.length && !trouble.value ? html`<p class="quiet">${t(rules.value ? "rule.none" : "trend.loading")}</p>` : null}</div>
    </section>`;
}

/** The list, or the rule that the address names. */
export function Rules() {
  const id = where.value.item.startsWith(OWN) ? where.value.item.slice(OWN.length) : "";
  return id ? html`<${RuleEditor} key=${id} id=${id === NEW ? "" : id} apply=${showApply} />` : html`<${List} />`;
}
