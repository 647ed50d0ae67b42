// How every part of the service stands, and the garbage that came in and was counted.

import { html } from "./vendor/ui.js";
import { Approvals } from "./approvals.js";
import { age, instant, moment } from "./numbers.js";
import { Repairs } from "./repairs.js";
import { address } from "./sections.js";
import { devices, health, now, rejected } from "./store.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Part} Part */

/** @param {{part: Part}} props */
function Row({ part }) {
  const since = instant(part.since);
  const fine = part.state === "running";
  return html`<tr class=${fine ? "" : "odd"}><th scope="row">${part.name}</th><td>${fine ? "✓" : part.state === "failed" ? "✕" : "…"} ${told(`part.${part.state}`, part.state)}</td>
    <td title=${since === null ? undefined : moment(since)}>${since === null ? "–" : age((now() - since) / 1000)}</td><td>${part.restarts}</td><td>${part.reason || "–"}</td></tr>`;
}

function Parts() {
  const parts = [...(health.value?.parts ?? [])].sort((a, b) => Number(a.state === "running") - Number(b.state === "running") || a.name.localeCompare(b.name));
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${t("health.parts")}><table>
    <thead><tr>${["name", "state", "since", "restarts", "reason"].map((head) => html`<th scope="col">${t(`health.head.${head}`)}</th>`)}</tr></thead>
    <tbody>${parts.map((part) => html`<${Row} key=${part.name} part=${part} />`)}</tbody></table></div>`;
}

function Garbage() {
  const counted = [...devices.value.values()].filter((device) => (device.counters["garbage"] ?? 0) > 0);
  if (!counted.length && !rejected.value.length) return html`<p class="quiet">${t("health.no_garbage")}</p>`;
  return html`<ul class="garbage">${counted.map(
      (device) => html`<li key=${device.id}><a href=${address("devices", device.id)}>${nameOf(device.name)}</a><b>${t("health.garbage_count", { n: device.counters["garbage"] ?? 0 })}</b></li>`,
    )}</ul>
    <div class="scroll" tabindex="0" role="group" aria-label=${t("health.rejected")}><table>
      <thead><tr>${["at", "device", "where", "why", "count"].map((head) => html`<th scope="col">${t(`health.rejected.${head}`)}</th>`)}</tr></thead>
      <tbody>${rejected.value.map((one) => {
        const at = instant(one.at);
        return html`<tr><td>${at === null ? "–" : moment(at)}</td><td>${one.device}</td><td>${one.where}</td><td>${one.why}</td><td>${one.count}</td></tr>`;
      })}</tbody></table></div>`;
}

export function Health() {
  const state = health.value;
  return html`<h1>${t("section.health")}<small>${t("health.version", { version: state?.version ?? "–" })}</small></h1>
    <section class="card" aria-labelledby="repairs"><h2 id="repairs">${t("repair.title")}</h2><${Repairs} /></section>
    <${Approvals} />
    <section class="card" aria-labelledby="parts"><h2 id="parts">${t("health.parts")}</h2><${Parts} /></section>
    <section class="card" aria-labelledby="garbage"><h2 id="garbage">${t("health.rejected")}</h2><${Garbage} /></section>`;
}
