// The way between the sections: a rail at the side, because a wide screen has width to spare and no height.

import { html } from "./vendor/ui.js";
import { Icon } from "./icons.js";
import { unacknowledged } from "./levels.js";
import { SECTIONS, address, where } from "./sections.js";
import { alarms, devices, health, repairs } from "./store.js";
import { t } from "./words.js";

/** How many things in a section ask for somebody. @type {Record<string, () => number>} */
const ASKING = {
  alarms: () => [...alarms.value.values()].filter(unacknowledged).length,
  devices: () => [...devices.value.values()].filter((device) => device.enabled && device.status.state !== "up").length,
  health: () => (health.value?.parts ?? []).filter((part) => part.state !== "running").length + repairs.value.length,
};

/** @param {{section: import("./sections.js").Section, n: number}} props */
function Entry({ section, n }) {
  const asking = ASKING[section]?.() ?? 0;
  return html`<a href=${address(section)} aria-current=${where.value.section === section ? "page" : undefined} title=${`Alt+${n}`}>
    <${Icon} name=${section} /><span>${t(`section.${section}`)}</span>${asking ? html`<b class="asking">${asking}<span class="sr"> ${t("rail.asking")}</span></b>` : null}
  </a>`;
}

export function Rail() {
  return html`<nav class="rail" aria-label=${t("rail.label")}>
    ${SECTIONS.map((section, n) => html`<${Entry} key=${section} section=${section} n=${n + 1} />`)}
  </nav>`;
}
