// One rule as a form and as text, both of the same draft: checked while it is written, rehearsed, saved, applied.

import { html, useEffect, useMemo, useSignal } from "./vendor/ui.js";
import { Sheet, hide, show } from "./dialog.js";
import { Act } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { RuleForm } from "./rule_form.js";
import { RulePreview } from "./rule_preview.js";
import { check, readRule, readRules, readShape, takeOut, write } from "./rules_api.js";
import { address, go } from "./sections.js";
import { cells, may } from "./store.js";
import { t } from "./words.js";

/** @typedef {import("./rules_api.js").Rule} Rule */
/** @typedef {import("./rules_api.js").Shape} Shape */
/** @typedef {import("./rules_api.js").Draft} Draft */
/** @typedef {{yaml: string, rule: Rule | null, faults: import("./rules_api.js").Fault[], changes: string[], sound: boolean}} Said `sound`: checked, and without fault */

const PATIENCE_MS = 400;

/** @param {Shape} shape @returns {Rule} */
const blank = (shape) => ({ id: "aturan-baru", point: [...cells.value.keys()][0] ?? "", kind: "high", scale: shape.scales[0]?.id ?? "", levels: {} });

/** Read one rule, or begin a new one. @param {string} id @param {Shape} shape @returns {Promise<import("./api.js").Answer<Draft>>} */
async function begun(id, shape) {
  if (id) return readRule(id);
  const [all, made] = await Promise.all([readRules(), check("", "", blank(shape))]);
  if (!all.ok) return all;
  return made.ok ? { ok: true, value: { id: "", yaml: made.value.yaml, rule: made.value.rule ?? {}, stamp: all.value.stamp } } : made;
}

/** @param {{id: string, stamp: string}} props */
function Remove({ id, stamp }) {
  const sure = async () => {
    if (!succeeded(await takeOut(id, stamp))) return;
    notice(t("rule.removed", { id }));
    hide();
    go("alarms", "rules");
  };
  const foot = html`<button type="button" class="act" onClick=${hide}>${t("dialog.cancel")}</button><${Act} class="main" onClick=${() => void sure()}>${t("rule.remove")}</${Act}>`;
  return html`<${Sheet} title=${t("rule.remove")} foot=${foot}><p>${t("rule.remove.sure", { id })}</p></${Sheet}>`;
}

/** Keep a draft checked: what is written last counts, whichever answer comes first. @param {string} id */
function useDraft(id) {
  const said = useSignal(/** @type {Said | null} */ (null));
  const trouble = useSignal("");
  const desk = useMemo(() => ({ turn: 0, timer: 0 }), []);
  const judge = async (/** @type {string} */ yaml, /** @type {Rule | undefined} */ rule) => {
    const turn = (desk.turn += 1);
    const answer = await check(id, yaml, rule);
    if (turn !== desk.turn) return;
    trouble.value = answer.ok ? "" : answer.sentence;
    if (answer.ok) said.value = { ...answer.value, sound: !answer.value.faults.length };
  };
  const wait = (/** @type {string} */ yaml, /** @type {Rule | undefined} */ rule, /** @type {number} */ ms) => {
    desk.turn += 1;
    clearTimeout(desk.timer);
    desk.timer = setTimeout(() => void judge(yaml, rule), ms);
  };
  const fill = (/** @type {Rule} */ rule) => {
    if (!said.value) return;
    said.value = { ...said.value, rule, sound: false };
    wait(said.value.yaml, rule, 0);
  };
  const type = (/** @type {string} */ yaml) => {
    said.value = { rule: null, faults: [], changes: [], ...said.value, yaml, sound: false };
    wait(yaml, undefined, PATIENCE_MS);
  };
  useEffect(() => () => {
    desk.turn += 1;
    clearTimeout(desk.timer);
  }, []);
  return { said, trouble, fill, type, judge };
}

/** Select a line of the text. @param {number} line */
function showLine(line) {
  const place = document.querySelector("textarea[name=yaml]");
  if (!(place instanceof HTMLTextAreaElement)) return;
  const before = place.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  place.focus();
  place.setSelectionRange(before, before + (place.value.split("\n")[line - 1] ?? "").length);
}

/** @param {{said: Said, trouble: string}} props */
function Judged({ said, trouble }) {
  if (trouble) return html`<p class="trouble" role="alert">${trouble}</p>`;
  if (said.faults.length) return html`<ul class="rulefaults" role="alert">${said.faults.map((one) => html`<li key=${`${one.line}${one.message}`} class="trouble"><button type="button" class="link" onClick=${() => showLine(one.line)}>${t("rule.fault", { line: one.line, where: one.path || one.file })}</button> ${one.message} ${one.hint}</li>`)}</ul>`;
  if (!said.sound) return html`<p class="quiet small">${t("rule.checking")}</p>`;
  return said.changes.length ? html`<ul class="changes" aria-label=${t("rule.apply.changes")}>${said.changes.map((one) => html`<li key=${one}>${one}</li>`)}</ul>` : html`<p class="small">${t("rule.same")}</p>`;
}

