// The one kind of dialog: modal, closed by Escape, gives the focus back to where it was.

import { html, signal, useEffect, useRef } from "./vendor/ui.js";
import { t } from "./words.js";

/** @typedef {import("./vendor/ui.js").ComponentChildren} Children */

const open = signal(/** @type {(() => Children) | null} */ (null));

/** Show a dialog in place of any other. @param {() => Children} content */
export const show = (content) => (open.value = content);

/** Close the dialog. */
export const hide = () => (open.value = null);

/** Whether a dialog is in the way of the page's keys. */
export const busy = () => open.value !== null;

/** The place where the dialog that is open appears. */
export function DialogPlace() {
  const content = open.value;
  return content && html`<${Holder} key=${content} content=${content} />`;
}

/** @param {{content: () => Children}} props */
function Holder({ content: Content }) {
  const place = /** @type {{current: HTMLDialogElement | null}} */ (useRef(null));
  useEffect(() => {
    const before = document.activeElement;
    place.current?.showModal();
    return () => {
      if (before instanceof HTMLElement || before instanceof SVGElement) before.focus();
    };
  }, []);
  return html`<dialog ref=${place} aria-labelledby="dialog-title" onClose=${hide}><${Content} /></dialog>`;
}

/** A dialog's frame: title, close button, body, and a row of buttons. @param {{title: string, children?: Children, foot?: Children, wide?: boolean}} props */
export function Sheet({ title, children, foot, wide = false }) {
  return html`<div class=${`sheet ${wide ? "wide" : ""}`}>
    <header><h2 id="dialog-title">${title}</h2>
      <button type="button" class="act small" aria-label=${t("dialog.close")} title=${`${t("dialog.close")} (Esc)`} onClick=${hide}>✕</button>
    </header>
    <div class="body" tabindex=${wide ? 0 : undefined}>${children}</div>
    ${foot ? html`<footer>${foot}</footer>` : null}
  </div>`;
}
