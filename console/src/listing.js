// A list of folders and files, read page by page; what is drawn does not wait for the last page.
import { pagesOf } from "./api.js";
import { store } from "./store.js";
import { readChildren, ROOT } from "./tree.js";

/**
 * @typedef {{fileId: string, name: string, sizeBytes: string, mimeType: string, createdAt: string, updatedAt: string, purpose: string,
 *   status: string, folderId: string | null, tags: string[], favorite: boolean, expiresAt: string | null}} SpaceFile
 * @typedef {{id: string, folder: import("./tree.js").Folder | null, file: SpaceFile | null, name: string}} Row
 * @typedef {{rows: Row[], loading: boolean, failure: any, folderId: string, sort: string, order: string}} Listing `folderId`: whose files these are, or nothing
 * @typedef {{folderId: string, q: string, tag: string, mimeType: string, favorite: string, sort: string, order: string}} Asked
 */

export const listing = store(/** @type {Listing} */ ({ rows: [], loading: true, failure: null, folderId: "", sort: "name", order: "asc" }));

/** @type {AbortController | null} */
let current = null;

/** How often this page has changed the rows itself. */
let changes = 0;

/** @param {(before: Listing) => Row[]} rows */
function change(rows) {
  changes += 1;
  listing.set((before) => ({ ...before, rows: rows(before) }));
}

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
 * What a person has typed into the search: words of the name, `tag:`, `tag:"two words"`, `type:`, `is:favorite`.
 * @param {string} typed
 */
export function parseSearch(typed) {
  const asked = { q: "", tag: "", mimeType: "", favorite: "" };
  const words = [];
  for (const [word, kind, quoted, bare] of typed.matchAll(/(tag:|type:)(?:"([^"]*)"?|(\S+))|\S+/g)) {
    const value = quoted ?? bare;
    if (kind === "tag:") asked.tag = value;
    else if (kind === "type:") asked.mimeType = TYPES[/** @type {keyof typeof TYPES} */ (value.toLowerCase())] ?? value;
    else if (word === "is:favorite") asked.favorite = "true";
    else words.push(word);
  }
  asked.q = words.join(" ");
  return asked;
}

/** What a person calls a type, where it is no media type. */
const TYPES = { pdf: "application/pdf", json: "application/json", zip: "application/zip", csv: "text/csv", html: "text/html", svg: "image/svg+xml" };

/** How a tag is searched for. @param {string} tag */
export const searchOf = (tag) => (/\s/.test(tag) ? `tag:"${tag}"` : `tag:${tag}`);

/**
 * Reads a list anew; an older one that is still being read is given up.
 * @param {Asked} asked @param {boolean} withFolders @param {boolean} quietly the list that is shown stays until the new one is there
 */
export async function load(asked, withFolders, quietly) {
  current?.abort();
  const mine = new AbortController();
  current = mine;
  const folderId = withFolders ? asked.folderId || ROOT : "";
  const { sort, order } = asked;
  if (!quietly) listing.set({ rows: [], loading: true, failure: null, folderId, sort, order });
  try {
    const inside = withFolders ? readChildren(asked.folderId || ROOT) : Promise.resolve([]);
    // Both are on their way at once; the one that is not awaited first must not fail unseen.
    inside.catch(() => {});
    const begun = changes;
    /** @type {Row[]} */
    let read = [];
    for await (const page of pagesOf("storage/files", asked, mine.signal)) {
      const first = read.length ? [] : (await inside).map(folderRow);
      if (mine.signal.aborted) return;
      const rows = [...first, ...page.files.map(fileRow)];
      const loading = page.pagination.hasMore;
      read = [...read, ...rows];
      if (!quietly) {
        // What a person has changed meanwhile stays changed.
        listing.set((before) => {
          const there = new Set(before.rows.map((row) => row.id));
          const others = rows.filter((row) => !there.has(row.id));
          return { rows: first.length ? within(others, before.rows) : [...before.rows, ...others], loading, failure: null, folderId, sort, order };
        });
      }
    }
    if (quietly && changes !== begun) await load(asked, withFolders, quietly);
    else if (quietly) listing.set({ rows: read, loading: false, failure: null, folderId, sort, order });
  } catch (failure) {
    // Quietly or not: a list that somebody waits for says why it does not come.
    if (!mine.signal.aborted) listing.set((before) => (quietly && !before.loading ? before : { ...before, loading: false, failure }));
  }
}

/** @param {string} id @param {Partial<SpaceFile> & {name?: string}} values */
export function changeRow(id, values) {
  change((before) => before.rows.map((row) =>
    row.id !== id ? row : row.file ? fileRow({ ...row.file, ...values }) : folderRow({ ...row.folder, ...values })));
}

/** @param {Set<string>} ids */
export function removeRows(ids) {
  change((before) => before.rows.filter((row) => !ids.has(row.id)));
}

/** As the API compares names. @param {string} name */
export const folded = (name) => name.normalize("NFD").toLowerCase();

/** What a list is sorted by; folders are sorted by their names. @param {Row} row @param {string} sort @returns {string | number} */
function keyOf({ file, name }, sort) {
  if (file && sort === "sizeBytes") return Number(file.sizeBytes);
  return file && sort === "createdAt" ? file.createdAt : folded(name);
}

/** Puts rows back to where they were in the list. @param {Row[]} rows */
export function putBack(rows) {
  change((before) => {
    const ids = new Set(rows.map((row) => row.id));
    const others = before.rows.filter((row) => !ids.has(row.id));
    const turn = before.order === "desc" ? -1 : 1;
    const compare = (/** @type {Row} */ one, /** @type {Row} */ other) => {
      const [first, second] = [keyOf(one, before.sort), keyOf(other, before.sort)];
      return (first < second ? -1 : first > second ? 1 : 0) * (one.file ? turn : 1);
    };
    const woven = (/** @type {Row[]} */ there, /** @type {Row[]} */ back) => {
      const result = [];
      let at = 0;
      for (const row of back.sort(compare)) {
        while (at < there.length && compare(there[at], row) <= 0) result.push(there[at++]);
        result.push(row);
      }
      return [...result, ...there.slice(at)];
    };
    const ofKind = (/** @type {Row[]} */ some, /** @type {boolean} */ file) => some.filter((row) => Boolean(row.file) === file);
    return [false, true].flatMap((file) => woven(ofKind(others, file), ofKind(rows, file)));
  });
}

/** New rows among those of a list: behind the folders, before the files. @param {Row[]} there @param {Row[]} more */
function within(there, more) {
  const firstFile = there.findIndex((row) => row.file);
  const at = firstFile < 0 ? there.length : firstFile;
  return [...there.slice(0, at), ...more.filter((row) => row.folder), ...more.filter((row) => row.file), ...there.slice(at)];
}

/** Puts new rows in, in place of what has their ids. @param {Row[]} rows */
export function addRows(rows) {
  const ids = new Set(rows.map((row) => row.id));
  change((before) => within(before.rows.filter((row) => !ids.has(row.id)), rows));
}