/** @param {{id: string, apply: (after: () => void) => void}} props */
export function RuleEditor({ id, apply }) {
  const shape = useSignal(/** @type {Shape | null} */ (null));
  const base = useSignal(/** @type {Draft | null} */ (null));
  const theirs = useSignal(/** @type {Draft | null} */ (null));
  const busy = useSignal(false);
  const { said, trouble, fill, type, judge } = useDraft(id);
  const locked = !may("config.apply");
  const read = async () => {
    const form = await readShape();
    const draft = form.ok ? await begun(id, form.value) : form;
    if (!form.ok || !draft.ok) {
      trouble.value = form.ok && !draft.ok ? draft.sentence : form.ok ? "" : form.sentence;
      return;
    }
    [shape.value, base.value] = [form.value, draft.value];
    await judge(draft.value.yaml, undefined);
  };
  useEffect(() => {
    if (may("config.read")) void read();
    else trouble.value = t("rule.no_right");
  }, []);
  const save = async () => {
    if (!said.value || !base.value) return;
    busy.value = true;
    const own = id || String(said.value.rule?.["id"] ?? "");
    const answer = await write(own, said.value.yaml, base.value.stamp);
    if (answer.ok) {
      base.value = answer.value;
      theirs.value = null;
      notice(t("rule.saved", { id: answer.value.id }));
      if (answer.value.id !== id) go("alarms", `rules/${answer.value.id}`);
    } else if (answer.status === 409 && id) {
      const now = await readRule(id);
      if (succeeded(now)) theirs.value = now.value;
    } else trouble.value = answer.sentence;
    busy.value = false;
  };
  const take = (/** @type {boolean} */ text) => {
    if (!theirs.value) return;
    base.value = theirs.value;
    if (text) type(theirs.value.yaml);
    theirs.value = null;
  };
  const dirty = said.value !== null && said.value.yaml !== (id ? base.value?.yaml : "");
  const ready = said.value?.sound ? (dirty ? undefined : t("rule.nothing_to_save")) : t("rule.not_sound");
  return html`<h1>${id || t("rule.new")}<span class="tools"><a class="act small" href=${address("alarms", "rules")}>${t("rule.back")}</a>
      ${id ? html`<${Act} class="small" permission="config.apply" onClick=${() => show(() => html`<${Remove} id=${id} stamp=${base.value?.stamp ?? ""} />`)}>${t("rule.remove")}</${Act}>` : null}
      <${Act} class="small main" permission="config.apply" busy=${busy.value} ...${ready ? { why: ready } : {}} onClick=${() => void save()}>${t("rule.save")}</${Act}>
      <${Act} class="small" permission="config.apply" ...${dirty ? { why: t("rule.save_first") } : {}} onClick=${() => apply(() => said.value && type(said.value.yaml))}>${t("rule.apply")}</${Act}></span></h1>
    ${theirs.value ? html`<section class="card" role="alert"><p class="trouble">${t(theirs.value.yaml === base.value?.yaml ? "rule.conflict.other" : "rule.conflict")}</p>
      ${theirs.value.yaml === base.value?.yaml ? null : html`<pre class="small">${theirs.value.yaml}</pre>`}
      <p class="deeds"><${Act} class="small" onClick=${() => take(false)}>${t("rule.conflict.mine")}</${Act}><${Act} class="small" onClick=${() => take(true)}>${t("rule.conflict.theirs")}</${Act}></p></section>` : null}
    ${said.value && shape.value ? html`<div class="ruledesk grow">
      <section class="card" aria-label=${t("rule.form")} tabindex="0">${said.value.rule ? html`<${RuleForm} rule=${said.value.rule} shape=${shape.value} faults=${said.value.faults} locked=${locked} change=${fill} />` : html`<p class="quiet">${t("rule.unreadable")}</p>`}</section>
      <section class="card ruletext"><label>${t("rule.text")}<textarea name="yaml" spellcheck=${false} wrap="off" maxlength="100000" readonly=${locked} value=${said.value.yaml} onInput=${(/** @type {Event} */ event) => type(/** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea></label>
        <div class="scroll" tabindex="0" role="group" aria-label=${t("rule.judged")}><${Judged} said=${said.value} trouble=${trouble.value} /></div></section>
      <${RulePreview} id=${id} said=${said.value} scales=${shape.value.scales} /></div>`
    : html`<p class=${trouble.value ? "trouble" : "quiet"} role="status">${trouble.value || t("trend.loading")}</p>`}`;
}
