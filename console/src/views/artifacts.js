import { html, useEffect, useLayoutEffect, useRef, useState } from "../dom.js";
import { get } from "../api.js";
import { ago, counted, full, size } from "../format.js";
import { takeKeys } from "../keys.js";
import { addressOf, go } from "../route.js";
import { text } from "../strings.js";
import { onElsewhere } from "../tabs.js";
import { Button, Empty, Failed, Loading } from "../ui.js";
import { pageRows, VirtualGrid } from "../virtual.js";
import { Delete, Details, fileName, nameOf, PLACES, saidType } from "./artifact.js";
import { Command } from "./command.js";
import { Glyph } from "./glyph.js";
import { later } from "./strings.js";

/** @typedef {import("./artifact.js").Item} Item */

const PAGE = 50;
const TYPES = ["text_context", "tool_bundle_source", "response_schema", "document", "retrieval_chunk", "policy", "checkpoint", "compaction_summary", "binary_attachment"];

/** @param {{place: "artifacts" | "bundles"}} props */
function Places({ place }) {
  const link = (/** @type {"artifacts" | "bundles"} */ to) => html`<a href=${addressOf("artifacts", "", to === "bundles" ? { of: to } : {})} aria-current=${to === place ? "page" : undefined}>${later.artifacts[to]}</a>`;
  return html`<nav class="places-of" aria-label=${text.nav.artifacts}>${link("artifacts")}${link("bundles")}</nav>`;
}

/** @param {{at: number, item: Item, style: any, focused: boolean, opened: boolean, onOpen: () => void}} props */
function Line({ at, item, style, focused, opened, onOpen }) {
  const name = nameOf(item);
  return html`<div role="row" aria-rowindex=${at + 2} aria-selected=${opened} class=${`line ${focused ? "focus" : ""} ${opened ? "opened" : ""}`} style=${style} tabindex=${focused ? 0 : -1} onClick=${onOpen}>
    <div role="gridcell" class="name"><${Glyph} name=${fileName(item)} /><span class=${`text ${name === item.id ? "mono" : ""}`} title=${name}>${name}</span></div>
    <div role="gridcell" class="status">${saidType(item)}</div>
    <div role="gridcell" class="size">${item.object === "bundle" ? counted(item.artifacts?.length ?? 0, ...text.words.artifact) : size(item.bytes ?? 0)}</div>
    <div role="gridcell" class="added" title=${full(item.created_at)}>${ago(item.created_at)}</div>
    ${item.object === "artifact" && html`<div role="gridcell" class="ends">${item.expires_at ? html`<span title=${full(item.expires_at)}>${ago(item.expires_at)}</span>` : text.drawer.never}</div>`}</div>`;
}

/** @param {{place: "artifacts" | "bundles", type: string}} props */
function Nothing({ place, type }) {
  const said = later.artifacts.empty[place];
  if (type) return html`<${Empty} title=${later.artifacts.noneOf(type.replaceAll("_", " "))} action=${html`<a class="button" href=${addressOf("artifacts")}>${later.artifacts.showAll}</a>`} />`;
  return html`<${Empty} title=${said.title} action=${html`<${Command} line=${said.command} />`}>${said.explain}</${Empty}>`;
}

