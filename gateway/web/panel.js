// One panel's details: what is wanted, what it reports, whether that is proven, and the way to its device.

import { html } from "./vendor/ui.js";
import { Sheet, hide, show } from "./dialog.js";
import { decimal } from "./numbers.js";
import { address } from "./sections.js";
import { isOff, panelState, sourceName } from "./shown.js";
import { devices, walls } from "./store.js";
import { nameOf, t } from "./words.js";

/** @param {string} wall @param {string} panel */
export const showPanel = (wall, panel) => show(() => html`<${Details} wallId=${wall} panelId=${panel} />`);

/** @param {import("./types.js").Shown} shown */
const power = (shown) => (shown.power === null || shown.power === undefined ? "–" : t(shown.power === "off" || shown.power === false ? "panel.off" : "panel.on"));

/** @param {import("./types.js").Shown} shown */
const tile = (shown) => (shown.tile === "off" ? t("panel.untiled") : shown.tile ?? "–");

/** @param {{wallId: string, panelId: string}} props */
function Details({ wallId, panelId }) {
  const wall = walls.value.get(wallId);
  const panel = wall?.panels.find((one) => one.id === panelId);
  if (!wall || !panel) return null;
  const device = devices.value.get(panel.device);
  const rows = /** @type {[string, string, string][]} */ ([
    ["panel.source", sourceName(wall, panel.desired.source), isOff(panel) ? "–" : sourceName(wall, panel.reported.source)],
    ["panel.power", power(panel.desired), power(panel.reported)],
    ["panel.tile", tile(panel.desired), tile(panel.reported)],
  ]);
  const title = t("panel.title", { row: panel.row, column: panel.column });
  const foot = device && html`<a class="act" href=${address("devices", panel.device)} onClick=${hide}>${t("panel.to_device")}</a>`;
  return html`<${Sheet} title=${title} foot=${foot}>
    <p><b>${panelState(panel)}</b>${panel.detail ? ` — ${panel.detail}` : ""}</p>
    <table><thead><tr><td></td><th scope="col">${t("panel.desired")}</th><th scope="col">${t("panel.reported")}</th></tr></thead>
      <tbody>${rows.map(
        ([key, want, got]) => html`<tr><th scope="row">${t(key)}</th><td>${want}</td><td class=${want === got ? "" : "odd"}>${got}${want === got ? " ✓" : " ≠"}</td></tr>`,
      )}</tbody></table>
    <dl><dt>${t("panel.device")}</dt><dd>${nameOf(device?.name) || panel.device}</dd>
      <dt>${t("panel.device_state")}</dt><dd>${device ? t(`device.state.${device.status.state}`) : "–"}${device?.status.reason ? `: ${device.status.reason}` : ""}</dd>
      <dt>${t("panel.place")}</dt><dd>${t("panel.millimetres", { x: decimal(panel.x, 0), y: decimal(panel.y, 0), width: decimal(panel.width, 0), height: decimal(panel.height, 0) })}</dd></dl>
  </${Sheet}>`;
}
