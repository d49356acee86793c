// Uploads that this browser has begun and not finished: the same file, dropped again, goes on.
import { session } from "./session.js";

const KEPT = "larder.uploads";

/** What two drops of the same file have in common. @param {import("./transfers.js").Chosen} chosen */
export function fingerprint({ file, folderId, ifExists }) {
  return [session.get()?.project, folderId, file.name, file.size, file.lastModified, ifExists].join("|");
}

/** @returns {Record<string, string>} */
function all() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** Returns the id of the upload that was begun. @param {string} key @returns {string | undefined} */
export const kept = (key) => all()[key];

/** @param {string} key @param {string} uploadId */
export function keep(key, uploadId) {
  localStorage.setItem(KEPT, JSON.stringify({ ...all(), [key]: uploadId }));
}

/** @param {string} key */
export function forget(key) {
  const { [key]: _, ...others } = all();
  localStorage.setItem(KEPT, JSON.stringify(others));
}
