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

/** Puts a new folder among those in its parent, by their names, if they are known. @param {string} parent @param {string} id */
export function nest(parent, id) {
  const nameOf = (/** @type {string} */ each) => folders.get().get(each)?.name.toLowerCase() ?? "";
  children.set((before) => {
    const there = before.get(parent);
    if (!there || there.includes(id)) return before;
    return new Map(before).set(parent, [...there, id].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)));
  });
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

/** @type {Set<string>} */
const asked = new Set();

/** Reads a folder whose name is shown, once. @param {string} id */
export function needFolder(id) {
  if (folders.get().has(id) || asked.has(id)) return;
  asked.add(id);
  // One that has gone keeps its place without a name.
  get(`storage/folders/${id}`).then((found) => learn([found]), () => asked.delete(id));
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
