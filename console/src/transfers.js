// Uploads: several at once, each in parts, straight to the storage. They outlive a lost connection, an
// ended session, and, where the same file is dropped again, a reload of the page.
import { ApiError, get, online, post } from "./api.js";
import { session } from "./session.js";
import { store } from "./store.js";

const PARALLEL = 4;
const PART_TRIES = 6;
const CHECK_MS = 1000;
const KEPT = "larder.uploads";
const BATCH_FILE = /\.jsonl$/i;

/**
 * @typedef {"waiting" | "sending" | "paused" | "finishing" | "checking" | "done" | "invalid" | "failed" | "cancelled"} State
 * @typedef {{number: number, start: number, size: number, sent: number, done: boolean, url: string, headers: Record<string, string>}} Part
 * @typedef {{id: number, file: File, folderId: string | null, purpose: string, state: State, parts: Part[], rate: number,
 *   problem: string, requestId: string, uploadId: string | null, fileId: string | null, stored: any}} Transfer
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

/** @param {File} file @param {string | null} folderId */
function fingerprint(file, folderId) {
  return [session.get()?.project, folderId, file.name, file.size, file.lastModified].join("|");
}

/** @returns {Record<string, string>} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {string} key @param {string | null} uploadId */
function keep(key, uploadId) {
  const all = kept();
  if (uploadId) all[key] = uploadId;
  else delete all[key];
  localStorage.setItem(KEPT, JSON.stringify(all));
}

/** Begins to upload. @param {Array<{file: File, folderId: string | null}>} chosen */
export function upload(chosen) {
  const made = chosen.map(({ file, folderId }) => ({
    id: ++lastId, file, folderId, purpose: purposeOf(file), state: /** @type {State} */ ("waiting"), parts: [],
    rate: 0, problem: "", requestId: "", uploadId: null, fileId: null, stored: null,
  }));
  transfers.set((all) => [...all, ...made]);
  next();
}

function next() {
  const busy = transfers.get().filter((each) => each.state === "sending").length;
  const waiting = transfers.get().filter((each) => each.state === "waiting");
  for (const each of waiting.slice(0, Math.max(0, 2 - busy))) begin(each.id);
}

/** @param {number} id */
async function begin(id) {
  const transfer = /** @type {Transfer} */ (find(id));
  update(id, { state: "sending", problem: "" });
  running.set(id, { requests: new Set(), samples: [] });
  try {
    const made = await announced(transfer);
    if (find(id)?.state !== "sending") return;
    if (made.status === "completed") {
      await check(id, made.file);
      return;
    }
    update(id, { uploadId: made.id, parts: partsOf(made, transfer.file.size) });
    await sendParts(id);
  } catch (failure) {
    fail(id, failure);
  } finally {
    next();
  }
}

/** Returns the upload at the API: the one that was begun before, if it can go on, or a new one. @param {Transfer} transfer */
async function announced(transfer) {
  const { file, folderId } = transfer;
  const key = fingerprint(file, folderId);
  const before = transfer.uploadId ?? kept()[key];
  if (before) {
    const found = await get(`uploads/${before}`).catch((failure) => {
      if (failure instanceof ApiError && failure.status === 404) return null;
      throw failure;
    });
    if (found?.status === "pending" || (found?.status === "completed" && transfer.uploadId)) return found;
    keep(key, null);
  }
  const made = await post("uploads", {
    filename: file.name, purpose: transfer.purpose, bytes: file.size,
    mime_type: file.type || "application/octet-stream", ...(folderId ? { folder_id: folderId } : {}),
  });
  keep(key, made.id);
  return made;
}

