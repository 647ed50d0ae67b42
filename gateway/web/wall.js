// The wall: its drawing, who holds each region and until when, the change under way, and giving a region back.

import { html } from "./vendor/ui.js";
import { post, segment } from "./api.js";
import { Act } from "./marks.js";
import { Mimic } from "./mimic.js";
import { notice, succeeded } from "./notices.js";
import { age, clock, instant } from "./numbers.js";
import { Progress } from "./operation.js";
import { SceneStrip } from "./scenes.js";
import { alarms, now, scenes, walls } from "./store.js";
import { Asks } from "./touched.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Wall} Wall */
/** @typedef {import("./types.js").Region} Region */
/** @typedef {import("./types.js").Claim} Claim */

const STATES = /** @type {const} */ (["verified", "pending", "differs", "unsure", "unreachable"]);

/** @param {string} wall @param {"release" | "undo"} what @param {Region} region */
async function give(wall, what, region) {
  const answer = await post(`walls/${segment(wall)}/${what}`, { region: region.id });
  if (succeeded(answer)) notice(t(`region.${what}_done`, { region: nameOf(region.name) }));
}

/** Return who holds a region: a person's name, or the alarm's. @param {Claim} claim */
function holder(claim) {
  const alarm = alarms.value.get(claim.by.replace(/^alarm:/, "").replace(/:\d+$/, ""));
  return alarm ? nameOf(alarm.name) : claim.by;
}

/** Return who holds a region, why, and until when. @param {Claim} claim */
function held(claim) {
  const since = instant(claim.since);
  const until = instant(claim.until);
  const from = since === null ? "" : t("claim.since", { at: clock(since) });
  const to = until === null ? t("claim.no_end") : t("claim.until", { at: clock(until), span: age(Math.max(0, until - now()) / 1000) });
  return [t(`claim.${claim.kind}`, { by: holder(claim) }), claim.why, `${from} ${to}`.trim()].filter(Boolean).join(" · ");
}

/** @param {{wall: Wall, region: Region}} props */
function RegionLine({ wall, region }) {
  const name = nameOf(region.name);
  const { claim } = region;
  const scene = scenes.value.find((one) => one.id === claim?.scene);
  const queue = region.waiting ? t("region.waiting", { n: region.waiting }) : "";
  const words = [queue, claim ? held(claim) : t("region.free")].filter(Boolean).join(" · ");
  return html`<li class=${`regionline ${claim?.kind ?? "free"}`}>
    <h3>${name} ${claim ? html`<b>${nameOf(scene?.name) || claim.scene}</b>` : null}
      ${region.alarm_may_enter ? null : html`<small class="closed">${t("region.no_alarm")}</small>`}</h3>
    <p title=${words}>${words}</p>
    <div class="acts">
      <${Act} class="small" permission="wall.take" why=${claim ? undefined : t("region.nothing_to_release")} label=${t("region.release_one", { region: name })}
        onClick=${() => give(wall.id, "release", region)}>${t("region.release")}</${Act}>
      <${Act} class="small" permission="wall.take" why=${region.undo ? undefined : t("region.nothing_to_undo")} label=${t("region.undo_one", { region: name })}
        onClick=${() => give(wall.id, "undo", region)}>${t("region.undo")}</${Act}>
    </div>
  </li>`;
}

/** @param {{wall: Wall}} props */
function Tally({ wall }) {
  const live = wall.panels.filter((panel) => !panel.dead);
  const counts = STATES.map((state) => /** @type {const} */ ([state, live.filter((panel) => panel.state === state).length]));
  const words = counts.filter(([state, n]) => n || state === "verified").map(([state, n]) => html`<span class=${state}>${t(`wall.count.${state}`, { n, all: live.length })}</span>`);
  return html`<small class="tally">${words}<span>${t("wall.revision", { n: wall.revision })}</span></small>`;
}

/** @param {{wall: Wall}} props */
export function WallCard({ wall }) {
  return html`<section class="card wallcard" aria-labelledby=${`wall-${wall.id}`}>
    <h2 id=${`wall-${wall.id}`}>${nameOf(wall.name)}<${Tally} wall=${wall} /></h2>
    <${Mimic} wall=${wall} />
    <${Asks} wall=${wall} />
    <${Progress} operation=${wall.operation} />
    <ul class="regions">${wall.regions.map((region) => html`<${RegionLine} key=${region.id} wall=${wall} region=${region} />`)}</ul>
  </section>`;
}

function Legend() {
  return html`<ul class="legend" aria-label=${t("wall.legend")}>${STATES.map(
    (state) => html`<li class=${state}><i></i><b>${t(`panel.state.${state}`)}</b> ${t(`panel.meaning.${state}`)}</li>`,
  )}</ul>`;
}

export function WallSection() {
  const all = [...walls.value.values()];
  return html`<h1>${t("section.wall")}</h1>
    ${all.length ? all.map((wall) => html`<${WallCard} key=${wall.id} wall=${wall} />`) : html`<p class="quiet">${t("wall.none")}</p>`}
    <section class="card" aria-labelledby="wall-scenes"><h2 id="wall-scenes">${t("section.scenes")}</h2><${SceneStrip} /></section>
    <section class="card" aria-labelledby="wall-legend"><h2 id="wall-legend">${t("wall.legend")}</h2><${Legend} /></section>`;
}
