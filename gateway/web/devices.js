// The devices and how the talk with each stands; one of them in full, with the last bytes both ways.

import { html, useSignal } from "./vendor/ui.js";
import { CommandForm } from "./command.js";
import { age, clock, instant, moment, valueText } from "./numbers.js";
import { address, where } from "./sections.js";
import { devices, may, now } from "./store.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Device} Device */

const WAITING = ["dialling", "authenticating", "identifying", "degraded"];

/** @param {Device} device */
const standing = (device) => (!device.enabled ? "disabled" : device.status.state);

/** Return the severity of a device's state: none when it is up or meant to be off. @param {string} state */
function severity(state) {
  if (state === "up" || state === "disabled") return "fine";
  return WAITING.includes(state) ? "waits" : "fault";
}

/** @param {{state: string}} props */
function Sign({ state }) {
  const kind = severity(state);
  return html`<span class=${`sign ${kind}`}><i aria-hidden="true">${kind === "fine" ? (state === "up" ? "✓" : "–") : kind === "waits" ? "…" : "✕"}</i> ${told(`device.state.${state}`, state)}</span>`;
}

/** @param {{device: Device, current: boolean}} props */
function Entry({ device, current }) {
  const state = standing(device);
  return html`<li><a class=${`entry ${severity(state)}`} href=${address("devices", device.id)} aria-current=${current ? "true" : undefined}>
    <b>${nameOf(device.name)}</b><${Sign} state=${state} /><small>${device.driver} · ${device.room || "–"}</small></a></li>`;
}

/** @param {{device: Device}} props */
function Values({ device }) {
  const rows = Object.entries(device.values);
  if (!rows.length) return html`<p class="quiet">${t("device.no_values")}</p>`;
  return html`<table><thead><tr><th scope="col">${t("device.value")}</th><th scope="col">${t("device.reads")}</th><th scope="col">${t("device.age")}</th></tr></thead>
    <tbody>${rows.map(([name, held]) => {
      const at = instant(held.at);
      return html`<tr key=${name}><th scope="row">${told(`verb.${name}`, name)}</th><td class=${held.quality}>${valueText(held.value)}${held.quality === "good" ? "" : ` (${t(`quality.${held.quality}`)})`}</td>
        <td>${at === null ? "–" : age((now() - at) / 1000)}</td></tr>`;
    })}</tbody></table>`;
}

/** @param {{device: Device}} props */
function Bytes({ device }) {
  if (!may("device.log")) return html`<p class="quiet">${t("device.log_barred")}</p>`;
  if (!device.log.length) return html`<p class="quiet">${t("device.no_log")}</p>`;
  return html`<ol class="bytes" tabindex="0" aria-label=${t("device.log")}>${device.log.map((one) => {
    const at = instant(one.at);
    return html`<li class=${one.direction}><span class="way">${one.direction === "sent" ? "→" : "←"} ${t(`device.${one.direction}`)}</span>
      <time>${at === null ? "" : clock(at)}</time><code class="hex">${one.hex}</code><code class="text">${one.text}</code></li>`;
  })}</ol>`;
}

/** @param {{device: Device}} props */
function Counters({ device }) {
  const rows = Object.entries(device.counters);
  if (!rows.length) return null;
  return html`<dl class="counters">${rows.map(
    ([name, n]) => html`<div class=${n && ["garbage", "timeouts", "refused"].includes(name) ? "odd" : ""}><dt>${told(`counter.${name}`, name)}</dt><dd>${n}</dd></div>`,
  )}</dl>`;
}

/** @param {{device: Device}} props */
function Details({ device }) {
  const since = instant(device.status.since);
  return html`<article class="card detail" aria-labelledby="device-name">
    <h2 id="device-name">${nameOf(device.name)}<small>${device.id}</small></h2>
    <p class="standing"><${Sign} state=${standing(device)} />${since === null ? "" : ` · ${t("device.since", { at: moment(since), span: age((now() - since) / 1000) })}`}</p>
    ${device.status.reason ? html`<p class="reason"><b>${device.status.reason}</b></p>` : null}
    ${device.status.hint ? html`<p class="hint">${t("device.hint")}: ${device.status.hint}</p>` : null}
    <dl class="facts"><dt>${t("device.driver")}</dt><dd>${device.driver}</dd><dt>${t("device.link")}</dt><dd><code>${device.link}</code></dd>
      <dt>${t("device.room")}</dt><dd>${device.room || "–"}</dd><dt>${t("device.tags")}</dt><dd>${device.tags.join(", ") || "–"}</dd></dl>
    <h3>${t("device.log")}</h3><${Bytes} device=${device} />
    <h3>${t("device.command")}</h3><${CommandForm} key=${device.id} device=${device} />
    <h3>${t("device.values")}</h3><${Values} device=${device} />
    <h3>${t("device.counters")}</h3><${Counters} device=${device} />
  </article>`;
}

/** Devices that ask for somebody come first. @param {Device} a @param {Device} b */
function byNeed(a, b) {
  const rank = { fault: 0, waits: 1, fine: 2 };
  return rank[severity(standing(a))] - rank[severity(standing(b))] || a.id.localeCompare(b.id, undefined, { numeric: true });
}

export function Devices() {
  const wanted = useSignal("");
  const all = [...devices.value.values()].sort(byNeed);
  const list = all.filter((device) => [device.id, nameOf(device.name), device.driver, device.room].join(" ").toLowerCase().includes(wanted.value));
  const current = devices.value.get(where.value.item) ?? all[0];
  return html`<h1>${t("section.devices")}
      <input type="search" class="filter" placeholder=${t("devices.filter")} aria-label=${t("devices.filter")}
        onInput=${(/** @type {InputEvent} */ event) => (wanted.value = /** @type {HTMLInputElement} */ (event.target).value.trim().toLowerCase())} /></h1>
    <div class="halves">
      <nav class="card entries" aria-label=${t("section.devices")}><ul>${list.map((device) => html`<${Entry} key=${device.id} device=${device} current=${device === current} />`)}</ul></nav>
      ${current ? html`<${Details} key=${current.id} device=${current} />` : html`<p class="quiet">${t("devices.none")}</p>`}
    </div>`;
}
