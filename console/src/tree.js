// The folders that have been seen: for the tree, the breadcrumb and the choice of a place.
import { get, pagesOf } from "./api.js";
import { store } from "./store.js";

/** @typedef {{folderId: string, name: string, parentId: string | null, createdAt: string, favorite: boolean}} Folder */

export const folders = store(/** @type {Map<string, Folder>} */ (new Map()));

/** The folders in each folder that has been opened. */
export const children = store(/** @type {Map<string, string[]>} */ (new Map()));

export const ROOT = "root";

/** @param {Folder[]} some */
export function learn(some) {
  folders.set((before) => new Map([...before, ...some.map((each) => /** @type {[string, Folder]} */ ([each.folderId, each]))]));
}

/** @type {Map<string, Promise<Folder[]>>} */
const reading = new Map();

/** Reads all folders in a folder, once for the list and the tree that both ask. @param {string} parent @returns {Promise<Folder[]>} */
export function readChildren(parent) {
  const before = reading.get(parent);
  if (before) return before;
  const mine = read(parent).finally(() => reading.delete(parent));
  reading.set(parent, mine);
  return mine;
}

/** @param {string} parent */
async function read(parent) {
  const found = /** @type {Folder[]} */ ([]);
  for await (const page of pagesOf("storage/folders", { parentId: parent })) found.push(...page.folders);
  learn(found);
  children.set((before) => new Map(before).set(parent, found.map((each) => each.folderId)));
  return found;
}

/** Returns the folders from the root to this one; reads those that are not known. @param {string} id @returns {Promise<Folder[]>} */
export async function pathTo(id) {
  const path = [];
  let next = id === ROOT ? "" : id;
  while (next) {
    let folder = folders.get().get(next);
    if (!folder) {
      folder = /** @type {Folder} */ (await get(`storage/folders/${next}`));
      learn([folder]);
    }
    path.unshift(folder);
    next = folder.parentId ?? "";
  }
  return path;
}

/** @param {string} id */
export function forgetFolder(id) {
  folders.set((before) => {
    const after = new Map(before);
    after.delete(id);
    return after;
  });
  children.set((before) => new Map([...before].map(([parent, ids]) => [parent, ids.filter((each) => each !== id)])));
}
