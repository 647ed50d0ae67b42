// The shapes that the API promises, for the type check only.

/** @typedef {{id: string, en: string}} Name */
/** @typedef {Name | string} Called a name in both languages, or one that needs no translation */
/** @typedef {boolean | number | string} Value */
/** @typedef {"good" | "uncertain" | "bad"} Quality */
/** @typedef {{point: string, value: Value, source_at: string, received_at: string, age: number, quality: Quality, reason: string}} Reading */
/** @typedef {{code: string, label: Called, limit: Value | null, severity: number}} Level */
/**
 * @typedef {object} Point
 * @property {string} id
 * @property {string} device
 * @property {Called} name
 * @property {"number" | "flag" | "text"} kind
 * @property {string} unit
 * @property {number | null} low
 * @property {number | null} high
 * @property {number} every
 * @property {number} stale_after
 * @property {string} owner
 * @property {string[]} tags
 * @property {string | null} rule
 * @property {Level[]} levels
 * @property {Reading | null} latest
 */
/**
 * @typedef {object} Alarm
 * @property {string} id
 * @property {string} occurrence
 * @property {string} point
 * @property {Called} name
 * @property {string} scale
 * @property {Called} scale_name
 * @property {string} code
 * @property {Called} label
 * @property {number} severity
 * @property {"NORM" | "UNACK" | "ACKED" | "RTNUN" | "LATCH_UNACK" | "LATCH_ACK"} state
 * @property {boolean} active
 * @property {boolean} acked
 * @property {Value | null} value
 * @property {string} unit
 * @property {Value | null} peak
 * @property {string | null} raised_at
 * @property {string | null} since
 * @property {string | null} cleared_at
 * @property {string | null} acked_by
 * @property {string | null} note
 * @property {boolean} cond_unknown
 * @property {string | null} acked_at
 * @property {string} disposition
 * @property {"process" | "comm"} category
 * @property {string} group
 * @property {"" | "first" | "uncertain"} first_out
 * @property {number} chatter
 * @property {boolean} chattering
 * @property {number} steadier
 * @property {Aside | null} shelf
 * @property {boolean} oneshot
 * @property {string[]} suppressed_by
 * @property {Aside | null} outage
 */
/** @typedef {{by: string, at: string, why: string, until: string, overdue: boolean}} Aside */
/** @typedef {{kind: string, levels: Level[], deadband: number, on_delay: number, off_delay: number, latching: boolean, longest_shelf: number}} AlarmRule */
/** @typedef {{alarm: Alarm, rule: AlarmRule, history: AuditEvent[]}} AlarmDetail */
/** @typedef {{device: string, verb: string, args: Record<string, unknown>}} Ask */
/** @typedef {{id: string, response: string, kind: "scene" | "layout" | "command" | "notify", after: number, until: "cleared" | "acknowledged", at_most: number, escalates: boolean, wall: string, scene: string, region: string, cameras: string[], command: Ask | null, on_clear: Ask | null}} Deed */
/** @typedef {{deed: Deed, stage: "waiting" | "sent" | "done" | "refused" | "over", since: string, done_at: string | null, call_lists: string[], outcome: string}} ActionStep */
/** @typedef {{deed: Deed, priority: number | null, windows: {region: string, source: string, panels: string[]}[], commands: {device: string, verb: string, result: string, detail: string}[], call_list: string, decides: Called | null, told: string[], refused: string}} Foreseen */
/** @typedef {{done: number, refused: number, items: {id: string, done: boolean, detail: string}[]}} Acked */
/** @typedef {{on: boolean, since: string | null, counts: Record<string, number>, listed: number, list_only: number}} Flood */
/** @typedef {{id: string, by: string, why: string, at: string, until: string, changes: string[]}} Approval */
/** @typedef {{at: string, direction: "sent" | "received", hex: string, text: string}} Exchange */
/** @typedef {{state: string, since: string | null, reason: string, hint: string}} Status */
/** @typedef {{value: Value, at: string, quality: Quality}} Held */
/**
 * @typedef {object} Device
 * @property {string} id
 * @property {Called} name
 * @property {string} driver
 * @property {string} link
 * @property {string} room
 * @property {string[]} tags
 * @property {boolean} enabled
 * @property {Status} status
 * @property {Record<string, Held>} values
 * @property {string[]} verbs
 * @property {Exchange[]} log
 * @property {Record<string, number>} counters
 */
