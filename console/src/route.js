// Where the person is: kept in the address's fragment, so that Back and links work.
import { store } from "./store.js";

/** @typedef {{view: string, id: string, query: URLSearchParams}} Route */

/** @returns {Route} */
function read() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const [view = "", id = ""] = path.replace(/^\//, "").split("/");
  return { view: view || "files", id: decodeURIComponent(id), query: new URLSearchParams(query) };
}

export const route = store(read());
addEventListener("hashchange", () => route.set(read()));

/** Which list is shown, whatever is opened in it and however it is sorted. */
export function placeOf() {
  const { view, id, query } = route.get();
  return [view, id, query.get("is"), query.get("q")].join("\n");
}

/** @param {string} view @param {string} [id] @param {Record<string, string>} [query] */
export function addressOf(view, id = "", query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${asked ? `?${asked}` : ""}`;
}

/** @param {string} view @param {string} [id] @param {Record<string, string>} [query] @param {boolean} [replace] */
export function go(view, id, query, replace) {
  const address = addressOf(view, id, query);
  if (address === location.hash) return;
  if (replace) {
    history.replaceState(null, "", address);
    route.set(read());
  } else {
    location.hash = address;
  }
}
