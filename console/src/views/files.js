import { html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../dom.js";
import { createFolder, move, star, tag, trash } from "../actions.js";
import { context } from "../context.js";
import { bringsFiles, dropInto } from "../drag.js";
import { chosenFiles } from "../drop.js";
import { counted } from "../format.js";
import { receive } from "../incoming.js";
import { takeKeys } from "../keys.js";
import { addRows, asSpaceFile, fileRow, listing, load, parseSearch } from "../listing.js";
import { go } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { onElsewhere } from "../tabs.js";
import { needTags, tags } from "../tags.js";
import { onArrived } from "../transfers.js";
import { folders, ROOT } from "../tree.js";
import { Ask, Button, Empty, Failed, Loading, complain } from "../ui.js";
import { pageRows, VirtualGrid } from "../virtual.js";
import { Lazy } from "../lazy.js";
import { Breadcrumb } from "./breadcrumb.js";
import { Head, Line } from "./fileline.js";
import { Search } from "./search.js";

/** @typedef {import("../listing.js").Row} Row */

/** @param {{route: import("../route.js").Route}} props */
export function Files({ route }) {
  const folderId = route.id || ROOT;
  const is = route.query.get("is") ?? "";
  const searched = route.query.get("q") ?? "";
  const sort = route.query.get("sort") ?? { recent: "createdAt", largest: "sizeBytes" }[is] ?? "name";
  const order = route.query.get("order") ?? (sort === "name" ? "asc" : "desc");
  const opened = route.query.get("open") ?? "";
  const plain = !is && !searched;
  const title = searched ? text.nav.search : { favorite: text.nav.favorites, recent: text.nav.recent, largest: text.nav.largest }[is] ?? text.nav.files;
  const here = plain ? folderId : ROOT;

  const { rows, loading, failure } = useStore(listing);
  const known = useStore(tags);
  const [focus, setFocus] = useState(0);
  const [selected, setSelected] = useState(/** @type {Set<string>} */ (new Set()));
  const [anchor, setAnchor] = useState(0);
  const [dialog, setDialog] = useState("");
  const [renaming, setRenaming] = useState("");
  const [dropping, setDropping] = useState(false);
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  const chooser = useRef(/** @type {HTMLInputElement | null} */ (null));
  const folderChooser = useRef(/** @type {HTMLInputElement | null} */ (null));

  const reload = useCallback((/** @type {boolean} */ quietly) => {
    const asked = { folderId: plain ? folderId : "", ...parseSearch(searched), sort, order };
    if (is === "favorite") asked.favorite = "true";
    load(asked, plain, quietly);
  }, [folderId, is, searched, sort, order, plain]);

  const place = useRef("");
  useEffect(() => {
    const next = [folderId, is, searched].join("\n");
    // Another order is no other place: the list, its head and the selection stay until the new list is there.
    const same = place.current === next;
    place.current = next;
    if (!same) setSelected(new Set());
    setFocus(0);
    reload(same);
    const again = () => reload(true);
    onElsewhere.add(again);
    return () => void onElsewhere.delete(again);
  }, [reload]);
  useEffect(() => {
    const settle = () => setDropping(false);
    addEventListener("dragend", settle);
    return () => removeEventListener("dragend", settle);
  }, []);

  useEffect(() => {
    /** @param {import("../transfers.js").Transfer} transfer */
    const show = (transfer) => {
      if (!transfer.stored || !plain || (transfer.folderId ?? ROOT) !== folderId) return;
      addRows([fileRow(asSpaceFile(transfer.stored, transfer.folderId, transfer.file.type))]);
    };
    onArrived.add(show);
    return () => void onArrived.delete(show);
  }, [folderId, plain]);

  const chosen = useMemo(() => rows.filter((row) => selected.has(row.id)), [rows, selected]);
  const focused = rows[Math.min(focus, rows.length - 1)];
  const targets = chosen.length ? chosen : focused ? [focused] : [];
  const details = rows.find((row) => row.id === opened);

  const about = chosen.length ? chosen : details ? [details] : [];
  const folder = useStore(folders).get(folderId);
  useEffect(() => {
    const things = about.map((row) => ({ id: row.id, name: row.name, folder: Boolean(row.folder) }));
    context.set(things.length || !plain || !folder ? things : [{ id: folderId, name: folder.name, folder: true }]);
    return () => context.set([]);
  }, [about.map((row) => row.id).join(), plain && folder]);

  /** @param {string} id */
  const openDetails = (id) => go(route.view, route.id, { is, q: searched, sort: route.query.get("sort") ?? "", order: route.query.get("order") ?? "", open: id }, true);

  /** @param {Row | undefined} row */
  const open = (row) => {
    if (row?.folder) go("files", row.id);
    else if (row) openDetails(row.id);
  };

  /** @param {number} at @param {boolean} [extend] */
  const focusOn = (at, extend) => {
    const next = Math.max(0, Math.min(rows.length - 1, at));
    setFocus(next);
    if (extend) {
      const [from, to] = [Math.min(anchor, next), Math.max(anchor, next)];
      setSelected(new Set(rows.slice(from, to + 1).map((row) => row.id)));
    } else {
      setAnchor(next);
    }
  };

  /** @param {Row} row */
  const toggle = (row) => setSelected((before) => {
    const after = new Set(before);
    if (!after.delete(row.id)) after.add(row.id);
    return after;
  });

  const renameDetails = () => {
    setFocus(rows.findIndex((row) => row.id === opened));
    setRenaming(opened);
    // On a phone they cover the list.
    if (matchMedia("(max-width: 820px)").matches) openDetails("");
  };

  const clear = () => setSelected(new Set());
  const act = (/** @type {Promise<any>} */ promise) => {
    promise.catch(complain);
    clear();
  };

  // At once after drawing: a key that comes within the same frame must not meet the state before.
  useLayoutEffect(() => takeKeys({
    "/": () => search.current?.focus(),
    j: () => focusOn(focus + 1), ArrowDown: () => focusOn(focus + 1),
    k: () => focusOn(focus - 1), ArrowUp: () => focusOn(focus - 1),
    "Shift-ArrowDown": () => focusOn(focus + 1, true), "Shift-ArrowUp": () => focusOn(focus - 1, true),
    PageDown: () => focusOn(focus + pageRows()), PageUp: () => focusOn(focus - pageRows()),
    Home: () => focusOn(0), End: () => focusOn(rows.length - 1),
    "Shift-Home": () => focusOn(0, true), "Shift-End": () => focusOn(rows.length - 1, true),
    Enter: () => open(focused), " ": () => focused && openDetails(opened === focused.id ? "" : focused.id),
    Backspace: () => up(folderId), Escape: () => (opened ? openDetails("") : clear()),
    x: () => focused && toggle(focused), "Ctrl-a": () => setSelected(new Set(rows.map((row) => row.id))),
    u: () => chooser.current?.click(), n: () => setDialog("folder"),
    m: () => targets.length && setDialog("move"), t: () => targets.length && (needTags(), setDialog("tag")),
    s: () => targets.length && act(star(targets, !targets[0].file?.favorite && !targets[0].folder?.favorite)),
    r: () => focused && setRenaming(focused.id), F2: () => focused && setRenaming(focused.id), Delete: () => targets.length && act(trash(targets)),
  }));

  /** @param {DragEvent} event */
  const onDrop = (event) => {
    event.preventDefault();
    setDropping(false);
    if (event.dataTransfer && bringsFiles(event)) dropInto(here, "", event.dataTransfer);
  };

  const onChosen = (/** @type {any} */ event) => {
    receive(chosenFiles(event.target.files), here).catch(complain);
    event.target.value = "";
  };

  const sortBy = (/** @type {string} */ by) => {
    const next = sort === by && order === "asc" ? "desc" : "asc";
    go("files", route.id, { is, q: searched, sort: by, order: next, open: opened }, true);
  };

  const head = html`<${Head} sort=${sort} order=${order} all=${rows.length > 0 && selected.size === rows.length} onSort=${sortBy}
    onAll=${() => setSelected(selected.size === rows.length ? new Set() : new Set(rows.map((row) => row.id)))} />`;

  /** @param {MouseEvent} event @param {number} at @param {Row} row */
  const onClick = (event, at, row) => {
    if (/** @type {HTMLElement} */ (event.target).closest("input, a, button")) return;
    const toggles = event.ctrlKey || event.metaKey;
    if (toggles) toggle(row);
    focusOn(at, event.shiftKey);
    if (!event.shiftKey && !toggles && row.file) openDetails(row.id);
  };

  /** @param {number} at @param {any} style */
  const line = (at, style) => {
    const row = rows[at];
    const picked = selected.has(row.id);
    return html`<${Line} key=${row.id} at=${at} row=${row} style=${style} picked=${picked} focused=${at === focus} opened=${row.id === opened} renaming=${renaming === row.id} placed=${!plain}
      group=${picked ? chosen : [row]} onPick=${() => toggle(row)} onClick=${(/** @type {MouseEvent} */ event) => onClick(event, at, row)} onOpen=${() => open(row)} onRenamed=${() => setRenaming("")} />`;
  };

  const empty = failure ? html`<${Failed} failure=${failure} onRetry=${() => reload(false)} />`
    : loading ? html`<${Loading} />`
    : searched ? html`<${Empty} title=${text.files.nothingFound}>${text.files.nothingText}</${Empty}>`
    : is === "favorite" ? html`<${Empty} title=${text.files.noFavorites}>${text.files.noFavoritesText}</${Empty}>`
    : html`<${Empty} title=${text.files.emptyTitle}>${text.files.emptyText}</${Empty}>`;

  return html`<div class=${`view files ${details ? "with-drawer" : ""} ${dropping ? "dropping" : ""}`}
    onDragEnter=${(/** @type {DragEvent} */ event) => bringsFiles(event) && setDropping(true)}
    onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()}
    onDragLeave=${(/** @type {DragEvent} */ event) => event.currentTarget === event.target && setDropping(false)} onDrop=${onDrop}>
    <div class="list">
    <header class="bar">
      ${plain ? html`<h1 class="hidden-text">${text.nav.files}</h1><${Breadcrumb} id=${folderId} />` : html`<h1 class="crumbs">${title}</h1>`}
      <${Search} searched=${searched} field=${search} />
      <${Button} label=${text.files.newFolder} icon="plus" shortcut="n" onClick=${() => setDialog("folder")} disabled=${!plain} />
      <${Button} label=${text.files.upload} icon="upload" kind="primary" shortcut="u" onClick=${() => chooser.current?.click()} />
      <span class="wide-only"><${Button} only label=${text.files.uploadFolder} icon="folderUp" onClick=${() => folderChooser.current?.click()} /></span>
      <input ref=${chooser} class="hidden-text" type="file" multiple tabindex="-1" aria-hidden="true" onChange=${onChosen} />
      <input ref=${folderChooser} class="hidden-text" type="file" webkitdirectory tabindex="-1" aria-hidden="true" onChange=${onChosen} />
    </header>
    ${selected.size > 0 && html`<div class="selection" role="toolbar" aria-label=${text.files.selection}><strong>${counted(selected.size, ...text.words.item)} ${text.files.selected}</strong>
      <${Button} icon="move" label=${text.files.move} shortcut="m" onClick=${() => setDialog("move")} />
      <${Button} icon="tag" label=${text.files.tag} shortcut="t" onClick=${() => { needTags(); setDialog("tag"); }} />
      <${Button} icon="star" label=${text.files.star} shortcut="s" onClick=${() => act(star(chosen, true))} />
      <${Button} icon="trash" label=${text.files.trash} shortcut="Delete" onClick=${() => act(trash(chosen))} />
      <${Button} only icon="x" label=${text.files.clear} onClick=${clear} /></div>`}
    ${rows.length === 0 ? empty : html`<${VirtualGrid} count=${rows.length} focus=${focus} head=${head} row=${line} label=${text.nav.files} reveal=${renaming} />`}
    </div>
    ${details && html`<${Lazy} key=${details.id} load=${() => import("./drawer.js")} row=${details} onClose=${() => openDetails("")} onRename=${() => renameDetails()} />`}
    ${dropping && html`<div class="drop-hint">${text.files.dropHere}</div>`}
    ${dialog === "folder" && html`<${Ask} title=${text.files.folderNew} label=${text.files.folderName} button=${text.create} onClose=${() => setDialog("")} onSubmit=${(/** @type {string} */ name) => createFolder(name, folderId)} />`}
    ${dialog === "tag" && html`<${Ask} title=${text.files.tag} label=${text.drawer.addTag} options=${(known ?? []).map((each) => each.tag)} button=${text.save} onClose=${() => setDialog("")} onSubmit=${async (/** @type {string} */ value) => act(tag(targets, { addTags: [value] }))} />`}
    ${dialog === "move" && html`<${Lazy} load=${() => import("./place.js")} rows=${targets} onClose=${() => setDialog("")} onChoose=${(/** @type {string} */ id, /** @type {string} */ name) => act(move(targets, id, name))} />`}
  </div>`;
}

/** @param {string} folderId */
function up(folderId) {
  if (folderId !== ROOT) go("files", folders.get().get(folderId)?.parentId ?? "");
}
