// What was thought about an alarm beforehand: why it rings, what to do, how long there is.

import { html, useEffect, useSignal } from "./vendor/ui.js";
import { get, segment } from "./api.js";
import { succeeded } from "./notices.js";
import { age } from "./numbers.js";
import { nameOf, t } from "./words.js";

/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {import("./types.js").Name} Name */
/** @typedef {{cause: Name, consequence: Name, action: Name, minutes: number | null, owner: string, basis: string}} AlarmRecord */
/** @typedef {{code: string, label: Name, record: AlarmRecord | null}} Recorded */

/** @param {AlarmRecord} record @returns {[string, string][]} */
const lines = (record) => [
  ["cause", nameOf(record.cause)],
  ["action", nameOf(record.action)],
  ["time", record.minutes === null ? "" : age(record.minutes * 60)],
  ["consequence", nameOf(record.consequence)],
  ["owner", record.owner],
  ["basis", record.basis],
];

/** The part of a faceplate that tells it, at the level that the alarm has. @param {{alarm: Alarm}} props */
export function Rationale({ alarm }) {
  const levels = useSignal(/** @type {Recorded[] | null} */ (null));
  useEffect(() => {
    void get(`rationalisation/${segment(alarm.id)}`).then((answer) => {
      if (succeeded(answer)) levels.value = /** @type {{items: Recorded[]}} */ (answer.value).items;
    });
  }, [alarm.id]);
  if (levels.value === null) return html`<p class="quiet">…</p>`;
  const record = (levels.value.find((one) => one.code === alarm.code) ?? levels.value[0])?.record;
  if (!record) return html`<p class="quiet">${t("rationale.none")}</p>`;
  const told = lines(record).filter(([, words]) => words);
  return html`<dl class="facelines">${told.map(([key, words]) => html`<div key=${key}><dt>${t(`rationale.${key}`)}</dt><dd>${words}</dd></div>`)}</dl>`;
}
