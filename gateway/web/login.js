// The way in: name and password, in the language and theme of the desk.

import { html, useSignal } from "./vendor/ui.js";
import { logIn } from "./api.js";
import { Preferences } from "./header.js";
import { me } from "./store.js";
import { t } from "./words.js";

export function Login() {
  const trouble = useSignal("");
  const busy = useSignal(false);
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    trouble.value = "";
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const answer = await logIn(String(form.get("name")), String(form.get("password")));
    busy.value = false;
    if (answer.ok) me.value = answer.value;
    else trouble.value = answer.sentence;
  };
  return html`<main class="login">
    <form onSubmit=${submit} aria-labelledby="login-title">
      <div class="crest"><img src=${new URL("./icon.svg", import.meta.url).href} alt="" width="56" height="56" />
        <div><h1 id="login-title">Semarak</h1><p>${t("app.subtitle")}</p></div>
      </div>
      <label>${t("login.name")}<input name="name" autocomplete="username" autocapitalize="none" spellcheck=${false} required autofocus /></label>
      <label>${t("login.password")}<input name="password" type="password" autocomplete="current-password" required /></label>
      <p class="trouble" role="alert">${trouble.value}</p>
      <button class="act main" type="submit" aria-busy=${busy.value ? "true" : undefined}>${busy.value ? t("login.busy") : t("login.enter")}</button>
      <div class="prefs"><${Preferences} /></div>
    </form>
  </main>`;
}
