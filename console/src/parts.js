// The parts of one upload, and how the bytes of one go to the storage.
import { text } from "./strings.js";
import { ApiError, online } from "./api.js";

/** @typedef {{number: number, start: number, size: number, sent: number, done: boolean, url: string, headers: Record<string, string>}} Part */

/** Returns the parts of an upload as the API describes it. @param {any} made @param {number} size @returns {Part[]} */
export function partsOf(made, size) {
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

/**
 * Sends a part once. Rejects with an ApiError; its status is 0 when the connection was lost or the request aborted.
 * @param {File} file @param {Part} part @param {Set<XMLHttpRequest>} requests holds the request while it runs @param {() => void} onProgress
 * @returns {Promise<void>}
 */
export function put(file, part, requests, onProgress) {
  return new Promise((resolve, reject) => {
    // fetch reports no progress of an upload.
    const request = new XMLHttpRequest();
    requests.add(request);
    request.open("PUT", part.url);
    for (const [name, value] of Object.entries(part.headers)) {
      // A browser sets the length by itself, and lets nobody else.
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => {
      part.sent = Math.min(part.size, event.loaded);
      onProgress();
    };
    request.onload = () => {
      if (request.status < 300) {
        online.set(true);
        resolve();
      } else {
        const message = text.failed.storage(request.status);
        reject(new ApiError(request.status, { message }, request.getResponseHeader("x-amz-request-id") ?? ""));
      }
    };
    request.onerror = () => reject(new ApiError(0, { message: text.failed.lost }, ""));
    request.onabort = () => reject(new ApiError(0, { message: text.failed.stopped }, ""));
    request.onloadend = () => requests.delete(request);
    request.send(file.slice(part.start, part.start + part.size));
  });
}

/** Whether the computer still has the file as it was chosen. @param {File} file @param {Part} part */
export function readable(file, part) {
  return file.slice(part.start, part.start + 1).arrayBuffer().then(() => true, () => false);
}

/** Marks what the storage has. @param {Part} part */
export function arrived(part) {
  part.done = true;
  part.sent = part.size;
}
