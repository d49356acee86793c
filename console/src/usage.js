// What the project uses of its quota.
import { get } from "./api.js";
import { store } from "./store.js";

/** @typedef {{used: number, reserved: number, limit: number}} Counter */

export const usage = store(/** @type {{files: Counter, bytes: Counter} | null} */ (null));

let asked = 0;

export async function readUsage() {
  const found = await get("usage");
  usage.set(found);
  return /** @type {{files: Counter, bytes: Counter}} */ (found);
}

/** Reads the counters again, once for all that ask within a moment. */
export function refreshUsage() {
  clearTimeout(asked);
  // If it fails, the meter is old, and the list says what is wrong.
  asked = setTimeout(() => readUsage().catch(() => {}), 150);
}
