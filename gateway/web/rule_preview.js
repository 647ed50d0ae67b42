// What a draft would have done with what was recorded: how often it rang, when, for how long, and beside what.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { history } from "./history.js";
import { Act } from "./marks.js";
import { age, day, decimal, instant, moment, quantity } from "./numbers.js";
import { giveUp, rehearsal, rehearse } from "./rules_api.js";
import { cells } from "./store.js";
import { Plot } from "./trend.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./rules_api.js").Rehearsal} Rehearsal */
/** @typedef {import("./rules_api.js").Ring} Ring */
/** @typedef {import("./rules_api.js").Rule} Rule */
/** @typedef {import("./rules_api.js").Scale} Scale */

const BUCKETS = 300;
const DAY_S = 86_400;
const SPANS = [1, 7, 31];
const LOOK_MS = 500;
const PATIENCE_MS = 1_000;
const TALL = 200;
const DRAWN = new Set(["high", "low", "outside"]);

/** Return the draft's limits as levels of its point. @param {Rule} rule @param {Scale[]} scales @returns {import("./types.js").Level[]} */
function levelsOf(rule, scales) {
  const steps = scales.find((one) => one.id === rule["scale"])?.levels ?? [];
  const limits = /** @type {Record<string, unknown>} */ (DRAWN.has(String(rule["kind"])) ? (rule["levels"] ?? {}) : {});
  return steps.flatMap((step) => [limits[step.code]].flat().flatMap((limit) => (typeof limit === "number" ? [{ ...step, limit }] : [])));
}

/** @param {Ring} one */
function sentence(one) {
  const [raised, cleared] = [instant(one.raised_at), instant(one.cleared_at)];
  const peak = one.peak === null ? "" : ` · ${t("alarm.head.peak")} ${quantity(one.peak, "")}`;
  return `${one.alarm} · ${nameOf(one.label)} · ${raised === null ? "–" : moment(raised)} – ${cleared === null ? t("occurrence.until_now") : moment(cleared)} (${age(one.seconds)})${peak}${one.silenced ? ` · ${t("rule.silenced")}` : ""}`;
}

/** @param {{told: Ring[], since: number, until: number, place: import("./timeline.js").Place | null}} props */
function Bars({ told, since, until, place }) {
  const chosen = useSignal("");
  const across = (/** @type {string | null} */ text) => Math.min(100, Math.max(0, (((instant(text) ?? until) - since) / Math.max(1, until - since)) * 100));
  return html`<div class="timeline"><div class="lanes" role="group" aria-label=${t("rule.bars")} style=${{ height: "26px", ...(place ? { marginLeft: `${place.left}px`, width: `${place.width}px` } : {}) }}>
    ${told.map((one) => {
      const words = sentence(one);
      const left = across(one.raised_at);
      const choose = () => (chosen.value = words);
      return html`<button type="button" key=${one.alarm + one.raised_at} class=${`bar s${one.severity} ${one.silenced ? "silenced" : ""}`} aria-label=${words} title=${words} aria-pressed=${chosen.value === words}
        onFocus=${choose} onClick=${choose} style=${{ left: `${Math.min(left, 99.6)}%`, width: `${Math.max(0.4, across(one.cleared_at) - left)}%` }}></button>`;
    })}</div><p class="small">${chosen.value || t("rule.bars.hint", { n: told.length })}</p></div>`;
}

/** The recording of the draft's point, with the draft's limits. @param {{rule: Rule, scales: Scale[], told: Ring[], since: number, until: number}} props */
function Recorded({ rule, scales, told, since, until }) {
  const past = useSignal(/** @type {import("./history.js").Past | null} */ (null));
  const place = useSignal(/** @type {import("./timeline.js").Place | null} */ (null));
  const id = String(rule["point"] ?? told.at(-1)?.alarm.slice(String(rule["id"]).length + 1) ?? "");
  const cell = cells.value.get(id);
  const drawn = cell?.point.kind === "number";
  useEffect(() => {
    let gone = false;
    past.value = null;
    if (drawn) void history(id, since, until, BUCKETS).then((answer) => !gone && answer.ok && (past.value = answer.value));
    return () => (gone = true);
  }, [id, since, until]);
  const levels = levelsOf(rule, scales);
  const shown = told.filter((one) => one.alarm === rule["id"] || one.alarm === `${rule["id"]}.${id}`);
  return html`${cell && drawn && past.value ? html`<p class="small"><b>${nameOf(cell.point.name)}</b></p><${Plot} key=${JSON.stringify(levels)} cell=${{ ...cell, point: { ...cell.point, levels } }} past=${past.value} place=${place} tall=${TALL} />` : html`<p class="quiet small">${t(drawn ? "trend.loading" : "rule.no_trend")}</p>`}
    <${Bars} told=${drawn ? shown : told} since=${since} until=${until} place=${drawn && past.value ? place.value : null} />`;
}

