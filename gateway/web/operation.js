// How a change of the wall goes: device by device, with what to try again.

import { html } from "./vendor/ui.js";
import { post, segment } from "./api.js";
import { Act, estimate } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { decimal, instant } from "./numbers.js";
import { devices, now, scenes } from "./store.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Operation} Operation */
/** @typedef {import("./types.js").Step} Step */

/** Proven by a reading, in time or late. */
const GOOD = ["ok", "late"];
const OPEN = ["waiting", "sent"];

/** @param {Step} step */
const waits = (step) => OPEN.includes(step.result);

/** @param {Step} step */
const good = (step) => GOOD.includes(step.result);

/** @param {Operation} operation */
function seconds(operation) {
  const from = instant(operation.started_at);
  if (from === null) return 0;
  return Math.max(0, ((instant(operation.ended_at) ?? now()) - from) / 1000);
}

/** @param {{step: Step}} props */
function StepLine({ step }) {
  const sign = waits(step) ? "…" : good(step) ? "✓" : step.result === "unsure" ? "?" : step.result === "differs" ? "≠" : "✕";
  return html`<li class=${waits(step) ? "waits" : good(step) ? "good" : "bad"}>
    <i aria-hidden="true">${sign}</i><b>${nameOf(devices.value.get(step.device)?.name) || step.device}</b>
    <span>${told(`verb.${step.verb}`, step.verb)}: ${told(`result.${step.result}`, step.result)}${step.detail ? ` — ${step.detail}` : ""}</span>
  </li>`;
}

/** Try again what failed, and nothing else. @param {Operation} operation */
async function retry(operation) {
  const answer = await post(`operations/${segment(operation.id)}/retry`);
  if (succeeded(answer)) notice(t("operation.retried"));
}

/** One line about the change under way or the last one; open it for every device. @param {{operation: Operation | null}} props */
export function Progress({ operation }) {
  if (!operation) return html`<p class="operation quiet">${t("operation.none")}</p>`;
  const { steps, state } = operation;
  const proven = steps.filter(good);
  const open = steps.filter(waits);
  const bad = steps.filter((step) => !waits(step) && !good(step));
  const scene = scenes.value.find((one) => one.id === operation.scene);
  const words = t(`operation.${state}`, { scene: nameOf(scene?.name) || operation.scene, good: proven.length, all: steps.length, s: decimal(seconds(operation), 1) });
  return html`<details class=${`operation ${state}`}>
    <summary><progress max=${Math.max(steps.length, 1)} value=${steps.length ? proven.length : 1} aria-label=${t("operation.progress")}></progress>
      <span>${words}${state === "running" ? ` · ${estimate(operation.estimated_s)}` : ""}</span>
      ${bad.length ? html`<b class="bad">✕ ${t("operation.failed", { n: bad.length })}</b>` : null}</summary>
    <ul class="steps">${[...bad, ...open, ...proven].map((step) => html`<${StepLine} key=${step.device + step.verb} step=${step} />`)}</ul>
    ${bad.some((step) => step.result !== "superseded") ? html`<${Act} permission=${scene?.permission ?? "wall.take"} onClick=${() => retry(operation)}>${t("operation.retry")}</${Act}>` : null}
  </details>`;
}
