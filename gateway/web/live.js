// Holds the one WebSocket: a snapshot, then numbered changes; on a gap, a silence or a close it begins again.

import { line, apply } from "./store.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./store.js").Line["state"]} State */

const SILENT_MS = 3_000;
const DEAD_MS = 8_000;
const WATCH_MS = 250;
const FIRST_PAUSE_MS = 300;
const MOST_PAUSE_MS = 5_000;

/** @param {State} state */
function say(state) {
  if (line.value.state === state) return;
  const broke = state === "lost" && line.value.state === "silent";
  line.value = { state, since: broke ? line.value.since : performance.now() };
}

export class Live {
  /** @param {() => Promise<boolean>} admitted asks whether there is still a session, before every new attempt */
  constructor(admitted) {
    this.admitted = admitted;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.expected = 0;
    this.heard = 0;
    this.pause = FIRST_PAUSE_MS;
    this.stopped = false;
    this.timer = 0;
    this.watch = setInterval(() => this.look(), WATCH_MS);
  }

  /** Connect, and stay connected until `stop`. */
  start() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/live`);
    this.socket = socket;
    this.heard = performance.now();
    this.expected = -1;
    socket.onmessage = (event) => this.hear(event);
    socket.onclose = () => this.again(socket);
  }

  /** Close for good. */
  stop() {
    this.stopped = true;
    clearInterval(this.watch);
    clearTimeout(this.timer);
    this.socket?.close();
  }

  /** @param {MessageEvent<string>} event */
  hear(event) {
    /** @type {Message} */
    const message = JSON.parse(event.data);
    const first = this.expected < 0 && message.kind === "snapshot";
    if (!first && message.n !== this.expected) return this.drop();
    this.expected = message.n + 1;
    this.heard = performance.now();
    this.pause = FIRST_PAUSE_MS;
    apply(message);
    say("live");
  }

  /** Nothing frozen may look live: silence shows after three seconds, and after eight the line is taken for dead. */
  look() {
    if (!this.socket) return;
    const quiet = performance.now() - this.heard;
    if (quiet > DEAD_MS) this.drop();
    else if (quiet > SILENT_MS && line.value.state === "live") {
      line.value = { state: "silent", since: this.heard };
    }
  }

  drop() {
    const socket = this.socket;
    if (!socket) return;
    socket.onmessage = null;
    socket.close();
    this.again(socket);
  }

  /** @param {WebSocket} socket */
  again(socket) {
    if (this.stopped || socket !== this.socket) return;
    this.socket = null;
    say("lost");
    const wait = this.pause * (0.5 + Math.random() / 2);
    this.pause = Math.min(this.pause * 2, MOST_PAUSE_MS);
    this.timer = setTimeout(async () => {
      if ((await this.admitted()) && !this.stopped) this.start();
    }, wait);
  }
}