/** @param {{of: Rehearsal, days: number}} props */
function Told({ of, days }) {
  const { meant, now } = of;
  if (!meant || !now) return null;
  const facts = /** @type {[string, string | number, string | number][]} */ ([
    ["longest", age(meant.longest), age(now.longest)], ["standing", meant.standing, now.standing],
    ["silenced", meant.silenced, now.silenced], ["before", meant.before, now.before], ["chatter", meant.chatter, now.chatter],
  ]);
  const dayOf = (/** @type {string} */ text) => day(instant(text) ?? 0);
  return html`<p class="rang" role="status"><b>${t("rule.rang", { n: meant.rang, days, now: now.rang })}</b></p>
    ${meant.chatter ? html`<p>${t(meant.steadier ? "rule.steadier" : "rule.chatters", { n: meant.chatter, seconds: decimal(meant.steadier, 0) })}</p>` : null}
    ${of.left_out.length ? html`<div class="leftout"><b>${t("rule.left_out")}</b><ul>${of.left_out.map((one) => html`<li key=${one}>${one}</li>`)}</ul></div>` : null}
    <table><thead><tr><th scope="col">${t("rule.fact")}</th><th scope="col">${t("rule.meant")}</th><th scope="col">${t("rule.now")}</th></tr></thead>
      <tbody>${facts.map(([key, one, other]) => html`<tr key=${key}><th scope="row">${t(`rule.fact.${key}`)}</th><td>${one}</td><td>${other}</td></tr>`)}
      ${meant.days.map((one, n) => html`<tr key=${one.since}><th scope="row">${dayOf(one.since)}</th><td>${one.rang}</td><td>${now.days[n]?.rang ?? "–"}</td></tr>`)}</tbody></table>
    <p class="small">${t("rule.heard", { n: decimal(of.readings, 0) })}</p>`;
}

/** @param {{id: string, said: import("./rule_editor.js").Said, scales: Scale[]}} props */
export function RulePreview({ id, said, scales }) {
  const days = useSignal(7);
  const found = useSignal(/** @type {Rehearsal | null} */ (null));
  const played = useSignal("");
  const trouble = useSignal("");
  const again = useSignal(0);
  const { yaml, sound, rule } = said;
  useEffect(() => {
    if (!sound || !rule) return undefined;
    let timer = 0;
    let gone = false;
    const take = (/** @type {import("./api.js").Answer<Rehearsal>} */ answer) => {
      if (gone) return;
      trouble.value = answer.ok ? "" : answer.sentence;
      if (!answer.ok) return;
      [found.value, played.value] = [answer.value, yaml];
      if (["waiting", "running"].includes(answer.value.state)) timer = setTimeout(() => void rehearsal(answer.value.id).then(take), LOOK_MS);
    };
    timer = setTimeout(() => void rehearse(id, yaml, days.value * DAY_S).then(take), PATIENCE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [yaml, sound, days.value, again.value]);
  const one = found.value;
  const going = one !== null && (one.state === "waiting" || one.state === "running");
  return html`<section class="card rulepreview" aria-label=${t("rule.preview")} tabindex="0"><h2>${t("rule.preview")}</h2>
    <div class="listhead"><div class="switch" role="group" aria-label=${t("trend.span")}>${SPANS.map((n) => html`<button type="button" key=${n} class="act small" aria-pressed=${days.value === n} onClick=${() => (days.value = n)}>${t("rule.days", { n })}</button>`)}</div>
      ${going ? html`<progress max="1" value=${one.share} aria-label=${t("rule.progress")}></progress><${Act} class="small" onClick=${() => void giveUp(one.id).then((answer) => answer.ok && (found.value = answer.value))}>${t("rule.cancel")}</${Act}>`
      : html`<${Act} class="small" ...${sound ? {} : { why: t("rule.not_sound") }} onClick=${() => (again.value += 1)}>${t("rule.again")}</${Act}>`}</div>
    ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}
    ${one?.state === "refused" ? html`<p class="trouble" role="alert">${one.why || one.faults.map((fault) => fault.message).join("; ")}</p>` : null}
    ${one?.state === "cancelled" ? html`<p class="quiet">${t("rule.cancelled")}</p>` : null}
    ${one?.state === "done" && played.value !== yaml ? html`<p class="trouble">${t("rule.earlier")}</p>` : null}
    ${one ? html`<${Told} of=${one} days=${decimal((Date.parse(one.until) - Date.parse(one.since)) / 86_400_000, 0)} />` : sound ? html`<p class="quiet">${t("rule.wait")}</p>` : null}
    ${one && rule ? html`<${Recorded} rule=${rule} scales=${scales} told=${one.meant?.told ?? []} since=${Date.parse(one.since)} until=${Date.parse(one.until)} />` : null}
  </section>`;
}
