// A list of folders and files, read page by page; what is drawn does not wait for the last page.
import { pagesOf } from "./api.js";
import { store } from "./store.js";
import { readChildren, ROOT } from "./tree.js";

/**
 * @typedef {{fileId: string, name: string, sizeBytes: string, mimeType: string, createdAt: string, updatedAt: string, purpose: string,
 *   status: string, folderId: string | null, tags: string[], favorite: boolean, expiresAt: string | null}} SpaceFile
 * @typedef {{id: string, folder: import("./tree.js").Folder | null, file: SpaceFile | null, name: string}} Row
 * @typedef {{rows: Row[], loading: boolean, failure: any, folderId: string}} Listing `folderId`: whose files these are, or nothing
 * @typedef {{folderId: string, q: string, tag: string, mimeType: string, favorite: string, sort: string, order: string}} Asked
 */

export const listing = store(/** @type {Listing} */ ({ rows: [], loading: true, failure: null, folderId: "" }));

/** @type {AbortController | null} */
let current = null;

/** @param {any} file @returns {Row} */
export const fileRow = (file) => ({ id: file.fileId, folder: null, file, name: file.name });
/** @param {any} folder @returns {Row} */
export const folderRow = (folder) => ({ id: folder.folderId, folder, file: null, name: folder.name });

/**
 * A file that has just arrived, from the other surface of the API.
 * @param {any} stored @param {string | null} folderId @param {string} mimeType
 * @returns {SpaceFile}
 */
export function asSpaceFile(stored, folderId, mimeType) {
  const created = new Date(stored.created_at * 1000).toISOString();
  return {
    fileId: stored.id, name: stored.filename, sizeBytes: String(stored.bytes), mimeType, createdAt: created, updatedAt: created,
    purpose: stored.purpose, status: stored.status, folderId, tags: [], favorite: false,
    expiresAt: stored.expires_at ? new Date(stored.expires_at * 1000).toISOString() : null,
  };
}

/**
 * What a person has typed into the search: words of the name, `tag:`, `type:`, `is:favorite`.
 * @param {string} typed
 */
export function parseSearch(typed) {
  const asked = { q: "", tag: "", mimeType: "", favorite: "" };
  const words = [];
  for (const word of typed.trim().split(/\s+/)) {
    if (word.startsWith("tag:")) asked.tag = word.slice(4);
    else if (word.startsWith("type:")) asked.mimeType = word.slice(5);
    else if (word === "is:favorite") asked.favorite = "true";
    else words.push(word);
  }
  asked.q = words.join(" ");
  return asked;
}

/**
 * Reads a list anew; an older one that is still being read is given up.
 * @param {Asked} asked @param {boolean} withFolders @param {boolean} quietly the list that is shown stays until the new one is there
 */
export async function load(asked, withFolders, quietly) {
  current?.abort();
  const mine = new AbortController();
  current = mine;
  const folderId = withFolders ? asked.folderId || ROOT : "";
  if (!quietly) listing.set({ rows: [], loading: true, failure: null, folderId });
  try {
    const inside = withFolders ? readChildren(asked.folderId || ROOT) : Promise.resolve([]);
    // Both are on their way at once; the one that is not awaited first must not fail unseen.
    inside.catch(() => {});
    /** @type {Row[] | null} */
    let rows = null;
    for await (const page of pagesOf("storage/files", asked, mine.signal)) {
      rows = [...(rows ?? (await inside).map(folderRow)), ...page.files.map(fileRow)];
      if (mine.signal.aborted) return;
      if (!quietly || !page.pagination.hasMore) listing.set({ rows, loading: page.pagination.hasMore, failure: null, folderId });
    }
  } catch (failure) {
    if (!mine.signal.aborted && !quietly) listing.set((before) => ({ ...before, loading: false, failure }));
  }
}

/** @param {string} id @param {Partial<SpaceFile> & {name?: string}} change */
export function changeRow(id, change) {
  listing.set((before) => ({
    ...before,
    rows: before.rows.map((row) =>
      row.id !== id ? row : row.file ? fileRow({ ...row.file, ...change }) : folderRow({ ...row.folder, ...change })),
  }));
}

/** @param {Set<string>} ids */
export function removeRows(ids) {
  listing.set((before) => ({ ...before, rows: before.rows.filter((row) => !ids.has(row.id)) }));
}

/** Puts rows in, in place of what has their ids: folders first, files behind. @param {Row[]} rows */
export function addRows(rows) {
  listing.set((before) => {
    const ids = new Set(rows.map((row) => row.id));
    const others = before.rows.filter((row) => !ids.has(row.id));
    const firstFile = others.findIndex((row) => row.file);
    const at = firstFile < 0 ? others.length : firstFile;
    return { ...before, rows: [...others.slice(0, at), ...rows.filter((row) => row.folder), ...rows.filter((row) => row.file), ...others.slice(at)] };
  });
}
