import { html, useEffect, useRef, useState } from "../dom.js";
import { FolderCount } from "../counts.js";
import { dropTarget } from "../drag.js";
import { go, route } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { children, folders, pathTo, readChildren, ROOT } from "../tree.js";
import { onElsewhere } from "../tabs.js";
import { Icon, complain } from "../ui.js";

/** @typedef {{id: string, depth: number, at: number, of: number}} Place */

/** The folders that are shown, from top to bottom. @param {Map<string, string[]>} below @param {Set<string>} open @param {string} parent @param {number} depth @returns {Place[]} */
function shown(below, open, parent, depth) {
  const inside = below.get(parent) ?? [];
  return inside.flatMap((id, at) => [{ id, depth, at: at + 1, of: inside.length }, ...(open.has(id) ? shown(below, open, id, depth + 1) : [])]);
}

/** The tree of folders: one stop for Tab, and arrows inside, as the pattern of ARIA has it. */
export function FolderTree() {
  const known = useStore(folders);
  const below = useStore(children);
  const now = useStore(route);
  const [open, setOpen] = useState(/** @type {Set<string>} */ (new Set()));
  const [active, setActive] = useState("");
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const here = now.view === "files" ? now.id : "";

  useEffect(() => {
    const read = () => readChildren(ROOT).catch(complain);
    read();
    onElsewhere.add(read);
    return () => void onElsewhere.delete(read);
  }, []);
  useEffect(() => {
    if (!here) return;
    // A link into a folder shows where it is.
    pathTo(here).then((path) => path.slice(0, -1).forEach((each) => unfold(each.folderId)), () => {});
  }, [here]);

  const places = shown(below, open, ROOT, 1);
  const stop = places.some((each) => each.id === active) ? active : places.some((each) => each.id === here) ? here : places[0]?.id;

  /** @param {string} id */
  function unfold(id) {
    setOpen((before) => new Set([...before, id]));
    readChildren(id).catch(complain);
  }
  /** @param {string} id */
  function fold(id) {
    setOpen((before) => new Set([...before].filter((each) => each !== id)));
  }
  /** @param {string | null | undefined} id */
  function focus(id) {
    if (!id) return;
    setActive(id);
    /** @type {HTMLElement | null | undefined} */ (element.current?.querySelector(`[data-folder="${CSS.escape(id)}"]`))?.focus();
  }
  /** @param {KeyboardEvent} event */
  function onKeyDown(event) {
    const at = places.findIndex((each) => each.id === stop);
    const id = places[at]?.id;
    const acts = /** @type {Record<string, () => void>} */ ({
      ArrowDown: () => focus(places[at + 1]?.id),
      ArrowUp: () => focus(places[at - 1]?.id),
      Home: () => focus(places[0]?.id),
      End: () => focus(places[places.length - 1]?.id),
      ArrowRight: () => (open.has(id) ? focus(below.get(id)?.[0]) : unfold(id)),
      ArrowLeft: () => (open.has(id) ? fold(id) : focus(known.get(id)?.parentId)),
      Enter: () => go("files", id),
      " ": () => go("files", id),
    });
    const act = event.ctrlKey || event.altKey || event.metaKey ? null : acts[event.key];
    if (!act || !id) return;
    // The list of files has the same keys.
    event.preventDefault();
    act();
  }

  if (places.length === 0) return html`<div class="tree" />`;
  return html`<ul class="tree" role="tree" aria-label=${text.nav.folders} ref=${element} onKeyDown=${onKeyDown}>${places.map(({ id, depth, at, of }) => {
    const folder = known.get(id);
    const opened = open.has(id);
    return folder && html`<li key=${id} role="treeitem" data-folder=${id} tabindex=${id === stop ? 0 : -1} class=${`branch ${id === here ? "here" : ""}`} title=${folder.name}
      aria-expanded=${opened} aria-level=${depth} aria-posinset=${at} aria-setsize=${of} aria-selected=${id === here} aria-current=${id === here ? "page" : undefined}
      style=${{ paddingLeft: `${(depth - 1) * 14}px` }} onFocus=${() => setActive(id)} onClick=${() => go("files", id)} ...${dropTarget(id, folder.name)}>
      <span class=${`twist ${opened ? "open" : ""}`} onClick=${(/** @type {Event} */ event) => {
        event.stopPropagation();
        (opened ? fold : unfold)(id);
      }}><${Icon} name="chevron" size=${12} /></span>
      <span class="folder-sign"><${Icon} name="folder" filled size=${15} /></span><span class="text">${folder.name}</span><${FolderCount} id=${id} short />
      </li>`;
  })}</ul>`;
}
