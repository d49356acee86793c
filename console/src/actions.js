// What a person does to files and folders; each change shows at once, and can be undone.
import { call, patch, post, remove, request } from "./api.js";
import { changeAll } from "./bulk.js";
import { counts, recount } from "./counts.js";
import { counted } from "./format.js";
import { addRows, changeRow, folderRow, removeRows } from "./listing.js";
import { refreshTags } from "./tags.js";
import { forgetFolder, learn, readChildren, ROOT } from "./tree.js";
import { complain, toast } from "./ui.js";
import { text } from "./strings.js";
import { refreshUsage } from "./usage.js";

/** @typedef {import("./listing.js").Row} Row */
/** @typedef {import("./bulk.js").Done} Done */

/** @param {Row[]} rows */
function named(rows) {
  return rows.length === 1 ? `“${rows[0].name}”` : counted(rows.length, ...text.words.item);
}

const path = (/** @type {Row} */ row) => (row.folder ? `storage/folders/${row.id}` : `storage/files/${row.id}`);
const rowsOf = (/** @type {Done[]} */ done) => done.map((each) => each.row);
const parentOf = (/** @type {Row} */ row) => (row.file ? row.file.folderId : row.folder?.parentId) ?? ROOT;

/** Shows in the tree what folders were moved, deleted or brought back. @param {Row[]} rows @param {string[]} others */
function refreshTree(rows, others = []) {
  const touched = new Set(rows.filter((row) => row.folder).flatMap((row) => [parentOf(row), ...others]));
  for (const id of touched) readChildren(id).catch(complain);
  recount([...rows.map(parentOf), ...others]);
}

/** @param {Row[]} rows */
export async function trash(rows) {
  const done = rowsOf(await changeAll(rows, () => ({ op: "trash" }), (row) => remove(path(row), { recursive: true })));
  if (done.length === 0) return;
  removeRows(new Set(done.map((row) => row.id)));
  for (const row of done) if (row.folder) forgetFolder(row.id);
  recount(done.map(parentOf));
  refreshUsage();
  toast(text.did.trashed(named(done)), {
    undo: async () => {
      const back = rowsOf(await changeAll(done, () => ({ op: "restore" }), (row) => post(`storage/trash/${row.id}/restore`)));
      addRows(back);
      learn(back.flatMap((row) => (row.folder ? [row.folder] : [])));
      refreshTree(back);
      refreshUsage();
    },
  });
}

/** @param {Row} row @param {string} name */
export async function rename(row, name) {
  const before = row.name;
  if (name === before) return;
  const changed = await patch(path(row), { name });
  changeRow(row.id, { name: changed.name });
  if (row.folder) learn([changed]);
  toast(text.did.renamed(before, changed.name), {
    undo: async () => {
      const again = await patch(path(row), { name: before });
      changeRow(row.id, { name: again.name });
      if (row.folder) learn([again]);
    },
  });
}

/** @param {Row[]} rows @param {string} target @param {string} targetName */
export async function move(rows, target, targetName) {
  const place = (/** @type {Row[]} */ some, /** @type {(row: Row) => string} */ to) =>
    changeAll(some, (row) => ({ op: "move", folderId: to(row) }), (row) => patch(path(row), { parentId: to(row) }));
  const done = rowsOf(await place(rows, () => target));
  removeRows(new Set(done.map((row) => row.id)));
  refreshTree(done, [target]);
  if (done.length === 0) return;
  toast(text.did.moved(named(done), targetName), {
    undo: async () => {
      const back = rowsOf(await place(done, parentOf));
      addRows(back);
      refreshTree(back, [target]);
    },
  });
}

/** @param {Row[]} rows @param {boolean} favorite */
export async function star(rows, favorite) {
  for (const row of rows) changeRow(row.id, { favorite });
  const done = new Set(rowsOf(await changeAll(rows, () => ({ op: "favorite", favorite }), (row) => patch(path(row), { favorite }))));
  for (const row of rows) if (!done.has(row)) changeRow(row.id, { favorite: !favorite });
}

/** @param {Row[]} rows @param {{addTags?: string[], removeTags?: string[]}} change */
export async function tag(rows, change) {
  const files = rows.filter((row) => row.file);
  const apply = async (/** @type {Row[]} */ some, /** @type {Record<string, string[]>} */ tags) => {
    const done = await changeAll(some, () => ({ op: "tag", ...tags }), () => Promise.resolve());
    for (const each of done) changeRow(each.row.id, { tags: each.file.tags });
    refreshTags();
    return rowsOf(done);
  };
  const done = await apply(files, change);
  if (done.length === 0) return;
  const said = [...(change.addTags ?? []), ...(change.removeTags ?? [])].join(", ");
  toast((change.addTags?.length ? text.did.tagged : text.did.untagged)(named(done), said), {
    undo: async () => void (await apply(done, change.addTags ? { removeTags: change.addTags } : { addTags: change.removeTags ?? [] })),
  });
}

/** @param {string} name @param {string} parent */
export async function createFolder(name, parent) {
  const made = await post("storage/folders", { name, ...(parent && parent !== ROOT ? { parentId: parent } : {}) });
  learn([made]);
  counts.set((before) => new Map(before).set(made.folderId, { fileCount: 0, folderCount: 0 }));
  recount([parent]);
  addRows([folderRow(made)]);
  readChildren(parent || ROOT).catch(complain);
  return made;
}

/** @param {string} fileId @param {number} [expiry] */
export async function linkTo(fileId, expiry = 300) {
  return (await call("GET", `files/${fileId}/url`, { query: { expiry } })).url;
}

/** Saves a file where the browser saves files. @param {string} fileId */
export async function download(fileId) {
  const anchor = document.createElement("a");
  anchor.href = await linkTo(fileId);
  anchor.rel = "noreferrer";
  anchor.click();
}

/** Returns the first bytes of a file. @param {string} fileId @param {number} most @param {AbortSignal} signal */
export async function firstBytes(fileId, most, signal) {
  const response = await request("GET", `files/${fileId}/content`, { headers: { Range: `bytes=0-${most - 1}` }, signal });
  return new Uint8Array(await response.arrayBuffer());
}
