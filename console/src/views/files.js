import { html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../dom.js";
import { createFolder, move, rename, star, tag, trash } from "../actions.js";
import { chosenFiles, droppedFiles, placed } from "../drop.js";
import { ago, counted, extension, full, size } from "../format.js";
import { takeKeys } from "../keys.js";
import { addRows, asSpaceFile, changeRow, fileRow, listing, load, parseSearch } from "../listing.js";
import { addressOf, go } from "../route.js";
import { useStore } from "../store.js";
import { text } from "../strings.js";
import { onArrived, upload } from "../transfers.js";
import { folders, pathTo, ROOT } from "../tree.js";
import { Ask, Button, Empty, Icon, Loading, complain } from "../ui.js";
import { pageRows, VirtualGrid } from "../virtual.js";
import { Lazy } from "../lazy.js";

/** @typedef {import("../listing.js").Row} Row */

const DRAGGED = "application/x-larder-rows";
const KINDS = new Set(["csv", "html", "jpg", "json", "jsonl", "md", "pdf", "png", "svg", "txt", "zip"]);

/** @param {{row: Row}} props */
export function Glyph({ row }) {
  if (row.folder) return html`<span class="glyph folder"><${Icon} name="folder" filled size=${18} /></span>`;
  const kind = extension(row.name);
  return html`<span class=${`glyph ${KINDS.has(kind) ? kind : ""}`} aria-hidden="true">${kind.slice(0, 4) || "file"}</span>`;
}

/** @param {{file: import("../listing.js").SpaceFile | null}} props */
export function Status({ file }) {
  if (!file || file.purpose !== "batch") return null;
  if (file.status === "error") return html`<a class="chip bad" href=${addressOf("report", file.fileId)}>✕ ${text.status.invalid}</a>`;
  if (file.status === "processed") return html`<span class="chip good">✓ ${text.status.valid}</span>`;
  return html`<span class="chip">${text.status.checking}…</span>`;
}

/** @param {{id: string, onDropRows: (target: string, name: string, data: DataTransfer) => void}} props */
function Breadcrumb({ id, onDropRows }) {
  const [path, setPath] = useState(/** @type {import("../tree.js").Folder[]} */ ([]));
  const known = useStore(folders);
  useEffect(() => {
    let alive = true;
    pathTo(id).then((found) => alive && setPath(found), (failure) => alive && complain(failure));
    return () => {
      alive = false;
    };
  }, [id, known]);
  const steps = [{ folderId: ROOT, name: text.files.root }, ...path];
  return html`<nav class="crumbs" aria-label="Path"><ol>${steps.map((step, at) => html`<li key=${step.folderId}>
    <a href=${addressOf("files", step.folderId === ROOT ? "" : step.folderId)} aria-current=${at === steps.length - 1 ? "page" : undefined}
      onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()}
      onDrop=${(/** @type {DragEvent} */ event) => event.dataTransfer && onDropRows(step.folderId, step.name, event.dataTransfer)}>${step.name}</a></li>`)}</ol></nav>`;
}

