// The scenes that can be recalled: cards in their section, small buttons beside the wall; and the stories to play.

import { html, useSignal } from "./vendor/ui.js";
import { post } from "./api.js";
import { Act } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { preview, recall } from "./recall.js";
import { health, scenes, walls } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Scene} Scene */

const KEYS = 9;

/** The buttons of the overview. */
export function SceneStrip() {
  return html`<div class="scenestrip">${scenes.value.map(
    (scene, n) => html`<${Act} key=${scene.id} class=${`scene ${scene.active ? "active" : ""}`} permission=${scene.permission} onClick=${() => recall(scene)}>
      ${n < KEYS ? html`<kbd aria-hidden="true">${n + 1}</kbd>` : null}<span>${nameOf(scene.name)}</span>
      ${scene.active ? html`<i>${t("scene.active")}</i>` : null}
    </${Act}>`,
  )}</div>`;
}

/** @param {{scene: Scene, n: number}} props */
function Card({ scene, n }) {
  const regions = walls.value.get(scene.wall)?.regions ?? [];
  const names = scene.regions.map((id) => nameOf(regions.find((region) => region.id === id)?.name) || id);
  return html`<article class=${`card scenecard ${scene.active ? "active" : ""}`}>
    <h2>${nameOf(scene.name)}${scene.active ? html`<i class="tag">✓ ${t("scene.active")}</i>` : null}</h2>
    <p>${t("scene.regions", { regions: names.join(", ") || "–" })}</p>
    <p class="small">${scene.permission === "scene.emergency" ? t("scene.emergency") : t("scene.ordinary")}${scene.confirm ? ` · ${t("scene.wants_confirm")}` : ""}</p>
    <footer>
      <${Act} class="main" permission=${scene.permission} onClick=${() => recall(scene)}>${t("scene.recall")}</${Act}>
      <${Act} label=${t("scene.estimate_one", { name: nameOf(scene.name) })} onClick=${() => preview(scene)}>${t("scene.estimate")}</${Act}>
      ${n < KEYS ? html`<kbd>Ctrl+${n + 1}</kbd>` : null}
    </footer>
  </article>`;
}

/** Plays the simulated flood; there only while a simulator is attached. */
export function Story() {
  const busy = useSignal(false);
  if (!health.value?.simulation) return null;
  const play = async () => {
    busy.value = true;
    const answer = await post("demo/scenarios/banjir");
    busy.value = false;
    if (succeeded(answer)) notice(t("story.started"));
  };
  return html`<${Act} class="small story" permission="demo.play" busy=${busy.value} onClick=${play}>▷ ${t("story.flood")}</${Act}>`;
}

export function Scenes() {
  return html`<h1>${t("section.scenes")}<${Story} /></h1>
    <div class="scenecards">${scenes.value.map((scene, n) => html`<${Card} key=${scene.id} scene=${scene} n=${n} />`)}</div>`;
}
