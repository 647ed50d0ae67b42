// Reads what was: a point's buckets with their gaps, as charts need them.

import { get } from "./api.js";

/** @typedef {import("./types.js").Quality} Quality */
/** @typedef {{since: number, until: number}} Gap */
/** @typedef {(number | null | undefined)[]} Column */
/**
 * The buckets between two times, all in ms: null inside a gap, undefined where readings only come more seldom.
 * @typedef {object} Past
 * @property {number} since
 * @property {number} until
 * @property {number} step
 * @property {number[]} at
 * @property {Column} low
 * @property {Column} mean
 * @property {Column} high
 * @property {(Quality | null)[]} quality
 * @property {Gap[]} gaps
 */

/** Return the query of a point's span. @param {string} id @param {number} since @param {number} until @param {Record<string, string>} more */
function query(id, since, until, more) {
  return new URLSearchParams({ points: id, since: new Date(since).toISOString(), until: new Date(until).toISOString(), ...more });
}

/** Return where a span of a point is had as a file. @param {string} id @param {number} since @param {number} until */
export const exportAddress = (id, since, until) => `/api/v1/history/export?${query(id, since, until, { format: "csv" })}`;

/** @param {import("./types.js").History} told @returns {Past} */
function read(told) {
  const series = /** @type {import("./types.js").Series} */ (told.series[0]);
  const at = told.at.map(Date.parse);
  const step = told.step * 1000;
  const gaps = series.gaps.map((gap) => ({ since: Date.parse(gap.since), until: Date.parse(gap.until) }));
  const silent = at.map((one) => gaps.some((gap) => one + step > gap.since && one < gap.until));
  const column = (/** @type {"min" | "mean" | "max"} */ name) =>
    (series.values[name] ?? []).map((value, n) => value ?? (silent[n] ? null : undefined));
  return {
    since: Date.parse(told.since), until: Date.parse(told.until), step, at, gaps,
    low: column("min"), mean: column("mean"), high: column("max"), quality: series.quality,
  };
}

/** Return about `count` buckets of a point. @param {string} id @param {number} since @param {number} until @param {number} count
 * @returns {Promise<import("./api.js").Answer<Past>>} */
export async function history(id, since, until, count) {
  const answer = await get(`history?${query(id, since, until, { buckets: String(count), want: "min,mean,max" })}`);
  return answer.ok ? { ok: true, value: read(/** @type {import("./types.js").History} */ (answer.value)) } : answer;
}
