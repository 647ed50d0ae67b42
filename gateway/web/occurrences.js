// Reads the history of alarms: pages of it, one time that an alarm rang, and what stood at a point over a span.

import { get, segment } from "./api.js";

/** @typedef {import("./types.js").Called} Called */
/** @typedef {import("./types.js").AuditEvent} AuditEvent */
/** @typedef {{since: string, until: string}} Stretch */
/**
 * @typedef {object} Occurrence
 * @property {string} id
 * @property {string} alarm
 * @property {string} point
 * @property {Called} name
 * @property {Called} scale_name
 * @property {Called} label
 * @property {number} severity
 * @property {number} severity_first
 * @property {string} place
 * @property {string} raised_at
 * @property {string | null} annunciated_at
 * @property {number} annunciations
 * @property {string | null} acked_at
 * @property {string | null} acked_by
 * @property {string} station
 * @property {number | null} time_to_ack
 * @property {string | null} cleared_at
 * @property {string | null} closed_at
 * @property {"" | "closed" | "retired" | "unknown"} ended
 * @property {number} active
 * @property {number} standing
 * @property {number | null} peak
 * @property {string | null} peak_at
 * @property {string} unit
 * @property {string} note
 * @property {string} disposition
 * @property {number} chatter
 * @property {boolean} in_flood
 * @property {string} first_out
 * @property {string[]} asides
 */
/** @typedef {{kind: string, whose: string, why: string, since: string, due: string | null, until: string | null, ended_by: string}} Spell */
/** @typedef {{occurrence: Occurrence, spells: Spell[], events: AuditEvent[]}} Detail */
/** @typedef {{since: string, until: string, items: Occurrence[], more: boolean, unknown: Stretch[]}} Timeline */
/** @typedef {{days: number, severity: number, state: string, text: string}} Wanted */

const PAGE = 100;
const DAY_MS = 86_400_000;

/** Return a query without what is empty. @param {Record<string, string | number | null | undefined>} given */
function query(given) {
  const told = Object.entries(given).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
  return new URLSearchParams(/** @type {string[][]} */ (told));
}

/** @param {Wanted} wanted @param {number} now */
const filters = ({ days, severity, state, text }, now) => ({ since: days ? new Date(now - days * DAY_MS).toISOString() : "", severity, state, text });

/** Return a page, newest first. @param {Wanted} wanted @param {number} now @param {string | null} [after]
 * @returns {Promise<import("./api.js").Answer<{items: Occurrence[], next: string | null}>>} */
export const occurrences = (wanted, now, after) => get(`occurrences?${query({ ...filters(wanted, now), limit: PAGE, after })}`);

/** Return where the same is had as a file. @param {Wanted} wanted @param {number} now @param {"csv" | "parquet"} format */
export const fileAddress = (wanted, now, format) => `/api/v1/occurrences/export?${query({ ...filters(wanted, now), format })}`;

/** Return one with its events. @param {string} id @returns {Promise<import("./api.js").Answer<Detail>>} */
export const occurrence = (id) => get(`occurrences/${segment(id)}`);

/** Return what stood at a point. @param {string} point @param {number} since @param {number} until
 * @returns {Promise<import("./api.js").Answer<Timeline>>} */
export const timeline = (point, since, until) =>
  get(`occurrences/timeline?${query({ point, since: new Date(since).toISOString(), until: new Date(until).toISOString() })}`);
