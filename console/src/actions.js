// What a person does to files and folders; each change shows at once, and can be undone.
import { call, patch, post, remove, request } from "./api.js";
import { counted } from "./format.js";
import { addRows, changeRow, folderRow, removeRows } from "./listing.js";
import { forgetFolder, learn, readChildren, ROOT } from "./tree.js";
import { complain, toast } from "./ui.js";
import { refreshUsage } from "./usage.js";

/** @typedef {import("./listing.js").Row} Row */

const AT_ONCE = 6;

/** Does something to each row, a few at a time; says how many failed. @param {Row[]} rows @param {(row: Row) => Promise<any>} act */
async function forEach(rows, act) {
  const waiting = [...rows];
  /** @type {any[]} */
  const failures = [];
  /** @type {Row[]} */
  const done = [];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      try {
        await act(row);
        done.push(row);
      } catch (failure) {
        failures.push(failure);
      }
    }
  }));
  if (failures.length === 1) complain(failures[0]);
  else if (failures.length > 1) toast(`${failures.length} of ${rows.length} failed. ${failures[0].message}`, { bad: true });
  return done;
}

/** @param {Row[]} rows */
function named(rows) {
  return rows.length === 1 ? `“${rows[0].name}”` : counted(rows.length, "item", "items");
}

const path = (/** @type {Row} */ row) => (row.folder ? `storage/folders/${row.id}` : `storage/files/${row.id}`);

/** @param {Row[]} rows */
export async function trash(rows) {
  const done = await forEach(rows, (row) => (row.folder ? remove(path(row), { recursive: true }) : remove(path(row))));
  removeRows(new Set(done.map((row) => row.id)));
  for (const row of done) if (row.folder) forgetFolder(row.id);
  refreshUsage();
  const files = done.filter((row) => row.file);
  if (done.length === 0) return;
  toast(`${named(done)} moved to the trash`, files.length === done.length ? {
    undo: async () => {
      const back = await forEach(files, (row) => post(`storage/trash/${row.id}/restore`, {}));
      addRows(back);
      refreshUsage();
    },
  } : {});
}

/** @param {Row} row @param {string} name */
export async function rename(row, name) {
  const before = row.name;
  if (name === before) return;
  const changed = await patch(path(row), { name });
  changeRow(row.id, { name: changed.name });
  if (row.folder) learn([changed]);
  toast(`“${before}” is now “${changed.name}”`, {
    undo: async () => {
      const again = await patch(path(row), { name: before });
      changeRow(row.id, { name: again.name });
      if (row.folder) learn([again]);
    },
  });
}

/** @param {Row[]} rows @param {string} target @param {string} targetName */
export async function move(rows, target, targetName) {
  const from = new Map(rows.map((row) => [row.id, (row.file ? row.file.folderId : row.folder?.parentId) ?? ROOT]));
  const place = (/** @type {Row} */ row, /** @type {string} */ to) => patch(path(row), row.folder ? { parentId: to } : { folderId: to });
  const done = await forEach(rows, (row) => place(row, target));
  removeRows(new Set(done.map((row) => row.id)));
  refreshTree(done, target, from);
  if (done.length === 0) return;
  toast(`${named(done)} moved to ${targetName}`, {
    undo: async () => {
      const back = await forEach(done, (row) => place(row, from.get(row.id) ?? ROOT));
      addRows(back);
      refreshTree(back, target, from);
    },
  });
}

/** @param {Row[]} rows @param {string} target @param {Map<string, string>} from */
function refreshTree(rows, target, from) {
  const touched = new Set(rows.filter((row) => row.folder).flatMap((row) => [target, from.get(row.id) ?? ROOT]));
  for (const id of touched) readChildren(id).catch(complain);
}

/** @param {Row[]} rows @param {boolean} favorite */
export async function star(rows, favorite) {
  for (const row of rows) changeRow(row.id, { favorite });
  const done = await forEach(rows, (row) => patch(path(row), { favorite }));
  const failed = rows.filter((row) => !done.includes(row));
  for (const row of failed) changeRow(row.id, { favorite: !favorite });
}

/** @param {Row[]} rows @param {{addTags?: string[], removeTags?: string[]}} change */
export async function tag(rows, change) {
  const files = rows.filter((row) => row.file);
  const done = await forEach(files, async (row) => changeRow(row.id, { tags: (await patch(path(row), change)).tags }));
  if (done.length === 0) return;
  const said = [...(change.addTags ?? []), ...(change.removeTags ?? [])].join(", ");
  toast(`${named(done)}: ${change.addTags?.length ? "tagged" : "no longer tagged"} ${said}`, {
    undo: async () => {
      const inverse = { addTags: change.removeTags ?? [], removeTags: change.addTags ?? [] };
      await forEach(done, async (row) => changeRow(row.id, { tags: (await patch(path(row), inverse)).tags }));
    },
  });
}

/** @param {string} name @param {string} parent */
export async function createFolder(name, parent) {
  const made = await post("storage/folders", { name, ...(parent && parent !== ROOT ? { parentId: parent } : {}) });
  learn([made]);
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