/** What is shared by many requests: artifacts, or bundles of them. @param {{id: string, query: URLSearchParams}} props */
export function View({ id, query }) {
  const place = id.startsWith("bnd_") || (!id && query.get("of") === "bundles") ? "bundles" : "artifacts";
  const type = place === "artifacts" ? query.get("type") ?? "" : "";
  const [items, setItems] = useState(/** @type {Item[] | null} */ (null));
  const [more, setMore] = useState(false);
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const [focus, setFocus] = useState(0);
  const [doomed, setDoomed] = useState(/** @type {Item | null} */ (null));
  const reading = useRef(/** @type {AbortController | null} */ (null));
  const loaded = useRef(0);

  /** Reads on behind what is known, until there are more than `most`. @param {Item[]} known @param {number} most */
  const read = async (known, most) => {
    reading.current?.abort();
    const mine = new AbortController();
    reading.current = mine;
    try {
      let all = known;
      let goesOn = true;
      while (goesOn && all.length <= most) {
        const page = await get(PLACES[place], { limit: PAGE, after: all[all.length - 1]?.id, artifact_type: type }, mine.signal);
        all = [...all, ...page.data];
        goesOn = page.has_more;
      }
      loaded.current = all.length;
      setItems(all);
      setMore(goesOn);
      setFailure(null);
    } catch (why) {
      if (!mine.signal.aborted) setFailure(why);
    }
  };
  useEffect(() => {
    setItems(null);
    setMore(false);
    setFocus(0);
    read([], 0);
    // At least a page: the list may have been empty, or not have come yet.
    const again = () => read([], Math.max(0, loaded.current - 1));
    onElsewhere.add(again);
    return () => {
      reading.current?.abort();
      onElsewhere.delete(again);
    };
  }, [place, type]);

  const ready = items !== null;
  useEffect(() => {
    const at = items?.findIndex((each) => each.id === id) ?? -1;
    if (at >= 0) setFocus(at);
  }, [id, ready]);

  const open = (/** @type {string} */ which) => go("artifacts", which, which ? { type } : { of: place === "bundles" ? place : "", type });
  const gone = (/** @type {Item} */ item) => {
    setItems((before) => before?.filter((each) => each.id !== item.id) ?? null);
    if (id === item.id) open("");
  };
  const count = items?.length ?? 0;
  const focusOn = (/** @type {number} */ at) => setFocus(Math.max(0, Math.min(count - 1, at)));
  const focused = items?.[Math.min(focus, count - 1)];
  const toggle = () => focused && open(focused.id === id ? "" : focused.id);
  useLayoutEffect(() => takeKeys({
    j: () => focusOn(focus + 1), ArrowDown: () => focusOn(focus + 1), k: () => focusOn(focus - 1), ArrowUp: () => focusOn(focus - 1),
    PageDown: () => focusOn(focus + pageRows()), PageUp: () => focusOn(focus - pageRows()), Home: () => focusOn(0), End: () => focusOn(count - 1),
    Enter: () => focused && open(focused.id), " ": toggle, Escape: () => open(""), Delete: () => focused && setDoomed(focused),
  }));

  const head = html`<div role="row" class="head" aria-rowindex="1"><div role="columnheader" class="name">${text.files.name}</div><div role="columnheader" class="status">${text.drawer.type}</div>
    <div role="columnheader" class="size">${place === "bundles" ? later.artifacts.contains : text.files.size}</div><div role="columnheader" class="added">${text.batches.created}</div>${place === "artifacts" && html`<div role="columnheader" class="ends">${text.drawer.expires}</div>`}</div>`;
  const line = (/** @type {number} */ at, /** @type {any} */ style) => {
    const item = /** @type {Item[]} */ (items)[at];
    return html`<${Line} key=${item.id} at=${at} item=${item} style=${style} focused=${at === focus} opened=${item.id === id} onOpen=${() => { setFocus(at); open(item.id); }} />`;
  };
  return html`<div class=${`view artifacts ${place} ${id ? "with-drawer" : ""}`}><div class="list"><header class="bar"><h1 class="hidden-text">${later.artifacts[place]}</h1><${Places} place=${place} /><p class="dim grow">${later.artifacts.explain}</p>
      ${place === "artifacts" && html`<select aria-label=${text.drawer.type} value=${type} onChange=${(/** @type {any} */ event) => go("artifacts", "", { type: event.target.value }, true)}>
        <option value="">${later.artifacts.allTypes}</option>${TYPES.map((each) => html`<option key=${each} value=${each}>${each.replaceAll("_", " ")}</option>`)}</select>`}</header>
    ${failure ? html`<${Failed} failure=${failure} onRetry=${() => read([], 0)} />` : !items ? html`<${Loading} />` : count === 0 ? html`<${Nothing} place=${place} type=${type} />`
      : html`<${VirtualGrid} key=${place} count=${count} focus=${focus} head=${head} row=${line} label=${later.artifacts[place]} />`}
    ${more && items && !failure && html`<footer class="bar"><${Button} label=${text.more} onClick=${() => read(items, count)} /></footer>`}</div>
    ${id && html`<${Details} key=${id} id=${id} onClose=${() => open("")} onDelete=${setDoomed} />`}
    ${doomed && html`<${Delete} key=${doomed.id} item=${doomed} onClose=${() => setDoomed(null)} onDeleted=${() => gone(doomed)} />`}
  </div>`;
}
