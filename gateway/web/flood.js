// The band that says that more alarms come than a person can take in, and what is left silent because of it.

import { html } from "./vendor/ui.js";
import { Mark } from "./marks.js";
import { age, instant } from "./numbers.js";
import { address } from "./sections.js";
import { flood, now } from "./store.js";
import { t } from "./words.js";

/** Says it once when it begins, to those who do not see it as well. */
export function FloodBand() {
  const state = flood.value;
  if (!state?.on) return null;
  const since = instant(state.since);
  return html`<aside class="floodband" aria-label=${t("flood.label")}>
    <a href=${address("alarms")}><b>${t("flood.label")}</b>
      ${[4, 3, 2, 1].filter((severity) => state.counts[severity]).map((severity) => html`<span key=${severity}><${Mark} severity=${severity} /> ${state.counts[severity]}</span>`)}</a>
    <span>${t("flood.since", { span: since === null ? "–" : age((now() - since) / 1000) })}</span>
    <span>${t("flood.listed", { n: state.listed, severity: t(`severity.${state.list_only}`) })}</span>
    <span class="sr" role="status">${t("flood.label")}</span>
  </aside>`;
}