/** @param {{route: import("../route.js").Route}} props */
export function Files({ route }) {
  const folderId = route.id || ROOT;
  const is = route.query.get("is") ?? "";
  const searched = route.query.get("q") ?? "";
  const sort = route.query.get("sort") ?? (is === "recent" ? "createdAt" : "name");
  const order = route.query.get("order") ?? (sort === "createdAt" ? "desc" : "asc");
  const opened = route.query.get("open") ?? "";
  const plain = !is && !searched;

  const { rows, loading, failure } = useStore(listing);
  const [focus, setFocus] = useState(0);
  const [selected, setSelected] = useState(/** @type {Set<string>} */ (new Set()));
  const [anchor, setAnchor] = useState(0);
  const [typed, setTyped] = useState(searched);
  const [dialog, setDialog] = useState("");
  const [renaming, setRenaming] = useState("");
  const [dropping, setDropping] = useState(false);
  const search = useRef(/** @type {HTMLInputElement | null} */ (null));
  const chooser = useRef(/** @type {HTMLInputElement | null} */ (null));

  const reload = useCallback(() => {
    const asked = { folderId: plain ? folderId : "", ...parseSearch(searched), sort, order };
    if (is === "favorite") asked.favorite = "true";
    load(asked, plain);
  }, [folderId, is, searched, sort, order, plain]);

  useEffect(() => {
    setSelected(new Set());
    setFocus(0);
    reload();
  }, [reload]);
  useEffect(() => setTyped(searched), [searched]);
  useEffect(() => {
    if (typed === searched) return undefined;
    const later = setTimeout(() => go("files", "", { q: typed }, searched !== ""), 250);
    return () => clearTimeout(later);
  }, [typed]);

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
    m: () => targets.length && setDialog("move"), t: () => targets.length && setDialog("tag"),
    s: () => targets.length && act(star(targets, !targets[0].file?.favorite && !targets[0].folder?.favorite)),
    r: () => focused && setRenaming(focused.id), Delete: () => targets.length && act(trash(targets)),
  }));

  /** @param {import("../drop.js").Chosen[]} files @param {string} target */
  const send = async (files, target) => upload(await placed(files, target === ROOT ? null : target));

  /** @param {string} target @param {string} name @param {DataTransfer} data */
  const dropInto = (target, name, data) => {
    const ids = data.getData(DRAGGED);
    if (ids) act(move(rows.filter((row) => ids.split(",").includes(row.id) && row.id !== target), target, name));
    else droppedFiles(data).then((files) => send(files, target)).catch(complain);
  };

  /** @param {DragEvent} event */
  const onDrop = (event) => {
    event.preventDefault();
    setDropping(false);
    if (!event.dataTransfer || event.dataTransfer.types.includes(DRAGGED)) return;
    dropInto(plain ? folderId : ROOT, "", event.dataTransfer);
  };

  const sortBy = (/** @type {string} */ by) => {
    const next = sort === by && order === "asc" ? "desc" : "asc";
    go("files", route.id, { is, q: searched, sort: by, order: next, open: opened }, true);
  };

  const heading = (/** @type {string} */ by, /** @type {string} */ label, /** @type {string} */ name) => html`<div role="columnheader" class=${name} aria-sort=${sort === by ? (order === "asc" ? "ascending" : "descending") : "none"}>
    <button type="button" onClick=${() => sortBy(by)}>${label}${sort === by && html`<span aria-hidden="true"> ${order === "asc" ? "↑" : "↓"}</span>`}</button></div>`;

  const head = html`<div role="row" class="head" aria-rowindex="1">
    <div role="columnheader" class="pick"><input type="checkbox" aria-label="Select all" checked=${rows.length > 0 && selected.size === rows.length}
      onChange=${() => setSelected(selected.size === rows.length ? new Set() : new Set(rows.map((row) => row.id)))} /></div>
    ${heading("name", text.files.name, "name")}${heading("size", text.files.size, "size")}
    <div role="columnheader" class="status">${text.files.status}</div>${heading("createdAt", text.files.added, "added")}
  </div>`;

  /** @param {number} at @param {any} style */
  const line = (at, style) => {
    const row = rows[at];
    const picked = selected.has(row.id);
    return html`<div role="row" key=${row.id} aria-rowindex=${at + 2} aria-selected=${picked} class=${`line ${picked ? "picked" : ""} ${at === focus ? "focus" : ""} ${row.id === opened ? "opened" : ""}`}
      style=${style} tabindex=${at === focus ? 0 : -1} draggable=${renaming !== row.id}
      onClick=${(/** @type {MouseEvent} */ event) => {
        if (/** @type {HTMLElement} */ (event.target).closest("input, a, button")) return;
        if (event.ctrlKey || event.metaKey) toggle(row);
        focusOn(at, event.shiftKey);
        if (!event.shiftKey && !event.ctrlKey && !event.metaKey && row.file) openDetails(row.id);
      }}
      onDblClick=${() => open(row)}
      onDragStart=${(/** @type {DragEvent} */ event) => event.dataTransfer?.setData(DRAGGED, (picked ? chosen : [row]).map((each) => each.id).join(","))}
      onDragOver=${(/** @type {DragEvent} */ event) => row.folder && (event.preventDefault(), event.stopPropagation())}
      onDrop=${(/** @type {DragEvent} */ event) => {
        if (!row.folder || !event.dataTransfer) return;
        event.preventDefault();
        event.stopPropagation();
        setDropping(false);
        dropInto(row.id, row.name, event.dataTransfer);
      }}>
      <div role="gridcell" class="pick"><input type="checkbox" tabindex="-1" aria-label=${`Select ${row.name}`} checked=${picked} onChange=${() => toggle(row)} /></div>
      <div role="gridcell" class="name"><${Glyph} row=${row} />
        ${renaming === row.id ? html`<${NameField} row=${row} onDone=${() => setRenaming("")} />`
          : row.folder ? html`<a class="text" href=${addressOf("files", row.id)} tabindex="-1">${row.name}</a>` : html`<span class="text" title=${row.name}>${row.name}</span>`}
        ${(row.file?.favorite || row.folder?.favorite) && html`<span class="starred"><${Icon} name="star" filled size=${12} /><span class="hidden-text">favorite</span></span>`}
        ${row.file?.tags.map((each) => html`<a class="chip tag" key=${each} tabindex="-1" href=${addressOf("files", "", { q: `tag:${each}` })}>${each}</a>`)}
      </div>
      <div role="gridcell" class="size">${row.file ? size(Number(row.file.sizeBytes)) : ""}</div>
      <div role="gridcell" class="status"><${Status} file=${row.file} /></div>
      <div role="gridcell" class="added" title=${full(row.file?.createdAt ?? row.folder?.createdAt ?? 0)}>${ago(row.file?.createdAt ?? row.folder?.createdAt ?? 0)}</div>
    </div>`;
  };

  const empty = failure ? html`<${Empty} title=${text.files.failed} action=${html`<${Button} label=${text.files.retry} onClick=${reload} />`}>${failure.message}</${Empty}>`
    : loading ? html`<${Loading} />`
    : searched ? html`<${Empty} title=${text.files.nothingFound}>${text.files.nothingText}</${Empty}>`
    : is === "favorite" ? html`<${Empty} title=${text.files.noFavorites}>${text.files.noFavoritesText}</${Empty}>`
    : html`<${Empty} title=${text.files.emptyTitle}>${text.files.emptyText}</${Empty}>`;

  return html`<div class=${`view files ${details ? "with-drawer" : ""} ${dropping ? "dropping" : ""}`}
    onDragEnter=${(/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") && setDropping(true)}
    onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()}
    onDragLeave=${(/** @type {DragEvent} */ event) => event.currentTarget === event.target && setDropping(false)} onDrop=${onDrop}>
    <div class="list">
    <header class="bar">
      <h1 class="hidden-text">${is === "favorite" ? text.nav.favorites : is === "recent" ? text.nav.recent : text.nav.files}</h1>
      ${plain ? html`<${Breadcrumb} id=${folderId} onDropRows=${dropInto} />` : html`<p class="crumbs">${searched ? "Search" : is === "favorite" ? text.nav.favorites : text.nav.recent}</p>`}
      <label class="search"><${Icon} name="search" /><input ref=${search} type="search" aria-label=${text.files.search} placeholder=${text.files.search} value=${typed}
        onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} onKeyDown=${(/** @type {any} */ event) => event.key === "Escape" && (setTyped(""), event.target.blur())} /><kbd>/</kbd></label>
      <${Button} label=${text.files.newFolder} icon="plus" shortcut="n" onClick=${() => setDialog("folder")} disabled=${!plain} />
      <${Button} label=${text.files.upload} icon="upload" kind="primary" shortcut="u" onClick=${() => chooser.current?.click()} />
      <input ref=${chooser} class="hidden-text" type="file" multiple tabindex="-1" aria-hidden="true" onChange=${(/** @type {any} */ event) => {
        send(chosenFiles(event.target.files), plain ? folderId : ROOT).catch(complain);
        event.target.value = "";
      }} />
    </header>
    ${selected.size > 0 && html`<div class="selection" role="toolbar" aria-label="Selection"><strong>${counted(selected.size, "item", "items")} ${text.files.selected}</strong>
      <${Button} icon="move" label=${text.files.move} shortcut="m" onClick=${() => setDialog("move")} />
      <${Button} icon="tag" label=${text.files.tag} shortcut="t" onClick=${() => setDialog("tag")} />
      <${Button} icon="star" label=${text.files.star} shortcut="s" onClick=${() => act(star(chosen, true))} />
      <${Button} icon="trash" label=${text.files.trash} shortcut="Delete" onClick=${() => act(trash(chosen))} />
      <${Button} only icon="x" label=${text.files.clear} onClick=${clear} /></div>`}
    ${rows.length === 0 ? empty : html`<${VirtualGrid} count=${rows.length} focus=${focus} head=${head} row=${line} label=${text.nav.files} />`}
    </div>
    ${details && html`<${Lazy} key=${details.id} load=${() => import("./drawer.js")} row=${details} onClose=${() => openDetails("")} onRename=${() => setRenaming(details.id)} />`}
    ${dropping && html`<div class="drop-hint">${text.files.dropHere}</div>`}
    ${dialog === "folder" && html`<${Ask} title=${text.files.folderNew} label=${text.files.folderName} button=${text.create} onClose=${() => setDialog("")} onSubmit=${(/** @type {string} */ name) => createFolder(name, folderId)} />`}
    ${dialog === "tag" && html`<${Ask} title=${text.files.tag} label=${text.drawer.addTag} button=${text.save} onClose=${() => setDialog("")} onSubmit=${async (/** @type {string} */ value) => act(tag(targets, { addTags: [value] }))} />`}
    ${dialog === "move" && html`<${Lazy} load=${() => import("./place.js")} rows=${targets} onClose=${() => setDialog("")} onChoose=${(/** @type {string} */ id, /** @type {string} */ name) => act(move(targets, id, name))} />`}
  </div>`;
}

/** @param {string} folderId */
function up(folderId) {
  if (folderId !== ROOT) go("files", folders.get().get(folderId)?.parentId ?? "");
}

/** @param {{row: Row, onDone: () => void}} props */
function NameField({ row, onDone }) {
  const [name, setName] = useState(row.name);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const done = useRef(false);
  useEffect(() => {
    field.current?.focus();
    const dot = row.file ? row.name.lastIndexOf(".") : -1;
    field.current?.setSelectionRange(0, dot > 0 ? dot : row.name.length);
  }, []);
  /** @param {boolean} save */
  const finish = (save) => {
    if (done.current) return;
    done.current = true;
    onDone();
    if (!save || !name.trim()) return;
    const before = row.name;
    changeRow(row.id, { name });
    rename(row, name).catch((failure) => {
      changeRow(row.id, { name: before });
      complain(failure);
    });
  };
  return html`<input ref=${field} class="rename" aria-label=${text.files.rename} value=${name} onInput=${(/** @type {any} */ event) => setName(event.target.value)}
    onBlur=${() => finish(true)} onKeyDown=${(/** @type {any} */ event) => {
      if (event.key === "Enter") finish(true);
      if (event.key === "Escape") finish(false);
    }} />`;
}
