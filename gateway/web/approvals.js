// Changes of thresholds that wait for a second person: what they are, who proposed them, and the decision.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { get, post, segment } from "./api.js";
import { Act } from "./marks.js";
import { succeeded } from "./notices.js";
import { instant, moment } from "./numbers.js";
import { may, me, repairs } from "./store.js";
import { t } from "./words.js";

/** @typedef {import("./types.js").Approval} Approval */

const WAITS = "config.waiting";

/** @param {{approval: Approval, after: () => void}} props */
function Entry({ approval, after }) {
  const why = useSignal("");
  const busy = useSignal(false);
  const decide = async (/** @type {"approve" | "reject"} */ what) => {
    busy.value = true;
    const answer = await post(`config/approvals/${segment(approval.id)}/${what}`, { why: why.value.trim() });
    busy.value = false;
    if (succeeded(answer)) after();
  };
  const own = approval.by === me.value?.name ? t("approval.own") : "";
  const at = instant(approval.at);
  return html`<li><p>${t("approval.by", { by: approval.by, at: at === null ? "–" : moment(at), why: approval.why || "–" })}</p>
    <ul class="changes">${approval.changes.map((change) => html`<li key=${change}>${change}</li>`)}</ul>
    <label>${t("aside.why_optional")}<input name="why" maxlength="500" value=${why.value} onInput=${(/** @type {InputEvent} */ event) => (why.value = /** @type {HTMLInputElement} */ (event.target).value)} /></label>
    <p class="deeds"><${Act} class="main" permission="threshold.approve" why=${own} busy=${busy.value} onClick=${() => decide("approve")}>${t("approval.approve")}</${Act}>
      <${Act} permission="threshold.approve" busy=${busy.value} onClick=${() => decide("reject")}>${t("approval.reject")}</${Act}></p></li>`;
}

/** The list, read anew whenever something begins or ceases to wait; nothing where nobody may decide. */
export function Approvals() {
  const waiting = useSignal(/** @type {Approval[]} */ ([]));
  const sign = repairs.value.filter((repair) => repair.kind === WAITS).map((repair) => repair.subject).join();
  const reads = may("threshold.approve") || may("config.read");
  const read = async () => {
    const answer = await get("config/approvals");
    if (succeeded(answer)) waiting.value = /** @type {{items: Approval[]}} */ (answer.value).items;
  };
  useEffect(() => {
    if (reads) void read();
  }, [sign, reads]);
  if (!waiting.value.length) return null;
  return html`<section class="card" aria-labelledby="approvals"><h2 id="approvals">${t("approval.title")}</h2>
    <ul class="approvals">${waiting.value.map((approval) => html`<${Entry} key=${approval.id} approval=${approval} after=${read} />`)}</ul></section>`;
}
