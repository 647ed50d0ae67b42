// Who was told of what and what became of it, who is on call now, and whether the channels work.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { get, post } from "./api.js";
import { Act, Mark } from "./marks.js";
import { notice, succeeded } from "./notices.js";
import { instant, moment } from "./numbers.js";
import { nameOf, t, told } from "./words.js";

/** @typedef {import("./types.js").Called} Called */
/** @typedef {{id: string, person: string, name: string, stands_for: string, channel: string, address: string, state: string, tries: number, detail: string, changed_at: string, reply: string, replied_at: string | null}} Delivery */
/** @typedef {{id: string, at: string, valid_until: string, call_list: string, alarm: string, severity: number, told: string, withdrawn: string, deliveries: Delivery[]}} Notification */
/** @typedef {{person: string, name: string, office: Called | null, opd: string, stands_for: string, channel: string}} Duty */
/** @typedef {{id: string, name: Called, on_call: Duty[], gaps: string[]}} CallList */
/** @typedef {{id: string, kind: string, enabled: boolean, waiting: number, reason: string, persons: string[], counters: Record<string, number>}} Channel */

const AGAIN_MS = 5_000;
const STATES = ["waiting", "sending", "sent", "delivered", "expired", "failed", "withdrawn"];
const SIGNS = /** @type {Record<string, string>} */ ({ waiting: "…", sending: "…", sent: "✓", delivered: "✓✓", expired: "✕", failed: "✕", withdrawn: "–" });
const COUNTED = ["sent", "delivered", "expired", "replies"];

/** @param {string} at */
function when(at) {
  const ms = instant(at);
  return ms === null ? at : moment(ms);
}

/** @param {{delivery: Delivery}} props */
function DeliveryLine({ delivery }) {
  const who = delivery.name || t("notify.everybody");
  const odd = delivery.state === "failed" || delivery.state === "expired";
  return html`<li class=${odd ? "odd" : ""}><b>${SIGNS[delivery.state] ?? "?"} ${told(`notify.state.${delivery.state}`, delivery.state)}</b>
    ${" "}${who}${delivery.stands_for ? ` (${t("notify.stands_for", { name: delivery.stands_for })})` : ""}, ${delivery.channel}${delivery.address ? ` ${delivery.address}` : ""}
    ${delivery.tries > 1 ? html`, ${t("notify.tries", { n: delivery.tries })}` : null}
    ${odd || delivery.state === "waiting" ? html`<small>${delivery.detail}</small>` : null}
    ${delivery.reply ? html` <q>${delivery.reply}</q>` : null}</li>`;
}

/** @param {{one: Notification}} props */
function Row({ one }) {
  return html`<tr><td>${when(one.at)}</td><td><${Mark} severity=${one.severity} /> ${one.alarm || t("notify.test")}</td><td>${one.call_list || "–"}</td>
    <td><ul class="deliveries">${one.deliveries.map((delivery) => html`<${DeliveryLine} key=${delivery.id} delivery=${delivery} />`)}</ul>${one.withdrawn ? html`<small>${one.withdrawn}</small>` : null}</td>
    <td>${when(one.valid_until)}</td></tr>`;
}

/** @param {{list: CallList}} props */
function OnCall({ list }) {
  return html`<section class="oncall"><h3>${nameOf(list.name)}</h3>
    ${list.on_call.length ? null : html`<p class="warn">${t("notify.nobody")}</p>`}
    <ol>${list.on_call.map((duty) => html`<li><b>${duty.name || t("notify.everybody")}</b>${duty.office ? ` · ${nameOf(duty.office)}` : ""} · ${duty.channel}${duty.stands_for ? ` (${t("notify.stands_for", { name: duty.stands_for })})` : ""}</li>`)}</ol>
    ${list.gaps.length ? html`<p class="warn">${t("notify.gaps", { when: list.gaps.join(", ") })}</p>` : null}</section>`;
}