/** @param {any} made @param {number} size @returns {Part[]} */
function partsOf(made, size) {
  const transfer = made.transfer;
  if (!transfer) return [];
  if (!transfer.parts) return [{ number: 1, start: 0, size, sent: 0, done: false, url: transfer.url, headers: transfer.headers }];
  const urls = new Map(transfer.parts.map((/** @type {any} */ part) => [part.part_number, part.url]));
  const count = Math.ceil(size / transfer.part_size);
  return Array.from({ length: count }, (_, at) => {
    const start = at * transfer.part_size;
    const length = Math.min(transfer.part_size, size - start);
    const url = /** @type {string | undefined} */ (urls.get(at + 1));
    return { number: at + 1, start, size: length, sent: url ? 0 : length, done: !url, url: url ?? "", headers: {} };
  });
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
      await put(id, part);
      part.done = true;
      part.sent = part.size;
      update(id, {});
      return;
    } catch (failure) {
      part.sent = 0;
      const transfer = find(id);
      if (!transfer || transfer.state !== "sending") return;
      const status = failure instanceof ApiError ? failure.status : 0;
      if (status === 412) {
        // The storage has it: an answer was lost on the way.
        part.done = true;
        part.sent = part.size;
        return;
      }
      if (attempt >= PART_TRIES) throw failure;
      await back(attempt);
      if (status === 403 || status === 400) await renew(id);
    }
  }
}

/** Waits for the next attempt, and as long as there is no network. @param {number} attempt */
async function back(attempt) {
  await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 250 * (0.5 + Math.random())));
  while (!navigator.onLine) await new Promise((resolve) => addEventListener("online", resolve, { once: true }));
}

/** Fetches new addresses for the parts that are missing: a signed one lives for an hour. @param {number} id */
async function renew(id) {
  const transfer = find(id);
  if (!transfer?.uploadId) return;
  const found = await get(`uploads/${transfer.uploadId}`);
  if (found.status !== "pending") throw new ApiError(409, { message: `The upload is ${found.status}.` }, "");
  for (const fresh of partsOf(found, transfer.file.size)) {
    const part = transfer.parts[fresh.number - 1];
    part.url = fresh.url;
    if (fresh.done) part.done = true;
  }
}

/** @param {number} id @param {Part} part */
function put(id, part) {
  const work = running.get(id);
  const transfer = find(id);
  if (!work || !transfer) return Promise.reject(new Error("cancelled"));
  return new Promise((resolve, reject) => {
    // fetch reports no progress of an upload.
    const request = new XMLHttpRequest();
    work.requests.add(request);
    request.open("PUT", part.url);
    for (const [name, value] of Object.entries(part.headers)) {
      // A browser sets the length by itself, and lets nobody else.
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => {
      part.sent = Math.min(part.size, event.loaded);
      measure(id);
    };
    request.onload = () => {
      if (request.status < 300) {
        online.set(true);
        resolve(undefined);
      } else {
        const message = `The storage refused the bytes (status ${request.status}).`;
        reject(new ApiError(request.status, { message }, request.getResponseHeader("x-amz-request-id") ?? ""));
      }
    };
    request.onerror = () => reject(new ApiError(0, { message: "The connection was lost." }, ""));
    request.onabort = () => reject(new Error("cancelled"));
    request.onloadend = () => work.requests.delete(request);
    request.send(transfer.file.slice(part.start, part.start + part.size));
  });
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
  keep(fingerprint(transfer.file, transfer.folderId), null);
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
  update(id, { state: "failed", problem: failure.message ?? String(failure), requestId: failure.requestId ?? "", rate: 0 });
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
  keep(fingerprint(transfer.file, transfer.folderId), null);
  if (transfer.uploadId) await post(`uploads/${transfer.uploadId}/cancel`, {}).catch(() => {});
  next();
}

export function clearEnded() {
  transfers.set((all) => all.filter((each) => !hasEnded(each)));
}

addEventListener("beforeunload", (event) => {
  if (transfers.get().some((each) => !hasEnded(each))) event.preventDefault();
});
addEventListener("offline", () => online.set(false));
addEventListener("online", () => online.set(true));
