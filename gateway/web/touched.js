// What somebody else changed on a wall, where the site asks: a person says whether it is put back or kept so.

import { html } from "./vendor/ui.js";
import { post, segment } from "./api.js";
import { Act } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { devices } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Wall} Wall */
/** @typedef {import("./types.js").Touched} Touched */

/** @param {string} device */
const called = (device) => nameOf(devices.value.get(device)?.name) || device;

/** @param {string} wall @param {string} device @param {"restore" | "adopt"} answer */
async function say(wall, device, answer) {
  const told = await post(`walls/${segment(wall)}/answer`, { device, answer });
  if (succeeded(told)) notice(t(`touched.${answer}_done`, { device: called(device) }));
}

/** @param {{wall: string, touched: Touched}} props */
function Line({ wall, touched }) {
  const device = called(touched.device);
  return html`<li><p><b>${t("touched.by_hand", { device })}</b> <span>${touched.detail}</span></p>
    <div class="acts">
      <${Act} class="small" permission="wall.take" label=${t("touched.restore_one", { device })} onClick=${() => say(wall, touched.device, "restore")}>${t("touched.restore")}</${Act}>
      <${Act} class="small" permission="wall.take" label=${t("touched.adopt_one", { device })} onClick=${() => say(wall, touched.device, "adopt")}>${t("touched.adopt")}</${Act}>
    </div></li>`;
}

/** @param {{wall: Wall}} props */
export function Asks({ wall }) {
  if (!wall.asks.length) return null;
  return html`<ul class="touched" role="status">${wall.asks.map((touched) => html`<${Line} key=${touched.device} wall=${wall.id} touched=${touched} />`)}</ul>`;
}
