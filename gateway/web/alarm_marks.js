// What is said beside an alarm wherever it is shown: its state, its age, and what tells it apart.

import { html } from "./vendor/ui.js";
import { unacknowledged } from "./levels.js";
import { age, instant, moment } from "./numbers.js";
import { now } from "./store.js";
import { t } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */

/** A time as an age that counts. @param {{text: string | null}} props */
export function Since({ text }) {
  const at = instant(text);
  if (at === null) return html`<span class="since">–</span>`;
  return html`<time class="since" datetime=${text} title=${moment(at)}>${age((now() - at) / 1000)}</time>`;
}

/** Words that tell an alarm apart: first of its group, comes and goes, silent sensor. @param {{alarm: Alarm}} props */
export function Tags({ alarm }) {
  const tags = [
    alarm.first_out && `first_${alarm.first_out}`,
    alarm.chattering && "chatters",
    alarm.category === "comm" && "comm",
  ].filter(Boolean);
  return tags.map((tag) => html`<i class=${`tag ${tag}`} title=${t(`alarm.tag.${tag}.why`, { n: alarm.steadier ?? 0 })}>${t(`alarm.tag.${tag}`)}</i>`);
}

/** @param {{alarm: Alarm}} props */
export function State({ alarm }) {
  return html`<span class=${`state ${unacknowledged(alarm) ? "open" : ""}`}>${t(`alarm.state.${alarm.state}`)}
    ${alarm.acked && alarm.acked_by ? html`<small>${alarm.acked_by}</small>` : null}
    ${alarm.cond_unknown ? html`<i class="doubt" title=${t("alarm.unknown")}>? ${t("alarm.unknown_short")}</i>` : null}</span>`;
}
