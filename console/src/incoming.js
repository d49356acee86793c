// Files on their way in: whether there is room for them, and where each one goes.
import { placed } from "./drop.js";
import { settled } from "./samenames.js";
import { store } from "./store.js";
import { upload } from "./transfers.js";
import { ROOT } from "./tree.js";
import { readUsage } from "./usage.js";
import { complain } from "./ui.js";

/** @typedef {{files: number, bytes: number, freeFiles: number, freeBytes: number}} Shortage */

/** What there is no room for, while a person is told so. */
export const shortage = store(/** @type {Shortage | null} */ (null));

/** What these files need, and what is free. @param {number} files @param {number} bytes @returns {Promise<Shortage>} */
async function measured(files, bytes) {
  const used = await readUsage();
  const free = (/** @type {import("./usage.js").Counter} */ of) => Math.max(0, of.limit - of.used - of.reserved);
  return { files, bytes, freeFiles: free(used.files), freeBytes: free(used.bytes) };
}

/** Says again what is free, after something was freed. */
export async function remeasure() {
  const short = shortage.get();
  if (short) shortage.set(await measured(short.files, short.bytes));
}

/** Uploads into a folder, unless the project has no room for all of it. @param {import("./drop.js").Chosen[]} chosen @param {string} target */
export async function receive(chosen, target) {
  if (chosen.length === 0) return;
  const files = chosen.flatMap((each) => each.file ?? []);
  const needed = await measured(files.length, files.reduce((sum, file) => sum + file.size, 0));
  if (needed.files > needed.freeFiles || needed.bytes > needed.freeBytes) shortage.set(needed);
  else upload(await settled(await placed(chosen, target === ROOT ? null : target)));
}

/** Says what a file lacks that the server has refused. @param {File} file */
export function explainShortage(file) {
  measured(1, file.size).then(shortage.set, complain);
}
