// Draws the wall to scale, in millimetres: panels and bezels, what each shows and whether that is proven, windows, regions.

import { html, useEffect, useRef, useSignal } from "./vendor/ui.js";
import { RegionBox, WindowBox, clip } from "./outline.js";
import { showPanel } from "./panel.js";
import { isOff, panelState, sentence, sourceName } from "./shown.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Wall} Wall */
/** @typedef {import("./types.js").Panel} Panel */

const TEXT_PX = 12;
const SIGNS = { verified: "✓", pending: "…", differs: "≠", unsure: "?", unreachable: "✕" };
const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] });

/** Move the focus to the neighbour in an arrow's direction. @param {KeyboardEvent} event @param {Wall} wall @param {Panel} panel */
function walk(event, wall, panel) {
  const way = ARROWS[event.key];
  const to = way && wall.panels.find((one) => one.row === panel.row + way[0] && one.column === panel.column + way[1]);
  if (event.key === "Enter" || event.key === " ") showPanel(wall.id, panel.id);
  else if (to) document.getElementById(`panel-${wall.id}-${to.id}`)?.focus();
  else return;
  event.preventDefault();
}

/** @param {{wall: Wall, panel: Panel, text: number, first: boolean}} props */
function PanelBox({ wall, panel, text, first }) {
  const { x, y, width, height } = panel;
  const pad = text * 0.5;
  const state = panel.dead ? "dead" : panel.state;
  const foot = y + height - pad;
  const odd = isOff(panel) || (panel.reported.source && panel.desired.source !== panel.reported.source);
  const shown = isOff(panel) ? t("panel.off") : sourceName(wall, panel.reported.source);
  return html`<g class=${`panel ${state} ${isOff(panel) ? "off" : ""}`}><g aria-hidden="true">
    <rect class="face" x=${x} y=${y} width=${width} height=${height} />
    ${state === "verified" ? null : html`<rect class="hatch" x=${x} y=${y} width=${width} height=${height} fill=${`url(#hatch-${state === "pending" ? "wait" : "odd"})`} />`}
    <rect class="edge" x=${x + text * 0.12} y=${y + text * 0.12} width=${width - text * 0.24} height=${height - text * 0.24} stroke-width=${text * 0.24} />
    <text class="code" x=${x + pad} y=${foot} font-size=${text * 0.92}>${t("panel.code", { row: panel.row, column: panel.column })}</text>
    <text class="proof" x=${x + width - pad} y=${foot} font-size=${text} text-anchor="end">${state === "verified" ? "" : `${panelState(panel)} `}${panel.dead ? "✕" : SIGNS[panel.state]}</text>
    ${odd ? html`<text x=${x + width / 2} y=${y + text * 2.5} font-size=${text} text-anchor="middle">${clip(t("panel.shows_now", { source: shown }), width, text)}</text>` : null}</g>
    <rect id=${`panel-${wall.id}-${panel.id}`} class="hit" x=${x + text * 0.12} y=${y + text * 0.12} width=${width - text * 0.24} height=${height - text * 0.24} stroke-width=${text * 0.3}
      role="button" tabindex=${first ? 0 : -1} aria-label=${sentence(wall, panel)} onClick=${() => showPanel(wall.id, panel.id)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => walk(event, wall, panel)} />
  </g>`;
}

/** The drawing; its letters keep their size on the screen whatever the size of the wall. @param {{wall: Wall}} props */
export function Mimic({ wall }) {
  const place = /** @type {{current: SVGSVGElement | null}} */ (useRef(null));
  const scale = useSignal(5);
  useEffect(() => {
    const svg = place.current;
    if (!svg) return undefined;
    const watcher = new ResizeObserver(() => {
      const next = 1 / (svg.getScreenCTM()?.a || 1);
      // The margin follows the letters: a hair's breadth must not set off another round.
      if (Math.abs(next / scale.peek() - 1) > 0.01) scale.value = next;
    });
    watcher.observe(svg);
    return () => watcher.disconnect();
  }, [wall.id]);
  const text = TEXT_PX * scale.value;
  const edge = text * 0.4;
  const box = `${-edge} ${-edge} ${wall.width + edge * 2} ${wall.height + edge * 2}`;
  const step = text * 0.8;
  return html`<svg ref=${place} class="mimic" viewBox=${box} role="group" aria-label=${t("wall.drawing", { name: nameOf(wall.name) })}>
    <defs>${["wait", "odd"].map(
      (kind) => html`<pattern id=${`hatch-${kind}`} class=${kind} width=${step} height=${step} patternUnits="userSpaceOnUse" patternTransform=${`rotate(${kind === "wait" ? 45 : -45})`}>
        <rect width=${step * 0.3} height=${step} /></pattern>`,
    )}</defs>
    <rect class="bezel" x="0" y="0" width=${wall.width} height=${wall.height} />
    ${wall.panels.map((panel, n) => html`<${PanelBox} key=${panel.id} wall=${wall} panel=${panel} text=${text} first=${n === 0} />`)}
    ${wall.windows.map((win) => html`<${WindowBox} key=${win.id} wall=${wall} window=${win} text=${text} />`)}
    ${wall.regions.map((region) => html`<${RegionBox} key=${region.id} wall=${wall} region=${region} text=${text} />`)}
  </svg>`;
}
