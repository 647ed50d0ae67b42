// The small pieces that every page is made of: severity marks, buttons that know roles, values with age and quality.

import { html } from "./vendor/ui.js";
import { age as ageText, decimal, plain, printed, valueText } from "./numbers.js";
import { ageOf, fresh, may, me } from "./store.js";
import { falls, levelOf, limitsOf, spanOf, trust } from "./levels.js";
import { notice } from "./notices.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./store.js").Cell} Cell */

const SHAPES = ["", "M2 2h12v12H2z", "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z", "M8 0l8 8-8 8-8-8z", "M8 1l8 14H0z"];

/** The shape of a severity, with its words for those who do not see it. @param {{severity: number, blink?: boolean, words?: string}} props */
export function Mark({ severity, blink = false, words }) {
  if (!SHAPES[severity]) return html`<span class="mark none"></span>`;
  const text = words ?? t(`severity.${severity}`);
  return html`<svg class=${`mark s${severity}${blink ? " blink" : ""}`} viewBox="-1 -1 18 18" role="img" aria-label=${text}>
    <title>${text}</title><path d=${SHAPES[severity]} />
  </svg>`;
}

/** Return the roles of the person at this desk, in words. */
export const rolesText = () => (me.value?.roles ?? []).map((role) => told(`role.${role}`, role)).join(", ");

/** A button that says why when the role may not use it: it stays reachable, so that everybody can read the reason.
 * @param {{permission?: string, onClick: () => void, children?: unknown, class?: string, label?: string | undefined, busy?: boolean, why?: string}} props */
export function Act({ permission, onClick, children, class: kind = "", label, busy = false, why }) {
  const barred = permission && !may(permission) ? t("act.not_allowed", { roles: rolesText() }) : why;
  const press = () => (barred ? notice(barred) : busy || onClick());
  return html`<button type="button" class=${`act ${kind}`} aria-label=${label} title=${barred ?? label}
    aria-disabled=${barred || busy ? "true" : undefined} aria-busy=${busy ? "true" : undefined} onClick=${press}>${children}</button>`;
}

/** A reading's age, counting. @param {{cell: Cell}} props */
export function Age({ cell }) {
  const heard = cell.latest.value;
  if (!heard) return html`<span class="age">–</span>`;
  return html`<span class="age">${ageText(ageOf(heard))}</span>`;
}

/** A value with its unit; hatched when stale, "?" when suspect, crossed out when bad. @param {{cell: Cell}} props */
export function Figure({ cell }) {
  const { point, latest } = cell;
  const heard = latest.value;
  const how = trust(point, heard, heard ? ageOf(heard) : 0);
  const told_ = how === "good" ? "" : t(`trust.${how}`);
  const why = heard?.reading.reason ? told(`reason.${heard.reading.reason}`, heard.reading.reason) : "";
  const note = [told_, why === told_ ? "" : why].filter(Boolean).join(": ");
  const number = typeof heard?.reading.value === "number";
  return html`<span class=${`figure ${fresh.value ? how : "stale"}`} title=${note || undefined}>
    <b>${valueText(heard?.reading.value, point.id, point.unit)}</b>${how === "suspect" ? html`<i class="doubt">?</i>` : null}
    ${number && point.unit ? html`<span class="unit">${printed(point.unit)}</span>` : null}
    ${note ? html`<span class="sr">${note}</span>` : null}
  </span>`;
}

/** Where a value stands among its limits. @param {{cell: Cell}} props */
export function LevelBar({ cell }) {
  const { point, latest } = cell;
  const limits = limitsOf(point);
  const value = latest.value?.reading.value;
  if (!limits.length || typeof value !== "number") return html`<span class="levelbar empty"></span>`;
  const [low, high] = spanOf(point);
  const at = (/** @type {number} */ number) => Math.min(100, Math.max(0, ((number - low) / (high - low)) * 100));
  const level = levelOf(point, value);
  const edges = [...limits].sort((a, b) => a.limit - b.limit);
  const words = level ? nameOf(level.label) : t("level.normal");
  return html`<svg class="levelbar" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label=${words}>
    <title>${limits.map((one) => `${nameOf(one.label)} ${falls(point) ? "≤" : "≥"} ${plain(one.limit)}`).join(" · ")}</title>
    <rect class="ground" x="0" y="3" width="100" height="6" />
    <rect class=${`fill s${level?.severity ?? 0}`} x="0" y="3" width=${at(value)} height="6" />
    ${edges.map((one) => html`<line class="limit" x1=${at(one.limit)} x2=${at(one.limit)} y1="0" y2="12" />`)}
  </svg>`;
}

/** Return a name in two lines: what, and where. @param {Point} point @returns {[string, string]} */
export function twoLines(point) {
  const [first = "", ...rest] = nameOf(point.name).replace(/^(Water level|Rain gauge), /, "").split(", ");
  return [first.replace(/^(AWLR|ARR|TMA) /, ""), rest.join(", ")];
}

/** Return an estimate in seconds as a person says it. @param {number} seconds */
export const estimate = (seconds) => t("operation.estimate", { s: decimal(seconds, seconds < 10 ? 1 : 0) });
