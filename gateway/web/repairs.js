// What a person should mend: why, what to do, and a button where the service can do it itself.

import { html, useSignal } from "./vendor/ui.js";
import { post } from "./api.js";
import { age, instant, moment } from "./numbers.js";
import { may, now, repairs } from "./store.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Repair} Repair */

const ACTING = "config.apply";

/** @param {{repair: Repair}} props */
function Act({ repair }) {
  const busy = useSignal(false);
  const trouble = useSignal("");
  if (!repair.act || !may(ACTING)) return null;
  const act = async () => {
    busy.value = true;
    const answer = await post(repair.action);
    busy.value = false;
    trouble.value = answer.ok ? "" : answer.sentence;
  };
  return html`<button type="button" class="act small" aria-busy=${busy.value} disabled=${busy.value} onClick=${act}>${nameOf(repair.act)}</button>
    ${trouble.value ? html`<p class="trouble" role="alert">${trouble.value}</p>` : null}`;
}

/** @param {{repair: Repair}} props */
function Entry({ repair }) {
  const since = instant(repair.since);
  return html`<li class=${repair.severity}><p><b>${t(`repair.${repair.severity}`)}: ${nameOf(repair.title)}</b> · ${repair.subject}
      <small title=${since === null ? undefined : moment(since)}>${since === null ? "" : t("repair.since", { span: age((now() - since) / 1000) })}</small></p>
    ${repair.detail ? html`<p class="detail">${repair.detail}</p>` : null}<p>${nameOf(repair.hint)}</p><${Act} repair=${repair} /></li>`;
}

export function Repairs() {
  if (!repairs.value.length) return html`<p class="quiet">${t("repair.none")}</p>`;
  return html`<ul class="repairs">${repairs.value.map((repair) => html`<${Entry} key=${repair.id} repair=${repair} />`)}</ul>`;
}
