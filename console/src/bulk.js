// One change of many rows: files a hundred a request, folders one by one.
import { ApiError, post } from "./api.js";
import { text } from "./strings.js";
import { complain, toast } from "./ui.js";

/** @typedef {import("./listing.js").Row} Row */
/** @typedef {{row: Row, file: any}} Done a row that was changed, and the file as it is now */

const MOST = 100;
const ROUNDS = 5;
const AT_ONCE = 6;

/**
 * Carries out an operation on each file; what the server had no time for is sent again.
 * @param {Row[]} rows @param {(row: Row) => Record<string, any>} operation @param {Error[]} failures @param {(done: number) => void} onProgress
 */
async function changeFiles(rows, operation, failures, onProgress) {
  /** @type {Done[]} */
  const done = [];
  let waiting = rows;
  for (let round = 1; waiting.length > 0; round += 1) {
    const some = waiting.slice(0, MOST);
    let results;
    try {
      ({ results } = await post("storage/files:batch", { operations: some.map((row) => ({ fileId: row.id, ...operation(row) })) }));
    } catch (failure) {
      // The rest would fail as well: there is no connection, or no permission.
      failures.push(...waiting.map(() => /** @type {Error} */ (failure)));
      break;
    }
    /** @type {Row[]} */
    const again = [];
    some.forEach((row, at) => {
      const { ok, file, error, status } = results[at];
      if (ok) done.push({ row, file });
      else if (error.code === "not_reached" && round < ROUNDS * Math.ceil(rows.length / MOST)) again.push(row);
      else failures.push(new ApiError(status, error, ""));
    });
    waiting = [...again, ...waiting.slice(MOST)];
    onProgress(done.length);
  }
  return done;
}

/** @param {Row[]} rows @param {(row: Row) => Promise<any>} change @param {Error[]} failures */
async function changeEach(rows, change, failures) {
  /** @type {Done[]} */
  const done = [];
  const waiting = [...rows];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      try {
        done.push({ row, file: await change(row) });
      } catch (failure) {
        failures.push(/** @type {Error} */ (failure));
      }
    }
  }));
  return done;
}

/**
 * Changes rows, and says how many failed; never rejects. @param {Row[]} rows
 * @param {(row: Row) => Record<string, any>} operation for a file @param {(row: Row) => Promise<any>} change for a folder
 * @param {(done: number) => void} [onProgress] with the files done so far
 * @returns {Promise<Done[]>}
 */
export async function changeAll(rows, operation, change, onProgress = () => {}) {
  /** @type {Error[]} */
  const failures = [];
  const [files, folders] = await Promise.all([
    changeFiles(rows.filter((row) => row.file), operation, failures, onProgress),
    changeEach(rows.filter((row) => row.folder), change, failures),
  ]);
  tell(failures, rows);
  return [...folders, ...files];
}

/** Changes rows one by one, for what the server does to one alone; never rejects. @param {Row[]} rows @param {(row: Row) => Promise<any>} change */
export async function changeOneByOne(rows, change) {
  /** @type {Error[]} */
  const failures = [];
  const done = await changeEach(rows, change, failures);
  tell(failures, rows);
  return done;
}

/** @param {Error[]} failures @param {Row[]} rows */
function tell(failures, rows) {
  if (failures.length === 1) complain(failures[0]);
  else if (failures.length > 1) toast(text.failed.some(failures.length, rows.length, failures[0].message), { bad: true });
}
