// Files on their way in: whether there is room for them, and where each one goes.
import { placed } from "./drop.js";
import { store } from "./store.js";
import { upload } from "./transfers.js";
import { ROOT } from "./tree.js";
import { readUsage } from "./usage.js";

/** @typedef {{files: number, bytes: number, freeFiles: number, freeBytes: number}} Shortage */

/** What there is no room for, while a person is told so. */
export const shortage = store(/** @type {Shortage | null} */ (null));

/** Uploads into a folder, unless the project has no room for all of it. @param {import("./drop.js").Chosen[]} chosen @param {string} target */
export async function receive(chosen, target) {
  if (chosen.length === 0) return;
  const bytes = chosen.reduce((sum, each) => sum + each.file.size, 0);
  const used = await readUsage().catch(() => null);
  if (used) {
    const freeFiles = used.files.limit - used.files.used - used.files.reserved;
    const freeBytes = used.bytes.limit - used.bytes.used - used.bytes.reserved;
    if (chosen.length > freeFiles || bytes > freeBytes) {
      shortage.set({ files: chosen.length, bytes, freeFiles: Math.max(0, freeFiles), freeBytes: Math.max(0, freeBytes) });
      return;
    }
  }
  upload(await placed(chosen, target === ROOT ? null : target));
}
