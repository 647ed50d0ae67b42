// Recalling a scene: who may, what it would do and how long it takes (a dry run), and the confirmation some scenes want.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { post, segment } from "./api.js";
import { Sheet, hide, show } from "./dialog.js";
import { estimate, rolesText } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { may, walls } from "./store.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Scene} Scene */
/** @typedef {import("./types.js").Operation} Operation */

/** Recall a scene: at once, or after the confirmation that the scene wants. @param {Scene} scene */
export function recall(scene) {
  if (!may(scene.permission)) notice(t("act.not_allowed", { roles: rolesText() }));
  else if (scene.confirm) preview(scene);
  else void take(scene);
}

/** Show what a scene would do, with the button that does it. @param {Scene} scene */
export const preview = (scene) => show(() => html`<${Preview} scene=${scene} />`);

/** Recall a scene now; what it would change, and nothing else, is commanded. @param {Scene} scene @returns {Promise<boolean>} */
export async function take(scene) {
  const answer = await post(`scenes/${segment(scene.id)}/recall`);
  if (succeeded(answer)) notice(t("scene.recalled", { name: nameOf(scene.name) }));
  return answer.ok;
}

/** @param {Scene} scene @returns {string[]} */
function regionNames(scene) {
  const regions = walls.value.get(scene.wall)?.regions ?? [];
  return scene.regions.map((id) => nameOf(regions.find((region) => region.id === id)?.name) || id);
}

/** @param {{plan: Operation}} props */
function Plan({ plan }) {
  if (!plan.steps.length) return html`<p class="quiet">${t("scene.nothing_to_do")}</p>`;
  return html`<p><b>${estimate(plan.estimated_s)}</b> · ${t("scene.commands", { n: plan.steps.length })}</p>
    <ul class="steps">${plan.steps.map((step) => html`<li><b>${step.device}</b> ${told(`verb.${step.verb}`, step.verb)} <span>${step.detail}</span></li>`)}</ul>`;
}

/** @param {{scene: Scene}} props */
function Preview({ scene }) {
  const plan = useSignal(/** @type {Operation | null} */ (null));
  const trouble = useSignal("");
  const busy = useSignal(false);
  useEffect(() => {
    post(`scenes/${segment(scene.id)}/recall`, { dry_run: true }).then((answer) => {
      if (answer.ok) plan.value = /** @type {Operation} */ (answer.value);
      else trouble.value = answer.sentence;
    });
  }, []);
  const go = async () => {
    busy.value = true;
    if (await take(scene)) hide();
    busy.value = false;
  };
  const barred = !may(scene.permission);
  const foot = html`<button type="button" class="act" onClick=${hide}>${t("dialog.cancel")}</button>
    <button type="button" class="act main" autofocus disabled=${barred} title=${barred ? t("act.not_allowed", { roles: rolesText() }) : undefined}
      aria-busy=${busy.value ? "true" : undefined} onClick=${go}>${t("scene.recall")}</button>`;
  return html`<${Sheet} title=${t("scene.confirm_title", { name: nameOf(scene.name) })} foot=${foot}>
    ${scene.permission === "scene.emergency" ? html`<p class="warn">${t("scene.emergency_hint")}</p>` : null}
    <p>${t("scene.regions", { regions: regionNames(scene).join(", ") || "–" })}</p>
    ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}
    ${plan.value ? html`<${Plan} plan=${plan.value} />` : trouble.value ? null : html`<p class="quiet">${t("scene.planning")}</p>`}
  </${Sheet}>`;
}