/** @typedef {{source?: string | null, power?: string | boolean | null, tile?: string | null}} Shown */
/**
 * @typedef {object} Panel
 * @property {string} id
 * @property {string} device
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} row
 * @property {number} column
 * @property {boolean} dead
 * @property {"verified" | "pending" | "differs" | "unsure" | "unreachable"} state
 * @property {Shown} desired
 * @property {Shown} reported
 * @property {string} detail
 */
/**
 * @typedef {object} Claim
 * @property {string} id
 * @property {string} scene
 * @property {string} region
 * @property {string} by
 * @property {"leader" | "alarm" | "operator" | "schedule"} kind
 * @property {number} priority
 * @property {string | null} since
 * @property {string | null} until
 * @property {string} why
 */
/** @typedef {{id: string, name: Called, panels: string[], alarm_may_enter: boolean, claim: Claim | null, waiting: number, until: string | null, undo: number}} Region */
/** @typedef {{device: string, detail: string}} Touched */
/** @typedef {{id: string, source: string, label: Called | null, region: string, x: number, y: number, width: number, height: number, panels: string[]}} WallWindow */
/** @typedef {{device: string, verb: string, result: string, detail: string}} Step */
/**
 * @typedef {object} Operation
 * @property {string} id
 * @property {string} scene
 * @property {"running" | "done" | "partial" | "planned"} state
 * @property {Step[]} steps
 * @property {number} estimated_s
 * @property {string | null} started_at
 * @property {string | null} ended_at
 */
/**
 * @typedef {object} Wall
 * @property {string} id
 * @property {Called} name
 * @property {number} width
 * @property {number} height
 * @property {number} revision
 * @property {Panel[]} panels
 * @property {Region[]} regions
 * @property {WallWindow[]} windows
 * @property {{id: string, name: Called}[]} sources
 * @property {Claim[]} claims
 * @property {Touched[]} asks
 * @property {Operation | null} operation
 */
/** @typedef {{id: string, name: Called, wall: string, regions: string[], permission: string, confirm: boolean, active: boolean}} Scene */
/**
 * @typedef {object} AuditEvent
 * @property {number} seq
 * @property {string} at
 * @property {string} actor
 * @property {string} action
 * @property {string} subject
 * @property {unknown} before
 * @property {unknown} after
 * @property {string} outcome
 * @property {string} why
 * @property {string} hash
 */
/** @typedef {{name: string, state: "running" | "failed" | "restarting" | "stopped", since: string | null, restarts: number, reason: string}} Part */
/** @typedef {{id: string, name: Called}} SiteName */
/** @typedef {{parts: Part[], pace: number, simulation: boolean, version: string, site: SiteName}} Health */
/** @typedef {{name: string, roles: string[], permissions: string[]}} Me */
/** @typedef {{device: string, where: string, why: string, at: string, count: number}} Rejected */
/** @typedef {{id: string, kind: string, severity: "warning" | "error", subject: string, title: Called, detail: string, hint: Called, since: string, act: Called | null, action: string}} Repair */
/** @typedef {{point: string, values: {[want in "min" | "mean" | "max"]?: (number | null)[]}, quality: (Quality | null)[], gaps: {since: string, until: string}[]}} Series */
/** @typedef {{since: string, until: string, step: number, own_since: string | null, at: string[], series: Series[]}} History */
/** @typedef {{ok: boolean, count: number, first_bad: number | null, why: string}} Verdict */
/** @typedef {{command: string, result: string, detail: string, at: string}} Outcome */
/** @typedef {{title?: string, detail?: string, errors?: {path: string, message: string}[]}} Problem */
/**
 * @typedef {object} Snapshot
 * @property {Me} me
 * @property {SiteName} site
 * @property {Point[]} points
 * @property {Alarm[]} alarms
 * @property {Flood} [flood]
 * @property {Device[]} devices
 * @property {Wall[]} walls
 * @property {Scene[]} scenes
 * @property {Health} health
 * @property {AuditEvent[]} audit
 * @property {Repair[]} repairs
 */
/** @typedef {{n: number, kind: string, at?: string, data: unknown}} Message */

export {};
