// Files that arrive where there is one of their name already: a person says what becomes of each.
import { pagesOf, post, remove } from "./api.js";
import { fileRow, folded, listing, putBack, removeRows } from "./listing.js";
import { store } from "./store.js";
import { text } from "./strings.js";
import { onArrived } from "./transfers.js";
import { ROOT } from "./tree.js";
import { toast } from "./ui.js";

/**
 * @typedef {import("./listing.js").SpaceFile} SpaceFile
 * @typedef {"replace" | "rename" | "skip"} Choice
 * @typedef {{file: File, there: SpaceFile, left: number, choose: (choice: Choice | null, forAll: boolean) => void}} Clash `left`: how many follow
 */

/** What a person is asked. @type {ReturnType<typeof store<Clash | null>>} */
export const clash = store(/** @type {Clash | null} */ (null));

/** The files of a folder by their names. @param {string} folderId */
async function namesIn(folderId) {
  const shown = listing.get();
  /** @type {SpaceFile[]} */
  let files = [];
  if (shown.folderId === folderId && !shown.loading && !shown.failure) files = shown.rows.flatMap((row) => row.file ?? []);
  else for await (const page of pagesOf("storage/files", { folderId, sort: "name", order: "asc" })) files.push(...page.files);
  return Map.groupBy(files, (file) => folded(file.name));
}

/** @param {Omit<Clash, "choose">} asked @returns {Promise<{choice: Choice | null, forAll: boolean}>} */
function ask(asked) {
  return new Promise((resolve) => {
    clash.set({ ...asked, choose: (choice, forAll) => {
      clash.set(null);
      resolve({ choice, forAll });
    } });
  });
}

/**
 * Returns what is to be uploaded, with what becomes of the files of the same names; nothing if the person has second thoughts.
 * @param {import("./drop.js").Placed[]} placed
 * @returns {Promise<import("./transfers.js").Chosen[]>}
 */
export async function settled(placed) {
  const places = [...new Set(placed.filter((each) => !each.fresh).map((each) => each.folderId ?? ROOT))];
  const known = new Map(await Promise.all(places.map(async (id) => /** @type {const} */ ([id, await namesIn(id)]))));
  const sameAs = (/** @type {import("./drop.js").Placed} */ each) => known.get(each.folderId ?? ROOT)?.get(folded(each.file.name)) ?? [];
  let left = placed.filter((each) => sameAs(each).length > 0).length;
  /** @type {Choice | null} */
  let forAll = null;
  const result = [];
  for (const each of placed) {
    const { file, folderId } = each;
    const same = sameAs(each);
    if (same.length === 0) {
      result.push({ file, folderId });
      continue;
    }
    left -= 1;
    /** @type {{choice: Choice | null, forAll: boolean}} */
    const said = forAll ? { choice: forAll, forAll: true } : await ask({ file, there: same[0], left });
    if (!said.choice) return [];
    if (said.forAll) forAll = said.choice;
    if (said.choice === "rename") result.push({ file, folderId, ifExists: "rename" });
    if (said.choice === "replace") result.push({ file, folderId, ifExists: "replace", replaced: same });
  }
  return result;
}

onArrived.add((transfer) => {
  const { replaced, stored, state } = transfer;
  // Once: as soon as the file is there.
  if (!stored || !replaced?.length || state !== "checking") return;
  removeRows(new Set(replaced.map((each) => each.fileId)));
  toast(text.did.replaced(stored.filename), { undo: async () => {
    await remove(`storage/files/${stored.id}`);
    await Promise.all(replaced.map((each) => post(`storage/trash/${each.fileId}/restore`)));
    removeRows(new Set([stored.id]));
    if (listing.get().folderId === (transfer.folderId ?? ROOT)) putBack(replaced.map(fileRow));
  } });
});
