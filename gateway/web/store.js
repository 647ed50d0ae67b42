// What the screens know: filled by one snapshot, changed by numbered messages, read by every page.

import { batch, computed, signal } from "./vendor/ui.js";
import { instant } from "./numbers.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").Reading} Reading */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Alarm} Alarm */
/** @typedef {import("./types.js").Device} Device */
/** @typedef {import("./types.js").Wall} Wall */
/** @typedef {import("./types.js").Scene} Scene */
/** @typedef {import("./types.js").Health} Health */
/** @typedef {import("./types.js").AuditEvent} AuditEvent */
/** @typedef {import("./types.js").Rejected} Rejected */
/** @typedef {import("./types.js").Repair} Repair */
/** @typedef {import("./types.js").Me} Me */
/** @typedef {{reading: Reading, heard: number}} Heard `heard`: milliseconds of this page's own clock, which never jumps */
/** @typedef {{point: Point, latest: import("./vendor/ui.js").Signal<Heard | null>}} Cell */
/** @typedef {{state: "connecting" | "live" | "silent" | "lost", since: number}} Line `since`: as `Heard.heard` */

const AUDIT_KEPT = 300;
const REJECTED_KEPT = 100;

export const me = signal(/** @type {Me | null} */ (null));
export const line = signal(/** @type {Line} */ ({ state: "connecting", since: 0 }));
export const cells = signal(/** @type {Map<string, Cell>} */ (new Map()));
export const flood = signal(/** @type {import("./types.js").Flood | null} */ (null));
export const alarms = signal(/** @type {Map<string, Alarm>} */ (new Map()));
export const devices = signal(/** @type {Map<string, Device>} */ (new Map()));
export const walls = signal(/** @type {Map<string, Wall>} */ (new Map()));
export const scenes = signal(/** @type {Scene[]} */ ([]));
export const health = signal(/** @type {Health | null} */ (null));
export const audit = signal(/** @type {AuditEvent[]} */ ([]));
export const repairs = signal(/** @type {Repair[]} */ ([]));
export const rejected = signal(/** @type {Rejected[]} */ ([]));
/** Seconds on this page's own clock: moves once a second, so that ages count. */
export const tick = signal(0);
/** How far the service's clock is ahead of this machine's, in milliseconds. */
const offset = signal(0);

export const fresh = computed(() => line.value.state === "live");

/** Return the service's time in milliseconds, and follow it. */
export function now() {
  void tick.value;
  return Date.now() + offset.value;
}

/** Return how old a reading is now, in seconds, and follow it. @param {Heard} heard */
export function ageOf(heard) {
  void tick.value;
  return heard.reading.age + (performance.now() - heard.heard) / 1000;
}

/** Whether the roles of the person at this desk allow it; the API decides all the same. @param {string} permission */
export const may = (permission) => me.value?.permissions.includes(permission) ?? false;

/** @template T @param {import("./vendor/ui.js").Signal<Map<string, T>>} target @param {string} id @param {T} value */
function put(target, id, value) {
  const next = new Map(target.value);
  next.set(id, value);
  target.value = next;
}

/** @template {{id: string}} T @param {T[]} items @returns {Map<string, T>} */
const byId = (items) => new Map(items.map((item) => [item.id, item]));

/** Trust the service's clock when it differs from ours by more than transport explains. @param {string | undefined} text */
function follow(text) {
  const at = instant(text);
  if (at === null) return;
  const ahead = at - Date.now();
  offset.value = Math.abs(ahead) < 2000 ? 0 : ahead;
}

/** @param {Snapshot} data */
function snapshot(data) {
  const heard = performance.now();
  const known = cells.value;
  me.value = data.me;
  cells.value = new Map(
    data.points.map((point) => {
      const latest = known.get(point.id)?.latest ?? signal(/** @type {Heard | null} */ (null));
      latest.value = point.latest && { reading: point.latest, heard };
      return [point.id, { point, latest }];
    }),
  );
  alarms.value = byId(data.alarms);
  flood.value = data.flood ?? null;
  devices.value = byId(data.devices);
  walls.value = byId(data.walls);
  scenes.value = data.scenes;
  health.value = data.health;
  repairs.value = data.repairs;
  audit.value = [...data.audit].sort((a, b) => b.seq - a.seq);
}

/** @param {Reading[]} batchOf */
function readings(batchOf) {
  const heard = performance.now();
  for (const reading of batchOf) {
    const cell = cells.value.get(reading.point);
    if (cell) cell.latest.value = { reading, heard };
  }
}

/** What each kind of message changes. @type {Record<string, (data: any) => void>} */
const CHANGES = {
  snapshot,
  readings,
  alarm: (/** @type {Alarm} */ one) => put(alarms, one.id, one),
  flood: (/** @type {import("./types.js").Flood} */ one) => (flood.value = one),
  device: (/** @type {Device} */ one) => put(devices, one.id, one),
  wall: (/** @type {Wall} */ one) => put(walls, one.id, one),
  health: (/** @type {Health} */ one) => (health.value = one),
  repairs: (/** @type {Repair[]} */ all) => (repairs.value = all),
  audit: (/** @type {AuditEvent} */ one) => (audit.value = [one, ...audit.value].slice(0, AUDIT_KEPT)),
  rejected: (/** @type {Rejected} */ one) => (rejected.value = [one, ...rejected.value].slice(0, REJECTED_KEPT)),
  scene: (/** @type {Scene | Scene[]} */ data) => {
    const changed = byId(Array.isArray(data) ? data : [data]);
    scenes.value = scenes.value.map((scene) => changed.get(scene.id) ?? scene);
  },
};

/** Take in one message; kinds that this page does not know are news for a newer one. @param {Message} message */
export function apply(message) {
  batch(() => {
    follow(message.at);
    CHANGES[message.kind]?.(message.data);
  });
}
