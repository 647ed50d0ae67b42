// Speaks with the API about alarm rules: what is written, what a draft would do, and what a rehearsal found.

import { get, post, put, remove, segment } from "./api.js";

/** @typedef {import("./types.js").Called} Called */
/** @template T @typedef {import("./api.js").Answer<T>} Answer */
/** @typedef {Record<string, unknown>} Rule a rule as data */
/** @typedef {{id: string, kind: string, scale: string, subject: string, levels: Record<string, unknown>, alarms: number}} RuleLine */
/** @typedef {{id: string, yaml: string, rule: Rule, stamp: string}} Draft */
/** @typedef {{path: string, message: string, file: string, line: number, hint: string}} Fault */
/** @typedef {{yaml: string, rule: Rule | null, faults: Fault[], changes: string[]}} Verdict */
/** @typedef {{id: string, name: Called, levels: {code: string, label: Called, severity: number}[]}} Scale */
/** @typedef {{type?: string, minimum?: number, maximum?: number, enum?: string[], anyOf?: {type?: string}[]}} Field */
/** @typedef {{scales: Scale[], fields: Record<string, Field>}} Shape */
/** @typedef {{alarm: string, label: Called, severity: number, raised_at: string, cleared_at: string | null, seconds: number, peak: number | null, silenced: boolean}} Ring */
/** @typedef {{rang: number, silenced: number, before: number, standing: number, days: {since: string, until: string, rang: number}[], longest: number, chatter: number, steadier: number, told: Ring[]}} Part */
/** @typedef {{id: string, state: "waiting" | "running" | "done" | "refused" | "cancelled", share: number, readings: number, since: string, until: string, meant: Part | null, now: Part | null, left_out: string[], faults: Fault[], why: string}} Rehearsal */
/** @typedef {{changes: string[], applied: boolean, warnings: string[], approval: string | null}} Report */

/** @returns {Promise<Answer<{items: RuleLine[], stamp: string}>>} */
export const readRules = () => get("rules");

/** @param {string} id @returns {Promise<Answer<Draft>>} */
export const readRule = (id) => get(`rules/${segment(id)}`);

/** @param {string} id @param {string} yaml @param {Rule} [rule] what a form holds @returns {Promise<Answer<Verdict>>} */
export const check = (id, yaml, rule) => post("rules/check", { id, yaml, ...(rule ? { rule } : {}) });

/** @param {string} id @param {string} yaml @param {string} stamp @returns {Promise<Answer<Draft>>} */
export const write = (id, yaml, stamp) => put(`rules/${segment(id)}`, { yaml, stamp });

/** @param {string} id @param {string} stamp @returns {Promise<Answer<unknown>>} */
export const takeOut = (id, stamp) => remove(`rules/${segment(id)}?${new URLSearchParams({ stamp })}`);

/** @param {string} id @param {string} yaml @param {number} seconds @returns {Promise<Answer<Rehearsal>>} */
export const rehearse = (id, yaml, seconds) => post("rules/rehearsals", { id, yaml, seconds });

/** @param {string} id @returns {Promise<Answer<Rehearsal>>} */
export const rehearsal = (id) => get(`rules/rehearsals/${segment(id)}`);

/** @param {string} id @returns {Promise<Answer<Rehearsal>>} */
export const giveUp = (id) => remove(`rules/rehearsals/${segment(id)}`);

/** Return what the files would change. @returns {Promise<Answer<Report>>} */
export const difference = () => post("config/check");

/** @param {string} why @returns {Promise<Answer<Report>>} */
export const apply = (why) => post("config/apply", { why });

/** Return the scales, and what the schema says of each key of a rule. @returns {Promise<Answer<Shape>>} */
export async function readShape() {
  const [schema, scales] = await Promise.all([get("schemas/alarms"), get("scales")]);
  if (!schema.ok) return schema;
  if (!scales.ok) return scales;
  const told = /** @type {{$defs: Record<string, {properties: Record<string, Field>}>}} */ (schema.value);
  return { ok: true, value: { fields: told.$defs["AlarmRuleConfig"]?.properties ?? {}, scales: /** @type {{items: Scale[]}} */ (scales.value).items } };
}
