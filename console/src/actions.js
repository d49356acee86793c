// What a person does to files and folders; each change shows at once, and can be undone.
import { call, patch, post, remove, request } from "./api.js";
import { changeAll } from "./bulk.js";
import { counts, recount } from "./counts.js";
import { count, counted } from "./format.js";
import { addRows, changeRow, folderRow, listing, putBack, removeRows } from "./listing.js";
import { placeOf } from "./route.js";
import { changed } from "./tabs.js";
import { refreshTags } from "./tags.js";
import { forgetFolder, learn, nest, readChildren, ROOT } from "./tree.js";
import { complain, progress, toast } from "./ui.js";
import { text } from "./strings.js";
import { refreshUsage } from "./usage.js";

/** @typedef {import("./listing.js").Row} Row */
/** @typedef {import("./bulk.js").Done} Done */

/** Rows of which a person wants to know how far their change is. */
const MANY = 100;

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

/** @typedef {(doing: (done: number) => void) => Promise<Done[]>} Change */

/**
 * Shows a change of rows before the server has made it, and takes back what it refuses. Undo waits until it is made.
 * @param {Row[]} rows @param {{doing: (what: string) => string, did: (what: string) => string}} said
 * @param {{change: Change, show: (some: Row[]) => void, hide: (some: Row[]) => void, undo: (done: Row[]) => Promise<Row[]>}} how
 *   `show` and `hide` change the list, `undo` the server, and returns what it has brought back
 */
async function carryOut(rows, said, { change, show, hide, undo }) {
  const begun = placeOf();
  // Another view, where the person has gone meanwhile, was read before the change was made.
  const settle = (/** @type {Row[]} */ back) => (placeOf() === begun ? hide(back) : changed());
  show(rows);
  const doing = said.doing(named(rows));
  const work = change((done) => rows.length > MANY && say(`${doing} ${count(done)} ${text.meter.of} ${count(rows.length)}`)).then(rowsOf);
  const say = progress(doing, async () => settle(await undo(await work)));
  const done = new Set(await work);
  settle(rows.filter((row) => !done.has(row)));
  say(done.size ? said.did(named([...done])) : "", true);
  refreshUsage();
  return [...done];
}

/** @param {Row[]} rows */
const leave = (rows) => removeRows(new Set(rows.map((row) => row.id)));

/** @param {Row[]} rows */
export async function trash(rows) {
  const done = await carryOut(rows, { doing: text.doing.trash, did: text.did.trashed }, {
    change: (onProgress) => changeAll(rows, () => ({ op: "trash" }), (row) => remove(path(row), { recursive: true }), onProgress),
    show: leave,
    hide: putBack,
    undo: async (some) => {
      const back = rowsOf(await changeAll(some, () => ({ op: "restore" }), (row) => post(`storage/trash/${row.id}/restore`)));
      learn(back.flatMap((row) => (row.folder ? [row.folder] : [])));
      refreshTree(back);
      refreshUsage();
      return back;
    },
  });
  for (const row of done) if (row.folder) forgetFolder(row.id);
  recount(done.map(parentOf));
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
  // What was searched for is found in its new folder as well.
  const stays = !listing.get().folderId;
  const put = (/** @type {Row[]} */ some, /** @type {(row: Row) => string} */ to) => {
    for (const row of some) changeRow(row.id, { folderId: to(row) === ROOT ? null : to(row) });
  };
  const done = await carryOut(rows, { doing: (what) => text.doing.move(what, targetName), did: (what) => text.did.moved(what, targetName) }, {
    change: (onProgress) => changeAll(rows, () => ({ op: "move", folderId: target }), (row) => patch(path(row), { parentId: target }), onProgress),
    show: (some) => (stays ? put(some, () => target) : leave(some)),
    hide: (some) => (stays ? put(some, parentOf) : putBack(some)),
    undo: async (some) => {
      const back = rowsOf(await changeAll(some, (row) => ({ op: "move", folderId: parentOf(row) }), (row) => patch(path(row), { parentId: parentOf(row) })));
      refreshTree(back, [target]);
      return back;
    },
  });
  refreshTree(done, [target]);
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

/** Makes a folder, and shows it where its parent is shown. @param {string} name @param {string} parent */
export async function createFolder(name, parent) {
  const made = await post("storage/folders", { name, ...(parent !== ROOT ? { parentId: parent } : {}) });
  learn([made]);
  nest(parent, made.folderId);
  counts.set((before) => new Map(before).set(made.folderId, { fileCount: 0, folderCount: 0 }));
  recount([parent]);
  if (listing.get().folderId === parent) addRows([folderRow(made)]);
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
