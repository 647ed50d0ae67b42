// Writes numbers, ages and times the way the reader's language does; the hall lives in WIB.

import { language, t } from "./words.js";

/** @typedef {import("./types.js").Value} Value */

const LOCALE = { id: "id-ID", en: "en-GB" };
const ZONE = "Asia/Jakarta";
const UNITS = new Map([["ug/m3", "µg/m³"], ["C", "°C"], ["bool", ""], ["degC", "°C"]]);
const WHOLE = new Set(["%", "menit", "min"]);
const AGES = /** @type {const} */ ([[86_400, "age.days"], [3_600, "age.hours"], [60, "age.minutes"], [1, "age.seconds"]]);

/** @type {Map<string, Intl.NumberFormat>} */
const numberFormats = new Map();
/** @type {Map<string, Intl.DateTimeFormat>} */
const timeFormats = new Map();

/** Return `value` with `digits` decimals, a comma in Indonesian. @param {number} value @param {number} digits */
export function decimal(value, digits) {
  const key = `${language.value}${digits}`;
  let format = numberFormats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(LOCALE[language.value], { minimumFractionDigits: digits, maximumFractionDigits: digits });
    numberFormats.set(key, format);
  }
  return format.format(value);
}

/** Return a number as a person reads it: whole numbers whole, others with one decimal. @param {number} value */
export const plain = (value) => decimal(value, Number.isInteger(value) ? 0 : Math.abs(value) < 1 ? 2 : 1);

/** Return a number whose decimals do not come and go, so that a column of them stands still. @param {number} value @param {string} unit */
const steady = (value, unit) => (unit && !WHOLE.has(unit) && Math.abs(value) >= 1 ? decimal(value, 1) : plain(value));

/** Return the unit as it is printed. @param {string} unit */
export const printed = (unit) => UNITS.get(unit) ?? unit;

/** Return a value without its unit; a door is open or closed, any other flag yes or no.
 * @param {Value | null | undefined} value @param {string} [id] @param {string} [unit] */
export function valueText(value, id = "", unit = "") {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return steady(value, unit);
  if (typeof value === "string") return value;
  if (/pintu|door/.test(id)) return t(value ? "flag.open" : "flag.closed");
  return t(value ? "flag.yes" : "flag.no");
}

/** Return a value with its unit. @param {Value | null | undefined} value @param {string} unit @param {string} [id] */
export function quantity(value, unit, id = "") {
  return [valueText(value, id, unit), typeof value === "number" ? printed(unit) : ""].filter(Boolean).join(" ");
}

/** Return a span in its largest whole unit: `12 dtk`, `3 mnt`. @param {number} seconds */
export function age(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [size, key] = AGES.find(([limit]) => whole >= limit) ?? [1, "age.seconds"];
  return t(key, { n: Math.floor(whole / size) });
}

/** @param {string} kind @param {Intl.DateTimeFormatOptions} options */
function timeFormat(kind, options) {
  const key = language.value + kind;
  let format = timeFormats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(LOCALE[language.value], { timeZone: ZONE, hour12: false, ...options });
    timeFormats.set(key, format);
  }
  return format;
}

/** Return `Selasa, 24 November 2026`. @param {number} ms */
export const day = (ms) => timeFormat("day", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(ms).replace(/^(\w+) (\d)/, "$1, $2");

/** Return `15.04.09` or `15:04:09`. @param {number} ms */
export const clock = (ms) => timeFormat("clock", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(ms);

/** Return `24 Nov 15.04.09`, for lists. @param {number} ms */
export function moment(ms) {
  const date = timeFormat("date", { day: "numeric", month: "short" }).format(ms);
  return `${date} ${clock(ms)}`;
}

/** Return `15.04`, for axes. @param {number} ms */
export const hour = (ms) => timeFormat("hour", { hour: "2-digit", minute: "2-digit" }).format(ms);

/** Return milliseconds since 1970, or null. @param {string | null | undefined} text */
export function instant(text) {
  const ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
