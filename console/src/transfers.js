// Uploads: several at once, each in parts, straight to the storage. They outlive a lost connection, an
// ended session, and, where the same file is dropped again, a reload of the page.
import { ApiError, get, online, post, request } from "./api.js";
import { fingerprint, forget, keep, kept } from "./kept.js";
import { arrived as partArrived, partsOf, put, readable } from "./parts.js";
import { text } from "./strings.js";
import { store } from "./store.js";

const PARALLEL = 4;
const PART_TRIES = 6;
const CHECK_MS = 1000;
const OFFLINE_MS = 5000;
const FILES_AT_ONCE = 3;
const BATCH_FILE = /\.jsonl$/i;

/**
 * @typedef {"waiting" | "sending" | "paused" | "offline" | "finishing" | "checking" | "done" | "invalid" | "failed" | "cancelled"} State
 * @typedef {import("./parts.js").Part} Part
 * @typedef {{file: File, folderId: string | null, ifExists?: string, replaced?: import("./listing.js").SpaceFile[]}} Chosen `replaced`: what `ifExists` moves to the trash
 * @typedef {Chosen & {id: number, purpose: string, state: State, parts: Part[], rate: number,
 *   problem: string, full: boolean, requestId: string, uploadId: string | null, fileId: string | null, stored: any}} Transfer
 */

export const transfers = store(/** @type {Transfer[]} */ ([]));

/** What to do when a file has arrived or was checked. @type {Set<(transfer: Transfer) => void>} */
export const onArrived = new Set();

let lastId = 0;
/** @type {Map<number, {requests: Set<XMLHttpRequest>, samples: Array<[number, number]>}>} */
const running = new Map();

const ENDED = new Set(["done", "invalid", "failed", "cancelled"]);
export const hasEnded = (/** @type {Transfer} */ each) => ENDED.has(each.state);
export const sentBytes = (/** @type {Transfer} */ each) => each.parts.reduce((sum, part) => sum + part.sent, 0);

/** @param {number} id @param {Partial<Transfer>} change */
function update(id, change) {
  transfers.set((all) => all.map((each) => (each.id === id ? { ...each, ...change } : each)));
}

const find = (/** @type {number} */ id) => transfers.get().find((each) => each.id === id);

/** @param {File} file */
function purposeOf(file) {
  return BATCH_FILE.test(file.name) ? "batch" : "user_data";
}

/** Begins to upload. @param {Chosen[]} chosen */
export function upload(chosen) {
  const made = chosen.map((each) => ({
    ...each, id: ++lastId, purpose: purposeOf(each.file), state: /** @type {State} */ ("waiting"), parts: [],
    rate: 0, problem: "", full: false, requestId: "", uploadId: null, fileId: null, stored: null,
  }));
  transfers.set((all) => [...all, ...made]);
  next();
}

function next() {
  const busy = transfers.get().filter((each) => each.state === "sending").length;
  const waiting = transfers.get().filter((each) => each.state === "waiting");
  for (const each of waiting.slice(0, Math.max(0, FILES_AT_ONCE - busy))) begin(each.id);
}

/** @param {number} id */
async function begin(id) {
  const transfer = /** @type {Transfer} */ (find(id));
  update(id, { state: "sending", problem: "" });
  running.set(id, { requests: new Set(), samples: [] });
  try {
    const made = await announced(transfer);
    update(id, { uploadId: made.id });
    const now = find(id)?.state;
    // The person has changed their mind while the request was on its way.
    if (now === "cancelled") await abandon(id);
    if (now !== "sending") return;
    if (made.status === "completed") {
      await check(id, made.file);
      return;
    }
    update(id, { parts: partsOf(made, transfer.file.size) });
    await sendParts(id);
  } catch (failure) {
    fail(id, failure);
  } finally {
    next();
  }
}

/** Returns the upload at the API: the one that was begun before, if it can go on, or a new one. @param {Transfer} transfer */
async function announced(transfer) {
  const { file, folderId, ifExists } = transfer;
  const key = fingerprint(transfer);
  const before = transfer.uploadId ?? kept(key);
  if (before) {
    const found = await get(`uploads/${before}`).catch((failure) => {
      if (failure instanceof ApiError && failure.status === 404) return null;
      throw failure;
    });
    if (found?.status === "pending" || (found?.status === "completed" && transfer.uploadId)) return found;
    forget(key);
  }
  const made = await post("uploads", {
    filename: file.name, purpose: transfer.purpose, bytes: file.size,
    mime_type: file.type || "application/octet-stream", ...(folderId ? { folder_id: folderId } : {}), ...(ifExists ? { if_exists: ifExists } : {}),
  });
  keep(key, made.id);
  return made;
}

/** @param {number} id */
async function sendParts(id) {
  const workers = Array.from({ length: PARALLEL }, async () => {
    for (;;) {
      const transfer = find(id);
      if (!transfer || transfer.state !== "sending") return;
      const part = transfer.parts.find((each) => !each.done && !taken.has(each));
      if (!part) return;
      taken.add(part);
      try {
        await sendPart(id, part);
      } finally {
        taken.delete(part);
      }
    }
  });
  await Promise.all(workers);
  const transfer = find(id);
  if (transfer?.state === "sending" && transfer.parts.every((part) => part.done)) await finish(id);
}

/** @type {Set<Part>} */
const taken = new Set();

