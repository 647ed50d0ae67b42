// The sections of the page, in the order of the rail, reached by the address's hash.

import { signal } from "./vendor/ui.js";

export const SECTIONS = /** @type {const} */ (["overview", "alarms", "wall", "scenes", "points", "devices", "notifications", "audit", "health"]);

/** @typedef {typeof SECTIONS[number]} Section */
/** @typedef {{section: Section, item: string}} Where */

/** @returns {Where} */
function read() {
  const [section = "", ...rest] = location.hash.replace(/^#/, "").split("/");
  const known = SECTIONS.find((one) => one === section);
  return { section: known ?? "overview", item: known ? decodeURIComponent(rest.join("/")) : "" };
}

export const where = signal(read());
window.addEventListener("hashchange", () => (where.value = read()));

/** Return the address of a section, or of one thing in it. @param {Section} section @param {string} [item] */
export const address = (section, item = "") => `#${section}${item ? `/${encodeURIComponent(item)}` : ""}`;

/** Go there. @param {Section} section @param {string} [item] */
export function go(section, item = "") {
  location.hash = address(section, item);
}
