// Says in words what a panel shows and how far that is proven.

import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Wall} Wall */
/** @typedef {import("./types.js").Panel} Panel */

/** Return a source's name. @param {Wall} wall @param {string | null | undefined} id */
export const sourceName = (wall, id) => (id ? nameOf(wall.sources.find((source) => source.id === id)?.name) || id : "–");

/** Return what a window shows: its own label, or its source's name in the reader's language. @param {Wall} wall @param {import("./types.js").WallWindow} win */
export function windowWords(wall, win) {
  const name = wall.sources.find((source) => source.id === win.source)?.name;
  const own = nameOf(win.label);
  const given = typeof name === "object" && own === name.id ? "" : own;
  return given || sourceName(wall, win.source);
}

/** Whether a panel says that its power is off. @param {Panel} panel */
export const isOff = (panel) => panel.reported.power === "off" || panel.reported.power === false;

/** Return the state of a panel in words. @param {Panel} panel */
export const panelState = (panel) => (panel.dead ? t("panel.dead") : t(`panel.state.${panel.state}`));

/** Return what a panel shows, in one sentence for those who do not see the drawing. @param {Wall} wall @param {Panel} panel */
export function sentence(wall, panel) {
  return t("panel.sentence", {
    row: panel.row,
    column: panel.column,
    state: panelState(panel),
    desired: sourceName(wall, panel.desired.source),
    reported: isOff(panel) ? t("panel.off") : sourceName(wall, panel.reported.source),
  });
}
