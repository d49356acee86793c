// Files and whole folders that a person drops or chooses, and the folders that they need here.
import { createFolder } from "./actions.js";
import { ApiError } from "./api.js";
import { text } from "./strings.js";
import { readChildren, ROOT } from "./tree.js";

/** @typedef {{file: File | null, path: string[]}} Chosen a file and the folders around it; no file: the last of them is empty */
/** @typedef {{file: File, folderId: string | null, fresh: boolean}} Placed `fresh`: its folder was just made, and holds nothing */

/** @param {any} entry @param {string[]} path @returns {Promise<Chosen[]>} */
async function walk(entry, path) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path }];
  }
  const reader = entry.createReader();
  const found = /** @type {Chosen[]} */ ([]);
  for (;;) {
    // A browser gives a folder's entries a hundred at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    for (const each of some) found.push(...(await walk(each, [...path, entry.name])));
  }
  return found.length ? found : [{ file: null, path: [...path, entry.name] }];
}

/** @param {DataTransfer} data @returns {Promise<Chosen[]>} */
export async function droppedFiles(data) {
  // The list is empty after the first await.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...data.files].map((file) => ({ file, path: [] }));
  const found = await Promise.all(entries.map((entry) => walk(entry, [])));
  return found.flat();
}

/** @param {FileList} files @returns {Chosen[]} */
export function chosenFiles(files) {
  return [...files].map((file) => ({ file, path: file.webkitRelativePath.split("/").slice(0, -1) }));
}

/** @typedef {{folderId: string | null, fresh: boolean}} Place */

/** Returns the folder of that name, which is made if it is missing. @param {string | null} parent @param {string} name @returns {Promise<Place>} */
async function folderIn(parent, name) {
  try {
    return { folderId: (await createFolder(name, parent ?? ROOT)).folderId, fresh: true };
  } catch (failure) {
    if (!(failure instanceof ApiError) || failure.status !== 409) throw failure;
  }
  const there = await readChildren(parent ?? ROOT);
  const found = there.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(text.failed.folder(name));
  return { folderId: found.folderId, fresh: false };
}

/**
 * Makes the folders that the files need below `folderId`, and says where each file goes.
 * @param {Chosen[]} chosen @param {string | null} folderId
 * @returns {Promise<Placed[]>}
 */
export async function placed(chosen, folderId) {
  /** @type {Map<string, Promise<Place>>} */
  const known = new Map([["", Promise.resolve({ folderId, fresh: false })]]);
  /** @param {string[]} path @returns {Promise<Place>} */
  const folderOf = (path) => {
    const key = path.join("/").toLowerCase();
    if (!known.has(key)) known.set(key, folderOf(path.slice(0, -1)).then((parent) => folderIn(parent.folderId, path[path.length - 1])));
    return /** @type {Promise<Place>} */ (known.get(key));
  };
  const result = [];
  for (const { file, path } of chosen) {
    const place = await folderOf(path);
    if (file) result.push({ file, ...place });
  }
  return result;
}
