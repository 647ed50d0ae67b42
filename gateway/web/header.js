// The strip that is always there: site, alarm counts, the state of the line, the clock, and whose desk it is.

import { html } from "./vendor/ui.js";
import { logOut } from "./api.js";
import { FloodBand } from "./flood.js";
import { Icon } from "./icons.js";
import { stands, unacknowledged } from "./levels.js";
import { theme, wear } from "./look.js";
import { Mark, rolesText } from "./marks.js";
import { age, clock, day, decimal } from "./numbers.js";
import { address } from "./sections.js";
import { alarms, health, line, me, now, tick } from "./store.js";
import { LANGUAGES, language, nameOf, speak, t } from "./words.js";

/** Language and theme, kept per workstation. */
export function Preferences() {
  const other = theme.value === "dark" ? "light" : "dark";
  return html`<div class="switch" role="group" aria-label=${t("prefs.language")}>
      ${LANGUAGES.map(
        (code) => html`<button type="button" class="act small" lang=${code} aria-pressed=${language.value === code} onClick=${() => speak(code)}
          title=${t(`language.${code}`)}>${code.toUpperCase()}<span class="sr"> ${t(`language.${code}`)}</span></button>`,
      )}
    </div>
    <button type="button" class="act small square" onClick=${() => wear(other)} title=${t(`theme.${other}`)} aria-label=${t(`theme.${other}`)}>
      <${Icon} name=${theme.value === "dark" ? "sun" : "moon"} />
    </button>`;
}

function Counts() {
  const standing = [...alarms.value.values()].filter(stands);
  const words = [4, 3, 2, 1].map((severity) => {
    const those = standing.filter((alarm) => alarm.severity === severity);
    const blink = severity >= 3 && those.some(unacknowledged);
    return html`<li class=${those.length ? "some" : "none"} key=${severity}>
      <${Mark} severity=${severity} blink=${blink} /><b>${those.length}</b><span>${t(`severity.${severity}`)}</span>
    </li>`;
  });
  return html`<a class="counts" href=${address("alarms")} title=${t("header.counts", { n: standing.length })}><ul>${words}</ul></a>`;
}

function LineState() {
  const { state, since } = line.value;
  void tick.value;
  const span = age((performance.now() - since) / 1000);
  return html`<span class=${`line ${state}`} role="status"><i class="dot"></i>${t(`line.${state}`, { span })}</span>`;
}

function Clock() {
  const at = now();
  return html`<time class="clock" datetime=${new Date(at).toISOString().slice(0, 19)}><span>${day(at)} </span><b>${clock(at)} WIB</b></time>`;
}

function UserMenu() {
  const who = me.value;
  return html`<details class="user">
    <summary title=${rolesText()}><${Icon} name="user" /><span>${who?.name}<small>${rolesText()}</small></span></summary>
    <div class="menu">
      <p><b>${who?.name}</b><br />${t("user.roles", { roles: rolesText() })}</p>
      <dl class="keys">
        <dt>F2</dt><dd>${t("keys.f2")}</dd>
        <dt>F4</dt><dd>${t("keys.f4")}</dd>
        <dt>Ctrl+1…9</dt><dd>${t("keys.scenes")}</dd>
        <dt>Alt+1…8</dt><dd>${t("keys.sections")}</dd>
        <dt>Esc</dt><dd>${t("keys.escape")}</dd>
      </dl>
      <button type="button" class="act" onClick=${logOut}>${t("user.log_out")}</button>
    </div>
  </details>`;
}

/** The band that says that nothing here is real. */
function SimulationBand() {
  const state = health.value;
  if (!state?.simulation) return null;
  const pace = decimal(state.pace, Number.isInteger(state.pace) ? 0 : 1);
  return html`<aside class="band" aria-label=${t("simulation.label")}><b>${state.pace === 1 ? t("simulation.live") : t("simulation.band", { pace })}</b><span>${t("simulation.why")}</span></aside>`;
}

/** Nothing frozen may look live: what is wrong with the line, in a sentence. */
function LineBand() {
  const { state, since } = line.value;
  void tick.value;
  if (state === "live") return null;
  const span = age((performance.now() - since) / 1000);
  return html`<div class="lineband" role="alert"><b>${t(`line.${state}.band`, { span })}</b></div>`;
}

export function Header() {
  return html`<header class="top">
      <a class="site" href=${address("overview")}><img src=${new URL("./icon.svg", import.meta.url).href} alt="" width="32" height="32" />
        <span><b>${nameOf(health.value?.site.name) || "Semarak"}</b><small>${t("app.subtitle")}</small></span></a>
      <${Counts} /><${LineState} /><${Clock} />
      <div class="tools"><${Preferences} /></div><${UserMenu} />
    </header>
    <${SimulationBand} /><${LineBand} /><${FloodBand} />`;
}
