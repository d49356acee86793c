// Who is signed in: a session that lives as long as the tab, at most eight hours.
import { authenticateWith, call, post } from "./api.js";
import { store } from "./store.js";

const KEPT = "larder.session";

/** @typedef {{secret: string, expires_at: number, project: string, name: string}} Session */

/** @type {ReturnType<typeof store<Session | null>>} */
export const session = store(kept());

/** Why the last session ended, to be told at the sign-in. */
export const ended = store("");

function kept() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return found && found.expires_at * 1000 > Date.now() ? found : null;
  } catch {
    return null;
  }
}

authenticateWith(
  () => session.get()?.secret ?? null,
  () => {
    forget();
    ended.set("Your session has ended. Sign in again; what you were doing goes on.");
  },
);

function forget() {
  sessionStorage.removeItem(KEPT);
  session.set(null);
}

/** @param {string} secret a code or an API key @param {string} [name] */
export async function signIn(secret, name) {
  const made = await post("console/sessions", { secret: secret.trim() });
  const next = { secret: made.secret, expires_at: made.expires_at, project: made.project, name: name || made.project };
  sessionStorage.setItem(KEPT, JSON.stringify(next));
  ended.set("");
  session.set(next);
}

/** Forgets the session at once; the server hears of it as soon as it can be reached. */
export async function signOut() {
  const headers = { Authorization: `Bearer ${session.get()?.secret}` };
  forget();
  ended.set("");
  await call("DELETE", "console/sessions/current", { headers });
}

/** Trades the code in the page's address, if there is one, and takes it out of the history. */
export async function signInByLink() {
  const given = new URLSearchParams(location.hash.slice(1));
  const code = given.get("code");
  if (!code) return;
  history.replaceState(null, "", location.pathname + location.search);
  await signIn(code, given.get("project") ?? "");
}
