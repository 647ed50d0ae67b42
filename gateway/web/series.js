// Keeps a short history of every point that a screen shows: read once, then grown by the live readings.

import { effect, signal, untracked } from "./vendor/ui.js";
import { history } from "./history.js";
import { instant } from "./numbers.js";
import { cells, health, now } from "./store.js";

/** @typedef {{at: number, value: number, doubt: boolean}} Dot */

const BUCKETS = 60;
const HOURS_MS = 6 * 3_600_000;
const AT_ONCE = 4;

/** @type {Map<string, import("./vendor/ui.js").Signal<Dot[]>>} */
const kept = new Map();
/** @type {(() => Promise<void>)[]} */
const waiting = [];
let running = 0;

/** Return the milliseconds that a small trend spans: six hours of the world that is shown, real or simulated. */
export const spanMs = () => HOURS_MS / Math.max(health.value?.pace ?? 1, 1);

function next() {
  const job = running < AT_ONCE ? waiting.shift() : undefined;
  if (!job) return;
  running += 1;
  job().finally(() => {
    running -= 1;
    next();
  });
}

/** Let a live reading grow the series: within one bucket's width the last dot moves, after it a new one follows.
 * @param {Dot[]} dots @param {Dot} dot @returns {Dot[]} */
export function grown(dots, dot) {
  const span = spanMs();
  const last = dots.at(-1);
  const before = dots.at(-2);
  if (last && dot.at <= last.at) return dots;
  const moves = last && before && dot.at - before.at < span / BUCKETS;
  const inside = (moves ? dots.slice(0, -1) : dots).filter((one) => one.at > dot.at - span);
  return [...inside, dot];
}

/** @param {string} id */
function grow(id) {
  const dots = /** @type {import("./vendor/ui.js").Signal<Dot[]>} */ (kept.get(id));
  effect(() => {
    const reading = cells.value.get(id)?.latest.value?.reading;
    const at = instant(reading?.source_at);
    if (!reading || at === null || typeof reading.value === "string" || reading.quality === "bad") return;
    const dot = { at, value: Number(reading.value), doubt: reading.quality !== "good" };
    untracked(() => (dots.value = grown(dots.value, dot)));
  });
}

/** @param {import("./history.js").Past} past @returns {Dot[]} */
function dotsOf(past) {
  return past.at.flatMap((at, n) => {
    const value = past.mean[n];
    return typeof value === "number" ? [{ at, value, doubt: past.quality[n] !== "good" }] : [];
  });
}

/** @param {string} id */
async function load(id) {
  const until = untracked(now);
  const answer = await history(id, until - spanMs(), until, BUCKETS);
  const past = answer.ok ? dotsOf(answer.value) : [];
  const dots = kept.get(id);
  if (dots) dots.value = [...past, ...dots.value.filter((dot) => dot.at > (past.at(-1)?.at ?? 0))];
}

/** Whether nothing came between two dots for longer than the point may be silent. @param {import("./types.js").Point} point @param {Dot | undefined} before @param {Dot} dot */
export function isApart(point, before, dot) {
  return before !== undefined && point.stale_after > 0 && dot.at - before.at > point.stale_after * 1000 + spanMs() / BUCKETS;
}

/** Return the dots of a point's small trend, loading them at first sight. @param {string} id */
export function seriesOf(id) {
  const known = kept.get(id);
  if (known) return known;
  const dots = signal(/** @type {Dot[]} */ ([]));
  kept.set(id, dots);
  grow(id);
  waiting.push(() => load(id));
  next();
  return dots;
}

/** Read every history anew: after an outage there is a hole that live readings cannot fill. */
export function reloadSeries() {
  for (const id of kept.keys()) waiting.push(() => load(id));
  for (let n = 0; n < AT_ONCE; n += 1) next();
}
