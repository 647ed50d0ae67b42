// The ways between what stands, what was, and how well the alarms serve.

import { html } from "./vendor/ui.js";
import { address, where } from "./sections.js";
import { t } from "./words.js";

const WAYS = /** @type {const} */ ([["", "occurrence.way.now"], ["history", "occurrence.way.history"], ["report", "occurrence.way.report"], ["rules", "occurrence.way.rules"]]);

export function Ways() {
  const { item } = where.value;
  return html`<nav class="tools" aria-label=${t("occurrence.ways")}>${WAYS.map(
    ([own, words]) => html`<a key=${own} class="act small" href=${address("alarms", own)} aria-current=${item.split("/")[0] === own ? "page" : undefined}>${t(words)}</a>`,
  )}</nav>`;
}
