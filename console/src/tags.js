// The tags of the project, with how many files have each: to complete what a person types.
import { get } from "./api.js";
import { store } from "./store.js";

/** @typedef {{tag: string, count: number}} Tag */

export const tags = store(/** @type {Tag[] | null} */ (null));

let asked = false;

/** Reads the tags when they are first needed. */
export function needTags() {
  if (!asked) refresh();
}

/** Reads them again, if anybody has needed them. */
export function refreshTags() {
  if (asked) refresh();
}

function refresh() {
  asked = true;
  // Without them a person types the whole tag.
  get("storage/tags", { limit: 1000 }).then((found) => tags.set(found.tags), () => {
    asked = false;
  });
}
