// Remembers the theme of this workstation: dark for the hall, light for the desk.

import { signal } from "./vendor/ui.js";

/** @typedef {"dark" | "light"} Theme */

const KEPT = "semarak.theme";

export const theme = signal(/** @type {Theme} */ (localStorage.getItem(KEPT) === "light" ? "light" : "dark"));

/** Wear a theme from now on. @param {Theme} next */
export function wear(next) {
  localStorage.setItem(KEPT, next);
  document.documentElement.dataset["theme"] = next;
  theme.value = next;
}
