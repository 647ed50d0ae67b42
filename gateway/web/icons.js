// The rail's icons, drawn on a grid of 24.

import { html } from "./vendor/ui.js";

/** @type {Record<string, string>} */
const PATHS = {
  overview: "M3 4h11v9H3zM17 4h4v16h-4zM3 16h11v4H3z",
  alarms: "M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20h4M12 2v3",
  wall: "M3 5h18v11H3zM9 5v11M15 5v11M3 10.5h18M8 20h8M12 16v4",
  scenes: "M4 8h16v12H4zM4 8l2-4h3L7 8m3 0 2-4h3l-2 4m3 0 2-4h3l-2 4",
  points: "M3 19h18M4 15l4-5 4 3 4-7 4 4M3 4v15",
  devices: "M4 4h16v7H4zM4 13h16v7H4zM7 7.5h4M7 16.5h4M16 7.5h1M16 16.5h1",
  notifications: "M4 5h16v11H9l-5 4zM8 9h8M8 12h5",
  audit: "M6 3h9l4 4v14H6zM15 3v4h4M9 11h7M9 14h7M9 17h5",
  health: "M3 12h4l2-6 4 12 3-9 2 3h3",
  user: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c0-4 3.5-6.5 8-6.5s8 2.5 8 6.5",
  sun: "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10zM12 1v3M12 20v3M1 12h3M20 12h3M4.2 4.2l2 2M17.8 17.8l2 2M4.2 19.8l2-2M17.8 6.2l2-2",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
};

/** @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name] ?? ""} /></svg>`;
}
