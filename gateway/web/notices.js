// Says what just happened or failed, in a sentence; a failure stays until somebody dismisses it.

import { html, signal } from "./vendor/ui.js";
import { t } from "./words.js";

/** @typedef {{id: number, text: string, bad: boolean}} Notice */

const SHOWN_MS = 6_000;
const MOST = 4;

const notices = signal(/** @type {Notice[]} */ ([]));
let count = 0;

/** @param {number} id */
const dismiss = (id) => (notices.value = notices.value.filter((one) => one.id !== id));

/** Say `text` for a few seconds. @param {string} text */
export function notice(text) {
  const id = (count += 1);
  notices.value = [...notices.value.filter((one) => one.text !== text), { id, text, bad: false }].slice(-MOST);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** Say what failed, until it is dismissed. @param {string} text */
export function trouble(text) {
  const id = (count += 1);
  notices.value = [...notices.value.filter((one) => one.text !== text), { id, text, bad: true }].slice(-MOST);
}

/** Say the sentence of an answer that failed; return whether it succeeded. @template T @param {import("./api.js").Answer<T>} answer @returns {answer is {ok: true, value: T}} */
export function succeeded(answer) {
  if (!answer.ok) trouble(answer.sentence);
  return answer.ok;
}

export function Notices() {
  return html`<div class="notices" role="status" aria-live="polite">
    ${notices.value.map(
      (one) => html`<div key=${one.id} class=${`notice ${one.bad ? "bad" : ""}`}>
        <span>${one.text}</span>
        <button type="button" class="act small" aria-label=${t("notice.dismiss")} title=${t("notice.dismiss")} onClick=${() => dismiss(one.id)}>✕</button>
      </div>`,
    )}
  </div>`;
}
