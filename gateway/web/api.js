// Talks to the API: every call ends in a tagged answer, never in an exception.

import { t } from "./words.js";

/** @typedef {import("./types.js").Problem} Problem */
/** @typedef {import("./types.js").Me} Me */
/** @template T @typedef {{ok: true, value: T} | {ok: false, status: number, sentence: string}} Answer */

const BASE = "/api/v1/";
const PATIENCE_MS = 10_000;

const session = { csrf: "", /** @type {() => void} */ ended: () => {} };

/** Call `ended` whenever the API says that there is no session (any more). @param {() => void} ended */
export function whenSessionEnds(ended) {
  session.ended = ended;
}

/** Return the sentence that a person should read. @param {number} status @param {Problem} problem @returns {string} */
function sentence(status, problem) {
  const errors = (problem.errors ?? []).map((one) => `${one.path}: ${one.message}`).join("; ");
  const told = [problem.detail || problem.title, errors].filter(Boolean).join(" ");
  return told || t("error.status", { status });
}

/** @template T @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<Answer<T>>} */
async function ask(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && session.csrf) headers["X-CSRF-Token"] = session.csrf;
  try {
    const response = await fetch(BASE + path, {
      method,
      headers,
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const value = text ? JSON.parse(text) : null;
    if (response.ok) return { ok: true, value };
    if (response.status === 401 && path !== "session") session.ended();
    return { ok: false, status: response.status, sentence: sentence(response.status, value ?? {}) };
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return { ok: false, status: 0, sentence: t(late ? "error.late" : "error.unreachable") };
  }
}

/** @template T @param {string} path @returns {Promise<Answer<T>>} */
export const get = (path) => ask("GET", path);

/** @template T @param {string} path @param {unknown} [body] @returns {Promise<Answer<T>>} */
export const post = (path, body = {}) => ask("POST", path, body);

/** @template T @param {string} path @param {unknown} body @returns {Promise<Answer<T>>} */
export const put = (path, body) => ask("PUT", path, body);

/** @template T @param {string} path @returns {Promise<Answer<T>>} */
export const remove = (path) => ask("DELETE", path);

/** Return one segment of a path, safe whatever the id holds. @param {string} id */
export const segment = (id) => encodeURIComponent(id);

/** @param {Answer<{me: Me, csrf: string}>} answer @returns {Answer<Me>} */
function entered(answer) {
  if (!answer.ok) return answer;
  session.csrf = answer.value.csrf;
  return { ok: true, value: answer.value.me };
}

/** Log in. @param {string} name @param {string} password @returns {Promise<Answer<Me>>} */
export async function logIn(name, password) {
  return entered(await ask("POST", "session", { name, password }));
}

/** Return who is logged in, and take the token that later writes need. @returns {Promise<Answer<Me>>} */
export async function whoAmI() {
  return entered(await ask("GET", "session"));
}

/** Log out; the screen forgets even when the service does not answer. @returns {Promise<void>} */
export async function logOut() {
  await ask("DELETE", "session");
  session.csrf = "";
  session.ended();
}