/** @param {number} id @param {Part} part */
async function sendPart(id, part) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const work = running.get(id);
      const file = find(id)?.file;
      if (!work || !file) return;
      await put(file, part, work.requests, () => measure(id));
      partArrived(part);
      update(id, {});
      return;
    } catch (failure) {
      part.sent = 0;
      const transfer = find(id);
      if (!transfer || transfer.state !== "sending") return;
      const status = failure instanceof ApiError ? failure.status : 0;
      if (status === 0 && !(await readable(transfer.file, part))) throw new ApiError(409, { message: text.failed.changed }, "");
      if (status === 412) {
        // The storage has it: an answer was lost on the way.
        partArrived(part);
        return;
      }
      // Without a connection there is nothing to give up for; a storage that cannot be reached when the API can is one.
      if (attempt >= PART_TRIES && (status !== 0 || (await reachable()))) throw failure;
      await back(Math.min(attempt, PART_TRIES));
      if (status === 403 || status === 400) await renew(id);
    }
  }
}

/** Waits for the next attempt, and as long as there is no network. @param {number} attempt */
async function back(attempt) {
  await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 250 * (0.5 + Math.random())));
  while (!navigator.onLine) await new Promise((resolve) => addEventListener("online", resolve, { once: true }));
}

/** Whether the API answers. */
async function reachable() {
  return request("GET", "usage", { tries: 1 }).then(() => true, () => false);
}

/** Fetches new addresses for the parts that are missing: a signed one lives for an hour. @param {number} id */
async function renew(id) {
  const transfer = find(id);
  if (!transfer?.uploadId) return;
  const found = await get(`uploads/${transfer.uploadId}`);
  if (found.status !== "pending") throw new ApiError(409, { message: text.failed.upload(found.status) }, "");
  for (const fresh of partsOf(found, transfer.file.size)) {
    const part = transfer.parts[fresh.number - 1];
    part.url = fresh.url;
    if (fresh.done) part.done = true;
  }
}

/** Works out the rate over the last seconds. @param {number} id */
function measure(id) {
  const work = running.get(id);
  const transfer = find(id);
  if (!work || !transfer) return;
  const now = performance.now();
  const sent = sentBytes(transfer);
  const last = work.samples[work.samples.length - 1];
  if (last && now - last[0] < 150) return;
  work.samples.push([now, sent]);
  while (work.samples.length > 2 && now - work.samples[0][0] > 4000) work.samples.shift();
  const [from, before] = work.samples[0];
  const rate = now > from ? ((sent - before) / (now - from)) * 1000 : 0;
  update(id, { rate: Math.max(0, rate) });
}

/** @param {number} id */
async function finish(id) {
  const transfer = /** @type {Transfer} */ (find(id));
  update(id, { state: "finishing", rate: 0 });
  const made = await post(`uploads/${transfer.uploadId}/complete`, { part_ids: [] });
  forget(fingerprint(transfer));
  await check(id, made.file);
}

/** Follows the file until it is checked. @param {number} id @param {any} file */
async function check(id, file) {
  update(id, { state: "checking", fileId: file.id, stored: file });
  arrived(id);
  let now = file;
  while (now.status === "uploaded") {
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
    now = await get(`files/${file.id}`);
  }
  update(id, { state: now.status === "error" ? "invalid" : "done", problem: now.status_details ?? "", stored: now });
  arrived(id);
}

/** @param {number} id */
function arrived(id) {
  const transfer = find(id);
  if (transfer) for (const each of onArrived) each(transfer);
}

/** @param {number} id @param {any} failure */
function fail(id, failure) {
  const transfer = find(id);
  if (!transfer || hasEnded(transfer) || transfer.state === "paused") return;
  if (failure instanceof ApiError && failure.status === 0 && !online.get()) {
    update(id, { state: "offline", rate: 0 });
    setTimeout(() => find(id)?.state === "offline" && resume(id), OFFLINE_MS);
    return;
  }
  update(id, { state: "failed", problem: failure.message ?? String(failure), full: failure.type === "insufficient_quota", requestId: failure.requestId ?? "", rate: 0 });
}

/** @param {number} id */
function stop(id) {
  for (const each of running.get(id)?.requests ?? []) each.abort();
}

/** @param {number} id */
export function pause(id) {
  update(id, { state: "paused", rate: 0 });
  stop(id);
  next();
}

/** Goes on with what has not arrived. @param {number} id */
export function resume(id) {
  update(id, { state: "waiting", problem: "", requestId: "" });
  next();
}

/** @param {number} id */
export async function cancel(id) {
  const transfer = find(id);
  if (!transfer || hasEnded(transfer)) return;
  update(id, { state: "cancelled", rate: 0 });
  stop(id);
  await abandon(id);
  next();
}

/** Gives the room of an upload back. @param {number} id */
async function abandon(id) {
  const transfer = find(id);
  if (!transfer) return;
  forget(fingerprint(transfer));
  if (transfer.uploadId) await post(`uploads/${transfer.uploadId}/cancel`).catch(() => {});
  arrived(id);
}

export function clearEnded() {
  transfers.set((all) => all.filter((each) => !hasEnded(each)));
}

addEventListener("beforeunload", (event) => {
  // A file that is being checked has arrived.
  if (transfers.get().some((each) => !hasEnded(each) && each.state !== "checking")) event.preventDefault();
});
addEventListener("offline", () => online.set(false));
addEventListener("online", () => online.set(true));
