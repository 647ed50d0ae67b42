// The keys of the desk: every one of them is also a button somewhere.

import { acknowledgeFirst } from "./acknowledge.js";
import { busy } from "./dialog.js";
import { recall } from "./recall.js";
import { SECTIONS, go } from "./sections.js";
import { me, scenes } from "./store.js";

/** @type {Record<string, () => void>} */
const FUNCTION_KEYS = { F2: acknowledgeFirst, F4: () => go("scenes") };

/** @param {KeyboardEvent} event @returns {(() => void) | undefined} */
function meaning(event) {
  const digit = Number(/^Digit([1-9])$/.exec(event.code)?.[1] ?? 0);
  if (event.ctrlKey && !event.altKey && digit) {
    const scene = scenes.value[digit - 1];
    return scene && (() => recall(scene));
  }
  if (event.altKey && !event.ctrlKey && digit) {
    const section = SECTIONS[digit - 1];
    return section && (() => go(section));
  }
  return FUNCTION_KEYS[event.key];
}

/** Listen for the rest of this page's life. */
export function listen() {
  window.addEventListener("keydown", (event) => {
    if (!me.value || busy()) return;
    const act = meaning(event);
    if (!act) return;
    event.preventDefault();
    act();
  });
  window.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.user[open]")) {
      if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
    }
  });
}
