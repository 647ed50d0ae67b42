// The words of the screens, in Bahasa Indonesia and English, from one catalogue each.

import { signal } from "./vendor/ui.js";

/** @typedef {"id" | "en"} Language */
/** @typedef {import("./types.js").Called} Called */

export const LANGUAGES = /** @type {const} */ (["id", "en"]);
const KEPT = "semarak.language";

/** @type {Record<Language, Record<string, string>>} */
const catalogues = { id: {}, en: {} };

export const language = signal(/** @type {Language} */ (localStorage.getItem(KEPT) === "en" ? "en" : "id"));

/** Read both catalogues; the page waits for it once. */
export async function loadWords() {
  await Promise.all(
    LANGUAGES.map(async (code) => {
      const response = await fetch(new URL(`./i18n/${code}.json`, import.meta.url));
      catalogues[code] = await response.json();
    }),
  );
  document.documentElement.lang = language.value;
}

/** Speak another language from now on. @param {Language} code */
export function speak(code) {
  localStorage.setItem(KEPT, code);
  document.documentElement.lang = code;
  language.value = code;
}

/** Return the words under `key`, with `{name}` filled in. @param {string} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  const words = catalogues[language.value][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Return the words under `key`, or `fallback` when the catalogue has none. @param {string} key @param {string} fallback */
export function told(key, fallback) {
  return catalogues[language.value][key] ?? fallback;
}

/** Return what a thing is called in the language now spoken. @param {Called | null | undefined} called @returns {string} */
export function nameOf(called) {
  if (!called) return "";
  return typeof called === "string" ? called : called[language.value];
}
