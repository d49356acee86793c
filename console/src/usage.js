// What the project uses of its quota.
import { get } from "./api.js";
import { store } from "./store.js";

/** @type {ReturnType<typeof store<any>>} */
export const usage = store(null);

let asked = 0;

/** Reads the counters again, once for all that ask within a moment. */
export function refreshUsage() {
  clearTimeout(asked);
  asked = setTimeout(async () => {
    try {
      usage.set(await get("usage"));
    } catch {
      // The meter is old then, and the list says what is wrong.
    }
  }, 150);
}
