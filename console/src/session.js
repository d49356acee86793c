// Who is signed in: a session that lives as long as the tab, at most eight hours.
import { authenticateWith, call } from "./api.js";
import { text } from "./strings.js";
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

/** Settled by the sign-in that follows the end of a session. @type {{promise: Promise<void>, resolve: () => void, reject: (why: Error) => void} | null} */
let renewal = null;

authenticateWith(
  () => session.get()?.secret ?? null,
  (refused) => {
    if (session.get()?.secret !== refused) return Promise.resolve();
    if (!renewal) {
      const made = /** @type {any} */ ({});
      made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
      renewal = made;
      ended.set(text.signIn.ended);
    }
    return /** @type {NonNullable<typeof renewal>} */ (renewal).promise;
  },
);

function forget() {
  sessionStorage.removeItem(KEPT);
  session.set(null);
  ended.set("");
  renewal?.reject(new DOMException(text.signIn.out, "AbortError"));
  renewal = null;
}

/** @param {string} given a key, a code, or a link with a code @param {string} [name] */
export async function signIn(given, name) {
  const linked = new URLSearchParams(given.split("#")[1] ?? "");
  const made = await call("POST", "console/sessions", { body: { secret: (linked.get("code") ?? given).trim() }, anonymous: true });
  const before = session.get();
  const known = before?.project === made.project ? before?.name : null;
  const next = { secret: made.secret, expires_at: made.expires_at, project: made.project, name: name || linked.get("project") || known || made.project };
  sessionStorage.setItem(KEPT, JSON.stringify(next));
  if (before && before.project !== made.project) {
    // What waits for the old session must not go on in another project.
    location.reload();
    return;
  }
  session.set(next);
  ended.set("");
  renewal?.resolve();
  renewal = null;
}

/** Forgets the session at once; the server hears of it as soon as it can be reached. */
export async function signOut() {
  const headers = { Authorization: `Bearer ${session.get()?.secret}` };
  forget();
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