/** @param {{channel: Channel, again: () => void}} props */
function ChannelRow({ channel, again }) {
  const chosen = useSignal(channel.persons[0] ?? "");
  const busy = useSignal(false);
  const test = async () => {
    busy.value = true;
    const answer = await post("notifications/test", { channel: channel.id, person: chosen.value });
    busy.value = false;
    if (!succeeded(answer)) return;
    notice(t("notify.test_sent", { channel: channel.id }));
    again();
  };
  const state = !channel.enabled ? t("notify.off") : channel.reason ? `✕ ${channel.reason}` : `✓ ${t("notify.ready")}`;
  return html`<tr class=${channel.enabled && channel.reason ? "odd" : ""}><th scope="row">${channel.id}</th><td>${told(`notify.kind.${channel.kind}`, channel.kind)}</td><td>${state}</td><td>${channel.waiting}</td>
    ${COUNTED.map((what) => html`<td>${channel.counters[what] ?? 0}</td>`)}
    <td>${channel.enabled ? html`${channel.persons.length ? html`<select aria-label=${t("notify.whom")} onChange=${(/** @type {Event} */ event) => (chosen.value = /** @type {HTMLSelectElement} */ (event.target).value)}>
        ${channel.persons.map((person) => html`<option value=${person} selected=${person === chosen.value}>${person}</option>`)}</select>` : null}
      <${Act} permission="notify.test" busy=${busy.value} label=${t("notify.test_of", { channel: channel.id })} onClick=${test}>${t("notify.try")}</${Act}>` : null}</td></tr>`;
}

/** @param {{channels: Channel[], again: () => void}} props */
function Channels({ channels, again }) {
  const heads = ["channel", "kind", "state", "waiting", ...COUNTED, "try"];
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${t("notify.channels")}><table>
    <thead><tr>${heads.map((head) => html`<th scope="col">${t(`notify.head.${head}`)}</th>`)}</tr></thead>
    <tbody>${channels.map((channel) => html`<${ChannelRow} key=${channel.id} channel=${channel} again=${again} />`)}</tbody></table></div>`;
}

/** @template T @param {string} path @param {import("./vendor/ui.js").Signal<T[]>} into @param {{quiet: boolean}} how */
async function read(path, into, { quiet }) {
  const answer = await get(path);
  if (answer.ok || !quiet) {
    if (succeeded(answer)) into.value = /** @type {{items: T[]}} */ (answer.value).items;
  }
}

export function Notifications() {
  const state = useSignal("");
  const list = useSignal(/** @type {Notification[]} */ ([]));
  const lists = useSignal(/** @type {CallList[]} */ ([]));
  const channels = useSignal(/** @type {Channel[]} */ ([]));
  const look = (quiet = true) => {
    void read(`notifications?${new URLSearchParams(state.value ? { state: state.value } : {})}`, list, { quiet });
    void read("call-lists", lists, { quiet });
    void read("channels", channels, { quiet });
  };
  useEffect(() => {
    look(false);
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, [state.value]);
  const heads = ["at", "alarm", "list", "whom", "valid_until"];
  return html`<h1>${t("section.notifications")}<span class="tools">
      <select aria-label=${t("notify.filter")} onChange=${(/** @type {Event} */ event) => (state.value = /** @type {HTMLSelectElement} */ (event.target).value)}>
        <option value="">${t("notify.all")}</option>${STATES.map((one) => html`<option value=${one} selected=${one === state.value}>${t(`notify.state.${one}`)}</option>`)}</select></span></h1>
    <section class="card" aria-labelledby="channels"><h2 id="channels">${t("notify.channels")}</h2>
      ${channels.value.length ? html`<${Channels} channels=${channels.value} again=${look} />` : html`<p class="quiet">${t("notify.no_channels")}</p>`}</section>
    <section class="card" aria-labelledby="oncall"><h2 id="oncall">${t("notify.on_call")}</h2>
      <div class="oncalls">${lists.value.length ? lists.value.map((one) => html`<${OnCall} key=${one.id} list=${one} />`) : html`<p class="quiet">${t("notify.no_lists")}</p>`}</div></section>
    <section class="card grow scroll" tabindex="0" aria-label=${t("notify.sent")}>
      ${list.value.length ? html`<table><thead><tr>${heads.map((head) => html`<th scope="col">${t(`notify.head.${head}`)}</th>`)}</tr></thead>
        <tbody>${list.value.map((one) => html`<${Row} key=${one.id} one=${one} />`)}</tbody></table>` : html`<p class="quiet">${t("notify.none")}</p>`}</section>`;
}
