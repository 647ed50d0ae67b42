// Judges for the eye: which level a value stands in, whether it may be trusted, which group a point belongs to.

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Level} Level */
/** @typedef {import("./types.js").Value} Value */
/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {import("./store.js").Heard} Heard */
/** @typedef {"good" | "suspect" | "stale" | "bad" | "none"} Trust */

/** The first group that owns a word of the point's tags, or else of its id, takes it. @type {[string, string[]][]} */
const GROUPS = [
  ["rivers", ["awlr", "sungai", "river", "tma"]],
  ["rain", ["arr", "hujan", "rain"]],
  ["sea", ["pasut", "idsl", "laut", "sea", "tide"]],
  ["quake", ["akselero", "gempa", "quake"]],
  ["air", ["aqms", "pm25", "ispu"]],
  ["weather", ["aws", "cuaca", "weather"]],
  ["doors", ["pintu", "akses", "door", "access"]],
  ["power", ["daya", "ups", "pln", "genset", "power", "mains"]],
  ["rooms", ["ruang", "rsrv", "hall", "room"]],
];
export const GROUP_ORDER = [...GROUPS.map(([name]) => name), "other", "devices"];

const words = (/** @type {string} */ text) => text.toLowerCase().split(/[^a-z0-9]+/);

/** Return the group of a point. @param {Point} point */
export function groupOf(point) {
  for (const heap of [point.tags.flatMap(words), words(point.id)]) {
    const found = GROUPS.find(([, own]) => heap.some((word) => own.includes(word)));
    if (found) return found[0];
  }
  return point.id === point.device || !point.id.startsWith(`${point.device}.`) ? "other" : "devices";
}

/** Return the levels that have a limit, mildest first. @param {Point} point @returns {(Level & {limit: number})[]} */
export function limitsOf(point) {
  const limited = point.levels.filter((level) => typeof level.limit === "number" && level.severity > 0);
  return /** @type {(Level & {limit: number})[]} */ (limited).sort((a, b) => a.severity - b.severity);
}

/** Whether worse means lower (a battery) rather than higher (a river). @param {Point} point */
export function falls(point) {
  const limits = limitsOf(point);
  const first = limits[0];
  const last = limits.at(-1);
  return first !== undefined && last !== undefined && last.limit < first.limit;
}

/** Return the level that a value stands in, or null when it is normal. @param {Point} point @param {Value | undefined} value */
export function levelOf(point, value) {
  if (typeof value === "boolean") return point.levels.find((level) => level.limit === value) ?? null;
  if (typeof value !== "number") return null;
  const down = falls(point);
  return limitsOf(point).findLast((level) => (down ? value <= level.limit : value >= level.limit)) ?? null;
}

/** Return how far a reading may be trusted, `age` seconds after its source saw it. @param {Point} point @param {Heard | null} heard @param {number} age @returns {Trust} */
export function trust(point, heard, age) {
  if (!heard) return "none";
  const { quality, reason } = heard.reading;
  if (reason === "stale" || (point.stale_after > 0 && age > point.stale_after)) return "stale";
  if (quality === "bad") return "bad";
  return quality === "uncertain" ? "suspect" : "good";
}

/** Return the span that a level bar shows: the limits with room on both sides. @param {Point} point @returns {[number, number]} */
export function spanOf(point) {
  const limits = limitsOf(point).map((level) => level.limit);
  const top = Math.max(...limits);
  const bottom = Math.min(...limits);
  const room = Math.max((top - bottom) * 0.4, Math.abs(top) * 0.1, 1);
  if (falls(point)) return [Math.max(point.low ?? -Infinity, bottom - room), Math.min(point.high ?? Infinity, top + room * 2)];
  return [Math.max(point.low ?? -Infinity, bottom - room * 2.5), Math.min(point.high ?? Infinity, top + room)];
}

const STANDING = { UNACK: 0, LATCH_UNACK: 0, RTNUN: 1, ACKED: 2, LATCH_ACK: 2, NORM: 3 };

/** Whether an alarm is put aside: shelved, suppressed or out of service. @param {Alarm} alarm */
export const quiet = (alarm) => Boolean(alarm.shelf || alarm.outage || alarm.suppressed_by?.length);

/** Whether an alarm still asks for somebody. @param {Alarm} alarm */
export const unacknowledged = (alarm) => STANDING[alarm.state] < 2 && !quiet(alarm);

/** Whether an alarm belongs on the list of those that stand. @param {Alarm} alarm */
export const stands = (alarm) => alarm.state !== "NORM" && !quiet(alarm);

/** Worst first, then those that nobody has acknowledged, then the oldest. @param {Alarm} a @param {Alarm} b */
export function byUrgency(a, b) {
  return b.severity - a.severity || STANDING[a.state] - STANDING[b.state] || (a.raised_at ?? "").localeCompare(b.raised_at ?? "");
}
