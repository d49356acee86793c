// How much lies directly in each folder: read for those that a person sees, and again after a change.
import { get } from "./api.js";
import { html, useEffect, useRef } from "./dom.js";
import { counted } from "./format.js";
import { store, useStore } from "./store.js";
import { text } from "./strings.js";
import { onElsewhere } from "./tabs.js";
import { onArrived } from "./transfers.js";

/** @typedef {{fileCount: number | null, folderCount: number | null}} Count null: too many to count in one request */

const AT_ONCE = 4;
const QUIET_MS = 400;

export const counts = store(/** @type {Map<string, Count>} */ (new Map()));

/** @type {Set<string>} */
const waiting = new Set();
let running = 0;
let soon = 0;

async function read() {
  for (let [id] = waiting; id && running < AT_ONCE; [id] = waiting) {
    waiting.delete(id);
    running += 1;
    const mine = id;
    get(`storage/folders/${mine}`).then(
      (found) => counts.set((before) => new Map(before).set(mine, found)),
      // A folder that has gone has nothing to count; the list says what is wrong.
      () => {},
    ).finally(() => {
      running -= 1;
      read();
    });
  }
}

/** @param {string} id */
function need(id) {
  if (counts.get().has(id)) return;
  waiting.add(id);
  read();
}

/** Counts again what was counted before; once for all changes of a moment. @param {Iterable<string | null>} ids */
export function recount(ids) {
  for (const id of ids) if (id && counts.get().has(id)) waiting.add(id);
  clearTimeout(soon);
  soon = setTimeout(read, QUIET_MS);
}

onElsewhere.add(() => recount(counts.get().keys()));
onArrived.add((transfer) => transfer.stored && recount([transfer.folderId]));

/** @param {Count | undefined} found */
export function saidOf(found) {
  if (!found) return "";
  if (found.fileCount === null || found.folderCount === null) return text.files.uncounted;
  return counted(found.fileCount + found.folderCount, ...text.words.item);
}

/** What is in a folder, once it is seen. @param {{id: string, short?: boolean}} props `short`: the number alone, where there is little room */
export function FolderCount({ id, short }) {
  const known = useStore(counts).get(id);
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const element = place.current;
    if (known || !element) return undefined;
    const observer = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && need(id));
    observer.observe(element);
    return () => observer.disconnect();
  }, [id, !known]);
  const said = saidOf(known);
  const number = known && short ? said.split(" ")[0] : said;
  return html`<span ref=${place} class="count">${number}${number !== said && html`<span class="hidden-text">${said.slice(number.length)}</span>`}</span>`;
}
