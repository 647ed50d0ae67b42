// Starts the page: words, session, the live line; then shows the section that the address names.

import { effect, html, render } from "./vendor/ui.js";
import { whenSessionEnds, whoAmI } from "./api.js";
import { Alarms } from "./alarms.js";
import { Audit } from "./audit.js";
import { Devices } from "./devices.js";
import { DialogPlace, hide } from "./dialog.js";
import { Header } from "./header.js";
import { Health } from "./health.js";
import { listen } from "./keys.js";
import { Live } from "./live.js";
import { Login } from "./login.js";
import { theme, wear } from "./look.js";
import { Notices } from "./notices.js";
import { Notifications } from "./notifications.js";
import { Overview } from "./overview.js";
import { Points } from "./points.js";
import { Rail } from "./rail.js";
import { Scenes } from "./scenes.js";
import { reloadSeries } from "./series.js";
import { where } from "./sections.js";
import { fresh, line, me, tick } from "./store.js";
import { loadWords, t } from "./words.js";
import { WallSection } from "./wall.js";

const PAGES = {
  overview: Overview,
  alarms: Alarms,
  wall: WallSection,
  scenes: Scenes,
  points: Points,
  devices: Devices,
  notifications: Notifications,
  audit: Audit,
  health: Health,
};

function Desk() {
  const { section } = where.value;
  document.title = `${t(`section.${section}`)} · Semarak`;
  return html`<a class="skip" href="#main" onClick=${skip}>${t("app.skip")}</a>
    <${Header} /><${Rail} />
    <main id="main" tabindex="-1" class=${`page ${section} ${fresh.value ? "" : "frozen"}`}><${PAGES[section]} /></main>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function App() {
  return html`${me.value ? html`<${Desk} />` : html`<${Login} />`}<${DialogPlace} /><${Notices} />`;
}

/** Stay connected while somebody is logged in. */
function stayLive() {
  /** @type {Live | null} */
  let live = null;
  let wasLive = false;
  effect(() => {
    const wanted = me.value !== null;
    if (wanted && !live) {
      live = new Live(async () => {
        const answer = await whoAmI();
        const out = !answer.ok && answer.status === 401;
        if (out) me.value = null;
        return !out;
      });
      live.start();
    } else if (!wanted && live) {
      live.stop();
      live = null;
      wasLive = false;
      hide();
    }
  });
  effect(() => {
    const { state } = line.value;
    if (state === "lost") wasLive = true;
    if (state === "live" && wasLive) {
      wasLive = false;
      reloadSeries();
    }
  });
}

async function start() {
  wear(theme.value);
  await loadWords();
  whenSessionEnds(() => (me.value = null));
  const answer = await whoAmI();
  if (answer.ok) me.value = answer.value;
  setInterval(() => (tick.value += 1), 1000);
  listen();
  stayLive();
  render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
}

start();
